#include "tests/sim/meta_client.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace weir::sim {
namespace {

using meta::Event;
using meta::Revision;

constexpr int64_t kDeadlineMs = 1500;
constexpr int64_t kWatchRetryMs = 40;

struct Context {
  Network* network;
  meta::MetaStore* real;
  ProcessPtr process;
  task::Scheduler* scheduler;
  bool gone = false;   // the client was destroyed

  bool ended() const { return gone || process->dead; }
  bool Reaches() const { return network->Reaches(process->name, kMetaNode); }
};

// One watch of the real store, and what of it is still on its way.
struct Watching : std::enable_shared_from_this<Watching> {
  std::shared_ptr<Context> context;
  meta::MetaStore::OnEvents on_events;
  meta::MetaStore::OnLost on_lost;
  std::unique_ptr<meta::WatchHandle> real;
  std::deque<std::pair<std::vector<Event>, Revision>> waiting;
  bool pumping = false;
  bool over = false;

  void Take(std::vector<Event> events, Revision revision) {
    waiting.emplace_back(std::move(events), revision);
    Pump();
  }

  void Pump() {
    if (pumping || waiting.empty() || over) {
      return;
    }
    pumping = true;
    Network* const network = context->network;
    const bool reaches = context->Reaches();
    network->world()->At(reaches ? network->Delay() : kWatchRetryMs,
                         [self = shared_from_this(), reaches] {
                           self->pumping = false;
                           if (reaches && !self->over && !self->context->ended()) {
                             self->Deliver();
                           }
                           self->Pump();
                         });
  }

  void Deliver() {
    if (context->network->Loses()) {
      over = true;
      Post([self = shared_from_this()] {
        self->on_lost(Error(StatusCode::kOutOfRange, "the history is no longer kept"));
      });
      return;
    }
    auto [events, revision] = std::move(waiting.front());
    waiting.pop_front();
    Post([self = shared_from_this(), events = std::move(events), revision = revision] {
      self->on_events(events, revision);
    });
  }

  void Post(task::Task task) {
    context->scheduler->Post([self = shared_from_this(), task = std::move(task)] {
      if (!self->cancelled) {
        task();
      }
    });
  }
  bool cancelled = false;
};

class Handle final : public meta::WatchHandle {
 public:
  explicit Handle(std::shared_ptr<Watching> watching) : watching_(std::move(watching)) {}
  ~Handle() override {
    watching_->cancelled = true;
    watching_->over = true;
    watching_->real = nullptr;
  }

 private:
  const std::shared_ptr<Watching> watching_;
};

class Client final : public meta::MetaStore {
 public:
  explicit Client(Context context) : context_(std::make_shared<Context>(std::move(context))) {}
  ~Client() override { context_->gone = true; }

  void Get(std::string key, GetDone done) override {
    Call<StatusOr<meta::GetResult>>(
        [real = context_->real, key](auto answer) { real->Get(key, answer); }, std::move(done));
  }
  void List(std::string prefix, GetDone done) override {
    Call<StatusOr<meta::GetResult>>(
        [real = context_->real, prefix](auto answer) { real->List(prefix, answer); },
        std::move(done));
  }
  void Commit(meta::Txn txn, CommitDone done) override {
    Call<StatusOr<meta::TxnResult>>(
        [real = context_->real, txn](auto answer) { real->Commit(txn, answer); }, std::move(done));
  }
  void GrantLease(int64_t ttl_ms, LeaseDone done) override {
    Call<StatusOr<meta::Lease>>(
        [real = context_->real, ttl_ms](auto answer) { real->GrantLease(ttl_ms, answer); },
        std::move(done));
  }
  void KeepAlive(meta::LeaseId lease, Done done) override {
    Call<Status>([real = context_->real, lease](auto answer) { real->KeepAlive(lease, answer); },
                 std::move(done));
  }
  void Revoke(meta::LeaseId lease, Done done) override {
    Call<Status>([real = context_->real, lease](auto answer) { real->Revoke(lease, answer); },
                 std::move(done));
  }
  std::unique_ptr<meta::WatchHandle> Watch(std::string prefix, Revision from, OnEvents on_events,
                                           OnLost on_lost) override {
    const auto watching = std::make_shared<Watching>();
    watching->context = context_;
    watching->on_events = std::move(on_events);
    watching->on_lost = std::move(on_lost);
    const std::weak_ptr<Watching> weak = watching;
    watching->real = context_->real->Watch(
        std::move(prefix), from,
        [weak](std::vector<Event> events, Revision revision) {
          if (const auto strong = weak.lock()) {
            strong->Take(std::move(events), revision);
          }
        },
        [weak](const Status& status) {
          if (const auto strong = weak.lock(); strong != nullptr && !strong->over) {
            strong->over = true;
            strong->Post([strong, status] { strong->on_lost(status); });
          }
        });
    return std::make_unique<Handle>(watching);
  }

 private:
  // A request, its way, and the first of its answer and its deadline.
  template <typename Answer, typename Ask, typename Done>
  void Call(Ask ask, Done done) {
    const auto context = context_;
    const auto finish = [context, done = std::make_shared<Done>(std::move(done))](Answer answer) {
      if (context->ended()) {
        return;
      }
      context->scheduler->Post([context, done, answer = std::move(answer)] {
        if (!context->gone && *done != nullptr) {
          std::exchange(*done, nullptr)(answer);
        }
      });
    };
    World* const world = context->network->world();
    world->At(kDeadlineMs, [finish] { finish(Unavailable("no answer in time")); });
    world->At(context->network->Delay(), [context, ask, finish, world] {
      if (!context->Reaches() || context->network->Loses()) {
        return;
      }
      ask([context, finish, world](Answer answer) {
        world->At(context->network->Delay(), [context, finish, answer = std::move(answer)] {
          if (context->Reaches() && !context->network->Loses()) {
            finish(answer);
          }
        });
      });
    });
  }

  const std::shared_ptr<Context> context_;
};

}  // namespace

std::unique_ptr<meta::MetaStore> MakeMetaClient(Network* network, meta::MetaStore* real,
                                                ProcessPtr process, task::Scheduler* scheduler) {
  return std::make_unique<Client>(Context{network, real, std::move(process), scheduler});
}

}  // namespace weir::sim
