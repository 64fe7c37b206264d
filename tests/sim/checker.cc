#include "tests/sim/checker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/bytes.h"
#include "common/exec/row_format.h"
#include "common/shard/record.h"
#include "tests/sim/expected.h"

namespace weir::sim {
namespace {

constexpr std::size_t kViolationsMax = 20;

std::string IdentityOf(const alert::Alert& alert) {
  std::string text = alert.rule_id + " " + alert.group_hash.ToHex();
  for (const alert::NamedCell& cell : alert.group) {
    text += " " + cell.name + "=" + cell.encoded;
  }
  return text;
}

}  // namespace

void Checker::Fail(const std::string& what) {
  world_->Log("check", "VIOLATION: " + what);
  if (violations_.size() < kViolationsMax) {
    violations_.push_back(what);
  }
}

void Checker::Watch(meta::MetaStore* store, uint16_t shard_count) {
  table_ = std::make_unique<cluster::TableWatch>(store, world_->own(), shard_count,
                                                 [this](const cluster::ShardTable& table) {
                                                   OnTable(table);
                                                 });
  table_->Start();
}

// An entry's epoch never falls, and grows with every change of its worker.
void Checker::OnTable(const cluster::ShardTable& table) {
  entries_.resize(table.entries.size());
  for (std::size_t shard = 0; shard < table.entries.size(); ++shard) {
    const cluster::ShardEntry& entry = table.entries[shard];
    cluster::ShardEntry& known = entries_[shard];
    if (entry == known) {
      continue;
    }
    world_->Log("table", fmt::format("shard {}: {} epoch {}{}", shard, entry.worker, entry.epoch,
                                     entry.successor.empty() ? "" : " -> " + entry.successor));
    if (entry.epoch < known.epoch || (entry.epoch == known.epoch && entry.worker != known.worker)) {
      Fail(fmt::format("shard {} went from {} at epoch {} to {} at epoch {}", shard, known.worker,
                       known.epoch, entry.worker, entry.epoch));
    }
    known = entry;
  }
}

// Every shard is somebody's, who serves it at the table's epoch, and nobody else does.
void Checker::CheckTable(const std::vector<WorkerNode*>& workers) {
  std::set<uint16_t> served;
  for (WorkerNode* worker : workers) {
    for (const worker::ShardStatus& shard : worker->worker()->GetStatus().shards) {
      const cluster::ShardEntry& entry = entries_[shard.shard.value];
      served.insert(shard.shard.value);
      if (entry.worker != worker->name() || entry.epoch != shard.epoch) {
        Fail(fmt::format("{} holds shard {} at epoch {}; the table says {} at epoch {}", worker->name(),
                         shard.shard, shard.epoch, entry.worker, entry.epoch));
      }
    }
  }
  for (std::size_t shard = 0; shard < entries_.size(); ++shard) {
    if (!served.contains(static_cast<uint16_t>(shard)) || !entries_[shard].successor.empty()) {
      Fail(fmt::format("stuck: shard {} of '{}', to go to '{}', {}", shard, entries_[shard].worker,
                       entries_[shard].successor,
                       served.contains(static_cast<uint16_t>(shard)) ? "served" : "not served"));
    }
  }
}

void Checker::OnAlert(const std::string& worker, const alert::Alert& alert) {
  const auto [known, added] = alerts_.try_emplace(alert.id, Announced{IdentityOf(alert), alert});
  if (added) {
    world_->Log(worker, fmt::format("alert {} {}", alert.id.ToHex().substr(0, 8),
                                    Fingerprint(alert, false)));
    return;
  }
  if (known->second.identity != IdentityOf(alert)) {
    Fail(fmt::format("alert {} is announced again as another: {}", alert.id.ToHex(),
                     Fingerprint(alert, true)));
  }
  // As everybody does who keeps alerts.
  if (alert.revision > known->second.alert.revision) {
    known->second.alert = alert;
  }
}

// A frame that is taken although the table had already gone on when it arrived.
std::function<void(const worker::FrameResult&)> Checker::OnFrame(const std::string& worker,
                                                                 const exec::Frame& frame) {
  std::string stale;
  for (const exec::FramePart& part : frame.parts) {
    const cluster::ShardEntry& entry = table_->table().entries[part.shard.value];
    if (part.epoch < entry.epoch) {
      stale = fmt::format("shard {} at epoch {}, which is {} at epoch {}", part.shard, part.epoch,
                          entry.worker, entry.epoch);
    }
  }
  return [this, worker, stale, parts = frame.parts.size()](const worker::FrameResult& result) {
    if (result.status.ok() && !stale.empty()) {
      Fail(fmt::format("stale acknowledgement by {}: a frame for {}", worker, stale));
    }
    world_->Log(worker, fmt::format("frame of {} parts: {}", parts,
                                    result.status.ok() ? "taken" : std::string(Message(result.status))));
  };
}

void Checker::ReadLogs(const std::vector<WorkerNode*>& workers) {
  for (WorkerNode* worker : workers) {
    ReadLog(worker->name(), worker->disk().log_records());
  }
}

void Checker::ReadLog(const std::string& worker, const LogRecords& records) {
  uint16_t shard = UINT16_MAX;
  uint64_t last = 0;
  Epoch epoch;
  UnixMillis closed_ms = INT64_MIN;
  for (const auto& [place, bytes] : records) {
    if (place.first != shard) {
      shard = place.first;
      last = 0;
      epoch = Epoch();
      closed_ms = INT64_MIN;
    }
    const auto record = shard::ReadRecord(bytes);
    if (!record.ok() || place.second != last + 1) {
      Fail(fmt::format("the log of shard {} at {} is broken at record {} after {}", shard, worker,
                       place.second, last));
      return;
    }
    last = place.second;
    if (record->header.epoch < epoch) {
      Fail(fmt::format("shard {} at {}: record {} of epoch {} follows epoch {}", shard, worker, last,
                       record->header.epoch, epoch));
    }
    epoch = record->header.epoch;
    closed_ms = std::max(closed_ms, record->header.closed_ms);
    for (const shard::SubBatch& batch : record->batches) {
      const auto [at, added] = rows_at_.try_emplace(shard, worker);
      if (at->second != worker) {
        Fail(fmt::format("shard {} has rows at {} and at {}", shard, at->second, worker));
      }
      if (!replay_ && batch.stamp_ms <= closed_ms) {
        Fail(fmt::format("shard {} at {}: record {} has rows stamped {} ms before its closed stamp", shard,
                         worker, last, closed_ms - batch.stamp_ms));
      }
      const plan::RuleSetPtr& rules = rule_sets_[record->header.version.value];
      ByteReader reader(batch.bytes);
      while (rules != nullptr && reader.ok() && !reader.done()) {
        const exec::EntryHeader entry = exec::ReadEntryHeader(&reader, batch.explicit_ingested);
        for (uint32_t i = 0; i < entry.row_count && reader.ok(); ++i) {
          exec::ReadRow(&reader);
        }
        if (reader.ok()) {
          TakeEntry(shard, batch.stamp_ms, rules->classes[entry.class_index].id, entry.timestamp_ms);
        }
      }
    }
  }
}

// The first time counts, in a shard; and there is only one shard for it.
void Checker::TakeEntry(uint16_t shard, UnixMillis stamp_ms, const Hash128& class_id,
                        UnixMillis time_ms) {
  const auto [known, added] = logged_.try_emplace({class_id, time_ms}, Logged{shard, stamp_ms});
  if (!added && known->second.shard != shard) {
    Fail(fmt::format("the event of {} is in shards {} and {}", FormatTime(time_ms),
                     known->second.shard, shard));
  }
}

void Checker::CheckEnd(const Collectors& collectors, const std::vector<WorkerNode*>& workers,
                       const CompileRules& rules_of) {
  plan::RuleSetPtr rules;
  for (uint64_t version = 1; version < 100; ++version) {
    cluster::RuleSetTexts texts;
    texts.version = RuleSetVersion(version);
    if (const plan::RuleSetPtr known = rules_of(texts); known != nullptr) {
      rule_sets_[version] = known;
      rules = known;
    }
  }
  if (rules == nullptr) {
    return Fail("no rule set was ever active");
  }
  CheckTable(workers);
  ReadLogs(workers);
  CheckLogged(collectors, *rules);
  CheckCounts(collectors, workers);
  CheckAlerts(collectors, workers, *rules);
}

void Checker::CheckLogged(const Collectors& collectors, const plan::RuleSet& rules) {
  for (const SimRule& rule : Rules()) {
    const plan::CompiledRule* const compiled = rules.FindRule(rule.id);
    if (compiled == nullptr) {
      Fail(fmt::format("rule {} is not loaded", rule.id));
      continue;
    }
    const Hash128 class_id = rules.classes[compiled->class_index].id;
    for (std::size_t i = 0; i < collectors.events().size(); ++i) {
      const Event& event = collectors.events()[i];
      if (rule.wants(event) && collectors.acknowledged()[i] &&
          !logged_.contains({class_id, event.time_ms})) {
        Fail(fmt::format("lost: event {} of {} was acknowledged, and is in no log for rule {}", event.id,
                         FormatTime(event.time_ms), rule.id));
      }
    }
  }
}

void Checker::CheckCounts(const Collectors& collectors, const std::vector<WorkerNode*>& workers) {
  std::map<std::string, uint64_t> rows;
  for (WorkerNode* worker : workers) {
    const worker::WorkerStatus status = worker->worker()->GetStatus();
    if (!status.failure.empty()) {
      Fail(fmt::format("{} takes nothing: {}", worker->name(), status.failure));
    }
    if (status.late + status.future != 0) {
      Fail(fmt::format("{} found {} rows late and {} in the future", worker->name(), status.late,
                       status.future));
    }
    for (const worker::ShardStatus& shard : status.shards) {
      if (shard.state != worker::ShardState::kServing) {
        Fail(fmt::format("{} does not serve shard {}: {}", worker->name(), shard.shard, shard.failure));
      }
    }
    for (const worker::RuleStatus& rule : status.rules) {
      rows[rule.rule_id] += rule.rows;
    }
  }
  for (const SimRule& rule : Rules()) {
    const auto wanted = static_cast<uint64_t>(
        std::count_if(collectors.events().begin(), collectors.events().end(), rule.wants));
    if (rows[rule.id] != wanted) {
      Fail(fmt::format("rule {} counted {} rows of {} events", rule.id, rows[rule.id], wanted));
    }
  }
}

void Checker::CheckAlerts(const Collectors& collectors, const std::vector<WorkerNode*>& workers,
                          const plan::RuleSet& rules) {
  std::map<std::string, std::vector<std::string>> found;
  for (const auto& [id, announced] : alerts_) {
    StatusOr<alert::Alert> alert = NotFound("no worker");
    for (WorkerNode* worker : workers) {
      alert = worker->worker()->GetAlert(id);
      if (alert.ok()) {
        break;
      }
    }
    if (!alert.ok()) {
      Fail(fmt::format("alert {} was announced and is gone: {}", id.ToHex(),
                       Fingerprint(announced.alert, true)));
      continue;
    }
    const bool at_ticks = std::any_of(Rules().begin(), Rules().end(), [&](const SimRule& rule) {
      return rule.id == alert->rule_id && rule.at_ticks;
    });
    if (Fingerprint(*alert, true) != Fingerprint(announced.alert, true)) {
      Fail(fmt::format("who followed alert {} knows it as revision {}: {}; it is revision {}: {}",
                       id.ToHex(), announced.alert.revision, Fingerprint(announced.alert, true),
                       alert->revision, Fingerprint(*alert, true)));
    }
    if ((alert->flags & alert::kContinues) == 0) {
      found[alert->rule_id].push_back(Fingerprint(*alert, at_ticks));
    }
  }
  for (const SimRule& rule : Rules()) {
    const plan::CompiledRule* const compiled = rules.FindRule(rule.id);
    if (compiled == nullptr) {
      continue;
    }
    const Hash128 class_id = rules.classes[compiled->class_index].id;
    std::vector<UnixMillis> arrivals_ms;
    for (const Event& event : collectors.events()) {
      const auto logged = logged_.find({class_id, event.time_ms});
      arrivals_ms.push_back(replay_ || logged == logged_.end() ? event.time_ms : logged->second.stamp_ms);
    }
    const auto expected = ExpectedAlerts(rule, collectors.events(), arrivals_ms);
    if (!expected.ok()) {
      Fail(std::string(Message(expected.status())));
      continue;
    }
    std::vector<std::string>& actual = found[rule.id];
    std::sort(actual.begin(), actual.end());
    std::vector<std::string> differing;
    std::set_difference(expected->begin(), expected->end(), actual.begin(), actual.end(),
                        std::back_inserter(differing));
    for (const std::string& text : differing) {
      Fail("missed alert: " + text);
    }
    differing.clear();
    std::set_difference(actual.begin(), actual.end(), expected->begin(), expected->end(),
                        std::back_inserter(differing));
    for (const std::string& text : differing) {
      Fail("alert not expected: " + text);
    }
  }
}

}  // namespace weir::sim
