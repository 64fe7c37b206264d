#include <future>
#include <utility>

#include "common/wire/alert_query.h"
#include "coordinator/alert_backend.h"

namespace weir::coordinator {
namespace {

class LocalAlertBackend final : public AlertBackend {
 public:
  LocalAlertBackend(worker::Worker* worker, const AlertIndex* index)
      : worker_(worker), index_(index) {}

  StatusOr<alert::AlertDetails> Show(const Hash128& id) override { return worker_->ShowAlert(id); }

  StatusOr<worker::AlertsFound> Find(const worker::AlertQuery& query, bool /*keys_only*/) override {
    StatusOr<worker::AlertsFound> found = worker_->FindAlerts(query);
    if (found.ok()) {
      for (alert::Alert& alert : found->alerts) {
        wire::StripForLists(&alert);
      }
    }
    return found;
  }

  std::vector<worker::AlertUpdateResult> Update(const std::vector<AlertCommand>& commands) override {
    std::vector<worker::AlertUpdateResult> results(commands.size());
    std::vector<worker::AlertUpdate> updates;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const StatusOr<ShardId> shard = ShardOf(commands[i].alert);
      if (!shard.ok()) {
        results[i].status = shard.status();
        continue;
      }
      updates.push_back({commands[i].alert, *shard, Epoch(0), commands[i].action});
      positions.push_back(i);
    }
    std::promise<std::vector<worker::AlertUpdateResult>> done;
    worker_->UpdateAlerts(std::move(updates), [&](std::vector<worker::AlertUpdateResult> all) {
      done.set_value(std::move(all));
    });
    std::vector<worker::AlertUpdateResult> updated = done.get_future().get();
    for (std::size_t i = 0; i < updated.size(); ++i) {
      results[positions[i]] = std::move(updated[i]);
    }
    return results;
  }

  plan::RuleSetPtr Rules() override { return worker_->rules(); }

 private:
  StatusOr<ShardId> ShardOf(const Hash128& id) {
    if (const AlertPtr known = index_->Find(id); known != nullptr) {
      return ShardId(known->shard());
    }
    WEIR_ASSIGN_OR_RETURN(const alert::Alert alert, worker_->GetAlert(id));
    return ShardId(alert.shard);
  }

  worker::Worker* const worker_;
  const AlertIndex* const index_;
};

}  // namespace

std::unique_ptr<AlertBackend> MakeLocalAlertBackend(worker::Worker* worker,
                                                    const AlertIndex* index) {
  return std::make_unique<LocalAlertBackend>(worker, index);
}

}  // namespace weir::coordinator
