#include "common/esql/settings_internal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/esql/diagnostic.h"
#include "common/esql/names.h"

namespace weir::esql {
namespace {

constexpr std::string_view kTimeZone = "time_zone";
constexpr std::string_view kUnmappedFields = "unmapped_fields";
constexpr int64_t kMillisPerMinute = 60'000;
constexpr int kOffsetMinutesMax = 18 * 60;

// Digits at the front of text, taken away; -1 when there are not that many.
int TakeDigits(std::size_t digits, std::string_view* text) {
  int number = -1;
  if (text->size() >= digits) {
    const auto parsed = std::from_chars(text->data(), text->data() + digits, number);
    if (parsed.ec != std::errc() || parsed.ptr != text->data() + digits) {
      return -1;
    }
    text->remove_prefix(digits);
  }
  return number;
}

// "Z", "UTC", "+02", "+02:00", "-0530", "UTC+1": milliseconds east of UTC.
std::optional<int64_t> ParseOffset(std::string_view zone) {
  for (const std::string_view utc : {"UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z"}) {
    if (EqualsIgnoreCase(zone, utc)) {
      return 0;
    }
  }
  for (const std::string_view prefix : {"UTC", "GMT"}) {
    if (EqualsIgnoreCase(zone.substr(0, prefix.size()), prefix)) {
      zone.remove_prefix(prefix.size());
    }
  }
  if (zone.empty() || (zone.front() != '+' && zone.front() != '-')) {
    return std::nullopt;
  }
  const bool west = zone.front() == '-';
  zone.remove_prefix(1);
  const int hours = TakeDigits(zone.size() == 1 || zone.find(':') == 1 ? 1 : 2, &zone);
  int minutes = 0;
  if (!zone.empty()) {
    zone.remove_prefix(zone.front() == ':' ? 1 : 0);
    minutes = TakeDigits(2, &zone);
  }
  if (hours < 0 || minutes < 0 || minutes > 59 || !zone.empty() ||
      hours * 60 + minutes > kOffsetMinutesMax) {
    return std::nullopt;
  }
  const int64_t offset_ms = (hours * 60 + minutes) * kMillisPerMinute;
  return west ? -offset_ms : offset_ms;
}

using Visitor = std::function<void(ExpressionPtr*)>;

// The outermost expressions of a command, in the order in which they are worked out.
void ForEachExpression(CommandBody* body, const Visitor& visit) {
  const auto each = [&](std::vector<NamedExpression>* items) {
    for (NamedExpression& item : *items) {
      if (item.value != nullptr) {
        visit(&item.value);
      }
      if (item.filter != nullptr) {
        visit(&item.filter);
      }
    }
  };
  if (auto* row = std::get_if<RowCommand>(body)) {
    each(&row->columns);
  } else if (auto* eval = std::get_if<EvalCommand>(body)) {
    each(&eval->columns);
  } else if (auto* stats = std::get_if<StatsCommand>(body)) {
    each(&stats->groups);
    each(&stats->aggregates);
  } else if (auto* where = std::get_if<WhereCommand>(body); where != nullptr && where->condition) {
    visit(&where->condition);
  } else if (auto* sort = std::get_if<SortCommand>(body)) {
    for (SortCommand::Key& key : sort->keys) {
      if (key.value != nullptr) {
        visit(&key.value);
      }
    }
  } else if (auto* grok = std::get_if<GrokCommand>(body); grok != nullptr && grok->input) {
    visit(&grok->input);
  } else if (auto* dissect = std::get_if<DissectCommand>(body);
             dissect != nullptr && dissect->input) {
    visit(&dissect->input);
  }
}

// Functions that see their dates in the time zone, and from which argument on those are.
struct ZonedFunction {
  std::string_view name;
  std::size_t first_date;
};
constexpr std::array<ZonedFunction, 9> kZoned = {{{"DATE_TRUNC", 1},
                                                  {"DATE_EXTRACT", 1},
                                                  {"DATE_DIFF", 1},
                                                  {"DAY_NAME", 0},
                                                  {"MONTH_NAME", 0},
                                                  {"YEAR", 0},
                                                  {"MONTH", 0},
                                                  {"DAY", 0},
                                                  {"HOUR", 0}}};
constexpr std::array<std::string_view, 6> kUnzoned = {"BUCKET",      "BIN",        "TBUCKET",
                                                      "DATE_FORMAT", "DATE_PARSE", "DAYS_IN_MONTH"};

class TimeZone {
 public:
  TimeZone(int64_t offset_ms, const Settings::Report& report)
      : offset_ms_(offset_ms), report_(report) {}

  void Shift(ExpressionPtr* expression) const {
    Expression& node = **expression;
    for (ExpressionPtr& arg : node.args) {
      Shift(&arg);
    }
    if (node.kind != ExpressionKind::kCall) {
      return;
    }
    if (std::find(kUnzoned.begin(), kUnzoned.end(), node.name) != kUnzoned.end()) {
      report_(node.range, fmt::format("time_zone is not supported with [{}]", node.name));
      return;
    }
    const auto* zoned = std::find_if(kZoned.begin(), kZoned.end(), [&](const ZonedFunction& known) {
      return known.name == node.name;
    });
    if (zoned == kZoned.end()) {
      return;
    }
    for (std::size_t i = zoned->first_date; i < node.args.size(); ++i) {
      node.args[i] = Moved(Operator::kAdd, std::move(node.args[i]));
    }
    if (node.name == "DATE_TRUNC") {
      *expression = Moved(Operator::kSubtract, std::move(*expression));
    }
  }

