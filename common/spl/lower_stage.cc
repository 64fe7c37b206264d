// The other commands.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "common/esql/any_value.h"
#include "common/spl/lower_internal.h"
#include "common/spl/names_internal.h"
#include "common/spl/rex.h"

namespace weir::spl {
namespace {



// Splunk sorts at most this many rows; a rule's alerts are never cut at it.
constexpr int64_t kAllRows = 0;

// Seconds of "5m", "10"; empty when it is no span.
std::optional<double> SpanSeconds(std::string_view text) {
  double count = 0;
  const char* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc()) {
    if (stop != text.data()) {
      return std::nullopt;
    }
    count = 1;   // span=h
  }
  const std::string_view unit(stop, static_cast<std::size_t>(last - stop));
  static const std::map<std::string_view, double> kUnits = {
      {"", 1},         {"s", 1},        {"sec", 1},      {"secs", 1},       {"second", 1},
      {"seconds", 1},  {"m", 60},       {"min", 60},     {"mins", 60},      {"minute", 60},
      {"minutes", 60}, {"h", 3600},     {"hr", 3600},    {"hrs", 3600},     {"hour", 3600},
      {"hours", 3600}, {"d", 86400},    {"day", 86400},  {"days", 86400},
  };
  const auto found = kUnits.find(unit);
  if (found == kUnits.end() || count <= 0 || (error != std::errc() && unit.empty())) {
    return std::nullopt;
  }
  return count * found->second;
}

}  // namespace

// The known fields, and the ones named anywhere, that fit a pattern.
std::vector<std::string> Lowering::Matching(const std::string& pattern) const {
  std::vector<std::string> names = order_;
  if (open_) {
    for (const Stage& stage : search_.stages) {
      CollectNames(stage, &names);
    }
  }
  std::erase_if(names, [&](const std::string& name) {
    const auto field = fields_.find(name);
    const bool missing = field != fields_.end() ? field->second.column.empty() : !open_;
    return missing || name == "_raw" || !MatchStar(pattern, name).has_value();
  });
  return names;
}

void Lowering::RenameByPattern(const RenameStage::Item& item) {
  if (std::count(item.from.text.begin(), item.from.text.end(), '*') != 1 ||
      std::count(item.to.text.begin(), item.to.text.end(), '*') != 1) {
    Refuse(item.from.range,
           fmt::format("rename [{}] as [{}] is not supported: both need one wildcard",
                       item.from.text, item.to.text));
    return;
  }
  std::vector<std::string> known;
  for (const auto& [name, field] : fields_) {
    if (!field.column.empty() && MatchStar(item.from.text, name).has_value()) {
      known.push_back(name);
    }
  }
  std::vector<std::pair<std::string, Field>> renamed;
  for (const std::string& name : known) {
    std::string target = item.to.text;
    target.replace(target.find('*'), 1, *MatchStar(item.from.text, name));
    renamed.emplace_back(target, Find(name));
  }
  for (const std::string& name : known) {
    fields_.erase(name);
    std::erase(order_, name);
    if (!open_) {
      Remove(name);
    }
  }
  if (open_) {
    layers_.push_back({item.from.text, item.to.text, ""});
  }
  for (auto& [name, field] : renamed) {
    Define(name, field);
  }
}

void Lowering::operator()(const RenameStage& stage) {
  for (const RenameStage::Item& item : stage.items) {
    if (item.from.text.find('*') != std::string::npos) {
      RenameByPattern(item);
      continue;
    }
    const Field source = Find(item.from.text);
    if (item.from.text == item.to.text) {
      continue;
    }
    if (!open_ && source.column.empty() && Find(item.to.text).column.empty()) {
      continue;   // neither is in any row
    }
    if (source.column.empty()) {
      Remove(item.to.text);
    } else {
      // The new name stands where the old one stood.
      const auto place = std::find(order_.begin(), order_.end(), item.from.text);
      if (place != order_.end()) {
        std::erase(order_, item.to.text);
        *std::find(order_.begin(), order_.end(), item.from.text) = item.to.text;
      }
      Define(item.to.text, source);
    }
    Remove(item.from.text);
    std::replace(group_.begin(), group_.end(), item.from.text, item.to.text);
  }
}

