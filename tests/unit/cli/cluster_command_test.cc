// What weir cluster prints of the answers of a node.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.h"
#include "common/rpc/server.h"
#include "common/wire/time.h"
#include "tests/unit/cli/run_command.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::cluster::v1;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Answers what a test put in; without nodes as a process that is the whole cluster.
class FakeService final : public pb::ClusterService::Service {
 public:
  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const pb::GetStatusRequest* /*request*/,
                         pb::GetStatusResponse* response) override {
    response->set_version("1.2.3");
    response->set_tenant("acme");
    return grpc::Status::OK;
  }
  grpc::Status ListNodes(grpc::ServerContext* /*context*/, const pb::ListNodesRequest* /*request*/,
                         pb::ListNodesResponse* response) override {
    if (!has_metadata) {
      return {grpc::StatusCode::UNIMPLEMENTED, "no metadata"};
    }
    *response = nodes;
    return nodes_status;
  }
  grpc::Status ListShards(grpc::ServerContext* /*context*/, const pb::ListShardsRequest* request,
                          pb::ListShardsResponse* response) override {
    if (!has_metadata) {
      return {grpc::StatusCode::UNIMPLEMENTED, "no metadata"};
    }
    for (const pb::ClusterShard& shard : shards) {
      if (request->worker_id().empty() || shard.worker_id() == request->worker_id()) {
        *response->add_shards() = shard;
      }
    }
    return grpc::Status::OK;
  }

  bool has_metadata = true;
  pb::ListNodesResponse nodes;
  grpc::Status nodes_status;
  std::vector<pb::ClusterShard> shards;
};

class ClusterCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = rpc::Server::Start("127.0.0.1:0", {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    pb::Node* leader = service_.nodes.add_nodes();
    leader->set_role(pb::NODE_ROLE_COORDINATOR);
    leader->set_id("c1");
    leader->set_address("10.0.0.1:7431");
    leader->set_version("1.2.3");
    leader->set_alive(true);
    leader->set_leader(true);
    leader->set_rule_set_version(7);
    pb::Node* worker = service_.nodes.add_nodes();
    worker->set_role(pb::NODE_ROLE_WORKER);
    worker->set_id("gone");
    worker->set_shards(1024);
    worker->set_shards_leaving(3);
    service_.nodes.set_leader_id("c1");
    wire::TimeToProto(1773100800000, service_.nodes.mutable_leader_since());
    service_.nodes.set_shards_served(2);
    service_.nodes.set_shards_unserved(1024);
    service_.nodes.set_shards_damaged(1);
    service_.nodes.set_rule_set_version(7);

    pb::ClusterShard serving;
    serving.set_shard(0);
    serving.set_epoch(4);
    serving.set_worker_id("w1");
    serving.set_successor_id("w2");
    serving.set_state(pb::CLUSTER_SHARD_STATE_SERVING);
    serving.set_reported(true);
    wire::TimeToProto(1773100800000, serving.mutable_closed());
    serving.set_lag_ms(1500);
    serving.set_log_first(11);
    serving.set_log_last(20);
    serving.set_log_bytes(2048);
    service_.shards.push_back(serving);
    pb::ClusterShard failed;
    failed.set_shard(1);
    failed.set_epoch(2);
    failed.set_worker_id("w2");
    failed.set_state(pb::CLUSTER_SHARD_STATE_FAILED);
    failed.set_failure("log record 17 is damaged");
    service_.shards.push_back(failed);
  }

  Outcome Cluster(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "cluster");
    arguments.push_back("--address");
    arguments.push_back(server_->address().c_str());
    return RunCommand(arguments);
  }

  FakeService service_;
  std::unique_ptr<rpc::Server> server_;
};

