#include "tests/spec/run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <sstream>

#include "common/base/time.h"
#include "common/esql/parser.h"
#include "common/exec/fold.h"
#include "common/exec/head.h"
#include "common/exec/key_cells.h"
#include "common/exec/row_format.h"
#include "common/exec/row_steps.h"
#include "common/exec/tail.h"
#include "common/plan/query.h"
#include "tests/spec/compare.h"

namespace weir::spec {

namespace {

constexpr UnixMillis kNowMs = 1'730'000'000'000;   // NOW() of every query

class PlanRun {
 public:
  PlanRun(const plan::QueryPlan& plan, const Table* table, const FieldRegistry& fields)
      : plan_(plan), table_(table), source_(table, &fields) {}

  std::size_t row_count() const { return table_ == nullptr ? 1 : table_->row_count(); }

  // Runs the head over the rows, in the given order and in batches, and passes each row in the bytes in
  // which it would travel to fold_of(), which says where it is folded.
  template <typename FoldOf>
  Status RunHead(const std::vector<std::size_t>& rows, std::size_t batch, const FoldOf& fold_of) {
    Status status;
    Arena arena;
    exec::StepCounters counters;
    exec::KeyCells keys;
    std::vector<Value> slots(std::max<uint32_t>(plan_.head.slot_count, 1));
    expr::EvalContext context;
    context.fields = &source_;
    context.slots = slots.data();
    context.arena = &arena;
    context.now_ms = kNowMs;
    std::string cells;
    std::string bytes;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i % batch == 0) {
        arena.Reset();
      }
      source_.MoveTo(rows[i]);
      uint64_t ordinal = 0;
      exec::RunRowSteps(plan_.head.steps, 0, &context, &counters, [&] {
        cells.clear();
        exec::AppendAggregateCells(plan_.aggregates, &context, &cells);
        keys.ForEach(plan_.keys, &context, [&](const Value*, std::string_view key) {
          bytes.clear();
          exec::AppendRow({0, key, cells}, &bytes);
          ByteReader reader(bytes);
          const exec::RowView view = exec::ReadRow(&reader);
          status.Update(fold_of()->Add(view.key, view.cells, {rows[i], ordinal++}));
        });
      });
    }
    return status;
  }

  std::vector<std::size_t> RowsInOrder() const {
    std::vector<std::size_t> rows(row_count());
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }

  Answer RunTail(const exec::FoldTable& fold) const {
    Answer answer;
    answer.arena = std::make_shared<Arena>();
    std::vector<exec::TailRow> rows = fold.Finish(plan_.tail, plan_.keys.size(), answer.arena.get());
    expr::Warnings warnings;
    exec::RunTail(plan_.tail, kNowMs, answer.arena.get(), &warnings, &rows);
    for (const plan::Tail::Output& output : plan_.tail.outputs) {
      answer.columns.push_back({output.name, output.type});
    }
    for (const exec::TailRow row : rows) {
      std::vector<Value>& cells = answer.rows.emplace_back();
      for (const plan::Tail::Output& output : plan_.tail.outputs) {
        cells.push_back(row[output.slot]);
      }
    }
    return answer;
  }

  StatusOr<Answer> RunBatches(std::size_t batch) {
    exec::FoldTable fold(&plan_.aggregates);
    WEIR_RETURN_IF_ERROR(RunHead(RowsInOrder(), batch, [&] { return &fold; }));
    return RunTail(fold);
  }

  // Shuffles the rows, folds parts apart, sends their bytes through a shuffle, merges.
  StatusOr<Answer> RunSplit(std::size_t parts, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::size_t> rows = RowsInOrder();
    std::shuffle(rows.begin(), rows.end(), random);
    std::vector<exec::FoldTable> folds;
    for (std::size_t i = 0; i < parts; ++i) {
      folds.emplace_back(&plan_.aggregates);
    }
    WEIR_RETURN_IF_ERROR(RunHead(rows, rows.size() + 1, [&] { return &folds[random() % parts]; }));
    std::shuffle(folds.begin(), folds.end(), random);
    exec::FoldTable merged(&plan_.aggregates);
    for (const exec::FoldTable& fold : folds) {
      WEIR_ASSIGN_OR_RETURN(const exec::FoldTable part,
                            exec::FoldTable::Decode(&plan_.aggregates, fold.Encode()));
      merged.Merge(part);
    }
    return RunTail(merged);
  }

 private:
  const plan::QueryPlan& plan_;
  const Table* table_;
  TableRow source_;
};

CaseResult Result(const Case& spec, Verdict verdict, std::string reason = "") {
  return {spec.name, verdict, std::move(reason)};
}