void Lowering::operator()(const FillnullStage& stage) {
  std::vector<std::string> names;
  for (const Name& name : stage.fields) {
    names.push_back(name.text);
  }
  if (names.empty()) {
    // Of a stream, the fields known at a stage are those that later stages name.
    names = open_ ? NamesAfter() : order_;
  }
  for (const std::string& name : names) {
    const Field field = Find(name);
    if (field.never_null || name.empty() || name.front() == '_') {
      continue;
    }
    const bool number = field.type == Type::kNumber && LooksNumeric(stage.value);
    NodePtr value = number ? Number(std::stod(stage.value), range_)
                                 : esql::MakeKeywordNode(stage.value, range_);
    if (field.column.empty()) {
      // Missing everywhere: of stats, no such field; named by the user, a column of the value.
      if (!stage.fields.empty()) {
        Assign(name, {std::move(value), number ? Type::kNumber : Type::kText, true});
      }
      continue;
    }
    NodePtr filled =
        Call("spl_coalesce", range_,
             List(esql::MakeColumnNode(field.column, range_), std::move(value)));
    Assign(name, {std::move(filled), number ? Type::kNumber : Type::kText, true});
  }
}

void Lowering::KeepOnly(const std::vector<Name>& names) {
  std::vector<std::string> kept;
  for (const Name& name : names) {
    const std::vector<std::string> matches = name.text.find('*') == std::string::npos
                                                 ? std::vector<std::string>{name.text}
                                                 : Matching(name.text);
    for (const std::string& match : matches) {
      if (std::find(kept.begin(), kept.end(), match) == kept.end()) {
        kept.push_back(match);
      }
    }
  }
  std::map<std::string, Field> fields;
  for (const std::string& name : kept) {
    fields[name] = Find(name);
    fields[name].layer = 0;
  }
  fields_ = std::move(fields);
  std::erase_if(kept, [&](const std::string& name) { return fields_[name].column.empty(); });
  order_ = std::move(kept);
  open_ = false;
  layers_.clear();
}

void Lowering::operator()(const FieldsStage& stage) {
  if (stage.kind == FieldsStage::Kind::kDrop) {
    for (const Name& name : stage.names) {
      if (name.text.find('*') != std::string::npos) {
        for (const std::string& match : Matching(name.text)) {
          Remove(match);
        }
      } else {
        Remove(name.text);
      }
    }
    return;
  }
  const bool keeps_all = stage.kind == FieldsStage::Kind::kKeep && open_ &&
                         std::any_of(stage.names.begin(), stage.names.end(),
                                     [](const Name& name) { return name.text == "*"; });
  if (keeps_all) {
    return;
  }
  // `fields` leaves the event's own time and text.
  const bool was_open = open_;
  const Field time = was_open ? Find("_time") : Field{};
  const Field raw = was_open ? Find("_raw") : Field{};
  KeepOnly(stage.names);
  if (stage.kind == FieldsStage::Kind::kKeep && was_open) {
    fields_.try_emplace("_time", time);
    fields_.try_emplace("_raw", raw);
  }
}

void Lowering::operator()(const ConvertStage& stage) {
  for (const ConvertStage::Item& item : stage.items) {
    Typed value = Column(item.field.text, item.field.range);
    if (value.type == Type::kNull) {
      continue;
    }
    NodePtr converted =
        item.function == "num"
            ? Call("spl_number", item.field.range, List(std::move(value.node)))
            : Call("spl_strftime", item.field.range,
                   List(std::move(value.node),
                        esql::MakeKeywordNode(stage.time_format, item.field.range)));
    Assign(item.target,
           {std::move(converted), item.function == "num" ? Type::kNumber : Type::kText, false});
  }
}

