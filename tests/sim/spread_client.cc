#include "tests/sim/spread_client.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>

namespace weir::sim {
namespace {

constexpr int64_t kDeadlineMs = 1200;

void Append(worker::SpreadReport from, worker::SpreadReport* to) {
  std::move(from.shards.begin(), from.shards.end(), std::back_inserter(to->shards));
}

void Append(worker::SpreadParts from, worker::SpreadParts* to) {
  std::move(from.shards.begin(), from.shards.end(), std::back_inserter(to->shards));
  std::move(from.groups.begin(), from.groups.end(), std::back_inserter(to->groups));
  to->next_ms = std::min(to->next_ms, from.next_ms);
}

class SpreadClient final : public coordinator::SpreadCluster {
 public:
  SpreadClient(Network* network, ProcessPtr process, task::Scheduler* scheduler,
               const cluster::TableWatch* table, FindWorker find)
      : network_(network),
        process_(std::move(process)),
        scheduler_(scheduler),
        table_(table),
        find_(std::move(find)) {}

  void View(const std::string& rule_id, RuleSetVersion version, const worker::SpreadHint& hint,
            std::function<void(StatusOr<worker::SpreadReport>)> done) override {
    AskAll<worker::SpreadReport>(
        [rule_id, version, hint](worker::Worker* worker, auto answer) {
          worker->ViewSpread(rule_id, version, hint, answer);
        },
        std::move(done));
  }

  void Collect(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
               std::function<void(StatusOr<worker::SpreadParts>)> done) override {
    AskAll<worker::SpreadParts>(
        [rule_id, version, tick_ms](worker::Worker* worker, auto answer) {
          worker->CollectTick(rule_id, version, tick_ms, answer);
        },
        std::move(done));
  }

  void Commit(worker::JudgedTick tick, std::function<void(Status)> done) override {
    const cluster::ShardEntry& home = table_->table().entries[tick.home.value];
    tick.epoch = home.epoch;
    Ask<Status>(
        home.worker,
        [tick](worker::Worker* worker, auto answer) { worker->CommitTick(tick, answer); },
        std::move(done));
  }

 private:
  // The first of the answer and the deadline.
  template <typename Answer, typename Question>
  void Ask(const std::string& worker, Question question, std::function<void(Answer)> done) {
    World* const world = network_->world();
    Network* const network = network_;
    const auto waiting = std::make_shared<std::function<void(Answer)>>(std::move(done));
    const auto finish = [process = process_, scheduler = scheduler_, waiting](Answer answer) {
      if (!process->dead) {
        scheduler->Post([waiting, answer = std::move(answer)] {
          if (*waiting != nullptr) {
            std::exchange(*waiting, nullptr)(answer);
          }
        });
      }
    };
    world->At(kDeadlineMs, [finish] { finish(Unavailable("no answer in time")); });
    const auto passes = [network, from = process_->name](const WorkerPort& port) {
      return port.process != nullptr && !port.process->dead && !network->Loses() &&
             network->Reaches(from, port.process->name);
    };
    world->At(network->Delay(), [=, find = find_] {
      const WorkerPort port = find(worker);
      if (!passes(port)) {
        return;
      }
      port.scheduler->Post([=] {
        question(port.worker, [=](Answer answer) {
          world->At(network->Delay(), [=, answer = std::move(answer)] {
            if (passes(port)) {
              finish(answer);
            }
          });
        });
      });
    });
  }

  template <typename Answer, typename Question>
  void AskAll(Question question, std::function<void(StatusOr<Answer>)> done) {
    struct State {
      std::size_t left = 0;
      StatusOr<Answer> answer = Answer();
      std::function<void(StatusOr<Answer>)> done;
    };
    std::set<std::string> workers;
    for (const cluster::ShardEntry& entry : table_->table().entries) {
      if (!entry.worker.empty()) {
        workers.insert(entry.worker);
      }
    }
    if (workers.empty()) {
      scheduler_->Post([done = std::move(done)] { done(Answer()); });
      return;
    }
    const auto state = std::make_shared<State>();
    state->left = workers.size();
    state->done = std::move(done);
    for (const std::string& worker : workers) {
      Ask<StatusOr<Answer>>(worker, question, [state](StatusOr<Answer> answer) {
        if (!answer.ok()) {
          state->answer = answer.status();
        } else if (state->answer.ok()) {
          Append(*std::move(answer), &*state->answer);
        }
        if (--state->left == 0) {
          state->done(std::move(state->answer));
        }
      });
    }
  }

  Network* const network_;
  const ProcessPtr process_;
  task::Scheduler* const scheduler_;
  const cluster::TableWatch* const table_;
  const FindWorker find_;
};

}  // namespace

std::unique_ptr<coordinator::SpreadCluster> MakeSpreadClient(Network* network, ProcessPtr process,
                                                             task::Scheduler* scheduler,
                                                             const cluster::TableWatch* table,
                                                             FindWorker find) {
  return std::make_unique<SpreadClient>(network, std::move(process), scheduler, table,
                                        std::move(find));
}

}  // namespace weir::sim
