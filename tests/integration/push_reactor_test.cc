// One PushEvents stream over real gRPC whose answers come from another thread, at any moment of the reading
// of later requests.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/task/scheduler.h"
#include "ingest/ingest_service.h"

namespace weir::ingest {
namespace {

// Runs posted tasks on a thread of its own, each after a pause that differs from one to the next; delayed
// tasks never.
class UnevenScheduler final : public task::Scheduler {
 public:
  UnevenScheduler() : thread_([this] { Loop(); }) {}
  ~UnevenScheduler() override { Stop(); }

  void Post(task::Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }
  void Run(const task::Task& task) override {
    const std::lock_guard lock(running_);
    task();
  }
  void Stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  TimerId PostAfter(int64_t, task::Task) override { return 0; }
  void Cancel(TimerId) override {}
  int64_t NowMonotonicMs() const override { return 0; }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (unsigned n = 0; true; ++n) {
      changed_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
      if (tasks_.empty()) {
        return;
      }
      const task::Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::microseconds(n * 37 % 300));
      {
        const std::lock_guard running(running_);
        task();
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::mutex running_;
  std::condition_variable changed_;
  std::deque<task::Task> tasks_;
  bool stopped_ = false;
  std::thread thread_;
};

// Sizes that do not add up name what the server saw: the batch's number, its sizes and its bytes.
v1::PushEventsRequest Request(uint64_t sequence, int sizes, std::size_t bytes) {
  v1::PushEventsRequest request;
  request.set_sequence(sequence);
  request.mutable_payload()->assign(bytes, 'x');
  request.mutable_record_sizes()->Resize(sizes, 0);
  return request;
}

TEST(PushReactorTest, EveryRequestIsTakenAsItWasSentWhateverAnswersMeanwhile) {
  constexpr uint64_t kRequests = 240;
  constexpr int kSizes = 1'000'000;
  const SystemClock clock;
  UnevenScheduler scheduler;
  CompiledRuleFeed no_rules(false);
  Dispatcher dispatcher(DispatcherOptions(), &scheduler, [](const std::string&) {
    return std::unique_ptr<WorkerLink>();
  });
  PipelineOptions options;
  options.threads = 0;
  Pipeline pipeline(options, &dispatcher, &no_rules, &scheduler, &clock);
  pipeline.Start();
  IngestService service(&pipeline, SingleTenant("default"));
  auto server = rpc::Server::Start("127.0.0.1:0", {&service});
  ASSERT_TRUE(server.ok()) << server.status();

  const auto stub = v1::IngestService::NewStub(rpc::MakeChannel((*server)->address()));
  grpc::ClientContext context;
  const auto stream = stub->PushEvents(&context);
  std::thread writer([&] {
    v1::PushEventsRequest opening;
    opening.set_producer_id("p");
    stream->Write(opening);
    for (uint64_t i = 1; i <= kRequests; ++i) {
      // Most wait for the scheduler's thread, with a refusal; every fourth is refused at the door. Its many
      // sizes take long to copy.
      const bool broken = i % 4 == 0;
      v1::PushEventsRequest request = Request(i, broken ? kSizes : 1, broken ? i : 100 + i);
      if (!broken) {
        request.set_record_sizes(0, static_cast<uint32_t>(100 + i));
      }
      stream->Write(request);
    }
    stream->WritesDone();
  });
  v1::PushEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  for (uint64_t i = 1; i <= kRequests; ++i) {
    ASSERT_TRUE(stream->Read(&response)) << i;
    EXPECT_EQ(response.sequence(), i);
    const std::string expected =
        i % 4 == 0 ? fmt::format("batch {}: {} record sizes add up to 0 bytes, but the payload has {} "
                                 "bytes", i, kSizes, i)
                   : fmt::format("batch {}: no rule set is active yet", i);
    EXPECT_EQ(response.refusal().message(), expected);
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(pipeline.GetStatus().batches_refused, kRequests);
  (*server)->Shutdown(0);
  dispatcher.Stop();
  pipeline.Stop();
}

}  // namespace
}  // namespace weir::ingest
