// Groups that lie on several workers, as a coordinator sees them over real gRPC.
#include "coordinator/group_explainer.h"
#include "tests/integration/feed_world.h"

namespace weir {
namespace {

class FeedGroupsTest : public FeedTest {
 protected:
  FeedGroupsTest()
      : w1_("w1"),
        w2_("w2"),
        ingest_(w1_.rules(), {{"w1", w1_.address()}, {"w2", w2_.address()}}),
        index_(100, 100) {
    ingest_.SetTable(1, {"w1", "w2"});
    coordinator::WorkerClient::Options options;
    options.cluster_id = kCluster;
    options.call_timeout_ms = 2000;
    options.search_timeout_ms = 5000;
    client_ = std::make_unique<coordinator::WorkerClient>(options, &scheduler_, &index_);
    client_->SetWorkers({{"w1", w1_.address(), 1}, {"w2", w2_.address(), 1}});
    backend_ = coordinator::MakeRemoteGroupBackend(client_.get(), [this] { return w1_.rules(); });
  }
  ~FeedGroupsTest() override { client_->Stop(); }

  WorkerNode w1_;
  WorkerNode w2_;
  IngestNode ingest_;
  coordinator::AlertIndex index_;
  task::ThreadScheduler scheduler_;
  std::unique_ptr<coordinator::WorkerClient> client_;
  std::unique_ptr<coordinator::GroupBackend> backend_;
};

TEST_F(FeedGroupsTest, TheNearestOfAllWorkersComeInOneOrder) {
  ASSERT_TRUE(ingest_.PushUntilTaken(Batch(1, now_ms_)).status.ok());   // ten users, two calls each
  ASSERT_TRUE(ingest_.PushUntilTaken({Event("x", now_ms_, "user7")}).status.ok());
  coordinator::GroupExplainer explainer(backend_.get());
  coordinator::GroupRule about;
  const auto top = explainer.Top("many-calls", 4, &about);
  ASSERT_TRUE(top.ok()) << top.status();
  ASSERT_EQ(top->size(), 4U);
  EXPECT_EQ(about.matched, 10U);
  EXPECT_EQ(about.counters.rows, 21U);
  EXPECT_DOUBLE_EQ(top->front().share, 1);
  EXPECT_EQ(top->front().rows, 3U);
  EXPECT_EQ((*top)[1].rows, 2U);
  EXPECT_NEAR((*top)[1].share, 2.0 / 3, 1e-9);

  coordinator::GroupRule one;
  const auto found = explainer.Explain("many-calls", {{"user.name", "user7"}}, 5, &one);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_TRUE(found->front().trace.passes);
  ASSERT_EQ(found->front().episodes.size(), 1U);
  EXPECT_TRUE(found->front().episodes[0].owns_alert);
  const auto below = explainer.Explain("many-calls", {{"user.name", "user3"}}, 5, &one);
  ASSERT_TRUE(below.ok()) << below.status();
  ASSERT_EQ(below->size(), 1U);
  ASSERT_EQ(below->front().trace.predicates.size(), 1U);
  EXPECT_EQ(below->front().trace.predicates[0].text, "calls >= 3");
}

TEST_F(FeedGroupsTest, AWorkerThatDoesNotAnswerIsNamed) {
  w2_.Cut();
  coordinator::GroupExplainer explainer(backend_.get());
  coordinator::GroupRule about;
  const auto top = explainer.Top("many-calls", 4, &about);
  EXPECT_EQ(top.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(top.status())), HasSubstr("worker 'w2'"));
}

}  // namespace
}  // namespace weir
