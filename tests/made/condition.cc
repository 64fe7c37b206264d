#include "tests/made/condition.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "common/source/decoder.h"
#include "tests/made/pattern.h"

namespace weir::made {
namespace {

constexpr std::size_t kWaysMax = 256;

struct Demand {
  const Test* test;
  bool wanted;
};
using Way = std::vector<Demand>;   // all of them together

std::vector<Way> Combined(const std::vector<Way>& left, const std::vector<Way>& right) {
  std::vector<Way> ways;
  for (const Way& a : left) {
    for (const Way& b : right) {
      if (ways.size() < kWaysMax) {
        Way& way = ways.emplace_back(a);
        way.insert(way.end(), b.begin(), b.end());
      }
    }
  }
  return ways;
}

std::vector<Way> WaysTo(const Condition& condition, bool wanted) {
  switch (condition.kind) {
    case ConditionKind::kTrue:
    case ConditionKind::kFalse:
      return (condition.kind == ConditionKind::kTrue) == wanted ? std::vector<Way>{{}}
                                                                 : std::vector<Way>{};
    case ConditionKind::kNot:
      return WaysTo(*condition.children[0], !wanted);
    case ConditionKind::kTest:
      return {{{&condition.test, wanted}}};
    case ConditionKind::kAnd:
    case ConditionKind::kOr:
      break;
  }
  const bool all = (condition.kind == ConditionKind::kAnd) == wanted;
  std::vector<Way> ways = all ? std::vector<Way>{{}} : std::vector<Way>{};
  for (const ConditionPtr& child : condition.children) {
    std::vector<Way> more = WaysTo(*child, wanted);
    if (all) {
      ways = Combined(ways, more);
    } else {
      ways.insert(ways.end(), more.begin(), more.end());
    }
  }
  ways.resize(std::min(ways.size(), kWaysMax));
  return ways;
}

double Number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

bool Compares(TestKind kind, const Datum& value, const Datum& bound) {
  const double a = Number(value.text);
  const double b = Number(bound.text);
  switch (kind) {
    case TestKind::kLess:
      return a < b;
    case TestKind::kLessEqual:
      return a <= b;
    case TestKind::kGreater:
      return a > b;
    default:
      return a >= b;
  }
}

bool Passes(const Test& test, const Datum& value) {
  return std::any_of(test.values.begin(), test.values.end(), [&](const Datum& wanted) {
    switch (test.kind) {
      case TestKind::kPresent:
        return true;
      case TestKind::kEquals:
        return test.ignore_case ? Lowered(wanted.text) == Lowered(value.text)
                                : wanted.text == value.text;
      case TestKind::kWildcard:
        return WildcardMatches(wanted.text, value.text, test.ignore_case);
      case TestKind::kRegex:
        return RegexMatches(wanted.text, value.text, test.ignore_case);
      case TestKind::kCidr:
        return BlockHolds(wanted.text, value.text);
      default:
        return Compares(test.kind, value, wanted);
    }
  });
}

bool IsAddressField(const std::string& field) {
  return field.ends_with(".ip") || field == "source.address";
}

Datum DefaultOf(const std::string& field) {
  if (field.ends_with(".ip")) {
    return {"203.0.113.77", true};
  }
  if (field == "cloud.account.id" || field == "aws.cloudtrail.recipient_account_id") {
    return {"111122223333", true};
  }
  switch (source::Catalogue().TypeOf(field).value_or(DataType::kKeyword)) {
    case DataType::kBoolean:
      return {"true", false};
    case DataType::kDatetime:
      return {"2026-01-15T09:00:00Z", true};
    case DataType::kInteger:
    case DataType::kLong:
    case DataType::kDouble:
      return {"7", false};
    default:
      return {IsAddressField(field) ? "203.0.113.77" : "made", true};
  }
}

// Several patterns in one text: what stands before a first '*' and behind a last one stays outside.
std::string Joined(const std::vector<const Test*>& tests, std::string_view filler) {
  std::string begin;
  std::string middle;
  std::string end;
  for (const Test* test : tests) {
    const std::string& pattern = test->values[0].text;
    if (test->kind == TestKind::kRegex) {
      const std::string sample = RegexSample(pattern);
      middle += (middle.empty() || sample.empty() ? "" : ", ") + sample;
      continue;
    }
    const std::size_t first = pattern.find('*');
    const std::size_t last = pattern.rfind('*');
    if (first == std::string::npos) {
      return WildcardSample(pattern, filler);
    }
    begin += WildcardSample(pattern.substr(0, first), filler);
    end += WildcardSample(pattern.substr(last + 1), filler);
    const std::string inner = WildcardSample(
        last > first ? std::string_view(pattern).substr(first + 1, last - first - 1) : "", filler);
    middle += (middle.empty() || inner.empty() ? "" : ", ") + inner;
  }
  return begin + middle + end;
}

void AddSamples(const Test& test, std::vector<Datum>* values) {
  for (const Datum& wanted : test.values) {
    switch (test.kind) {
      case TestKind::kPresent:
        break;
      case TestKind::kEquals:
        values->push_back(wanted);
        if (test.ignore_case) {
          std::string upper = wanted.text;
          for (char& c : upper) {
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
          }
          values->insert(values->end() - 1, {upper, wanted.quoted});
        }
        break;
      case TestKind::kWildcard:
        for (const std::string_view filler : {"=", "x", ""}) {
          values->push_back({WildcardSample(wanted.text, filler), true});
        }
        break;
      case TestKind::kRegex:
        values->push_back({RegexSample(wanted.text), true});
        break;
      case TestKind::kCidr:
        values->push_back({AddressIn(wanted.text), true});
        break;
      case TestKind::kLess:
      case TestKind::kGreater: {
        const double step = test.kind == TestKind::kLess ? -1 : 1;
        values->push_back({fmt::format("{}", Number(wanted.text) + step), false});
        break;
      }
      default:
        values->push_back(wanted);
    }
  }
}

// For events that differ in this field: more of the same kind.
void AddVariants(const std::string& field, const std::vector<Demand>& demands,
                 std::vector<Datum>* values) {
  constexpr int kVariants = 250;
  const Datum plain = DefaultOf(field);
  const bool is_number = plain.text == "7";
  std::string pattern;
  std::string block;
  for (const Demand& demand : demands) {
    if (demand.wanted && demand.test->kind == TestKind::kWildcard) {
      pattern = demand.test->values[0].text;
    } else if (demand.wanted && demand.test->kind == TestKind::kCidr) {
      block = demand.test->values[0].text;
    }
  }
  for (int i = 1; i < kVariants; ++i) {
    if (!pattern.empty()) {
      values->push_back({WildcardSample(pattern, fmt::format("m{}", i)), true});
    }
    if (!block.empty() && block.find(':') == std::string::npos) {
      const std::string base = AddressIn(block);
      values->push_back({fmt::format("{}{}", base.substr(0, base.rfind('.') + 1), i), true});
    }
    if (is_number) {
      values->push_back({fmt::format("{}", 100 + i), false});
    } else if (IsAddressField(field)) {
      values->push_back({fmt::format("203.0.113.{}", i), true});
      values->push_back({fmt::format("10.1.2.{}", i), true});
    } else {
      values->push_back({fmt::format("made{}", i), true});
    }
  }
}

std::vector<Datum> Candidates(const std::string& field, const std::vector<Demand>& demands) {
  std::vector<Datum> values;
  std::vector<const Test*> patterns;
  for (const Demand& demand : demands) {
    if (!demand.wanted) {
      continue;
    }
    AddSamples(*demand.test, &values);
    if (demand.test->kind == TestKind::kWildcard || demand.test->kind == TestKind::kRegex) {
      patterns.push_back(demand.test);
    }
  }
  if (patterns.size() > 1) {
    values.push_back({Joined(patterns, "="), true});
    values.push_back({Joined(patterns, "x"), true});
  }
  if (field == "event.outcome") {
    values.insert(values.end(), {{"failure", true}, {"success", true}});
  }
  const Datum plain = DefaultOf(field);
  values.push_back(plain);
  for (const Demand& demand : demands) {   // just not what is not wanted
    if (!demand.wanted && !demand.test->values.empty() && !demand.test->values[0].quoted) {
      const std::string& text = demand.test->values[0].text;
      const bool truth = text == "true" || text == "false";
      values.push_back({truth ? (text == "true" ? "false" : "true")
                              : fmt::format("{}", Number(text) + 1), false});
      if (!truth) {
        values.push_back({fmt::format("{}", Number(text) - 1), false});
      }
    }
  }
  AddVariants(field, demands, &values);
  return values;
}

// The values the field may have; an empty Datum text stands for no value at all.
std::vector<Datum> ValuesFor(const std::string& field, const std::vector<Demand>& demands,
                             bool is_required) {
  // An event always has a data stream.
  bool absent_fits = !is_required && !field.starts_with("data_stream.") &&
                     field != "event.dataset";
  bool present_fits = true;
  for (const Demand& demand : demands) {
    if (demand.test->kind == TestKind::kPresent) {
      absent_fits = absent_fits && !demand.wanted;
      present_fits = present_fits && demand.wanted;
    } else {
      absent_fits = absent_fits && !demand.wanted && !demand.test->is_three_valued;
    }
  }
  if (absent_fits) {
    return {{"", false}};
  }
  std::vector<Datum> values;
  if (!present_fits) {
    return values;
  }
  for (const Datum& value : Candidates(field, demands)) {
    const bool fits = std::all_of(demands.begin(), demands.end(), [&](const Demand& demand) {
      return demand.test->kind == TestKind::kPresent || Passes(*demand.test, value) == demand.wanted;
    });
    if (fits && !value.text.empty() &&
        std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(value);
    }
  }
  return values;
}

// A document for one way, and all values that the distinct field may have in it.
std::optional<Document> Assign(const Way& way, const std::set<std::string>& required,
                               const std::string& distinct, std::vector<Datum>* choices) {
  std::map<std::string, std::vector<Demand>> by_field;
  for (const std::string& field : required) {
    by_field[field];
  }
  for (const Demand& demand : way) {
    by_field[demand.test->field].push_back(demand);
  }
  Document document;
  for (const auto& [field, demands] : by_field) {
    const std::vector<Datum> values = ValuesFor(field, demands, required.contains(field));
    if (values.empty()) {
      return std::nullopt;
    }
    if (field == distinct) {
      *choices = values;
    }
    if (!values[0].text.empty()) {
      document.fields[field] = {values[0]};
    }
  }
  return document;
}

ConditionPtr Make(ConditionKind kind, std::vector<ConditionPtr> children) {
  auto condition = std::make_shared<Condition>();
  condition->kind = kind;
  condition->children = std::move(children);
  return condition;
}

}  // namespace

ConditionPtr Always(bool value) {
  return Make(value ? ConditionKind::kTrue : ConditionKind::kFalse, {});
}

ConditionPtr Both(ConditionPtr left, ConditionPtr right) {
  return Make(ConditionKind::kAnd, {std::move(left), std::move(right)});
}

ConditionPtr Either(ConditionPtr left, ConditionPtr right) {
  return Make(ConditionKind::kOr, {std::move(left), std::move(right)});
}

ConditionPtr Negated(ConditionPtr operand) { return Make(ConditionKind::kNot, {std::move(operand)}); }

ConditionPtr Tested(Test test) {
  auto condition = std::make_shared<Condition>();
  condition->kind = ConditionKind::kTest;
  if (test.kind == TestKind::kPresent) {
    test.values = {{}};
  }
  condition->test = std::move(test);
  return condition;
}

std::vector<ConditionPtr> ConjunctsOf(const ConditionPtr& condition) {
  if (condition->kind != ConditionKind::kAnd) {
    return {condition};
  }
  std::vector<ConditionPtr> conjuncts;
  for (const ConditionPtr& child : condition->children) {
    const std::vector<ConditionPtr> inner = ConjunctsOf(child);
    conjuncts.insert(conjuncts.end(), inner.begin(), inner.end());
  }
  return conjuncts;
}

std::vector<Document> Solve(const ConditionPtr& condition, const std::set<std::string>& required,
                            const std::string& distinct, std::size_t max) {
  std::set<std::string> present = required;
  if (!distinct.empty()) {
    present.insert(distinct);
  }
  std::vector<Document> documents;
  std::set<std::string> met;
  for (const Way& way : WaysTo(*condition, true)) {
    std::vector<Datum> choices;
    const std::optional<Document> document = Assign(way, present, distinct, &choices);
    if (!document.has_value()) {
      continue;
    }
    if (distinct.empty()) {
      documents.assign(max, *document);
      return documents;
    }
    for (const Datum& choice : choices) {
      if (documents.size() < max && met.insert(choice.text).second) {
        documents.push_back(*document);
        documents.back().fields[distinct] = {choice};
      }
    }
    if (documents.size() == max) {
      break;
    }
  }
  return documents;
}

}  // namespace weir::made