// A refusal of what is known not to be supported is no failure; any other is.
CaseResult Refused(const Case& spec, const esql::Diagnostics& diagnostics) {
  std::string first;
  for (const esql::Diagnostic& diagnostic : diagnostics.list()) {
    if (diagnostic.severity != esql::Severity::kError) {
      continue;
    }
    if (diagnostic.message.find("not supported") != std::string::npos ||
        diagnostic.hint.find("not supported") != std::string::npos) {
      return Result(spec, Verdict::kUnsupported, diagnostic.message);
    }
    if (first.empty()) {
      first = diagnostic.message;
    }
  }
  return Result(spec, Verdict::kFailed, "refused: " + first);
}

std::string CheckShapes(const Case& spec, PlanRun* run) {
  const auto check = [&](std::string_view shape, const StatusOr<Answer>& answer) -> std::string {
    const std::string difference =
        answer.ok() ? Compare(spec, *answer) : std::string(Message(answer.status()));
    return difference.empty() ? "" : fmt::format("{}: {}", shape, difference);
  };
  std::string reason = check("one pass", run->RunBatches(run->row_count() + 1));
  for (const std::size_t parts : {2, 5}) {
    if (reason.empty()) {
      reason = check(fmt::format("{} partials", parts),
                     run->RunSplit(parts, static_cast<uint32_t>(parts)));
    }
  }
  for (const std::size_t batch : {1, 3, 1000}) {
    if (reason.empty() && batch <= run->row_count()) {
      reason = check(fmt::format("batches of {}", batch), run->RunBatches(batch));
    }
  }
  return reason;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kUnsupported:
      return "unsupported";
  }
  return "";
}

std::size_t FileResult::Count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(cases.begin(), cases.end(),
                    [&](const CaseResult& result) { return result.verdict == verdict; }));
}

StatusOr<TablePtr> SpecRunner::Load(const std::string& index) {
  if (const auto found = tables_.find(index); found != tables_.end()) {
    return found->second;
  }
  const std::string path = fmt::format("{}/{}.csv", data_folder_, index);
  if (index.find('/') != std::string::npos || !std::filesystem::exists(path)) {
    return NotFound("index [{}] is not among the data", index);
  }
  WEIR_ASSIGN_OR_RETURN(TablePtr table, LoadTable(path, index));
  return tables_[index] = std::move(table);
}

StatusOr<TablePtr> SpecRunner::Resolve(const std::vector<std::string>& patterns) {
  std::vector<std::string> known;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder_, error)) {
    if (entry.path().extension() == ".csv") {
      known.push_back(entry.path().stem().string());
    }
  }
  std::sort(known.begin(), known.end());
  plan::Head head;
  head.patterns = patterns;
  std::vector<TablePtr> tables;
  for (const std::string& pattern : patterns) {
    if (pattern.find('*') == std::string::npos && !pattern.starts_with('-')) {
      WEIR_RETURN_IF_ERROR(Load(pattern).status());
    }
  }
  for (const std::string& index : known) {
    if (head.Reads(index)) {
      WEIR_ASSIGN_OR_RETURN(TablePtr table, Load(index));
      tables.push_back(std::move(table));
    }
  }
  if (tables.empty()) {
    return NotFound("no index of [{}] is among the data", fmt::join(patterns, ","));
  }
  return UniteTables(tables);
}

CaseResult SpecRunner::RunCase(const Case& spec) {
  if (spec.ignored) {
    return Result(spec, Verdict::kUnsupported, "its name says that it is not to be run");
  }
  const esql::Source source(spec.query, spec.name);
  esql::Diagnostics diagnostics(&source);
  const std::optional<esql::Query> query = esql::Parse(&diagnostics);
  if (!query.has_value()) {
    return Refused(spec, diagnostics);
  }
  TablePtr table;
  if (const auto* from = std::get_if<esql::FromCommand>(&query->commands.front().body)) {
    StatusOr<TablePtr> resolved = Resolve(from->patterns);
    if (!resolved.ok()) {
      return Result(spec, Verdict::kUnsupported, std::string(Message(resolved.status())));
    }
    table = std::move(*resolved);
  }
  FieldRegistry fields;
  static const Table kNoTable;
  const std::optional<plan::QueryPlan> plan =
      plan::CompileQuery(*query, table != nullptr ? *table : kNoTable, &fields, &diagnostics);
  if (!plan.has_value()) {
    return Refused(spec, diagnostics);
  }
  PlanRun run(*plan, table.get(), fields);
  std::string reason = CheckShapes(spec, &run);
  const Verdict verdict = reason.empty() ? Verdict::kPassed : Verdict::kFailed;
  return Result(spec, verdict, std::move(reason));
}

StatusOr<FileResult> SpecRunner::RunFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return NotFound("reading {}: it cannot be opened", path);
  }
  std::stringstream text;
  text << file.rdbuf();
  StatusOr<std::vector<Case>> cases = ParseCsvSpec(text.str());
  if (!cases.ok()) {
    return Annotate(cases.status(), fmt::format("reading {}", path));
  }
  FileResult result;
  result.name = std::filesystem::path(path).filename().string();
  for (const Case& spec : *cases) {
    result.cases.push_back(RunCase(spec));
  }
  return result;
}

}  // namespace weir::spec
