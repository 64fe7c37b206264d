#include "worker/alert_shards.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "common/alert/rule_note.h"

namespace weir::worker {

namespace {

// The first alerts of an order.
class First {
 public:
  explicit First(const AlertQuery& query) : query_(query), alerts_(Before{query.order}) {}

  void Add(const alert::Position& position, const alert::Alert& alert) {
    if (query_.after.has_value() &&
        !alert::ComesBefore(*query_.after, position, query_.order)) {
      return;
    }
    if (alerts_.size() >= query_.limit) {
      if (alerts_.empty() ||
          !alert::ComesBefore(position, std::prev(alerts_.end())->first, query_.order)) {
        return;
      }
      alerts_.erase(std::prev(alerts_.end()));
    }
    alerts_.emplace(position, alert);
  }

  std::vector<alert::Alert> Take() {
    std::vector<alert::Alert> all;
    for (auto& [position, alert] : alerts_) {
      all.push_back(std::move(alert));
    }
    return all;
  }

 private:
  struct Before {
    alert::AlertOrder order;
    bool operator()(const alert::Position& a, const alert::Position& b) const {
      return alert::ComesBefore(a, b, order);
    }
  };

  const AlertQuery& query_;
  std::map<alert::Position, alert::Alert, Before> alerts_;
};

}  // namespace

StatusOr<alert::AlertDetails> AlertShards::Show(const Hash128& id) {
  StatusOr<alert::AlertDetails> found = NotFound("no alert {}", id.ToHex());
  for (const auto& executor : *executors_) {
    executor->Run([&] {
      for (const auto& shard : executor->shards()) {
        StatusOr<alert::AlertDetails> details = shard->ShowAlert(id);
        if (details.ok() || details.status().code() != StatusCode::kNotFound) {
          found = std::move(details);
          return;
        }
      }
    });
    if (found.ok() || found.status().code() != StatusCode::kNotFound) {
      break;
    }
  }
  const plan::RuleSetPtr rules = rules_();
  if (found.ok() && rules != nullptr) {
    const plan::CompiledRule* rule = rules->FindRule(found->alert.rule_id);
    found->alert.note = rule == nullptr ? "" : alert::NoteOf(rule->source, found->alert);
  }
  return found;
}

StatusOr<std::vector<ShardId>> AlertShards::Held() const {
  std::vector<ShardId> held;
  Status status;
  log_->Run([&] {
    for (std::size_t i = 0; i < writer_->slot_count(); ++i) {
      const ShardId id(static_cast<uint16_t>(i));
      const LogWriter::Slot& slot = writer_->slot(id);
      if (!slot.held) {
        continue;
      }
      held.push_back(id);
      if (slot.state != ShardState::kServing) {
        status = Unavailable("shard {} is not served now", id);
      }
    }
  });
  WEIR_RETURN_IF_ERROR(status);
  return held;
}

StatusOr<AlertsFound> AlertShards::Find(const AlertQuery& query) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<ShardId> held, Held());
  const plan::RuleSetPtr rules = rules_();
  alert::FilterRun::Notes notes;
  if (!query.filter.text.empty() && rules != nullptr) {
    for (const plan::CompiledRule& rule : rules->rules) {
      notes.emplace(rule.source.id, rule.source.note);
    }
  }
  alert::FilterRun filter(query.filter, &notes);
  alert::Digester digester;
  First first(query);
  AlertsFound result;
  Status status;
  for (const auto& executor : *executors_) {
    // One shard at a time, so that rows are not kept waiting for long.
    for (const ShardId id : held) {
      executor->Run([&] {
        for (const auto& shard : executor->shards()) {
          if (shard->id() != id || !status.ok()) {
            continue;
          }
          ++result.shards;
          status = shard->ForEachAlert([&](const alert::Alert& alert) {
            const alert::AlertDigest digest = digester.Make(alert);
            if (filter.Matches(digest)) {
              ++result.total;
              first.Add(alert::PositionOf(digest, query.order), alert);
            }
            return true;
          });
        }
      });
    }
  }
  WEIR_RETURN_IF_ERROR(status);
  result.alerts = first.Take();
  return result;
}

void AlertShards::KeepFor(int64_t retention_ms, int64_t look_ms) {
  log_->PostAfter(look_ms, [this, retention_ms, look_ms] {
    const UnixMillis closed_ms = watermarks_->closed_ms();
    // Before the first closed stamp, and after the end of a replay, no time has passed.
    if (closed_ms > retention_ms && closed_ms < shard::kTimeMax) {
      Look(closed_ms - retention_ms);
    }
    KeepFor(retention_ms, look_ms);
  });
}

void AlertShards::Look(UnixMillis before_ms) {
  for (const auto& executor : *executors_) {
    executor->Post([this, executor = executor.get(), before_ms] {
      std::vector<ShardId> shards;
      std::map<ShardId, uint64_t> overdue;
      for (const auto& shard : executor->shards()) {
        overdue[shard->id()] = shard->CountOverdue(before_ms);
        if (shard->WantsForgetting(before_ms)) {
          shards.push_back(shard->id());
        }
      }
      {
        const std::lock_guard lock(mutex_);
        for (const auto& [shard, count] : overdue) {
          overdue_[shard] = count;
        }
      }
      if (!shards.empty()) {
        writer_->Forget(std::move(shards), before_ms);
      }
    });
  }
}

uint64_t AlertShards::OverdueOf(ShardId shard) const {
  const std::lock_guard lock(mutex_);
  const auto found = overdue_.find(shard);
  return found == overdue_.end() ? 0 : found->second;
}

}  // namespace weir::worker