void Lowering::operator()(const BinStage& stage) {
  const std::optional<double> span = SpanSeconds(stage.span);
  if (!span.has_value()) {
    Refuse(stage.span_range,
           fmt::format("span [{}] is not supported", stage.span),
           "a number with s, m, h or d, or alone");
    return;
  }
  Typed value = Column(stage.field.text, stage.field.range);
  if (value.type == Type::kNull) {
    return;
  }
  const bool never_null = value.never_null;
  Assign(stage.target, {Call("spl_bin", range_,
                             List(std::move(value.node), Number(*span, stage.span_range))),
                        Type::kNumber, never_null});
}

void Lowering::operator()(const DedupStage& stage) {
  std::vector<std::string> columns;
  for (const Name& name : stage.fields) {
    const Field field = Find(name.text);
    if (field.column.empty()) {
      Refuse(name.range, fmt::format("field [{}] is in no row here: dedup drops rows without it",
                                     name.text));
      return;
    }
    columns.push_back(field.column);
  }
  if (folded_) {
    const bool distinct = std::all_of(group_.begin(), group_.end(), [&](const std::string& key) {
      return std::any_of(stage.fields.begin(), stage.fields.end(),
                         [&](const Name& name) { return name.text == key; });
    });
    if (!distinct) {
      Refuse(range_, "dedup after stats by fewer fields than the groups is not supported: which of "
                     "the rows is first is not known",
             "group by the fields of dedup");
      return;
    }
    EmitWhere(AllPresent(columns));
    return;
  }
  if (expanded_) {
    Refuse(range_, "dedup after mvexpand is not supported: rows of one event have no order",
           "dedup before mvexpand, or stats");
    return;
  }
  EmitWhere(AllPresent(columns));
  EmitClockFilter();
  esql::StatsCommand stats;
  stats.is_inline = true;
  for (const std::string& column : columns) {
    stats.groups.push_back(
        {NewColumn("$by"), true, range_, esql::MakeColumnNode(column, range_), nullptr});
  }
  const std::string first = NewColumn("$first");
  stats.aggregates.push_back(
      {first, true, range_,
       Call("FIRST", range_,
            List(esql::MakeColumnNode("_id", range_),
                 esql::MakeColumnNode(std::string(kFieldPrefix) + "_time", range_))),
       nullptr});
  Emit(std::move(stats));
  EmitWhere(esql::MakeBinaryNode(esql::Operator::kEqual, esql::MakeColumnNode("_id", range_),
                                 esql::MakeColumnNode(first, range_)));
}

void Lowering::EmitSort(const std::vector<SortStage::Key>& keys) {
  esql::SortCommand sort;
  for (const SortStage::Key& key : keys) {
    const Field field = Find(key.field.text);
    if (field.column.empty()) {
      continue;
    }
    const auto column = [&] { return esql::MakeColumnNode(field.column, key.field.range); };
    if (field.type == Type::kNumber) {
      sort.keys.push_back({column(), key.descending, false});
      continue;
    }
    if (key.order != SortStage::Key::Order::kText) {
      sort.keys.push_back({Call("spl_number", key.field.range, List(column())), key.descending,
                           key.descending});
    }
    sort.keys.push_back({Call("spl_sort_text", key.field.range, List(column())), key.descending,
                         false});
  }
  if (!sort.keys.empty()) {
    Emit(std::move(sort));
  }
}

// Alerts have no order, so that only what is cut behind it makes an order matter.
void Lowering::operator()(const SortStage& stage) {
  sort_.clear();
  for (const SortStage::Key& key : stage.keys) {
    sort_.push_back(key);
  }
  if (stage.limit != kAllRows) {
    EmitClockFilter();
    EmitSort(sort_);
    Emit(esql::LimitCommand{stage.limit});
  }
}

void Lowering::operator()(const HeadStage& stage) {
  EmitClockFilter();
  std::vector<SortStage::Key> keys = sort_;
  if (keys.empty() && folded_) {
    for (const std::string& name : group_) {   // the order of the rows of stats
      keys.push_back({{name, range_}, false, SortStage::Key::Order::kAuto});
    }
  } else if (keys.empty() && !Find("_time").column.empty()) {
    keys.push_back({{"_time", range_}, true, SortStage::Key::Order::kAuto});   // newest first
  }
  EmitSort(keys);
  Emit(esql::LimitCommand{stage.count});
}

