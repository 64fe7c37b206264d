// A cluster of gRPC servers in one test process: workers over memory stores, and ingest nodes.
#pragma once

#include <functional>
#include <map>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/state/state_store.h"
#include "common/task/thread_scheduler.h"
#include "coordinator/alert_index.h"
#include "coordinator/remote_alert_backend.h"
#include "coordinator/worker_client.h"
#include "ingest/dispatcher.h"
#include "ingest/pipeline.h"
#include "ingest/remote_link.h"
#include "ingest/rule_source.h"
#include "worker/alert_feed.h"
#include "worker/worker.h"
#include "worker/worker_service.h"

namespace weir {
using ::testing::HasSubstr;

inline constexpr uint16_t kShards = 4;
inline constexpr char kCluster[] = "cluster-1";
inline constexpr char kRule[] = R"toml(
[rule]
name = "Many calls"
rule_id = "many-calls"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
| WHERE event.action == "InvokeModel"
| STATS calls = COUNT(*) BY user.name
| WHERE calls >= 3
'''
)toml";

inline std::string Event(const std::string& id, UnixMillis time_ms, const std::string& user) {
  return fmt::format(
      R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
      R"("eventID":"{}","eventTime":"{}","awsRegion":"us-east-1","recipientAccountId":"111122223333",)"
      R"("userIdentity":{{"type":"IAMUser","userName":"{}","accountId":"111122223333"}}}})",
      id, FormatTime(time_ms).substr(0, 19) + "Z", user);
}

inline void WaitFor(const std::function<bool()>& condition, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "waiting for " << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// A worker process, as far as others can tell.
class WorkerNode {
 public:
  explicit WorkerNode(std::string id) : id_(std::move(id)), store_(state::MakeMemoryStore()) {
    worker::WorkerOptions options;
    options.shard_count = kShards;
    worker_ = std::make_unique<worker::Worker>(options, store_.get(), &clock_, &alerts_);
    EXPECT_TRUE(worker_->Start().ok());
    EXPECT_TRUE(worker_->HoldAllShards(Epoch(1)).ok());
    plan::CompileOptions compile;
    std::vector<std::vector<rule::Finding>> findings;
    const auto rules = worker_->ActivateRules({{"rule.toml", kRule}}, compile, &findings);
    EXPECT_TRUE(rules.ok());
    rules_ = *rules;
    Listen("127.0.0.1:0");
  }
  ~WorkerNode() {
    Cut();
    worker_->Stop();
  }

  // Serves at an address, with connections of its own.
  void Listen(const std::string& address) {
    service_ = std::make_unique<worker::WorkerService>(
        worker::WorkerService::Options{kCluster, id_, 1}, worker_.get(), &alerts_);
    auto server = rpc::Server::Start(address, {service_.get()});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    address_ = server_->address();
  }
  // Ends all connections, in good order or abruptly; the worker lives on.
  void Cut(bool in_order = true) {
    if (server_ != nullptr) {
      if (in_order) {
        service_->Drain();
      }
      server_->Shutdown(in_order ? 1000 : 0);
      server_.reset();
      service_.reset();
    }
  }

  const std::string& address() const { return address_; }
  worker::Worker* worker() { return worker_.get(); }
  const plan::RuleSetPtr& rules() const { return rules_; }

 private:
  const std::string id_;
  SystemClock clock_;
  std::unique_ptr<state::StateStore> store_;
  worker::AlertFeed alerts_{1000};
  std::unique_ptr<worker::Worker> worker_;
  plan::RuleSetPtr rules_;
  std::unique_ptr<worker::WorkerService> service_;
  std::unique_ptr<rpc::Server> server_;
  std::string address_;
};

// An ingest node of the cluster.
class IngestNode {
 public:
  IngestNode(plan::RuleSetPtr rules, std::map<std::string, std::string> addresses,
             ingest::RemoteLinkOptions link = {}, int64_t resend_ms_max = 3000)
      : addresses_(std::move(addresses)),
        producer_(link.ingest_id.empty() ? "p" : "producer of " + link.ingest_id) {
    if (link.cluster_id.empty()) {
      link.cluster_id = kCluster;
    }
    link.ingest_id = link.ingest_id.empty() ? "i1" : link.ingest_id;
    ingest::DispatcherOptions dispatch;
    dispatch.resend_ms_max = resend_ms_max;
    dispatcher_ = std::make_unique<ingest::Dispatcher>(
        dispatch, &scheduler_, [this, link](const std::string& worker) {
          ingest::RemoteLinkOptions options = link;
          options.worker_id = options.worker_id.empty() ? worker : options.worker_id;
          return ingest::MakeRemoteLink(options, &scheduler_, [this, worker] {
            const std::lock_guard lock(mutex_);
            return addresses_[worker];
          });
        });
    rules_.Add(std::move(rules), 0);
    ingest::PipelineOptions options;
    options.shard_count = kShards;
    pipeline_ = std::make_unique<ingest::Pipeline>(options, dispatcher_.get(), &rules_, &scheduler_,
                                                   &clock_);
    pipeline_->Start();
  }
  ~IngestNode() {
    dispatcher_->Stop();
    pipeline_->Stop();
  }

  void SetTable(int64_t revision, const std::vector<std::string>& workers, uint64_t epoch = 1) {
    cluster::ShardTable table;
    table.revision = revision;
    for (uint16_t shard = 0; shard < kShards; ++shard) {
      cluster::ShardEntry entry;
      entry.worker = workers[shard % workers.size()];
      entry.epoch = Epoch(epoch);
      table.entries.push_back(entry);
    }
    dispatcher_->SetTable(std::move(table));
  }
  void SetAddress(const std::string& worker, const std::string& address) {
    const std::lock_guard lock(mutex_);
    addresses_[worker] = address;
  }

  std::future<ingest::BatchResult> Push(const std::vector<std::string>& records) {
    ingest::Batch batch;
    batch.producer_id = producer_;
    batch.sequence = ++sequence_;
    for (const std::string& record : records) {
      batch.payload += record;
      batch.record_sizes.push_back(static_cast<uint32_t>(record.size()));
    }
    auto promise = std::make_shared<std::promise<ingest::BatchResult>>();
    pipeline_->Submit(std::move(batch), [promise](ingest::BatchResult result) {
      promise->set_value(std::move(result));
    });
    return promise->get_future();
  }
  // As a producer does it: sends again until it is taken.
  ingest::BatchResult PushUntilTaken(const std::vector<std::string>& records) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      ingest::BatchResult result = Push(records).get();
      if (result.status.ok() || !result.retry_delay_ms.has_value()) {
        return result;
      }
    }
    ADD_FAILURE() << "a batch was never taken";
    return {};
  }
  ingest::Dispatcher* dispatcher() { return dispatcher_.get(); }
  ingest::PipelineStatus status() const { return pipeline_->GetStatus(); }

 private:
  SystemClock clock_;
  std::mutex mutex_;
  std::map<std::string, std::string> addresses_;
  const std::string producer_;
  task::ThreadScheduler scheduler_;
  ingest::CompiledRuleFeed rules_{false};
  std::unique_ptr<ingest::Dispatcher> dispatcher_;
  std::unique_ptr<ingest::Pipeline> pipeline_;
  uint64_t sequence_ = 0;
};

// Events of ten users, so that all shards get some.
inline std::vector<std::string> Batch(int number, UnixMillis time_ms) {
  std::vector<std::string> records;
  for (int i = 0; i < 20; ++i) {
    records.push_back(Event(fmt::format("e{}-{}", number, i), time_ms, fmt::format("user{}", i % 10)));
  }
  return records;
}

class FeedTest : public ::testing::Test {
 protected:
  const UnixMillis now_ms_ = SystemClock().Now();
};

}  // namespace weir
