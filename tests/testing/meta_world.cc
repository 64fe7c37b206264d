#include <chrono>
#include <thread>

#include "tests/testing/meta_store_suite.h"

namespace weir::testing {

using meta::Event;

StatusOr<meta::GetResult> MetaWorld::Get(const std::string& key) {
  return Await<StatusOr<meta::GetResult>>([&](auto done) { store()->Get(key, std::move(done)); });
}

StatusOr<meta::GetResult> MetaWorld::List(const std::string& prefix) {
  return Await<StatusOr<meta::GetResult>>([&](auto done) { store()->List(prefix, std::move(done)); });
}

StatusOr<meta::TxnResult> MetaWorld::Commit(const meta::Txn& txn) {
  return Await<StatusOr<meta::TxnResult>>([&](auto done) { store()->Commit(txn, std::move(done)); });
}

StatusOr<meta::Lease> MetaWorld::GrantLease(int64_t ttl_ms) {
  return Await<StatusOr<meta::Lease>>(
      [&](auto done) { store()->GrantLease(ttl_ms, std::move(done)); });
}

Status MetaWorld::KeepAlive(meta::LeaseId lease) {
  return Await<Status>([&](auto done) { store()->KeepAlive(lease, std::move(done)); });
}

Status MetaWorld::Revoke(meta::LeaseId lease) {
  return Await<Status>([&](auto done) { store()->Revoke(lease, std::move(done)); });
}

void ManualMetaWorld::Run(const task::Task& task) {
  manual_.Post(task);
  manual_.RunPosted();
}

bool ManualMetaWorld::WaitUntil(const std::function<bool()>& condition, int64_t timeout_ms) {
  constexpr int64_t kStepMs = 5;
  manual_.RunPosted();
  for (int64_t waited_ms = 0; waited_ms < timeout_ms && !condition(); waited_ms += kStepMs) {
    manual_.Advance(kStepMs);
  }
  return condition();
}

bool ThreadMetaWorld::WaitUntil(const std::function<bool()>& condition, int64_t timeout_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    bool holds = false;
    thread_.Run([&] { holds = condition(); });
    if (holds || std::chrono::steady_clock::now() >= deadline) {
      return holds;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void MetaStoreSuite::SetUp() {
  world_ = GetParam().make();
  if (world_ == nullptr) {
    GTEST_SKIP();
  }
}

WatchLog::WatchLog(MetaWorld* world, const std::string& prefix, meta::Revision from) : world_(world) {
  world_->Run([&] {
    handle_ = world_->store()->Watch(
        prefix, from,
        [this](std::vector<Event> events, meta::Revision revision) {
          EXPECT_FALSE(events.empty());
          EXPECT_EQ(events.empty() ? 0 : events.back().kv.modified, revision);
          events_ += events.size();
          calls_.push_back(std::move(events));
        },
        [this](const Status& status) { lost_ = status; });
  });
}

WatchLog::~WatchLog() {
  Cancel();
}

void WatchLog::Cancel() {
  world_->Run([this] { handle_.reset(); });
}

std::string WatchLog::Text() {
  std::string text;
  world_->Run([&] {
    for (const std::vector<Event>& events : calls_) {
      for (const Event& event : events) {
        text += text.empty() ? "" : " ";
        text += event.kind == Event::Kind::kPut
                    ? fmt::format("put {}={}", event.kv.key, event.kv.value)
                    : fmt::format("delete {}", event.kv.key);
      }
    }
  });
  return text;
}

bool WatchLog::WaitForEvents(std::size_t count) {
  return world_->WaitUntil([&] { return events_ >= count; });
}

bool WatchLog::WaitForLoss() {
  return world_->WaitUntil([&] { return !lost_.ok(); });
}

Status WatchLog::lost() {
  Status lost;
  world_->Run([&] { lost = lost_; });
  return lost;
}

std::vector<std::vector<Event>> WatchLog::calls() {
  std::vector<std::vector<Event>> calls;
  world_->Run([&] { calls = calls_; });
  return calls;
}

}  // namespace weir::testing
