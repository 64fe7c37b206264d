// What a coordinator shows of the ingest nodes: their counters over real gRPC, added up.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/rpc/server.h"
#include "common/task/manual_scheduler.h"
#include "common/wire/time.h"
#include "coordinator/ingest_client.h"
#include "ingest/pipeline.h"
#include "ingest/status_service.h"

namespace weir {
namespace {

namespace pb = weir::cluster::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An ingest node without rules: it refuses every batch.
class IngestNode {
 public:
  explicit IngestNode(const std::string& id) : status_("cluster-1", id, &service_) {
    std::vector<grpc::Service*> services = service_.list();
    services.push_back(&status_);
    auto server = rpc::Server::Start("127.0.0.1:0", services);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void Refuse(int batches) {
    for (int i = 0; i < batches; ++i) {
      ingest::Batch batch;   // without a sequence
      pipeline_.Submit(std::move(batch), [](const ingest::BatchResult&) {});
    }
  }
  const std::string& address() const { return server_->address(); }

 private:
  static ingest::PipelineOptions Options() {
    ingest::PipelineOptions options;
    options.threads = 0;
    options.inflight_bytes_max = 1000;
    return options;
  }

  const ManualClock clock_{0};
  task::ManualScheduler scheduler_;
  ingest::CompiledRuleFeed rules_{false};
  ingest::Dispatcher dispatcher_{ingest::DispatcherOptions(), &scheduler_,
                                 [](const std::string&) { return nullptr; }};
  ingest::Pipeline pipeline_{Options(), &dispatcher_, &rules_, &scheduler_, &clock_};
  ingest::Services service_{ingest::CollectOptions(), &pipeline_, ingest::SingleTenant("default")};
  ingest::StatusService status_;
  std::unique_ptr<rpc::Server> server_;
};

TEST(IngestStatusTest, CountersOfAllNodesAreAddedUp) {
  IngestNode one("i1");
  IngestNode two("i2");
  one.Refuse(2);
  two.Refuse(3);
  coordinator::IngestClient client({"cluster-1"});
  client.SetNodes({{"i1", one.address()}, {"i2", two.address()}});
  pb::IngestStatus sum;
  client.FillStatus(&sum);
  EXPECT_EQ(sum.nodes(), 2);
  EXPECT_EQ(sum.batches_refused(), 5);
  EXPECT_EQ(sum.inflight_limit_bytes(), 2000);
  EXPECT_TRUE(sum.unreached().empty());
}

TEST(IngestStatusTest, WhoDoesNotAnswerOrIsAnotherIsNamed) {
  IngestNode one("i1");
  one.Refuse(2);
  coordinator::IngestClient client({"cluster-1"});
  client.SetNodes({{"i1", one.address()}, {"i2", one.address()}, {"i3", "127.0.0.1:1"}});
  pb::IngestStatus sum;
  client.FillStatus(&sum);
  EXPECT_EQ(sum.nodes(), 1);
  EXPECT_EQ(sum.batches_refused(), 2);
  EXPECT_THAT(sum.unreached(), ElementsAre(HasSubstr("this is ingest node 'i1', not 'i2'"),
                                           HasSubstr("ingest node i3 does not answer")));
  coordinator::IngestClient stranger({"cluster-2"});
  stranger.SetNodes({{"i1", one.address()}});
  pb::IngestStatus nothing;
  stranger.FillStatus(&nothing);
  EXPECT_THAT(nothing.unreached(), ElementsAre(HasSubstr("belongs to cluster 'cluster-1'")));
}

TEST(IngestStatusTest, ReasonsAndProducersAreJoined) {
  pb::IngestStatus one;
  pb::IngestStatus two;
  for (pb::IngestStatus* status : {&one, &two}) {
    pb::RejectedCount* rejected = status->add_rejected();
    rejected->set_reason("malformed_json");
    rejected->set_count(2);
    status->add_producers()->set_producer_id("p");
    pb::RuleRowCount* dropped = status->add_without_group();
    dropped->set_rule_id("r");
    dropped->set_rows(3);
  }
  two.add_rejected()->set_reason("too_deep");
  one.mutable_producers(0)->set_joined(true);
  wire::TimeToProto(2000, one.mutable_producers(0)->mutable_watermark());
  two.mutable_producers(0)->set_ended(true);
  wire::TimeToProto(3000, two.mutable_producers(0)->mutable_watermark());
  pb::IngestStatus sum;
  coordinator::AddIngestStatus(one, &sum);
  coordinator::AddIngestStatus(two, &sum);
  ASSERT_EQ(sum.rejected_size(), 2);
  EXPECT_EQ(sum.rejected(0).count(), 4);
  ASSERT_EQ(sum.without_group_size(), 1);
  EXPECT_EQ(sum.without_group(0).rule_id(), "r");
  EXPECT_EQ(sum.without_group(0).rows(), 6);
  ASSERT_EQ(sum.producers_size(), 1);
  EXPECT_TRUE(sum.producers(0).joined());
  EXPECT_TRUE(sum.producers(0).ended());
  EXPECT_EQ(wire::TimeFromProto(sum.producers(0).watermark()), 3000);
}

}  // namespace
}  // namespace weir