void Lowering::operator()(const SpathStage& stage) {
  const std::string input = stage.input.empty() ? "_raw" : stage.input;
  if (stage.input.empty() && (stage.path.empty() || (open_ && stage.path == stage.output))) {
    return;   // the fields of the event are read by their paths as they are
  }
  Typed value = Column(input, range_);
  if (value.type == Type::kNull) {
    Refuse(range_, fmt::format("field [{}] that spath reads is in no row here", input));
    return;
  }
  if (stage.path.empty()) {
    // A column of its own, so that later changes of the field do not reach back.
    const std::string column = EmitColumn("$json", Call("spl_text", range_,
                                                        List(std::move(value.node))));
    layers_.push_back({"", "", column});
    return;
  }
  Assign(stage.output.empty() ? stage.path : stage.output,
         {Call("spl_spath", range_,
               List(std::move(value.node), esql::MakeKeywordNode(stage.path, range_))),
          Type::kText, false});
}

void Lowering::operator()(const MvexpandStage& stage) {
  const Field field = Find(stage.field.text);
  if (field.column.empty()) {
    Refuse(stage.field.range, fmt::format("field [{}] that mvexpand reads is in no row here",
                                          stage.field.text));
    return;
  }
  expanded_ = true;
  NodePtr value = esql::MakeColumnNode(field.column, stage.field.range);
  if (stage.limit > 0) {
    value = Call("spl_mvindex", range_,
                 List(std::move(value), esql::MakeIntegerNode(0, range_),
                      esql::MakeIntegerNode(stage.limit - 1, range_)));
  }
  // The other names of the column keep all its values.
  const std::string column = EmitColumn(stage.field.text, std::move(value));
  Emit(esql::MvExpandCommand{column, stage.field.range});
  Define(stage.field.text, {column, field.type, field.never_null, 0});
}

void Lowering::operator()(const RexStage& stage) {
  const std::vector<std::string> groups = NamedGroups(stage.pattern);
  if (groups.empty()) {
    Refuse(stage.pattern_range, "the pattern of rex has no named group (?<name>...)");
    return;
  }
  const Typed input = Column(stage.field, range_);
  if (input.type == Type::kNull) {
    Refuse(range_, fmt::format("field [{}] that rex reads is in no row here", stage.field));
    return;
  }
  std::vector<std::pair<std::string, Typed>> found;
  for (const std::string& group : groups) {
    NodePtr match =
        Call("spl_rex", stage.pattern_range,
             List(input.node->Clone(), esql::MakeKeywordNode(stage.pattern, stage.pattern_range),
                  esql::MakeKeywordNode(group, stage.pattern_range)));
    const Field before = Find(group);
    if (!before.column.empty()) {   // without a match the field stays as it is
      match = Call("spl_coalesce", range_,
                   List(std::move(match), esql::MakeColumnNode(before.column, range_)));
    }
    found.emplace_back(group, Typed{std::move(match), Type::kText, false});
  }
  for (auto& [group, value] : found) {
    Assign(group, std::move(value));
  }
}

void Lowering::operator()(const RegexStage& stage) {
  Typed input = Column(stage.field, range_);
  NodePtr test = Call("spl_regex", stage.pattern_range,
                            List(std::move(input.node),
                                 esql::MakeKeywordNode(stage.pattern, stage.pattern_range)));
  EmitWhere(stage.negated ? esql::MakeNotNode(std::move(test), range_) : std::move(test));
}

void Lowering::operator()(const AddinfoStage& /*stage*/) {
  Assign("info_min_time", {RangeEnd(range_, options_.range_ms), Type::kNumber, true});
  Assign("info_max_time", {RangeEnd(range_), Type::kNumber, true});
}

}  // namespace weir::spl
