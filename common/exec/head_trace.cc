#include "common/exec/head_trace.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/base/arena.h"
#include "common/esql/parser.h"
#include "common/esql/printer.h"
#include "common/exec/row_steps.h"
#include "common/exec/shown_value.h"
#include "common/expr/inspect.h"

namespace weir::exec {
namespace {

// Passes an event's fields on, and notes which were asked for. Of no event all are null.
class NotingSource final : public FieldSource {
 public:
  NotingSource(source::Event* event, std::size_t fields) : FieldSource(fields), event_(event) {}

  void Begin() {
    NextEvent();
    read_.clear();
  }
  // Since Begin, each once.
  const std::vector<FieldId>& read() const { return read_; }

 protected:
  Value Load(FieldId id) override {
    read_.push_back(id);
    return event_ == nullptr ? Value::Null() : event_->Get(id);
  }

 private:
  source::Event* event_;
  std::vector<FieldId> read_;
};

std::string_view VerdictOf(const Value& value) {
  return value.is_null() || value.is_multi() ? "null" : value.boolean() ? "true" : "false";
}

// The columns that a text of ours names; none when it is no expression.
std::vector<std::string> ColumnsOf(const std::string& text) {
  const esql::Source source(text);
  esql::Diagnostics diagnostics(&source);
  const esql::ExpressionPtr parsed = esql::ParseExpression(&diagnostics);
  return parsed == nullptr ? std::vector<std::string>() : expr::ReferencedColumns(*parsed);
}

std::string WithoutKeyword(std::string_view text) {
  const std::size_t blank = text.find(' ');
  return std::string(blank == std::string_view::npos ? text : text.substr(blank + 1));
}

// Where the conjuncts of a query stand, by their texts.
using Places = std::map<std::string, std::pair<int, int>, std::less<>>;

void AddPlaces(const esql::Expression& condition, const esql::Source& source, Places* places) {
  if (condition.kind == esql::ExpressionKind::kBinary && condition.op == esql::Operator::kAnd) {
    AddPlaces(*condition.args[0], source, places);
    AddPlaces(*condition.args[1], source, places);
    return;
  }
  std::pair<int, int> place;
  source.Locate(condition.range.begin, &place.first, &place.second);
  places->emplace(esql::Print(condition), place);
}

Places PlacesOf(const rule::Rule& rule) {
  Places places;
  if (rule.dialect != rule::Dialect::kEsql) {
    return places;
  }
  const esql::Source source(rule.query);
  esql::Diagnostics diagnostics(&source);
  const std::optional<esql::Query> query = esql::Parse(&diagnostics);
  if (!query.has_value()) {
    return places;
  }
  for (const auto& command : query->commands) {
    if (const auto* where = std::get_if<esql::WhereCommand>(&command.body)) {
      AddPlaces(*where->condition, source, &places);
    }
  }
  return places;
}

class Tracer {
 public:
  struct Column {
    uint32_t slot = 0;
    bool hidden = false;
  };
  using Columns = std::map<std::string, Column>;

  // All outlive it. event: null where the steps read none.
  Tracer(const std::vector<plan::RowStep>& steps, const FieldRegistry& registry, source::Event* event,
         Value* slots, UnixMillis now_ms)
      : steps_(steps), registry_(registry), fields_(event, registry.size()), slots_(slots) {
    context_.fields = &fields_;
    context_.slots = slots;
    context_.arena = &arena_;
    context_.now_ms = now_ms;
  }

  // Columns that are there before the first step.
  void SetColumns(Columns columns) { given_ = std::move(columns); }
  void SetRule(const rule::Rule& rule) {
    exceptions_ = &rule.adjustments.exceptions;
    places_ = PlacesOf(rule);
  }

  HeadTrace Run() {
    StepCounters counters;
    std::vector<uint64_t> excepted(exceptions_ == nullptr ? 0 : exceptions_->size());
    counters.excepted = excepted.empty() ? nullptr : excepted.data();
    RunRowSteps(
        steps_, 0, &context_, &counters, [this] { ++trace_.rows; },
        [this](std::size_t step) { TakeDrop(step); });
    if (trace_.rows != 0) {
      HeadTrace matched;
      matched.rows = trace_.rows;
      return matched;
    }
    return std::move(trace_);
  }

