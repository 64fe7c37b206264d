#include "coordinator/remote_alert_backend.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <utility>

namespace weir::coordinator {
namespace {

class RemoteAlertBackend final : public AlertBackend {
 public:
  RemoteAlertBackend(RemoteAlertBackendOptions options, WorkerClient* client,
                     const AlertIndex* index)
      : options_(std::move(options)), client_(client), index_(index) {}

  StatusOr<alert::AlertDetails> Show(const Hash128& id) override { return client_->ShowAlert(id); }
  plan::RuleSetPtr Rules() override { return options_.rules(); }

  StatusOr<worker::AlertsFound> Find(const worker::AlertQuery& query, bool keys_only) override;
  std::vector<worker::AlertUpdateResult> Update(const std::vector<AlertCommand>& commands) override;

 private:
  StatusOr<ShardId> ShardOf(const Hash128& id);
  // Tries the commands at these positions; those whose shard is elsewhere are given back.
  std::vector<std::size_t> Try(const std::vector<AlertCommand>& commands,
                               const std::vector<std::size_t>& positions,
                               std::vector<worker::AlertUpdateResult>* results);

  const RemoteAlertBackendOptions options_;
  WorkerClient* const client_;
  const AlertIndex* const index_;
};

StatusOr<worker::AlertsFound> RemoteAlertBackend::Find(const worker::AlertQuery& query,
                                                       bool keys_only) {
  WEIR_ASSIGN_OR_RETURN(worker::AlertsFound found, client_->FindAlerts(query, keys_only));
  if (found.shards != options_.shard_count) {
    return Unavailable("the stores of {} of {} shards answered; a worker is missing", found.shards,
                       options_.shard_count);
  }
  alert::Digester digester;
  std::vector<std::pair<alert::Position, std::size_t>> positions;
  for (std::size_t i = 0; i < found.alerts.size(); ++i) {
    positions.emplace_back(alert::PositionOf(digester.Make(found.alerts[i]), query.order), i);
  }
  std::sort(positions.begin(), positions.end(), [&](const auto& a, const auto& b) {
    return alert::ComesBefore(a.first, b.first, query.order);
  });
  std::vector<alert::Alert> ordered;
  for (std::size_t i = 0; i < std::min(positions.size(), query.limit); ++i) {
    alert::Alert& alert = found.alerts[positions[i].second];
    ordered.push_back(std::move(alert));
  }
  found.alerts = std::move(ordered);
  return found;
}

StatusOr<ShardId> RemoteAlertBackend::ShardOf(const Hash128& id) {
  if (const AlertPtr known = index_->Find(id); known != nullptr) {
    return ShardId(known->shard());
  }
  WEIR_ASSIGN_OR_RETURN(const alert::Alert alert, client_->GetAlert(id));
  return ShardId(alert.shard);
}

std::vector<std::size_t> RemoteAlertBackend::Try(const std::vector<AlertCommand>& commands,
                                                 const std::vector<std::size_t>& positions,
                                                 std::vector<worker::AlertUpdateResult>* results) {
  std::map<std::string, std::vector<std::size_t>> by_worker;
  std::vector<worker::AlertUpdate> updates(commands.size());
  for (const std::size_t i : positions) {
    const StatusOr<ShardId> shard = ShardOf(commands[i].alert);
    if (!shard.ok()) {
      (*results)[i].status = shard.status();
      continue;
    }
    const cluster::ShardEntry entry = options_.entry(*shard);
    updates[i] = {commands[i].alert, *shard, entry.epoch, commands[i].action};
    by_worker[entry.worker].push_back(i);
  }
  std::vector<std::size_t> elsewhere;
  for (const auto& [worker, indexes] : by_worker) {
    std::vector<worker::AlertUpdate> part;
    for (const std::size_t i : indexes) {
      part.push_back(updates[i]);
    }
    std::vector<worker::AlertUpdateResult> done = client_->UpdateAlerts(worker, part);
    for (std::size_t n = 0; n < indexes.size(); ++n) {
      (*results)[indexes[n]] = std::move(done[n]);
      const worker::AlertUpdateResult& result = (*results)[indexes[n]];
      if (result.status.code() == StatusCode::kAborted && result.alert.id == Hash128{}) {
        elsewhere.push_back(indexes[n]);
      }
    }
  }
  return elsewhere;
}

std::vector<worker::AlertUpdateResult> RemoteAlertBackend::Update(
    const std::vector<AlertCommand>& commands) {
  std::vector<worker::AlertUpdateResult> results(commands.size());
  std::vector<std::size_t> positions(commands.size());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    positions[i] = i;
  }
  positions = Try(commands, positions, &results);
  if (!positions.empty()) {
    // The table here was old; nothing was done.
    std::this_thread::sleep_for(std::chrono::milliseconds(options_.table_wait_ms));
    positions = Try(commands, positions, &results);
  }
  for (const std::size_t i : positions) {
    results[i].status =
        Unavailable("the shard of alert {} is changing hands: {}", commands[i].alert.ToHex(),
                    Message(results[i].status));
  }
  return results;
}

}  // namespace

std::unique_ptr<AlertBackend> MakeRemoteAlertBackend(RemoteAlertBackendOptions options,
                                                     WorkerClient* client,
                                                     const AlertIndex* index) {
  return std::make_unique<RemoteAlertBackend>(std::move(options), client, index);
}

}  // namespace weir::coordinator
