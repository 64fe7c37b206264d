#include "tests/spec/run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
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

// A row as it travels from the head to a fold.
struct HeadRow {
  std::string bytes;
  Hash128 identity;
};

class PlanRun {
 public:
  PlanRun(const plan::QueryPlan& plan, const Table* table, const FieldRegistry& fields)
      : plan_(plan), table_(table), source_(table, &fields) {}

  std::size_t row_count() const { return table_ == nullptr ? 1 : table_->row_count(); }

  // Runs the head over rows [begin, end).
  std::vector<HeadRow> RunHead(std::size_t begin, std::size_t end) {
    std::vector<HeadRow> rows;
    Arena arena;
    exec::StepCounters counters;
    exec::KeyCells keys;
    std::vector<Value> slots(std::max<uint32_t>(plan_.head.slot_count, 1));
    expr::EvalContext context;
    context.fields = &source_;
    context.slots = slots.data();
    context.arena = &arena;
    context.now_ms = kNowMs;
    for (std::size_t row = begin; row < end; ++row) {
      source_.MoveTo(row);
      uint64_t ordinal = 0;
      exec::RunRowSteps(plan_.head.steps, 0, &context, &counters, [&] {
        std::string cells;
        exec::AppendAggregateCells(plan_.aggregates, &context, &cells);
        keys.ForEach(plan_.keys, &context, [&](const Value*, std::string_view key) {
          HeadRow& added = rows.emplace_back();
          added.identity = {row, ordinal++};
          exec::AppendRow({0, key, cells}, &added.bytes);
        });
      });
    }
    return rows;
  }

  Status Fold(const std::vector<HeadRow>& rows, exec::FoldTable* fold) const {
    for (const HeadRow& row : rows) {
      ByteReader reader(row.bytes);
      const exec::RowView view = exec::ReadRow(&reader);
      if (!reader.ok() || !reader.done()) {
        return DataLoss("a row's bytes are malformed");
      }
      WEIR_RETURN_IF_ERROR(fold->Add(view.key, view.cells, row.identity));
    }
    return OkStatus();
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

  StatusOr<Answer> RunWhole() {
    exec::FoldTable fold(&plan_.aggregates);
    WEIR_RETURN_IF_ERROR(Fold(RunHead(0, row_count()), &fold));
    return RunTail(fold);
  }

  // Folds parts apart, sends their bytes through a shuffle, merges.
  StatusOr<Answer> RunSplit(std::size_t parts, uint32_t seed) {
    std::vector<std::vector<HeadRow>> rows_of_part(parts);
    std::vector<HeadRow> rows = RunHead(0, row_count());
    std::mt19937 random(seed);
    for (HeadRow& row : rows) {
      rows_of_part[random() % parts].push_back(std::move(row));
    }
    std::vector<std::string> encoded;
    for (std::vector<HeadRow>& part : rows_of_part) {
      std::shuffle(part.begin(), part.end(), random);
      exec::FoldTable fold(&plan_.aggregates);
      WEIR_RETURN_IF_ERROR(Fold(part, &fold));
      encoded.push_back(fold.Encode());
    }
    std::shuffle(encoded.begin(), encoded.end(), random);
    exec::FoldTable merged(&plan_.aggregates);
    for (const std::string& bytes : encoded) {
      WEIR_ASSIGN_OR_RETURN(const exec::FoldTable part,
                            exec::FoldTable::Decode(&plan_.aggregates, bytes));
      merged.Merge(part);
    }
    return RunTail(merged);
  }

  StatusOr<Answer> RunBatches(std::size_t batch) {
    exec::FoldTable fold(&plan_.aggregates);
    for (std::size_t begin = 0; begin < row_count(); begin += batch) {
      WEIR_RETURN_IF_ERROR(Fold(RunHead(begin, std::min(begin + batch, row_count())), &fold));
    }
    return RunTail(fold);
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
  std::string reason = check("one pass", run->RunWhole());
  for (const std::size_t parts : {2, 5}) {
    if (reason.empty()) {
      reason = check(fmt::format("{} partials", parts),
                     run->RunSplit(parts, static_cast<uint32_t>(parts)));
    }
  }
  for (const std::size_t batch : {1, 3, 1000}) {
    if (reason.empty()) {
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
