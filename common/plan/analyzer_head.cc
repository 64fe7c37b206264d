// Commands that work on one row at a time, in the head or in the tail.
#include <algorithm>

#include <fmt/format.h>

#include "common/esql/names.h"
#include "common/esql/printer.h"
#include "common/plan/analyzer_internal.h"

namespace weir::plan {
namespace {

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string QuotePattern(std::string_view pattern) {
  return fmt::format("\"\"\"{}\"\"\"", pattern);
}

constexpr std::string_view kNeedsInstant =
    "NOW() before STATS is the instant at which the window is judged";

bool CommandCalls(const esql::Command& command, std::string_view function) {
  std::vector<const esql::Expression*> roots;
  const auto add = [&](const std::vector<esql::NamedExpression>& items) {
    for (const esql::NamedExpression& item : items) {
      roots.push_back(item.value.get());
      roots.push_back(item.filter.get());
    }
  };
  if (const auto* eval = std::get_if<esql::EvalCommand>(&command.body)) {
    add(eval->columns);
  } else if (const auto* stats = std::get_if<esql::StatsCommand>(&command.body)) {
    add(stats->aggregates);
    add(stats->groups);
  } else if (const auto* grok = std::get_if<esql::GrokCommand>(&command.body)) {
    roots.push_back(grok->input.get());
  } else if (const auto* dissect = std::get_if<esql::DissectCommand>(&command.body)) {
    roots.push_back(dissect->input.get());
  } else if (const auto* sort = std::get_if<esql::SortCommand>(&command.body)) {
    for (const esql::SortCommand::Key& key : sort->keys) {
      roots.push_back(key.value.get());
    }
  }
  return std::any_of(roots.begin(), roots.end(), [&](const esql::Expression* root) {
    return root != nullptr && CallsFunction(*root, function);
  });
}

// True when a LIMIT or an INLINE STATS follows before the next STATS.
bool IsCutBeforeStats(std::vector<esql::Command>::const_iterator command,
                      std::vector<esql::Command>::const_iterator end) {
  for (; command != end; ++command) {
    if (std::holds_alternative<esql::LimitCommand>(command->body)) {
      return true;
    }
    if (const auto* stats = std::get_if<esql::StatsCommand>(&command->body)) {
      return stats->is_inline;
    }
  }
  return false;
}

std::string SlotList(const std::vector<uint32_t>& slots) {
  return fmt::format("#{}", fmt::join(slots, ",#"));
}

}  // namespace

void Reads::Add(const Reads& other) {
  slots.insert(other.slots.begin(), other.slots.end());
  fields.insert(other.fields.begin(), other.fields.end());
}

Analyzer::Analyzer(const rule::Rule& rule, const FieldCatalogue& catalogue, FieldRegistry* fields,
                   esql::Diagnostics* diagnostics)
    : rule_(rule),
      catalogue_(catalogue),
      fields_(fields),
      diagnostics_(diagnostics),
      head_{PlanScope(&catalogue, fields), {}, 0},
      tail_{PlanScope(&catalogue, fields), {}, 0},
      stage_(&head_) {
  analysis_.is_events = true;   // until a STATS is met
}

std::optional<Analysis> Analyzer::Run(const esql::Query& query) {
  has_stats_ = std::any_of(query.commands.begin(), query.commands.end(), [](const auto& command) {
    const auto* stats = std::get_if<esql::StatsCommand>(&command.body);
    return stats != nullptr && !stats->is_inline;
  });
  has_window_ = std::any_of(query.commands.begin(), query.commands.end(), [](const auto& command) {
    return std::holds_alternative<esql::StatsCommand>(command.body) ||
           std::holds_alternative<esql::LimitCommand>(command.body);
  });
  for (auto command = query.commands.begin(); command != query.commands.end(); ++command) {
    sort_matters_ = IsCutBeforeStats(command, query.commands.end());
    AnalyzeCommand(*command);
    if (command == query.commands.begin()) {
      CompileExceptions();
    }
  }
  if (diagnostics_->has_errors()) {
    return std::nullopt;
  }
  if (runs_once_ && analysis_.is_events) {
    BeginRows("the rows are the result");
  }
  if (analysis_.is_events) {
    FinishEvents();
  } else {
    FinishTail();
  }
  FinishHead();
  return std::move(analysis_);
}

void Analyzer::AnalyzeCommand(const esql::Command& command) {
  if (stage_ == &head_ && !runs_once_ && !std::holds_alternative<esql::WhereCommand>(command.body) &&
      CommandCalls(command, "NOW")) {
    BeginRows(std::string(kNeedsInstant));
  }
  if (const auto* from = std::get_if<esql::FromCommand>(&command.body)) {
    AnalyzeFrom(*from);
  } else if (const auto* row = std::get_if<esql::RowCommand>(&command.body)) {
    AnalyzeRow(*row, command.range);
  } else if (const auto* where = std::get_if<esql::WhereCommand>(&command.body)) {
    AnalyzeWhere(*where);
  } else if (const auto* eval = std::get_if<esql::EvalCommand>(&command.body)) {
    AnalyzeEval(*eval);
  } else if (const auto* stats = std::get_if<esql::StatsCommand>(&command.body)) {
    if (stats->is_inline) {
      AnalyzeInlineStats(*stats);
    } else {
      AnalyzeStats(*stats);
    }
  } else if (const auto* keep = std::get_if<esql::KeepCommand>(&command.body)) {
    stage_->scope.Keep(*keep, diagnostics_);
  } else if (const auto* drop = std::get_if<esql::DropCommand>(&command.body)) {
    stage_->scope.Drop(*drop, diagnostics_);
  } else if (const auto* rename = std::get_if<esql::RenameCommand>(&command.body)) {
    stage_->scope.Rename(*rename, diagnostics_);
  } else if (const auto* sort = std::get_if<esql::SortCommand>(&command.body)) {
    AnalyzeSort(*sort, command.range);
  } else if (const auto* limit = std::get_if<esql::LimitCommand>(&command.body)) {
    AnalyzeLimit(*limit);
  } else if (const auto* grok = std::get_if<esql::GrokCommand>(&command.body)) {
    AnalyzeGrok(*grok);
  } else if (const auto* dissect = std::get_if<esql::DissectCommand>(&command.body)) {
    AnalyzeDissect(*dissect);
  } else if (const auto* expand = std::get_if<esql::MvExpandCommand>(&command.body)) {
    AnalyzeMvExpand(*expand);
  } else if (const auto* other = std::get_if<esql::UnsupportedCommand>(&command.body)) {
    AnalyzeUnsupported(*other, command.range);
  }
}

void Analyzer::AnalyzeFrom(const esql::FromCommand& from) {
  analysis_.head.patterns = from.patterns;
  if (runs_once_) {
    stage_->scope.List(catalogue_.Names());
    stage_->scope.List(from.metadata);
    return;
  }
  stage_->scope.Open(from.metadata);
}

void Analyzer::AnalyzeUnsupported(const esql::UnsupportedCommand& command,
                                  esql::SourceRange range) {
  diagnostics_->Error(range, fmt::format("{} is not supported", command.name));
  stage_->scope.ForgiveUnknown();
}

void Analyzer::CheckExpression(const esql::Expression& expression) {
  ForEachNode(expression, [&](const esql::Expression& node) {
    if (node.kind == esql::ExpressionKind::kCall && node.name == "NOW") {
      analysis_.reads_clock = true;
    }
    if (node.kind == esql::ExpressionKind::kColumn) {
      stage_->scope.WarnIfUnknown(node.name, node.range, diagnostics_);
    }
  });
}

expr::ExprPtr Analyzer::CompileIn(const esql::Expression& expression) {
  CheckExpression(expression);
  return expr::Compile(expression, stage_->scope, diagnostics_);
}

Reads Analyzer::ReadsOf(const esql::Expression& expression) const {
  Reads reads;
  const auto add = [&](std::string_view name) {
    const std::optional<Column> column = stage_->scope.Find(name);
    if (!column.has_value()) {
      return;
    }
    if (column->field.empty()) {
      reads.slots.insert(column->ref.index);
    } else {
      reads.fields.insert(column->field);
    }
  };
  ForEachNode(expression, [&](const esql::Expression& node) {
    if (node.kind == esql::ExpressionKind::kColumn) {
      add(node.name);
    } else if (node.kind == esql::ExpressionKind::kCall && node.name == "TBUCKET") {
      add("@timestamp");
    }
  });
  return reads;
}

void Analyzer::AddSlotColumn(std::string name, DataType type, uint32_t slot,
                             Definition definition) {
  Column column;
  column.name = std::move(name);
  column.ref = {expr::ColumnRef::Kind::kSlot, slot, type};
  column.definition = std::move(definition);
  stage_->scope.Put(std::move(column));
}

void Analyzer::AddComputedColumn(const std::string& name, const esql::Expression& value,
                                 const std::string& text) {
  const expr::ExprPtr compiled = CompileIn(value);
  if (compiled == nullptr) {
    AddSlotColumn(name, DataType::kNull, 0, ColumnDefinition(name));
    return;
  }
  if (value.kind == esql::ExpressionKind::kColumn) {
    Column column = *stage_->scope.Find(value.name);
    column.name = name;
    stage_->scope.Put(std::move(column));
    return;
  }
  const Definition definition = MakeDefinition(Expand(value, stage_->scope));
  const uint32_t slot = AddSlot();
  Step step;
  step.step = AssignStep{slot, compiled, text};
  step.identity = fmt::format("EVAL #{} = {}", slot, esql::Print(*definition));
  step.reads = ReadsOf(value);
  step.writes = {slot};
  step.only_writes = true;
  stage_->steps.push_back(std::move(step));
  AddSlotColumn(name, compiled->type(), slot, definition);
  if (compiled->constant() != nullptr) {
    Column column = *stage_->scope.Find(name);
    column.constant = compiled;
    stage_->scope.PutInPlace(std::move(column));
  }
}

void Analyzer::AnalyzeWhere(const esql::WhereCommand& where) {
  std::vector<const esql::Expression*> at_instant;
  for (const esql::Expression* conjunct : Conjuncts(*where.condition)) {
    if (stage_ != &head_ || runs_once_ || !CallsFunction(*conjunct, "NOW")) {
      AnalyzeConjunct(*conjunct);
    } else if (!NarrowLookback(*conjunct)) {
      at_instant.push_back(conjunct);
    }
  }
  if (!at_instant.empty()) {
    BeginRows(std::string(kNeedsInstant));
  }
  for (const esql::Expression* conjunct : at_instant) {
    AnalyzeConjunct(*conjunct);
  }
}

void Analyzer::AnalyzeConjunct(const esql::Expression& conjunct) {
  CheckExpression(conjunct);
  const expr::ExprPtr compiled = expr::CompileCondition(conjunct, stage_->scope, diagnostics_);
  if (compiled == nullptr) {
    return;
  }
  Step step;
  const bool counts_dropped =
      conjunct.kind == esql::ExpressionKind::kCall && conjunct.name == "spl_keys_present";
  step.step =
      FilterStep{compiled, fmt::format("WHERE {}", esql::Print(conjunct)), counts_dropped};
  step.identity = fmt::format("WHERE {}", ExpandedText(conjunct, stage_->scope));
  step.reads = ReadsOf(conjunct);
  stage_->steps.push_back(std::move(step));
  if (stage_ == &head_) {
    AddGuards(conjunct);
    NoteContentWords(conjunct);
  } else {
    ClassifyConjunct(conjunct, compiled);
  }
}

void Analyzer::AnalyzeEval(const esql::EvalCommand& eval) {
  for (const esql::NamedExpression& column : eval.columns) {
    AddComputedColumn(column.name, *column.value,
                      fmt::format("EVAL {} = {}", esql::QuoteName(column.name),
                                  esql::Print(*column.value)));
  }
}

bool Analyzer::CheckTextInput(std::string_view command, const esql::Expression& input,
                              const expr::Expr& compiled) {
  if (IsString(compiled.type()) || compiled.type() == DataType::kNull) {
    return true;
  }
  diagnostics_->Error(
      input.range,
      fmt::format("{} only supports KEYWORD or TEXT values, found expression [{}] type [{}]",
                  command, diagnostics_->source().Slice(input.range),
                  esql::ToUpperAscii(DataTypeName(compiled.type()))));
  return false;
}

void Analyzer::AddExtractStep(TailStep step, const esql::Expression& input, std::string identity,
                              std::vector<uint32_t> slots) {
  Step added;
  added.step = std::move(step);
  added.identity = std::move(identity);
  added.reads = ReadsOf(input);
  added.writes = std::move(slots);
  added.only_writes = true;
  stage_->steps.push_back(std::move(added));
}

void Analyzer::AnalyzeGrok(const esql::GrokCommand& grok) {
  const expr::ExprPtr input = CompileIn(*grok.input);
  StatusOr<grok::GrokPtr> compiled = grok::CompileGrok(grok.patterns);
  if (!compiled.ok()) {
    diagnostics_->Error(grok.pattern_ranges.empty() ? grok.input->range
                                                    : grok.pattern_ranges.front(),
                        fmt::format("Invalid GROK pattern: {}", Message(compiled.status())));
    stage_->scope.ForgiveUnknown();   // its columns are not known
    return;
  }
  if (input != nullptr) {
    CheckTextInput("Grok", *grok.input, *input);
  }
  const Definition definition = MakeDefinition(Expand(*grok.input, stage_->scope));
  const std::string patterns = Join(grok.patterns, "\n");
  std::vector<Column> columns;
  GrokStep step{input, *compiled, {}, ""};
  for (const grok::OutputColumn& output : (*compiled)->columns()) {
    const uint32_t slot = AddSlot();
    step.slots.push_back(slot);
    columns.push_back({output.name, "", {expr::ColumnRef::Kind::kSlot, slot, output.type},
                       CallDefinition("grok", definition, {patterns, output.name})});
  }
  std::vector<std::string> quoted;
  std::transform(grok.patterns.begin(), grok.patterns.end(), std::back_inserter(quoted),
                 QuotePattern);
  step.text = fmt::format("GROK {} {}", esql::Print(*grok.input), Join(quoted, ", "));
  const std::vector<uint32_t> slots = step.slots;
  AddExtractStep(std::move(step), *grok.input,
                 fmt::format("GROK {} = {} {}", SlotList(slots), esql::Print(*definition),
                             Join(quoted, ", ")),
                 slots);
  for (Column& column : columns) {
    stage_->scope.Put(std::move(column));
  }
}

void Analyzer::AnalyzeDissect(const esql::DissectCommand& dissect) {
  const expr::ExprPtr input = CompileIn(*dissect.input);
  StatusOr<grok::DissectPtr> compiled =
      grok::CompileDissect(dissect.pattern, dissect.append_separator);
  if (!compiled.ok()) {
    diagnostics_->Error(dissect.pattern_range, fmt::format("Invalid DISSECT pattern: {}",
                                                           Message(compiled.status())));
    stage_->scope.ForgiveUnknown();
    return;
  }
  if (input != nullptr) {
    CheckTextInput("Dissect", *dissect.input, *input);
  }
  const Definition definition = MakeDefinition(Expand(*dissect.input, stage_->scope));
  std::vector<Column> columns;
  DissectStep step{input, *compiled, {}, ""};
  for (const grok::OutputColumn& output : (*compiled)->columns()) {
    const uint32_t slot = AddSlot();
    step.slots.push_back(slot);
    columns.push_back({output.name, "", {expr::ColumnRef::Kind::kSlot, slot, output.type},
                       CallDefinition("dissect", definition,
                                      {dissect.pattern, dissect.append_separator, output.name})});
  }
  std::string pattern = QuotePattern(dissect.pattern);
  if (!dissect.append_separator.empty()) {
    pattern += " APPEND_SEPARATOR=" + esql::QuoteString(dissect.append_separator);
  }
  step.text = fmt::format("DISSECT {} {}", esql::Print(*dissect.input), pattern);
  const std::vector<uint32_t> slots = step.slots;
  AddExtractStep(std::move(step), *dissect.input,
                 fmt::format("DISSECT {} = {} {}", SlotList(slots), esql::Print(*definition),
                             pattern),
                 slots);
  for (Column& column : columns) {
    stage_->scope.Put(std::move(column));
  }
}

void Analyzer::AnalyzeMvExpand(const esql::MvExpandCommand& expand) {
  esql::Expression input;
  input.kind = esql::ExpressionKind::kColumn;
  input.name = expand.column;
  input.range = expand.column_range;
  if (stage_ == &head_ && runs_once_ && !has_stats_) {
    BeginRows("the rows are the result");   // keeps a cell's values in order
  }
  const expr::ExprPtr compiled = CompileIn(input);
  analysis_.has_mv_expand = analysis_.has_mv_expand || stage_ == &tail_;
  if (compiled == nullptr) {
    return;
  }
  const Definition definition =
      CallDefinition("mv_expand", stage_->scope.Find(expand.column)->definition, {});
  const uint32_t slot = AddSlot();
  Step step;
  step.step = MvExpandStep{compiled, slot,
                           fmt::format("MV_EXPAND {}", esql::QuoteName(expand.column))};
  step.identity = fmt::format("MV_EXPAND #{} = {}", slot, esql::Print(*definition));
  step.reads = ReadsOf(input);
  step.writes = {slot};
  stage_->steps.push_back(std::move(step));
  stage_->scope.PutInPlace(
      {expand.column, "", {expr::ColumnRef::Kind::kSlot, slot, compiled->type()}, definition});
}

void Analyzer::AnalyzeSort(const esql::SortCommand& sort, esql::SourceRange range) {
  if (stage_ == &head_ && (runs_once_ || sort_matters_)) {
    BeginRows("LIMIT chooses among the rows of a window");
  }
  SortStep step;
  Step added;
  std::vector<std::string> texts;
  for (const esql::SortCommand::Key& key : sort.keys) {
    const expr::ExprPtr value = CompileIn(*key.value);
    if (value == nullptr) {
      continue;
    }
    step.keys.push_back({value, key.descending, key.nulls_first});
    added.reads.Add(ReadsOf(*key.value));
    texts.push_back(fmt::format("{} {} NULLS {}", esql::Print(*key.value),
                                key.descending ? "DESC" : "ASC",
                                key.nulls_first ? "FIRST" : "LAST"));
  }
  if (stage_ == &head_) {
    if (has_stats_) {
      diagnostics_->Warning(range, "SORT before STATS has no effect");
    } else {
      analysis_.notes.push_back("SORT has no effect: every row is an alert of its own");
    }
    return;
  }
  step.text = fmt::format("SORT {}", Join(texts, ", "));
  added.identity = step.text;
  added.step = std::move(step);
  stage_->steps.push_back(std::move(added));
}

void Analyzer::AnalyzeLimit(const esql::LimitCommand& limit) {
  if (stage_ == &head_) {
    BeginRows("LIMIT chooses among the rows of a window");
  }
  analysis_.has_limit = true;
  Step step;
  step.step = LimitStep{limit.count, fmt::format("LIMIT {}", limit.count)};
  step.identity = fmt::format("LIMIT {}", limit.count);
  stage_->steps.push_back(std::move(step));
}

}  // namespace weir::plan
