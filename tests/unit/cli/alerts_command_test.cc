// What the `weir alerts` commands make of the answers of a server, and of their absence.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.h"
#include "cli/exit_codes.h"
#include "common/rpc/server.h"
#include "common/wire/time.h"
#include "tests/unit/cli/run_command.h"
#include "weir/alert/v1/alert.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

pb::Alert MakeAlert(uint64_t number, uint64_t revision = 1) {
  pb::Alert alert;
  alert.set_alert_id(fmt::format("{:016x}{:016x}", number, number));
  alert.set_rule_id("r");
  alert.set_rule_name("Many calls");
  alert.set_severity(pb::SEVERITY_HIGH);
  alert.set_status(pb::ALERT_STATUS_OPEN);
  alert.set_revision(revision);
  wire::TimeToProto(1773100800000, alert.mutable_fired_at());
  return alert;
}

// One connection of a watch: what is sent, and how it ends.
struct WatchScript {
  std::vector<pb::WatchAlertsResponse> messages;
  grpc::Status end;
};

pb::WatchAlertsResponse Message(const std::string& cursor) {
  pb::WatchAlertsResponse message;
  message.set_cursor(cursor);
  return message;
}
pb::WatchAlertsResponse Message(const pb::Alert& alert, const std::string& cursor = "") {
  pb::WatchAlertsResponse message = Message(cursor);
  *message.mutable_alert() = alert;
  return message;
}

class FakeAlerts final : public pb::AlertService::Service {
 public:
  grpc::Status ListAlerts(grpc::ServerContext* /*context*/, const pb::ListAlertsRequest* request,
                          pb::ListAlertsResponse* response) override {
    if (!list_status.ok()) {
      return list_status;
    }
    std::vector<const pb::Alert*> passing;
    for (const pb::Alert& alert : alerts) {
      if (alert.alert_id().rfind(request->filter().alert_id_prefix(), 0) == 0 &&
          (request->filter().rule_ids().empty() || request->filter().rule_ids(0) == alert.rule_id())) {
        passing.push_back(&alert);
      }
    }
    const std::size_t begin = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    const std::size_t end =
        std::min(passing.size(), begin + static_cast<std::size_t>(request->page_size()));
    for (std::size_t i = begin; i < end; ++i) {
      *response->add_alerts() = *passing[i];
    }
    response->set_total(passing.size());
    response->set_next_page_token(end < passing.size() ? std::to_string(end) : "");
    return grpc::Status::OK;
  }
  grpc::Status GetAlert(grpc::ServerContext* /*context*/, const pb::GetAlertRequest* request,
                        pb::GetAlertResponse* response) override {
    for (const pb::Alert& alert : alerts) {
      if (alert.alert_id() == request->alert_id()) {
        *response->mutable_alert() = alert;
        return grpc::Status::OK;
      }
    }
    return {grpc::StatusCode::NOT_FOUND, "no alert " + request->alert_id()};
  }
  grpc::Status WatchAlerts(grpc::ServerContext* /*context*/, const pb::WatchAlertsRequest* request,
                           grpc::ServerWriter<pb::WatchAlertsResponse>* writer) override {
    const std::lock_guard lock(mutex);
    watches.push_back(*request);
    if (scripts.empty()) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "no script"};
    }
    const WatchScript script = scripts.front();
    scripts.pop_front();
    for (const pb::WatchAlertsResponse& message : script.messages) {
      writer->Write(message);
    }
    return script.end;
  }
  grpc::Status BatchUpdateAlerts(grpc::ServerContext* /*context*/,
                                 const pb::BatchUpdateAlertsRequest* request,
                                 pb::BatchUpdateAlertsResponse* response) override {
    for (int i = 0; i < request->alerts_size(); ++i) {
      pb::AlertUpdateResult* result = response->add_results();
      result->set_alert_id(request->alerts(i).alert_id());
      const int code = update_codes[static_cast<std::size_t>(i) % update_codes.size()];
      result->set_code(code);
      if (code == 0) {
        *result->mutable_alert() = MakeAlert(1);
      } else {
        result->set_message(fmt::format("alert {}: refused", request->alerts(i).alert_id()));
      }
    }
    return grpc::Status::OK;
  }

  std::vector<pb::Alert> alerts;
  grpc::Status list_status;
  std::vector<int> update_codes = {0};
  std::mutex mutex;
  std::deque<WatchScript> scripts;
  std::vector<pb::WatchAlertsRequest> watches;
};

class AlertsCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("COLUMNS");
    auto server = rpc::Server::Start("127.0.0.1:0", {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  Outcome Alerts(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "alerts");
    arguments.push_back("--address");
    arguments.push_back(server_->address().c_str());
    return RunCommand(arguments);
  }
  void AddAlerts(uint64_t count) {
    for (uint64_t i = 1; i <= count; ++i) {
      service_.alerts.push_back(MakeAlert(i));
    }
  }

  FakeAlerts service_;
  std::unique_ptr<rpc::Server> server_;
};

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

TEST_F(AlertsCommandTest, ListShowsAllPagesAndCutsNothingSilently) {
  AddAlerts(2500);
  const Outcome all = Alerts({"list", "--format", "ndjson"});
  EXPECT_EQ(all.exit_code, kExitOk);
  EXPECT_EQ(LinesOf(all.out).size(), 2500U);
  EXPECT_THAT(all.err, IsEmpty());
  const Outcome table = Alerts({"list", "--format", "table"});
  EXPECT_EQ(LinesOf(table.out).size(), 2501U);
  EXPECT_THAT(table.out, StartsWith("ID            TIME (UTC)           SEVERITY  RULE"));
  const Outcome json = Alerts({"list", "--format", "json"});
  EXPECT_THAT(json.out, AllOf(StartsWith("[\n{\"alert_id\""), EndsWith("}\n]\n")));
  EXPECT_EQ(LinesOf(json.out).size(), 2502U);

  const Outcome some = Alerts({"list", "--format", "ndjson", "--limit", "1007"});
  EXPECT_EQ(some.exit_code, kExitOk);
  EXPECT_EQ(LinesOf(some.out).size(), 1007U);
  EXPECT_EQ(some.err, "1,007 of 2,500 alerts; 1,493 more with --limit 2500\n");
}

TEST_F(AlertsCommandTest, AnEmptyListSaysWhatToTry) {
  const Outcome none = Alerts({"list", "--format", "table"});
  EXPECT_EQ(none.exit_code, kExitOk);
  EXPECT_EQ(none.out, "no alerts\n");
  EXPECT_THAT(none.err, HasSubstr("no alerts yet: `weir cluster status`"));
  AddAlerts(1);
  const Outcome filtered = Alerts({"list", "--format", "json", "--rule", "other"});
  EXPECT_EQ(filtered.exit_code, kExitOk);
  EXPECT_EQ(filtered.out, "[]\n");
  EXPECT_THAT(filtered.err, HasSubstr("no alert passes the filter: leave out a condition"));
}

TEST_F(AlertsCommandTest, TheBeginningOfAnIdIsEnough) {
  service_.alerts = {MakeAlert(0x1234000000000000), MakeAlert(0x1234500000000000)};
  const Outcome page = Alerts({"get", "12345", "--format", "table"});
  EXPECT_EQ(page.exit_code, kExitOk) << page.err;
  EXPECT_THAT(page.out, StartsWith("HIGH  Many calls (risk 0, open)\n"));
  EXPECT_THAT(page.out, HasSubstr("  id            12345000000000001234500000000000\n"));
  EXPECT_THAT(page.out, HasSubstr("\nNext\n  weir explain alert 123450000000\n  weir alerts ack 123450000000\n"));
  const Outcome ack = Alerts({"ack", "12345"});
  EXPECT_EQ(ack.exit_code, kExitOk);
  EXPECT_EQ(ack.out, "12345000000000001234500000000000 open\n");

  const Outcome unclear = Alerts({"get", "1234"});
  EXPECT_EQ(unclear.exit_code, kExitUsage);
  EXPECT_THAT(unclear.err, HasSubstr("2 alerts have an id that begins with 1234: give more digits "
                                     "(12340000000000001234000000000000, "
                                     "12345000000000001234500000000000)"));
}

TEST_F(AlertsCommandTest, EveryRefusalHasItsExitCodeAndOneLine) {
  using Code = grpc::StatusCode;
  const std::vector<std::pair<Code, int>> cases = {
      {Code::INVALID_ARGUMENT, kExitUsage},       {Code::NOT_FOUND, kExitNotFound},
      {Code::ABORTED, kExitConflict},             {Code::FAILED_PRECONDITION, kExitConflict},
      {Code::OUT_OF_RANGE, kExitConflict},        {Code::ALREADY_EXISTS, kExitConflict},
      {Code::UNAVAILABLE, kExitUnreachable},      {Code::DEADLINE_EXCEEDED, kExitUnreachable},
      {Code::UNAUTHENTICATED, kExitDenied},       {Code::PERMISSION_DENIED, kExitDenied},
      {Code::UNIMPLEMENTED, kExitFailed},         {Code::INTERNAL, kExitFailed},
      {Code::RESOURCE_EXHAUSTED, kExitFailed},
  };
  for (const auto& [code, exit_code] : cases) {
    service_.list_status = {code, "the reason"};
    const Outcome outcome = Alerts({"list", "--format", "table"});
    EXPECT_EQ(outcome.exit_code, exit_code) << code;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, StartsWith("weir: "));
    EXPECT_EQ(LinesOf(outcome.err).size(), 1U) << outcome.err;
  }
}

