// What shells are told may come next.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/cli.h"
#include "common/rpc/server.h"
#include "tests/unit/cli/run_command.h"
#include "weir/alert/v1/alert.grpc.pb.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

// The candidates alone.
std::vector<std::string> Next(std::vector<const char*> words) {
  words.insert(words.begin(), "__complete");
  const Outcome outcome = RunCommand(words);
  EXPECT_EQ(outcome.exit_code, kExitOk);
  std::vector<std::string> candidates;
  for (std::size_t begin = 0; begin < outcome.out.size();) {
    const std::size_t end = outcome.out.find('\n', begin);
    const std::string line = outcome.out.substr(begin, end - begin);
    candidates.push_back(line.substr(0, line.find('\t')));
    begin = end + 1;
  }
  return candidates;
}

TEST(CompletionTest, CommandsAndOptionsComeFromTheTree) {
  EXPECT_THAT(Next({""}), IsSupersetOf({"alerts", "cluster", "rules", "context", "completion", "help"}));
  EXPECT_THAT(Next({""}), Not(Contains("__complete")));
  EXPECT_THAT(Next({"al"}), ElementsAre("all", "alerts"));
  EXPECT_THAT(Next({"alerts", "a"}), ElementsAre("ack", "assign"));
  EXPECT_THAT(Next({"alerts", "list", "--se"}), ElementsAre("--severity"));
  EXPECT_THAT(Next({"alerts", "list", "--format", "json", "--li"}), ElementsAre("--limit"));
  EXPECT_THAT(Next({"help", "exit"}), ElementsAre("exit-codes"));
  EXPECT_THAT(Next({"no-such-command", ""}), IsEmpty());
}

TEST(CompletionTest, ValuesOfOptions) {
  EXPECT_THAT(Next({"alerts", "list", "--severity", ""}), ElementsAre("low", "medium", "high", "critical"));
  EXPECT_THAT(Next({"alerts", "list", "--severity=h"}), ElementsAre("--severity=high"));
  EXPECT_THAT(Next({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(Next({"backtest", "--rules", ""}), ElementsAre(":files"));
  EXPECT_THAT(Next({"alerts", "list", "--limit", ""}), IsEmpty());
}

TEST(CompletionTest, NamesOfContexts) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("weir_completion_{}", getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.yaml") << "contexts: {lab: {address: 'a:1'}, prod: {}, play: {}}\n";
  setenv("WEIR_CLIENT_CONFIG", (folder / "config.yaml").c_str(), 1);
  EXPECT_THAT(Next({"context", "use", "p"}), ElementsAre("play", "prod"));
  EXPECT_THAT(Next({"alerts", "list", "--context", "l"}), ElementsAre("lab"));
  unsetenv("WEIR_CLIENT_CONFIG");
  std::filesystem::remove_all(folder);
}

class FakeAlerts final : public weir::alert::v1::AlertService::Service {
  grpc::Status ListAlerts(grpc::ServerContext* /*context*/,
                          const weir::alert::v1::ListAlertsRequest* request,
                          weir::alert::v1::ListAlertsResponse* response) override {
    prefix = request->filter().alert_id_prefix();
    weir::alert::v1::Alert* alert = response->add_alerts();
    alert->set_alert_id("abcd0000000000000000000000000000");
    alert->set_rule_name("Many calls");
    return grpc::Status::OK;
  }

 public:
  std::string prefix;
};

class FakeCluster final : public weir::cluster::v1::ClusterService::Service {
  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const weir::cluster::v1::GetStatusRequest* /*request*/,
                         weir::cluster::v1::GetStatusResponse* response) override {
    response->add_rules()->set_rule_id("many-calls");
    response->add_rules()->set_rule_id("few-calls");
    return grpc::Status::OK;
  }
};

TEST(CompletionTest, IdsAreAskedOfTheCluster) {
  FakeAlerts alerts;
  FakeCluster cluster;
  auto server = rpc::Server::Start("127.0.0.1:0", {&alerts, &cluster});
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string address = (*server)->address();
  EXPECT_THAT(Next({"alerts", "get", "--address", address.c_str(), "ab"}), ElementsAre("abcd00000000"));
  EXPECT_EQ(alerts.prefix, "ab");
  EXPECT_THAT(Next({"alerts", "list", "--address", address.c_str(), "--rule", "m"}),
              ElementsAre("many-calls"));
  // Nobody answers: nothing, and no error.
  EXPECT_THAT(Next({"alerts", "get", "--address", "127.0.0.1:1", "ab"}), IsEmpty());
}

}  // namespace
}  // namespace weir::cli
