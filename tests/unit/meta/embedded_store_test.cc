#include "common/meta/embedded_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/state/state_store.h"
#include "tests/testing/meta_store_suite.h"

namespace weir::meta {
namespace {

using testing::MetaStoreSuite;
using testing::WatchLog;
using ::testing::HasSubstr;

class EmbeddedWorld final : public testing::ManualMetaWorld {
 public:
  explicit EmbeddedWorld(const EmbeddedOptions& options = {}) {
    StatusOr<std::unique_ptr<MetaStore>> store = OpenEmbeddedStore(scheduler(), options);
    if (store.ok()) {
      store_ = *std::move(store);
    }
    status_ = store.status();
  }
  MetaStore* store() override { return store_.get(); }
  // The history is as long as the options say: fills it.
  void Forget(Revision) override {
    for (std::size_t i = 0; i < kHistoryMax; ++i) {
      EXPECT_TRUE(Commit({{}, {Op::Put("filler", "")}}).ok());
    }
  }
  void Destroy() { store_.reset(); }
  const Status& status() const { return status_; }

  static constexpr std::size_t kHistoryMax = 100;

 private:
  std::unique_ptr<MetaStore> store_;
  Status status_;
};

INSTANTIATE_TEST_SUITE_P(
    Embedded, MetaStoreSuite,
    ::testing::Values(testing::MetaWorldMaker{
        "embedded",
        [] {
          return std::make_unique<EmbeddedWorld>(
              EmbeddedOptions{.history_max = EmbeddedWorld::kHistoryMax, .durable = nullptr});
        }}),
    [](const auto& made) { return made.param.name; });

TEST(EmbeddedStoreTest, AnswersInATaskAndNotWithinTheCall) {
  EmbeddedWorld world;
  bool answered = false;
  world.store()->Get("a", [&](const StatusOr<GetResult>&) { answered = true; });
  EXPECT_FALSE(answered);
  world.manual()->RunPosted();
  EXPECT_TRUE(answered);
}

TEST(EmbeddedStoreTest, DropsCallbacksWhenDestroyed) {
  EmbeddedWorld world;
  int calls = 0;
  MetaStore* store = world.store();
  const auto handle = store->Watch(
      "", 1, [&](const std::vector<Event>&, Revision) { ++calls; }, [&](const Status&) { ++calls; });
  const auto lost = store->Watch(
      "", 1, [&](const std::vector<Event>&, Revision) { ++calls; }, [&](const Status&) { ++calls; });
  store->Commit({{}, {Op::Put("a", "1")}}, [&](const StatusOr<TxnResult>&) { ++calls; });
  store->GrantLease(10, [&](const StatusOr<Lease>&) { ++calls; });
  world.Destroy();
  world.manual()->Advance(1000);
  EXPECT_EQ(calls, 0);
}

TEST(EmbeddedStoreTest, LeaseLivesExactlyItsTime) {
  EmbeddedWorld world;
  const auto lease = world.GrantLease(1000);
  ASSERT_TRUE(lease.ok());
  ASSERT_TRUE(world.Commit({{}, {Op::Put("a", "", lease->id)}}).ok());
  world.manual()->Advance(900);
  ASSERT_TRUE(world.KeepAlive(lease->id).ok());
  world.manual()->Advance(999);
  EXPECT_EQ(world.Get("a")->kvs.size(), 1U);
  world.manual()->Advance(1);
  EXPECT_TRUE(world.Get("a")->kvs.empty());
}

TEST(EmbeddedStoreTest, KeepsKeysWithoutLeaseAcrossRestarts) {
  const auto durable = state::MakeMemoryStore();
  Revision before = 0;
  {
    EmbeddedWorld world({.durable = durable.get()});
    const auto lease = world.GrantLease(1000);
    ASSERT_TRUE(world.Commit({{}, {Op::Put("a", "1"), Op::Put("gone", "1"), Op::Put("b", "1")}}).ok());
    ASSERT_TRUE(world.Commit({{}, {Op::Put("a", "2"), Op::Put("leased", "", lease->id)}}).ok());
    // Kept without a lease, then put with one: it ends with the process too.
    ASSERT_TRUE(world.Commit({{}, {Op::Delete("gone"), Op::Put("b", "2", lease->id)}}).ok());
    before = world.List("")->revision;
    EXPECT_EQ(before, 3);
  }
  for (int restart = 1; restart <= 2; ++restart) {
    EmbeddedWorld world({.durable = durable.get()});
    const auto all = world.List("");
    ASSERT_TRUE(all.ok());
    EXPECT_EQ(all->revision, before + restart);
    EXPECT_THAT(all->kvs, ::testing::ElementsAre(KeyValue{"a", "2", 1, 2, LeaseId()}));
    WatchLog log(&world, "", 1);
    ASSERT_TRUE(log.WaitForLoss());
    EXPECT_EQ(log.lost().code(), StatusCode::kOutOfRange);
  }
}

TEST(EmbeddedStoreTest, RefusesToOpenWhatItCannotRead) {
  const auto put = [](state::StateStore* store, std::string_view key, std::string_view value) {
    const auto batch = store->NewBatch();
    batch->Put(state::Family::kMeta, key, value);
    ASSERT_TRUE(store->Write(batch.get(), true).ok());
  };
  const auto opened = [](state::StateStore* store) {
    return std::string(Message(EmbeddedWorld({.durable = store}).status()));
  };
  auto store = state::MakeMemoryStore();
  put(store.get(), "meta/revision", "\x02\x05");
  EXPECT_THAT(opened(store.get()), HasSubstr("metadata is of version 2"));
  put(store.get(), "meta/revision", "\x01");
  EXPECT_THAT(opened(store.get()), HasSubstr("cannot read the metadata's revision"));
  put(store.get(), "meta/revision", "\x01\x05");
  EXPECT_EQ(opened(store.get()), "");
  put(store.get(), "meta/kv/a", "\x09\x09x");
  EXPECT_THAT(opened(store.get()), HasSubstr("cannot read metadata key 'a'"));
}

// Forwards to a memory store until told to fail.
class FailingStore final : public state::StateStore {
 public:
  std::unique_ptr<state::WriteBatch> NewBatch(std::size_t reserve_bytes) override {
    return store_->NewBatch(reserve_bytes);
  }
  Status Write(state::WriteBatch* batch, bool sync) override {
    EXPECT_TRUE(sync);
    return fail ? ResourceExhausted("disk full") : store_->Write(batch, sync);
  }
  Status Get(state::Family family, std::string_view key, std::string* value) override {
    return store_->Get(family, key, value);
  }
  void MultiGet(state::Family family, const std::vector<std::string>& keys,
                std::vector<std::string>* values, std::vector<Status>* statuses) override {
    store_->MultiGet(family, keys, values, statuses);
  }
  Status Scan(state::Family family, std::string_view begin, std::string_view end,
              const std::function<bool(std::string_view, std::string_view)>& visit) override {
    return store_->Scan(family, begin, end, visit);
  }
  void SetExpiryFloor(std::string_view prefix, uint64_t floor_ms) override {
    store_->SetExpiryFloor(prefix, floor_ms);
  }
  state::StoreStats Stats() override { return store_->Stats(); }

  bool fail = false;

 private:
  std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
};

TEST(EmbeddedStoreTest, TakesNoChangeAfterAFailedWrite) {
  FailingStore durable;
  EmbeddedWorld world({.durable = &durable});
  ASSERT_TRUE(world.Commit({{}, {Op::Put("a", "1")}}).ok());
  durable.fail = true;
  const auto failed = world.Commit({{}, {Op::Put("a", "2")}});
  EXPECT_EQ(failed.status().code(), StatusCode::kInternal);
  EXPECT_THAT(std::string(Message(failed.status())), HasSubstr("disk full"));
  durable.fail = false;
  EXPECT_EQ(world.Commit({{}, {Op::Put("a", "3")}}).status().code(), StatusCode::kInternal);
  EXPECT_EQ(world.Get("a")->kvs.at(0).value, "1");
}

}  // namespace
}  // namespace weir::meta