 private:
  // The date, moved to the zone (op is +) or back (-).
  ExpressionPtr Moved(Operator op, ExpressionPtr date) const {
    if (offset_ms_ < 0) {
      op = op == Operator::kAdd ? Operator::kSubtract : Operator::kAdd;
    }
    ExpressionPtr offset = MakeIntegerNode(std::abs(offset_ms_), date->range);
    offset->literal.type = DataType::kTimeDuration;
    return MakeBinaryNode(op, std::move(date), std::move(offset));
  }

  const int64_t offset_ms_;
  const Settings::Report& report_;
};

// Finds the columns that the commands behind ROW read and none makes.
class UnmadeColumns {
 public:
  std::vector<std::string> Find(Query* query) {
    for (Command& command : query->commands) {
      if (std::holds_alternative<GrokCommand>(command.body) ||
          std::holds_alternative<DissectCommand>(command.body)) {
        break;   // their patterns make columns
      }
      Visit(&command.body);
    }
    return std::move(unmade_);
  }

 private:
  void Visit(CommandBody* body) {
    if (auto* stats = std::get_if<StatsCommand>(body)) {
      Read(stats->groups);
      Make(stats->groups);
      Read(stats->aggregates);
      Make(stats->aggregates);
    } else if (auto* eval = std::get_if<EvalCommand>(body)) {
      ReadInOrder(eval->columns);
    } else if (auto* row = std::get_if<RowCommand>(body)) {
      ReadInOrder(row->columns);
    } else if (auto* rename = std::get_if<RenameCommand>(body)) {
      for (const RenameCommand::Item& item : rename->items) {
        Read(item.from);
        made_.insert(item.to);
      }
    } else if (auto* expand = std::get_if<MvExpandCommand>(body)) {
      Read(expand->column);
    } else if (auto* keep = std::get_if<KeepCommand>(body)) {
      Read(keep->patterns);
    } else if (auto* drop = std::get_if<DropCommand>(body)) {
      Read(drop->patterns);
    } else {
      ForEachExpression(body, [this](ExpressionPtr* expression) { Read(**expression); });
    }
  }

  void Read(const std::string& name) {
    if (!name.empty() && made_.insert(name).second) {
      unmade_.push_back(name);
    }
  }
  void Read(const Expression& node) {
    if (node.kind == ExpressionKind::kColumn) {
      Read(node.name);
    }
    for (const ExpressionPtr& arg : node.args) {
      Read(*arg);
    }
  }
  void Read(const std::vector<NamePattern>& patterns) {
    for (const NamePattern& pattern : patterns) {
      if (!pattern.has_wildcard) {
        Read(pattern.text);
      }
    }
  }
  void Read(const std::vector<NamedExpression>& items) {
    for (const NamedExpression& item : items) {
      for (const ExpressionPtr* expression : {&item.value, &item.filter}) {
        if (*expression != nullptr) {
          Read(**expression);
        }
      }
    }
  }
  void Make(const std::vector<NamedExpression>& items) {
    for (const NamedExpression& item : items) {
      made_.insert(item.name);
    }
  }
  void ReadInOrder(const std::vector<NamedExpression>& items) {
    for (const NamedExpression& item : items) {
      if (item.value != nullptr) {
        Read(*item.value);
      }
      made_.insert(item.name);
    }
  }

  std::set<std::string> made_;
  std::vector<std::string> unmade_;
};

void Nullify(Query* query) {
  const std::vector<std::string> names = UnmadeColumns().Find(query);
  if (names.empty()) {
    return;
  }
  Command nulls;
  nulls.range = query->commands.front().range;
  EvalCommand eval;
  for (const std::string& name : names) {
    NamedExpression item;
    item.name = name;
    item.has_alias = true;
    item.name_range = nulls.range;
    item.value = std::make_unique<Expression>();   // a literal null
    item.value->range = nulls.range;
    eval.columns.push_back(std::move(item));
  }
  nulls.body = std::move(eval);
  query->commands.insert(query->commands.begin() + 1, std::move(nulls));
}

}  // namespace

bool Settings::IsKnown(std::string_view name) {
  return EqualsIgnoreCase(name, kTimeZone) || EqualsIgnoreCase(name, kUnmappedFields);
}

std::string Settings::Set(std::string_view name, std::string_view value, std::string* hint) {
  if (EqualsIgnoreCase(name, kTimeZone)) {
    const std::optional<int64_t> offset_ms = ParseOffset(value);
    if (!offset_ms.has_value()) {
      *hint = "UTC and fixed offsets such as \"+02:00\" are";
      return fmt::format("time_zone [{}] is not supported", value);
    }
    offset_ms_ = *offset_ms;
    return "";
  }
  if (EqualsIgnoreCase(name, kUnmappedFields)) {
    for (const std::string_view known : {"fail", "load", "nullify"}) {
      if (EqualsIgnoreCase(value, known)) {
        nullify_ = known == "nullify";
        return "";
      }
    }
    return fmt::format("unmapped_fields is \"fail\", \"load\" or \"nullify\", not [{}]", value);
  }
  *hint = DidYouMean(name, {std::string(kTimeZone), std::string(kUnmappedFields)});
  return fmt::format("setting [{}] is not supported", name);
}

void Settings::Apply(Query* query, const Report& report) const {
  if (offset_ms_ != 0) {
    const TimeZone zone(offset_ms_, report);
    for (Command& command : query->commands) {
      ForEachExpression(&command.body,
                        [&](ExpressionPtr* expression) { zone.Shift(expression); });
    }
  }
  if (nullify_ && !query->commands.empty() &&
      std::holds_alternative<RowCommand>(query->commands.front().body)) {
    Nullify(query);
  }
}

}  // namespace weir::esql