TEST_F(AlertsCommandTest, RefusedActionsHaveTheExitCodeOfTheirReason) {
  AddAlerts(2);
  const std::string first = service_.alerts[0].alert_id();
  const std::string second = service_.alerts[1].alert_id();
  const std::vector<std::pair<std::vector<int>, int>> cases = {
      {{0, 0}, kExitOk},          {{5, 0}, kExitNotFound}, {{10, 9}, kExitConflict},
      {{0, 14}, kExitUnreachable}, {{5, 14}, kExitFailed},  {{8, 0}, kExitFailed},
  };
  for (const auto& [codes, exit_code] : cases) {
    service_.update_codes = codes;
    EXPECT_EQ(Alerts({"close", first.c_str(), second.c_str(), "--if-revision", "3"}).exit_code, exit_code)
        << testing::PrintToString(codes);
  }
  service_.update_codes = {10};
  EXPECT_EQ(Alerts({"close", first.c_str(), "--if-revision", "3"}).err,
            fmt::format("weir: alert {}: refused; `weir alerts get` shows it as it is now\n", first));
}

TEST_F(AlertsCommandTest, WatchGoesOnWhereItWasCutOffWithoutLossOrRepeats) {
  service_.scripts = {
      {{Message("c0"), Message(MakeAlert(1, 1), "c1"), Message(MakeAlert(2, 1))},
       {grpc::StatusCode::UNAVAILABLE, "stopping"}},
      // What came behind the last cursor comes again; alert 1 has changed.
      {{Message(MakeAlert(2, 1)), Message(MakeAlert(1, 2)), Message(MakeAlert(3, 1), "c2")},
       {grpc::StatusCode::RESOURCE_EXHAUSTED, "reads too slowly"}},
      {{Message("c3")}, {grpc::StatusCode::OUT_OF_RANGE, "the cursor is older than what is kept"}},
  };
  const Outcome outcome = Alerts({"watch", "--existing", "--format", "ndjson", "--rule", "r"});
  EXPECT_EQ(outcome.exit_code, kExitConflict);
  std::vector<std::string> printed;
  for (const std::string& line : LinesOf(outcome.out)) {
    const std::size_t at = line.find("\"revision\":");
    printed.push_back(line.substr(28, 1) + "/" + line.substr(at + 11, 1));
  }
  EXPECT_THAT(printed, ElementsAre("1/1", "2/1", "1/2", "3/1"));
  ASSERT_EQ(service_.watches.size(), 3U);
  EXPECT_TRUE(service_.watches[0].include_existing());
  EXPECT_EQ(service_.watches[0].cursor(), "");
  EXPECT_FALSE(service_.watches[1].include_existing());
  EXPECT_EQ(service_.watches[1].cursor(), "c1");
  EXPECT_EQ(service_.watches[2].cursor(), "c2");
  EXPECT_EQ(service_.watches[2].filter().rule_ids(0), "r");
  EXPECT_THAT(outcome.err, HasSubstr("the watch was cut off (stopping); trying again\n"));
  EXPECT_THAT(outcome.err, HasSubstr("the watch goes on where it was cut off\n"));
  EXPECT_THAT(outcome.err, HasSubstr("begin again with `weir alerts watch --existing`"));
}

TEST_F(AlertsCommandTest, WatchGivesUpAfterAWhileIfAsked) {
  service_.scripts.push_back({{Message("c0")}, {grpc::StatusCode::UNAVAILABLE, "stopping"}});
  for (int i = 0; i < 20; ++i) {
    service_.scripts.push_back({{}, {grpc::StatusCode::UNAVAILABLE, "stopping"}});
  }
  const Outcome outcome = Alerts({"watch", "--retry-for", "500ms"});
  EXPECT_EQ(outcome.exit_code, kExitUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("no answer from "));
  EXPECT_EQ(Alerts({"watch", "--retry-for", "soon"}).exit_code, kExitUsage);
}

}  // namespace
}  // namespace weir::cli
