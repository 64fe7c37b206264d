#include "common/backtest/backtest.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "common/alert/rule_note.h"
#include "common/backtest/pass_internal.h"
#include "common/base/bytes.h"
#include "common/exec/router.h"
#include "common/overlay/overlay.h"
#include "common/shard/record.h"
#include "common/shard/shard.h"
#include "common/source/record_reader.h"
#include "common/state/state_store.h"

namespace weir::backtest {

namespace {

constexpr std::size_t kRowsPerRecord = 1024;

class Collector final : public source::Sink {
 public:
  Collector(exec::Router* router, Result* result, std::vector<TimedRows>* rows)
      : router_(router), result_(result), rows_(rows) {}

  void StartRecord(const std::string& file, uint64_t line, uint64_t number) {
    file_ = &file;
    line_ = line;
    number_ = number;
    event_in_record_ = 0;
  }

  void OnEvent(source::Event& event) override {
    ++result_->events;
    router_->Add(event, 0, IdentityOfPlace(*file_, number_, event_in_record_++));
    exec::Frame frame = router_->Take();
    for (const exec::ExceptedRows& excepted : frame.excepted) {
      excepted_[{excepted.rule_id, excepted.exception}] += excepted.rows;
    }
    if (frame.parts.empty()) {
      return;
    }
    ++result_->matched;
    for (exec::FramePart& part : frame.parts) {
      rows_->push_back({std::min(event.timestamp_ms(), event.ingested_ms()), std::move(part.bytes)});
    }
  }

  void FinishExcepted() {
    for (const auto& [exception, rows] : excepted_) {
      result_->excepted.push_back({exception.first, exception.second, rows});
    }
  }

  void OnReject(const source::Reject& reject) override {
    ++result_->rejected;
    ++result_->rejected_by_reason[static_cast<std::size_t>(reject.reason)];
    if (result_->rejected_shown.size() < kRejectedShownMax) {
      result_->rejected_shown.push_back({*file_, line_, reject.reason, reject.message});
    }
  }

 private:
  exec::Router* router_;
  Result* result_;
  std::vector<TimedRows>* rows_;
  const std::string* file_ = nullptr;
  uint64_t line_ = 0;
  uint64_t number_ = 0;
  uint64_t event_in_record_ = 0;
  std::map<std::pair<std::string, std::string>, uint64_t> excepted_;
};

class LatestAlerts final : public shard::Environment {
 public:
  explicit LatestAlerts(plan::RuleSetPtr rules) : rules_(std::move(rules)) {}
  StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion) override { return rules_; }
  void OnAlert(const alert::Alert& alert) override { alerts_.insert_or_assign(alert.id, alert); }

  std::vector<alert::Alert> Take() {
    std::vector<alert::Alert> all;
    for (auto& [id, alert] : alerts_) {
      const plan::CompiledRule* rule = rules_->FindRule(alert.rule_id);
      if (rule != nullptr) {
        alert.note = alert::NoteOf(rule->source, alert);
      }
      all.push_back(std::move(alert));
    }
    std::sort(all.begin(), all.end(), [](const alert::Alert& a, const alert::Alert& b) {
      return std::tie(a.window_end_ms, a.rule_id, a.id) < std::tie(b.window_end_ms, b.rule_id, b.id);
    });
    return all;
  }

 private:
  plan::RuleSetPtr rules_;
  std::map<Hash128, alert::Alert> alerts_;
};

StatusOr<plan::RuleSetPtr> LoadRules(const Options& options, Result* result) {
  WEIR_ASSIGN_OR_RETURN(std::vector<rule::LoadResult> loaded, rule::LoadRules(options.rule_paths, options.load));
  std::vector<rule::Rule> rules;
  for (rule::LoadResult& file : loaded) {
    result->findings.insert(result->findings.end(), file.findings.begin(), file.findings.end());
    if (file.rule.has_value()) {
      rules.push_back(std::move(*file.rule));
    } else {
      ++result->rules_refused;
    }
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<overlay::Overlay> overlays,
                        overlay::LoadOverlays(options.overlay_paths));
  overlay::Apply(&overlays, &rules);
  const auto enabled = static_cast<std::size_t>(std::count_if(
      rules.begin(), rules.end(), [](const rule::Rule& rule) { return rule.enabled; }));
  plan::CompileOptions compile;
  compile.mode = options.mode;
  compile.alerts = options.alerts;
  compile.evidence = options.evidence;
  plan::CompileResult compiled =
      plan::CompileRules(rules, compile, source::Catalogue(), RuleSetVersion(1));
  for (std::vector<rule::Finding>& findings : compiled.findings) {
    overlay::TakeFindings(&findings, &overlays);
    result->findings.insert(result->findings.end(), findings.begin(), findings.end());
  }
  for (const overlay::Overlay& overlay : overlays) {
    result->findings.insert(result->findings.end(), overlay.findings.begin(), overlay.findings.end());
  }
  result->rules_loaded = compiled.rules->rules.size();
  result->rules_refused += enabled - compiled.rules->rules.size();
  return compiled.rules;
}

}  // namespace

