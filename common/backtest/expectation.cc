#include "common/backtest/expectation.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <fmt/format.h>

#include "common/base/arena.h"
#include "common/types/coding.h"

namespace weir::backtest {

namespace {

constexpr std::size_t kNearMax = 3;

// Doubles the same, however they are written.
std::string DoubleText(double number) {
  return fmt::format("{}", number);
}

std::string TextOf(const Value& value) {
  return value.type() == DataType::kDouble ? DoubleText(value.number()) : ValueToString(value);
}

// As an alert's value, or as another way to write the double that it is.
bool IsText(const std::string& seen, const std::string& wanted) {
  double number = 0;
  const char* end = wanted.data() + wanted.size();
  const auto [stop, error] = std::from_chars(wanted.data(), end, number);
  return seen == wanted || (error == std::errc() && stop == end && DoubleText(number) == seen);
}

bool AreTexts(const std::vector<std::string>& seen, const std::vector<std::string>& wanted) {
  return std::equal(seen.begin(), seen.end(), wanted.begin(), wanted.end(), IsText);
}

std::vector<std::string> TextsOf(const alert::NamedCell& cell) {
  Arena arena;
  ByteReader reader(cell.encoded);
  const Value value = DecodeValue(&reader, &arena);
  std::vector<std::string> texts;
  if (value.is_multi()) {
    for (const Value& item : value.items()) {
      texts.push_back(TextOf(item));
    }
  } else {
    texts.push_back(TextOf(value));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

Expectation::Cells CellsOf(const std::vector<alert::NamedCell>& cells) {
  Expectation::Cells texts;
  for (const alert::NamedCell& cell : cells) {
    texts[cell.name] = TextsOf(cell);
  }
  return texts;
}

std::string Join(const std::vector<std::string>& texts) {
  if (texts.size() == 1) {
    return texts[0];
  }
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string Join(const Expectation::Cells& cells) {
  std::string out;
  for (const auto& [name, texts] : cells) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", name, Join(texts));
  }
  return out.empty() ? "(none)" : out;
}

// An alert's cells, read once.
struct Seen {
  const alert::Alert* alert = nullptr;
  Expectation::Cells group;
  Expectation::Cells columns;  // with those of the group
};

bool IsOfRule(const Expectation& wanted, const Seen& seen) {
  return wanted.rule.empty() || wanted.rule == seen.alert->rule_id ||
         wanted.rule == seen.alert->rule_name;
}

bool IsGroup(const Expectation::Cells& seen, const Expectation::Cells& wanted) {
  return std::equal(seen.begin(), seen.end(), wanted.begin(), wanted.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first && AreTexts(a.second, b.second);
                    });
}

// Empty when the alert is as expected.
std::string DifferenceOf(const Expectation& wanted, const Seen& seen) {
  if (!IsOfRule(wanted, seen)) {
    return "another rule";
  }
  if (wanted.group.has_value() && !IsGroup(seen.group, *wanted.group)) {
    return fmt::format("its group is {}", Join(seen.group));
  }
  for (const auto& [name, texts] : wanted.columns) {
    const auto found = seen.columns.find(name);
    if (found == seen.columns.end()) {
      return fmt::format("it has no column {}", name);
    }
    if (!AreTexts(found->second, texts)) {
      return fmt::format("{} is {}, not {}", name, Join(found->second), Join(texts));
    }
  }
  return "";
}

// Finds a slot for an alert, moving others to other slots where that makes room.
class Assignment {
 public:
  Assignment(const std::vector<Expectation>& wanted, const std::vector<Seen>& seen)
      : wanted_(wanted), seen_(seen), taken_(wanted.size()) {}

  bool Place(std::size_t alert) {
    visited_.assign(wanted_.size(), false);
    return TryPlace(alert);
  }
  uint64_t found(std::size_t expectation) const { return taken_[expectation].size(); }

 private:
  bool TryPlace(std::size_t alert) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (visited_[i] || !DifferenceOf(wanted_[i], seen_[alert]).empty()) {
        continue;
      }
      visited_[i] = true;
      if (taken_[i].size() < wanted_[i].count) {
        taken_[i].push_back(alert);
        return true;
      }
      for (std::size_t& other : taken_[i]) {
        if (TryPlace(other)) {
          other = alert;
          return true;
        }
      }
    }
    return false;
  }