 private:
  // Of several rows (MV_EXPAND) the one that came furthest is told.
  void TakeDrop(std::size_t step) {
    if (furthest_.has_value() && *furthest_ >= step) {
      return;
    }
    furthest_ = step;
    const auto& filter = std::get<plan::FilterStep>(steps_[step]);
    trace_ = HeadTrace();
    trace_.outcome = HeadTrace::Outcome::kFiltered;
    trace_.step = filter.text;
    FindColumns(step);
    if (filter.exception >= 0 && exceptions_ != nullptr) {
      trace_.outcome = HeadTrace::Outcome::kExcepted;
      trace_.exception = (*exceptions_)[static_cast<std::size_t>(filter.exception)].name;
    }
    expr::Part whole;
    whole.expr = filter.condition;
    whole.text = WithoutKeyword(filter.text);
    if (const auto place = places_.find(whole.text); place != places_.end()) {
      std::tie(whole.line, whole.column) = place->second;
    }
    Add(whole, true, 0);
  }

  // What the steps before made, and what they did not find.
  void FindColumns(std::size_t end) {
    columns_ = given_;
    for (std::size_t i = 0; i < end; ++i) {
      const plan::RowStep& step = steps_[i];
      if (const auto* assign = std::get_if<plan::AssignStep>(&step)) {
        const std::string text = WithoutKeyword(assign->text);
        const std::size_t sign = text.find(" = ");
        if (sign != std::string::npos) {
          std::string name = text.substr(0, sign);
          std::erase(name, '`');
          columns_[name] = {assign->slot, ReadsHidden(text.substr(sign + 3))};
        }
      } else if (const auto* expand = std::get_if<plan::MvExpandStep>(&step)) {
        std::string name = WithoutKeyword(expand->text);
        std::erase(name, '`');
        columns_[name] = {expand->slot, IsHidden(name)};
      } else if (const auto* grok = std::get_if<plan::GrokStep>(&step)) {
        AddExtracted(grok->text, grok->grok->columns(), grok->slots, *grok->input);
      } else if (const auto* dissect = std::get_if<plan::DissectStep>(&step)) {
        AddExtracted(dissect->text, dissect->dissect->columns(), dissect->slots, *dissect->input);
      }
    }
  }

  void AddExtracted(const std::string& text, const std::vector<grok::OutputColumn>& made,
                    const std::vector<uint32_t>& slots, const expr::Expr& input) {
    std::vector<SeenValue> seen;
    bool hidden = false;
    const Value value = Evaluate(input, &seen);
    for (const FieldId id : fields_.read()) {
      hidden = hidden || HoldsPrivateText(registry_.field(id).name);
    }
    for (const auto& [name, column] : columns_) {
      hidden = hidden || (column.hidden && text.find(name) != std::string::npos);
    }
    bool found = false;
    for (std::size_t i = 0; i < std::min(made.size(), slots.size()); ++i) {
      columns_[made[i].name] = {slots[i], hidden};
      found = found || !slots_[slots[i]].is_null();
    }
    if (!found) {
      trace_.notes.push_back(
          fmt::format("{} found nothing in {}", text, ShowValue(value, hidden)));
    }
  }

  bool IsHidden(const std::string& name) const {
    const auto column = columns_.find(name);
    return column != columns_.end() ? column->second.hidden : HoldsPrivateText(name);
  }
  bool ReadsHidden(const std::string& text) const {
    const std::vector<std::string> names = ColumnsOf(text);
    return std::any_of(names.begin(), names.end(),
                       [this](const std::string& name) { return IsHidden(name); });
  }

  // Evaluates a part on the row as it is; seen gets the fields it read.
  Value Evaluate(const expr::Expr& part, std::vector<SeenValue>* seen) {
    fields_.Begin();
    const Value value = part.Eval(context_);
    for (const FieldId id : fields_.read()) {
      const std::string& name = registry_.field(id).name;
      seen->push_back({name, ShowValue(fields_.Get(id), HoldsPrivateText(name))});
    }
    return value;
  }