Hash128 IdentityOfPlace(const std::string& file, uint64_t record, uint64_t event_in_record) {
  std::string place;
  ByteWriter writer(&place);
  writer.String(file);
  writer.Varint(record);
  writer.Varint(event_in_record);
  return HashBytes128(place);
}

exec::RouterOptions RouterOptionsOf(const Options& options) {
  exec::RouterOptions router;
  router.tenant = options.tenant;
  router.shard_count = 1;
  router.replay = true;
  return router;
}

StatusOr<std::vector<TimedRows>> ReadRows(const Options& options, const plan::RuleSetPtr& rules,
                                          Result* result) {
  result->rejected_by_reason.assign(source::kRejectReasonCount, 0);
  std::vector<TimedRows> rows;
  source::Options decoder_options;
  decoder_options.tenant = options.tenant;
  decoder_options.ingested = source::Options::Ingested::kTimestamp;
  decoder_options.reject_without_timestamp = true;
  source::Decoder decoder(rules->fields, decoder_options);
  exec::Router router(rules, RouterOptionsOf(options));
  Collector collector(&router, result, &rows);
  for (const std::string& file : options.files) {
    WEIR_ASSIGN_OR_RETURN(const auto reader, source::RecordReader::Open(file));
    uint64_t number = 0;
    while (true) {
      std::string_view record;
      WEIR_ASSIGN_OR_RETURN(const bool more, reader->Next(&record));
      if (!more) {
        break;
      }
      ++result->records;
      collector.StartRecord(file, reader->line(), number++);
      decoder.Decode(record, 0, 0, &collector);
      if (options.progress && number % 4096 == 0) {
        options.progress(reader->bytes_read(), reader->bytes_total());
      }
    }
  }
  for (std::size_t i = 0; i < router.without_group().size(); ++i) {
    for (const uint32_t rule : rules->windows[i].rules) {
      if (router.without_group()[i] != 0) {
        result->without_group[rules->rules[rule].source.id] = router.without_group()[i];
      }
    }
  }
  result->warnings = router.warnings().entries();
  collector.FinishExcepted();
  std::stable_sort(rows.begin(), rows.end(), [](const TimedRows& a, const TimedRows& b) {
    return a.time_ms < b.time_ms;
  });
  return rows;
}

Folding::Folding(const Options& options, shard::Environment* environment)
    : store_(state::MakeMemoryStore()) {
  shard::ShardOptions shard_options;
  shard_options.tenant = options.tenant;
  shard_options.replay = true;
  shard_options.whole = true;
  // Within the pass a repeat is a repeat however far apart the copies are, or never one.
  shard_options.repeat_horizon_ms = options.drop_repeats ? 400 * 365 * kMillisPerDay : 0;
  shard_ = std::make_unique<shard::Shard>(shard_options, store_.get(), environment);
}

Folding::~Folding() = default;

Status Folding::Apply(shard::RecordWriter* writer) {
  shard::ApplyOutcome outcome;
  return shard_->Apply(LogNumber(++number_.value), writer->Finish(), &outcome);
}

Status Folding::Fold(const std::vector<TimedRows>& rows) {
  shard::RecordHeader header;
  header.version = RuleSetVersion(1);
  header.kind = shard::RecordKind::kActivate;
  header.closed_ms = INT64_MIN;
  shard::RecordWriter activation(header);
  WEIR_RETURN_IF_ERROR(Apply(&activation));
  header.kind = shard::RecordKind::kBatch;
  for (std::size_t begin = 0; begin < rows.size(); begin += kRowsPerRecord) {
    header.closed_ms = rows[begin].time_ms - 1;
    shard::RecordWriter writer(header);
    for (std::size_t i = begin; i < std::min(rows.size(), begin + kRowsPerRecord); ++i) {
      writer.Add({rows[i].time_ms, true, rows[i].bytes});
    }
    WEIR_RETURN_IF_ERROR(Apply(&writer));
  }
  header.closed_ms = INT64_MAX;
  shard::RecordWriter end(header);
  return Apply(&end);
}

Status FoldRows(const Options& options, const std::vector<TimedRows>& rows,
                shard::Environment* environment, Result* result) {
  Folding folding(options, environment);
  WEIR_RETURN_IF_ERROR(folding.Fold(rows));
  result->repeated = folding.shard()->meta().repeats;
  for (const auto& [hash, rule] : folding.shard()->rule_states()) {
    result->suppressed += rule.suppressed;
  }
  return OkStatus();
}

StatusOr<Result> Run(const Options& options) {
  if (options.alerts == plan::AlertMode::kParity && options.mode == plan::JudgeMode::kContinuous) {
    return InvalidArgument("parity alerts are made at ticks: use them with schedule mode");
  }
  Result result;
  WEIR_ASSIGN_OR_RETURN(const plan::RuleSetPtr rules, LoadRules(options, &result));
  WEIR_ASSIGN_OR_RETURN(const std::vector<TimedRows> rows, ReadRows(options, rules, &result));
  LatestAlerts alerts(rules);
  WEIR_RETURN_IF_ERROR(FoldRows(options, rows, &alerts, &result));
  result.alerts = alerts.Take();
  return result;
}

}  // namespace weir::backtest