  const std::vector<Expectation>& wanted_;
  const std::vector<Seen>& seen_;
  std::vector<std::vector<std::size_t>> taken_;
  std::vector<bool> visited_;
};

void AppendXml(std::string_view text, std::string* out) {
  for (const char c : text) {
    switch (c) {
      case '<':
        *out += "&lt;";
        break;
      case '>':
        *out += "&gt;";
        break;
      case '&':
        *out += "&amp;";
        break;
      case '"':
        *out += "&quot;";
        break;
      case '\n':
        *out += "&#10;";
        break;
      default:
        *out += static_cast<unsigned char>(c) < ' ' && c != '\t' ? '?' : c;
    }
  }
}

}  // namespace

std::string Describe(const Expectation& expectation) {
  std::string out = expectation.rule.empty() ? "any rule" : "rule " + expectation.rule;
  if (expectation.group.has_value()) {
    out += ", group " + Join(*expectation.group);
  }
  if (!expectation.columns.empty()) {
    out += ", " + Join(expectation.columns);
  }
  return out;
}

std::string Describe(const alert::Alert& alert) {
  return fmt::format("rule {}, group {}, {}", alert.rule_id, Join(CellsOf(alert.group)),
                     Join(CellsOf(alert.columns)));
}

std::string DescribeGroup(const alert::Alert& alert) {
  return Join(CellsOf(alert.group));
}

bool Comparison::ok() const {
  return unexpected.empty() &&
         std::all_of(checked.begin(), checked.end(),
                     [](const Checked& check) { return check.found == check.expectation.count; });
}

std::string Comparison::Differences() const {
  std::string out;
  for (const Checked& check : checked) {
    const Expectation& wanted = check.expectation;
    if (check.found == wanted.count) {
      continue;
    }
    out += fmt::format("missing: line {}: {}", wanted.line, Describe(wanted));
    out +=
        wanted.count == 1 ? "\n" : fmt::format(" ({} of {} alerts)\n", check.found, wanted.count);
    for (const std::string& near : check.near) {
      out += "  near: " + near + "\n";
    }
  }
  for (const std::string& alert : unexpected) {
    out += "unexpected: " + alert + "\n";
  }
  return out;
}

Comparison Compare(const std::vector<Expectation>& expectations,
                   const std::vector<alert::Alert>& alerts) {
  std::vector<Seen> seen;
  for (const alert::Alert& alert : alerts) {
    Seen& one = seen.emplace_back();
    one.alert = &alert;
    one.group = CellsOf(alert.group);
    one.columns = CellsOf(alert.columns);
    one.columns.insert(one.group.begin(), one.group.end());
  }
  Assignment assignment(expectations, seen);
  Comparison comparison;
  std::vector<const Seen*> left;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!assignment.Place(i)) {
      left.push_back(&seen[i]);
      comparison.unexpected.push_back(Describe(alerts[i]));
    }
  }
  for (std::size_t i = 0; i < expectations.size(); ++i) {
    Checked& check = comparison.checked.emplace_back();
    check.expectation = expectations[i];
    check.found = assignment.found(i);
    for (const Seen* one : left) {
      if (check.found < check.expectation.count && check.near.size() < kNearMax &&
          IsOfRule(check.expectation, *one)) {
        check.near.push_back(DifferenceOf(check.expectation, *one));
      }
    }
  }
  return comparison;
}

std::string ToJunit(const std::string& suite, const std::vector<TestCase>& cases) {
  const auto failures = std::count_if(cases.begin(), cases.end(),
                                      [](const TestCase& test) { return !test.failure.empty(); });
  double seconds = 0;
  for (const TestCase& test : cases) {
    seconds += test.seconds;
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"";
  AppendXml(suite, &out);
  out += fmt::format("\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{:.3f}\">\n",
                     cases.size(), failures, seconds);
  for (const TestCase& test : cases) {
    out += "  <testcase classname=\"";
    AppendXml(suite, &out);
    out += "\" name=\"";
    AppendXml(test.name, &out);
    out += fmt::format("\" time=\"{:.3f}\"", test.seconds);
    if (test.failure.empty()) {
      out += "/>\n";
      continue;
    }
    out += ">\n    <failure message=\"";
    AppendXml(test.failure.substr(0, test.failure.find('\n')), &out);
    out += "\">";
    AppendXml(test.failure, &out);
    out += "</failure>\n  </testcase>\n";
  }
  return out + "</testsuite>\n";
}

}  // namespace weir::backtest
