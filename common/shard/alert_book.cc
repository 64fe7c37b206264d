#include "common/shard/alert_book.h"

#include "common/shard/keys.h"

namespace weir::shard {

AlertBook::AlertBook(ShardId shard, state::StateStore* store, Listener listener)
    : shard_(shard), store_(store), listener_(std::move(listener)) {}

Status AlertBook::Load(const std::function<void(const alert::Alert&)>& visit) {
  const std::string prefix = AlertPrefix(shard_);
  Status failure = OkStatus();
  WEIR_RETURN_IF_ERROR(store_->Scan(state::Family::kState, prefix, state::PrefixEnd(prefix),
                                    [&](std::string_view, std::string_view value) {
                                      const StatusOr<alert::Alert> alert = alert::DecodeAlert(value);
                                      if (!alert.ok()) {
                                        failure = alert.status();
                                        return false;
                                      }
                                      listener_(*alert);
                                      visit(*alert);
                                      return true;
                                    }));
  return failure;
}

StatusOr<alert::Alert> AlertBook::Get(const Hash128& id) const {
  const auto found = changed_.find(id);
  if (found != changed_.end()) {
    return found->second;
  }
  std::string value;
  WEIR_RETURN_IF_ERROR(store_->Get(state::Family::kState, AlertKey(shard_, id), &value));
  return alert::DecodeAlert(value);
}

void AlertBook::Put(alert::Alert alert) {
  ++alert.revision;
  listener_(alert);
  const Hash128 id = alert.id;
  changed_.insert_or_assign(id, std::move(alert));
}

void AlertBook::SetDue(const Hash128& id, UnixMillis due_ms) {
  ClearDue(id);
  due_.emplace(due_ms, id);
  due_of_[id] = due_ms;
}

void AlertBook::ClearDue(const Hash128& id) {
  const auto found = due_of_.find(id);
  if (found != due_of_.end()) {
    due_.erase({found->second, id});
    due_of_.erase(found);
  }
}

std::vector<Hash128> AlertBook::TakeDue(UnixMillis now_ms) {
  std::vector<Hash128> ids;
  while (HasDue(now_ms)) {
    ids.push_back(due_.begin()->second);
    due_of_.erase(ids.back());
    due_.erase(due_.begin());
  }
  return ids;
}

void AlertBook::Checkpoint(state::WriteBatch* batch) {
  for (const auto& [id, alert] : changed_) {
    batch->Put(state::Family::kState, AlertKey(shard_, id), alert::EncodeAlert(alert));
  }
  changed_.clear();
}

}  // namespace weir::shard