  // Says why the part is what it should not be, or, at a part that decided nothing, that it is.
  void Add(const expr::Part& part, bool wanted, int depth) {
    TracedPredicate predicate;
    predicate.text = part.text;
    predicate.line = part.line;
    predicate.column = part.column;
    predicate.depth = depth;
    predicate.wanted = wanted ? "true" : "false";
    std::vector<SeenValue> seen;
    predicate.verdict = VerdictOf(Evaluate(*part.expr, &seen));
    std::vector<expr::Part> parts;
    const expr::Shape shape = expr::Inspect(*part.expr, &parts);
    if (shape == expr::Shape::kOther) {
      AddComputed(part.text, &seen);
      predicate.values = std::move(seen);
      trace_.predicates.push_back(std::move(predicate));
      return;
    }
    trace_.predicates.push_back(std::move(predicate));
    if (shape == expr::Shape::kNot) {
      return Add(parts.front(), !wanted, depth + 1);
    }
    // Any part that is not as wanted decides an AND that should hold, and an OR that should not; else
    // all of them together do.
    const bool one_decides = (shape == expr::Shape::kAnd) == wanted;
    for (const expr::Part& inner : parts) {
      std::vector<SeenValue> unused;
      const bool fails = VerdictOf(Evaluate(*inner.expr, &unused)) != (wanted ? "true" : "false");
      if (fails) {
        Add(inner, wanted, depth + 1);
      }
      if (fails && one_decides) {
        return;
      }
    }
  }

  // Columns that steps before made have no field to read.
  void AddComputed(const std::string& text, std::vector<SeenValue>* seen) const {
    for (const std::string& name : ColumnsOf(text)) {
      if (const auto column = columns_.find(name); column != columns_.end()) {
        seen->push_back({name, ShowValue(slots_[column->second.slot], column->second.hidden)});
      }
    }
  }

  const std::vector<plan::RowStep>& steps_;
  const FieldRegistry& registry_;
  const std::vector<rule::Exception>* exceptions_ = nullptr;
  Places places_;
  NotingSource fields_;
  Value* const slots_;
  Arena arena_;
  expr::EvalContext context_;
  Columns given_;
  Columns columns_;
  std::optional<std::size_t> furthest_;
  HeadTrace trace_;
};

}  // namespace

std::vector<std::string> ColumnsOfStep(std::string_view text) {
  return ColumnsOf(WithoutKeyword(text));
}

HeadTrace TraceHead(const plan::RuleSet& rules, const plan::CompiledRule& rule,
                    source::Event& event) {
  if (!rule.head.Reads(event.data_stream())) {
    HeadTrace trace;
    trace.outcome = HeadTrace::Outcome::kNotRead;
    trace.step = fmt::format("FROM {}", fmt::join(rule.head.patterns, ", "));
    return trace;
  }
  std::vector<Value> slots(std::max<std::size_t>(1, rule.head.slot_count));
  Tracer tracer(rule.head.steps, *rules.fields, &event, slots.data(), 0);
  tracer.SetRule(rule.source);
  return tracer.Run();
}

TailTrace TraceTail(const plan::RuleSet& rules, const plan::CompiledRule& rule, Value* row,
                    UnixMillis judged_ms) {
  TailTrace trace;
  std::vector<plan::RowStep> steps;   // up to the first that looks at other groups
  for (const plan::TailStep& step : rule.tail.steps) {
    std::visit(
        [&](const auto& each) {
          using Step = std::decay_t<decltype(each)>;
          if constexpr (std::is_constructible_v<plan::RowStep, const Step&>) {
            steps.emplace_back(each);
          } else if constexpr (!std::is_same_v<Step, plan::SortStep>) {   // the order of one is what it is
            trace.together = each.text;
          }
        },
        step);
    if (!trace.together.empty()) {
      break;
    }
  }
  const plan::Window& window = rules.windows[rule.window_index];
  std::vector<bool> hidden;   // by slot, of what the fold gives
  for (const plan::FoldKey& key : window.keys) {
    hidden.push_back(MayHoldPrivateText(key.text));
  }
  for (const plan::FoldAggregate& aggregate : window.aggregates) {
    hidden.push_back(MayHoldPrivateText(aggregate.text));
  }
  Tracer::Columns columns;
  for (const plan::Tail::Output& output : rule.tail.outputs) {
    if (output.slot < hidden.size()) {
      columns[output.name] = {output.slot, hidden[output.slot]};
    }
  }
  Tracer tracer(steps, *rules.fields, nullptr, row, judged_ms);
  tracer.SetColumns(std::move(columns));
  HeadTrace steps_trace = tracer.Run();
  trace.passes = steps_trace.outcome == HeadTrace::Outcome::kMatched;
  if (!trace.passes) {
    trace.together.clear();
    trace.predicates = std::move(steps_trace.predicates);
  }
  return trace;
}

}  // namespace weir::exec
