#include "tests/bench/push_load.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "tests/bench/measure.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::bench {
namespace {

namespace pb = weir::ingest::v1;

// Batches in the pools of all streams together: enough that their records do not stay in caches.
constexpr int kPoolBatches = 40;
constexpr uint64_t kPrincipalsPerStream = 10'000'000;
constexpr UnixMillis kReplayBeginMs = 1'773'136'800'000;   // 2026-03-10T10:00:00Z
constexpr int64_t kReplayStepMs = 20;
constexpr int64_t kReplayLagMs = 2000;

// One producer's stream: writes on the caller's thread, reads on its own.
class Stream {
 public:
  // Prepares the index-th batch for sending.
  using Make = std::function<const pb::PushEventsRequest&(uint64_t index)>;
  using DueOf = std::function<PushLoad::Clock::time_point(uint64_t index)>;

  Stream(const std::string& address, std::string producer)
      : stub_(pb::IngestService::NewStub(MakeOwnChannel(address))), producer_(std::move(producer)) {}

  Status Run(uint64_t batches, const Make& make, const DueOf& due_of, bool end) {
    grpc::ClientContext context;
    stream_ = stub_->PushEvents(&context);
    std::thread reader([this] { ReadAnswers(); });
    pb::PushEventsRequest news;
    news.set_producer_id(producer_);
    bool written = Write(kNews, news);
    for (uint64_t next = 0; written;) {
      const std::optional<uint64_t> index = Next(&next, batches, due_of);
      if (!index.has_value()) {
        break;
      }
      written = Write(*index, make(*index));
    }
    if (end && written) {
      news.set_end_of_input(true);
      Write(kNews, news);
      WaitAnswered();
    }
    stream_->WritesDone();
    reader.join();
    const grpc::Status status = stream_->Finish();
    WEIR_RETURN_IF_ERROR(failure_);
    if (!status.ok()) {
      return rpc::FromGrpc(status);
    }
    return unanswered_.empty() ? OkStatus() : Internal("{} requests unanswered", unanswered_.size());
  }

  const Answers& answers() const { return answers_; }

 private:
  struct Sent {
    uint64_t index;
    std::size_t bytes;
  };
  static constexpr uint64_t kNews = UINT64_MAX;

  // Streams of one channel would share a connection.
  static std::shared_ptr<grpc::Channel> MakeOwnChannel(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }

  // The batch to send now: first what was refused. Nothing when all are answered or the stream broke.
  std::optional<uint64_t> Next(uint64_t* next, uint64_t batches, const DueOf& due_of) {
    std::unique_lock lock(mutex_);
    while (!broken_ && failure_.ok()) {
      const bool room = unanswered_.empty() || (unanswered_.size() < window_batches_ &&
                                                unanswered_bytes_ + batch_bytes_ <= window_bytes_);
      if (room && !again_.empty() && PushLoad::Clock::now() >= not_before_) {
        const uint64_t index = again_.front();
        again_.pop_front();
        return index;
      }
      if (room && again_.empty() && *next < batches) {
        lock.unlock();
        std::this_thread::sleep_until(due_of(*next));
        return (*next)++;
      }
      if (*next == batches && again_.empty() && unanswered_.empty()) {
        return std::nullopt;
      }
      changed_.wait_for(lock, std::chrono::milliseconds(again_.empty() ? 1000 : 20));
    }
    return std::nullopt;
  }

  bool Write(uint64_t index, const pb::PushEventsRequest& request) {
    {
      const std::lock_guard lock(mutex_);
      unanswered_.push_back({index, request.payload().size()});
      unanswered_bytes_ += request.payload().size();
      batch_bytes_ = std::max(batch_bytes_, request.payload().size());
    }
    return stream_->Write(request);
  }

  void WaitAnswered() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return unanswered_.empty() || broken_; });
  }

  void ReadAnswers() {
    pb::PushEventsResponse response;
    while (stream_->Read(&response)) {
      const std::lock_guard lock(mutex_);
      TakeAnswer(response);
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    broken_ = true;
    changed_.notify_all();
  }

  // REQUIRES: mutex_.
  void TakeAnswer(const pb::PushEventsResponse& response) {
    if (unanswered_.empty()) {
      failure_ = Internal("an answer to nothing");
      return;
    }
    const Sent sent = unanswered_.front();
    unanswered_.pop_front();
    unanswered_bytes_ -= sent.bytes;
    window_bytes_ = response.window_bytes();
    window_batches_ = std::max(response.window_batches(), 1U);
    if (!response.has_refusal()) {
      answers_.Add({response.accepted(), response.matched(), response.repeated(), response.late(),
                    response.future(), response.rejected(), 0});
    } else if (response.refusal().has_retry_delay() && sent.index != kNews) {
      const auto& delay = response.refusal().retry_delay();
      not_before_ = PushLoad::Clock::now() + std::chrono::seconds(delay.seconds()) +
                    std::chrono::nanoseconds(delay.nanos());
      again_.push_back(sent.index);
      ++answers_.resent;
    } else {
      failure_ = Internal("batch refused: {}", response.refusal().message());
    }
  }

  std::unique_ptr<pb::IngestService::Stub> stub_;
  const std::string producer_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::PushEventsRequest, pb::PushEventsResponse>> stream_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Sent> unanswered_;
  std::deque<uint64_t> again_;
  PushLoad::Clock::time_point not_before_;
  std::size_t unanswered_bytes_ = 0;
  std::size_t batch_bytes_ = 0;
  uint64_t window_bytes_ = 0;
  uint32_t window_batches_ = 1;
  bool broken_ = false;
  Status failure_;
  Answers answers_;
};

}  // namespace

