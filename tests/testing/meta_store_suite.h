// What every metadata store must do: one suite, which the tests of each implementation link and
// instantiate with the worlds that they make.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "common/meta/meta_store.h"
#include "common/task/manual_scheduler.h"
#include "common/task/thread_scheduler.h"

namespace weir::testing {

// A store, the scheduler it runs on, and a way to wait.
class MetaWorld {
 public:
  virtual ~MetaWorld() = default;
  virtual meta::MetaStore* store() = 0;
  virtual task::Scheduler* scheduler() = 0;
  // Runs something as a task of the scheduler and waits for its end.
  virtual void Run(const task::Task& task) = 0;
  // Lets time pass until the condition, which is evaluated in a task, holds. False when it does not.
  virtual bool WaitUntil(const std::function<bool()>& condition, int64_t timeout_ms = 20000) = 0;
  // Makes the store forget the history of revisions before this one.
  virtual void Forget(meta::Revision before) = 0;

  // Starts a call and waits for its answer.
  template <typename Result>
  Result Await(const std::function<void(std::function<void(Result)>)>& start) {
    std::optional<Result> result;
    Run([&] { start([&](Result answer) { result = std::move(answer); }); });
    EXPECT_TRUE(WaitUntil([&] { return result.has_value(); })) << "no answer";
    return result.has_value() ? *std::move(result) : Result(Internal("no answer"));
  }
  StatusOr<meta::GetResult> Get(const std::string& key);
  StatusOr<meta::GetResult> List(const std::string& prefix);
  StatusOr<meta::TxnResult> Commit(const meta::Txn& txn);
  StatusOr<meta::Lease> GrantLease(int64_t ttl_ms);
  Status KeepAlive(meta::LeaseId lease);
  Status Revoke(meta::LeaseId lease);
};

// On a ManualScheduler: time passes at once.
class ManualMetaWorld : public MetaWorld {
 public:
  task::Scheduler* scheduler() override { return &manual_; }
  task::ManualScheduler* manual() { return &manual_; }
  void Run(const task::Task& task) override;
  bool WaitUntil(const std::function<bool()>& condition, int64_t timeout_ms = 20000) override;

 private:
  task::ManualScheduler manual_;
};

// On a thread: time is real.
class ThreadMetaWorld : public MetaWorld {
 public:
  task::Scheduler* scheduler() override { return &thread_; }
  void Run(const task::Task& task) override { thread_.Run(task); }
  bool WaitUntil(const std::function<bool()>& condition, int64_t timeout_ms = 20000) override;

 private:
  task::ThreadScheduler thread_;
};

struct MetaWorldMaker {
  std::string name;
  // Null: cannot be had here, and the reason has been printed.
  std::function<std::unique_ptr<MetaWorld>()> make;
};

class MetaStoreSuite : public ::testing::TestWithParam<MetaWorldMaker> {
 protected:
  void SetUp() override;

  std::unique_ptr<MetaWorld> world_;
};

// Collects what a watch tells. Made and destroyed anywhere; looked at in tasks.
class WatchLog {
 public:
  WatchLog(MetaWorld* world, const std::string& prefix, meta::Revision from);
  ~WatchLog();
  WatchLog(const WatchLog&) = delete;
  WatchLog& operator=(const WatchLog&) = delete;

  // "put a=1 delete b", as far as told.
  std::string Text();
  // Waits until that many events have been told.
  bool WaitForEvents(std::size_t count);
  bool WaitForLoss();
  Status lost();
  std::vector<std::vector<meta::Event>> calls();
  void Cancel();

 private:
  MetaWorld* world_;
  std::vector<std::vector<meta::Event>> calls_;
  std::size_t events_ = 0;
  Status lost_;
  std::unique_ptr<meta::WatchHandle> handle_;
};

}  // namespace weir::testing
