#include "tests/sim/network.h"

#include <algorithm>
#include <map>
#include <optional>

namespace weir::sim {
namespace {

using Done = ingest::WorkerLink::Done;

worker::FrameResult Unanswered(exec::Frame frame, bool maybe_taken) {
  worker::FrameResult result;
  result.status = Unavailable("the connection broke");
  result.frame = std::move(frame);
  result.maybe_taken = maybe_taken;
  return result;
}

// One connection: messages of each direction arrive in order, or the connection breaks, which each side
// learns in its own time.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Network* network, ProcessPtr ingest, task::Scheduler* scheduler, WorkerPort port)
      : network_(network), ingest_(std::move(ingest)), scheduler_(scheduler), port_(std::move(port)) {}

  // The first opens the stream; as a worker's service does it, one on a stream that was dropped opens
  // another.
  void Promise(const ingest::Promise& promise) {
    ToWorker([this, promise] {
      for (const auto& [producer, watermark_ms] : promise.producers) {
        port_.worker->SetProducerWatermark(producer, watermark_ms);
      }
      if (!stream_.has_value() || !port_.worker->SetWatermark(*stream_, promise.stamp_ms)) {
        stream_ = port_.worker->OpenStream(promise.stamp_ms);
      }
    });
  }

  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) {
    const uint64_t id = next_++;
    waiting_[id] = {frame, std::move(done)};
    ToWorker([this, self = shared_from_this(), id, stamp_ms, frame = std::move(frame)] {
      const auto heard = port_.on_frame(frame);
      port_.worker->Submit(stream_.value_or(0), stamp_ms, frame,
                           [self, id, heard](const worker::FrameResult& result) {
                             self->Answer(id, result, heard);
                           });
    });
  }

  bool broken() const { return broken_ || port_.process->dead || ingest_->dead; }

  // The ingest side gives it up.
  void Leave() {
    Break();
    EndIngest();
  }

  // Both sides learn of it later.
  void Break() {
    if (broken_) {
      return;
    }
    broken_ = true;
    World* const world = network_->world();
    const auto self = shared_from_this();
    world->At(world->random().Between(1, 2500), [self] {
      if (!self->ingest_->dead) {
        self->scheduler_->Post([self] { self->EndIngest(); });
      }
    });
    world->At(world->random().Between(1, 7000), [self] {
      if (!self->port_.process->dead) {
        self->port_.scheduler->Post([self] {
          if (self->stream_.has_value()) {
            self->port_.worker->CloseStream(*self->stream_);
          }
        });
      }
    });
  }

 private:
  struct Waiting {
    exec::Frame frame;
    Done done;
  };

  void ToWorker(task::Task task) {
    if (broken_ || ingest_->dead) {
      return;
    }
    World* const world = network_->world();
    arrives_at_worker_ms_ = std::max(arrives_at_worker_ms_, world->now_ms() + network_->Delay());
    world->At(arrives_at_worker_ms_ - world->now_ms(),
              [self = shared_from_this(), task = std::move(task)] {
                if (!self->Passes()) {
                  return;
                }
                self->port_.scheduler->Post([self, task] {
                  if (!self->broken_) {
                    task();
                  }
                });
              });
  }

  void Answer(uint64_t id, const worker::FrameResult& result,
              const std::function<void(const worker::FrameResult&)>& heard) {
    if (port_.process->dead) {
      return;
    }
    heard(result);
    World* const world = network_->world();
    arrives_at_ingest_ms_ = std::max(arrives_at_ingest_ms_, world->now_ms() + network_->Delay());
    world->At(arrives_at_ingest_ms_ - world->now_ms(), [self = shared_from_this(), id, result] {
      if (self->Passes() && !self->ingest_->dead) {
        self->scheduler_->Post([self, id, result] { self->TakeAnswer(id, result); });
      }
    });
  }

  void TakeAnswer(uint64_t id, const worker::FrameResult& result) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) {
      return;
    }
    const Done done = std::move(found->second.done);
    waiting_.erase(found);
    done(result);
  }

  bool Passes() {
    if (broken_) {
      return false;
    }
    if (port_.process->dead || !network_->Reaches(ingest_->name, port_.process->name) ||
        network_->Loses()) {
      Break();
      return false;
    }
    return true;
  }

  void EndIngest() {
    for (auto& [id, waiting] : std::exchange(waiting_, {})) {
      waiting.done(Unanswered(std::move(waiting.frame), true));
    }
  }

  Network* const network_;
  const ProcessPtr ingest_;
  task::Scheduler* const scheduler_;   // of the ingest process
  const WorkerPort port_;
  bool broken_ = false;
  std::optional<worker::StreamId> stream_;   // of the worker's side
  std::map<uint64_t, Waiting> waiting_;      // of the ingest's side
  uint64_t next_ = 1;
  int64_t arrives_at_worker_ms_ = 0;
  int64_t arrives_at_ingest_ms_ = 0;
};

class SimLink final : public ingest::WorkerLink {
 public:
  SimLink(Network* network, ProcessPtr process, task::Scheduler* scheduler, std::string worker,
          FindWorker find)
      : network_(network),
        process_(std::move(process)),
        scheduler_(scheduler),
        worker_(std::move(worker)),
        find_(std::move(find)) {}

  ~SimLink() override {
    if (connection_ != nullptr) {
      connection_->Leave();
    }
  }

  void Submit(UnixMillis stamp_ms, exec::Frame frame, Done done) override {
    Connect();
    if (connection_ == nullptr) {
      auto answer = [frame = std::move(frame), done = std::move(done)] {
        done(Unanswered(frame, false));
      };
      scheduler_->Post(std::move(answer));
      return;
    }
    connection_->Submit(stamp_ms, std::move(frame), std::move(done));
  }

  void SetPromise(const ingest::Promise& promise) override {
    promise_.stamp_ms = std::max(promise_.stamp_ms, promise.stamp_ms);
    for (const auto& [producer, watermark_ms] : promise.producers) {
      const auto [at, added] = promise_.producers.emplace(producer, watermark_ms);
      at->second = std::max(at->second, watermark_ms);
    }
    Connect();
    if (connection_ != nullptr) {
      connection_->Promise(promise_);
    }
  }

 private:
  // A broken connection is noticed when it is used; what was under way on it is answered later.
  void Connect() {
    if (connection_ != nullptr && !connection_->broken()) {
      return;
    }
    if (connection_ != nullptr) {
      connection_->Break();
      connection_ = nullptr;
    }
    WorkerPort port = find_(worker_);
    if (port.process == nullptr || port.process->dead ||
        !network_->Reaches(process_->name, port.process->name)) {
      return;
    }
    connection_ = std::make_shared<Connection>(network_, process_, scheduler_, std::move(port));
    connection_->Promise(promise_);
  }

  Network* const network_;
  const ProcessPtr process_;
  task::Scheduler* const scheduler_;
  const std::string worker_;
  const FindWorker find_;
  ingest::Promise promise_;
  std::shared_ptr<Connection> connection_;
};

}  // namespace

int64_t Network::Delay() {
  Random& random = world_->random();
  if (!rough_) {
    return random.Between(0, 2);
  }
  return random.OneIn(50) ? random.Between(20, 1200) : random.Between(0, 15);
}

std::unique_ptr<ingest::WorkerLink> MakeSimLink(Network* network, ProcessPtr process,
                                                task::Scheduler* scheduler, std::string worker,
                                                FindWorker find) {
  return std::make_unique<SimLink>(network, std::move(process), scheduler, std::move(worker),
                                   std::move(find));
}

}  // namespace weir::sim