TEST_F(ClusterCommandTest, NodesAreATableAndASummary) {
  const Outcome outcome = Cluster({"nodes"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, ContainsRegex("coordinator +c1 +10\\.0\\.0\\.1:7431 +yes +leads +- +7 +1\\.2\\.3\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("worker +gone +- +no +- +1,024, 3 leaving +- +-\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr("cluster  c1 leads since 2026-03-10T00:00:00.000Z; alive: 0 ingest, 0 workers, "
                        "1 coordinators; rule set 7; 2 shards served\n"
                        "         shards NOT served: 1,024 wait for their worker, which is gone, "
                        "1 with unreadable metadata\n"));
}

TEST_F(ClusterCommandTest, NodesAndShardsAreALineOfJsonEach) {
  const Outcome nodes = Cluster({"nodes", "--format", "json"});
  EXPECT_EQ(nodes.exit_code, kExitOk) << nodes.err;
  EXPECT_THAT(nodes.out, ContainsRegex("^\\{\"role\":\"NODE_ROLE_COORDINATOR\",\"id\":\"c1\",[^\n]*\\}\n"
                                       "\\{\"role\":\"NODE_ROLE_WORKER\",\"id\":\"gone\",[^\n]*\\}\n$"));
  const Outcome shards = Cluster({"shards", "--format", "json", "--worker", "w2"});
  EXPECT_THAT(shards.out, ContainsRegex("^\\{\"shard\":1,\"epoch\":\"2\",\"worker_id\":\"w2\",[^\n]*\\}\n$"));
}

TEST_F(ClusterCommandTest, ShardsAreATableWithWhatFailed) {
  const Outcome outcome = Cluster({"shards"});
  EXPECT_EQ(outcome.exit_code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out,
              ContainsRegex("0 +4 +w1, to go to w2 +serving +2026-03-10T00:00:00.000Z +1\\.5 s +10 +2\\.0 kB\n"));
  EXPECT_THAT(outcome.out, ContainsRegex("1 +2 +w2 +failed +- +- +- +-\n"));
  EXPECT_THAT(outcome.out, HasSubstr("2 shards: 1 failed, 1 serving\nshard 1: log record 17 is damaged\n"));
  EXPECT_THAT(Cluster({"shards", "--worker", "w2"}).out, Not(HasSubstr("serving")));
}

TEST_F(ClusterCommandTest, StatusSaysWhoLeads) {
  const Outcome table = Cluster({"status"});
  EXPECT_EQ(table.exit_code, kExitOk) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("weir 1.2.3, tenant acme"), HasSubstr("cluster  c1 leads"),
                               HasSubstr("NOT served")));
  const Outcome json = Cluster({"status", "--format", "json"});
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"tenant\":\"acme\""), HasSubstr(",\"cluster\":{\"nodes\":[{"),
                              HasSubstr("\"shards_served\":2,"), ContainsRegex("\\}\\}\n$")));
}

TEST_F(ClusterCommandTest, StatusSaysThatTheMetadataIsNotReadYet) {
  service_.nodes_status = {grpc::StatusCode::UNAVAILABLE, "the metadata has not been read yet"};
  const Outcome outcome = Cluster({"status"});
  EXPECT_EQ(outcome.exit_code, kExitOk);
  EXPECT_THAT(outcome.out, ContainsRegex("cluster  not known: [^\n]*the metadata has not been read yet\n"));
}

TEST_F(ClusterCommandTest, AProcessThatIsTheWholeClusterHasNoNodes) {
  service_.has_metadata = false;
  const Outcome status = Cluster({"status"});
  EXPECT_EQ(status.exit_code, kExitOk) << status.err;
  EXPECT_THAT(status.out, Not(HasSubstr("cluster  ")));
  EXPECT_THAT(Cluster({"status", "--format", "json"}).out, Not(HasSubstr("\"cluster\"")));
  for (const char* command : {"nodes", "shards"}) {
    const Outcome outcome = Cluster({command});
    EXPECT_EQ(outcome.exit_code, kExitFailed);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr("is no node of a cluster of several processes"));
  }
}

}  // namespace
}  // namespace weir::cli
