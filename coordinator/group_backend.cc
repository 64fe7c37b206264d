#include "coordinator/group_backend.h"

#include <utility>

namespace weir::coordinator {
namespace {

class LocalGroupBackend final : public GroupBackend {
 public:
  explicit LocalGroupBackend(worker::Worker* worker) : worker_(worker) {}

  StatusOr<std::vector<worker::GroupsFound>> Find(const worker::GroupQuery& query) override {
    WEIR_ASSIGN_OR_RETURN(worker::GroupsFound found, worker_->FindGroups(query));
    std::vector<worker::GroupsFound> all;
    all.push_back(std::move(found));
    return all;
  }
  StatusOr<std::vector<worker::CoveringAlert>> FindCovering(
      const worker::CoveringQuery& query) override {
    return worker_->FindCovering(query);
  }
  StatusOr<worker::EventsFound> FindEvents(const worker::EventQuery& query) override {
    return worker_->FindEvents(query);
  }
  WorkersStatus Workers() override { return {worker_->GetStatus(), {}}; }
  plan::RuleSetPtr Rules() override { return worker_->rules(); }

 private:
  worker::Worker* const worker_;
};

class RemoteGroupBackend final : public GroupBackend {
 public:
  RemoteGroupBackend(WorkerClient* client, std::function<plan::RuleSetPtr()> rules)
      : client_(client), rules_(std::move(rules)) {}

  StatusOr<std::vector<worker::GroupsFound>> Find(const worker::GroupQuery& query) override {
    return client_->FindGroups(query);
  }
  StatusOr<std::vector<worker::CoveringAlert>> FindCovering(
      const worker::CoveringQuery& query) override {
    return client_->FindCovering(query);
  }
  StatusOr<worker::EventsFound> FindEvents(const worker::EventQuery& query) override {
    return client_->FindEvents(query);
  }
  WorkersStatus Workers() override { return client_->GetStatus(); }
  plan::RuleSetPtr Rules() override { return rules_(); }

 private:
  WorkerClient* const client_;
  const std::function<plan::RuleSetPtr()> rules_;
};

}  // namespace

std::unique_ptr<GroupBackend> MakeLocalGroupBackend(worker::Worker* worker) {
  return std::make_unique<LocalGroupBackend>(worker);
}

std::unique_ptr<GroupBackend> MakeRemoteGroupBackend(WorkerClient* client,
                                                     std::function<plan::RuleSetPtr()> rules) {
  return std::make_unique<RemoteGroupBackend>(client, std::move(rules));
}

}  // namespace weir::coordinator