void Answers::Add(const Answers& other) {
  accepted += other.accepted;
  matched += other.matched;
  repeated += other.repeated;
  late += other.late;
  future += other.future;
  rejected += other.rejected;
  resent += other.resent;
}

PushLoad::PushLoad(int streams, double match, bool replay, bool ecs)
    : streams_(streams), replay_(replay), pools_(static_cast<std::size_t>(streams)) {
  const int batches = std::max(1, kPoolBatches / streams);
  uint32_t seed = 0;
  for (std::size_t stream = 0; stream < pools_.size(); ++stream) {
    for (int i = 0; i < batches; ++i) {
      pools_[stream].push_back(PooledBatch::CloudTrail(
          match, seed++,
          stream * kPrincipalsPerStream + static_cast<uint64_t>(i) * kBatchRecords, ecs));
    }
  }
}

UnixMillis PushLoad::TimeOf(uint64_t number) const {
  return replay_ ? kReplayBeginMs + static_cast<int64_t>(number) * kReplayStepMs
                 : SystemClock().Now();
}

StatusOr<LoadResult> PushLoad::Run(const std::vector<std::string>& addresses, uint64_t batches,
                                   double batches_per_s, const Dress& dress, bool end) {
  const auto streams = static_cast<uint64_t>(streams_);
  const uint64_t first = next_number_;
  next_number_ += batches;
  LoadResult result;
  std::vector<std::unique_ptr<Stream>> open;
  std::vector<Status> statuses(streams);
  std::vector<uint64_t> matching(streams, 0);
  const Stopwatch watch;
  const Clock::time_point begin = Clock::now();
  std::vector<std::thread> threads;
  for (uint64_t s = 0; s < streams; ++s) {
    open.push_back(std::make_unique<Stream>(addresses[s % addresses.size()], fmt::format("p{}", s)));
    threads.emplace_back([&, s, stream = open.back().get()] {
      // Batch i of stream s is batch i * streams + s of all.
      const uint64_t own = batches / streams + (s < batches % streams ? 1 : 0);
      const auto due_of = [&](uint64_t index) {
        const double at_s =
            batches_per_s > 0 ? static_cast<double>(index * streams + s) / batches_per_s : 0;
        return begin + std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(at_s));
      };
      std::vector<PooledBatch>& pool = pools_[s];
      std::vector<char> made(own, 0);
      const auto make = [&](uint64_t index) -> const pb::PushEventsRequest& {
        PooledBatch& batch = pool[index % pool.size()];
        const uint64_t number = first + index * streams + s;
        const UnixMillis time_ms = TimeOf(number);
        if (dress) {
          dress(index * streams + s, due_of(index), &batch);
        }
        batch.Renew(number, time_ms);
        if (replay_) {
          batch.mutable_request()->set_watermark_unix_millis(time_ms - kReplayLagMs);
        }
        matching[s] += made[index] != 0 ? 0 : batch.matching();
        made[index] = 1;
        return batch.request();
      };
      statuses[s] = stream->Run(own, make, due_of, end && replay_);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  result.wall_s = watch.wall_s();
  result.cpu_s = watch.cpu_s();
  result.sent = batches * kBatchRecords;
  for (uint64_t s = 0; s < streams; ++s) {
    WEIR_RETURN_IF_ERROR(Annotate(statuses[s], fmt::format("stream {}", s)));
    result.answers.Add(open[s]->answers());
    result.sent_matching += matching[s];
  }
  return result;
}

StatusOr<Answers> PushLoad::Send(const std::string& address, PooledBatch* batch) {
  const uint64_t number = next_number_++;
  batch->Renew(number, TimeOf(number));
  Stream stream(address, "p0");
  WEIR_RETURN_IF_ERROR(stream.Run(
      1, [batch](uint64_t) -> const pb::PushEventsRequest& { return batch->request(); },
      [](uint64_t) { return Clock::now(); }, false));
  return stream.answers();
}

std::vector<std::string> PushLoad::ProducerNames(int streams) {
  std::vector<std::string> names;
  for (int i = 0; i < streams; ++i) {
    names.push_back(fmt::format("p{}", i));
  }
  return names;
}

std::vector<const PooledBatch*> PushLoad::Pool() const {
  std::vector<const PooledBatch*> batches;
  for (const auto& pool : pools_) {
    for (const PooledBatch& batch : pool) {
      batches.push_back(&batch);
    }
  }
  return batches;
}

}  // namespace weir::bench
