// Who may call what, without a network: the access file, the table of methods, and changes of the file.
#include "common/rpc/access.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "opentelemetry/proto/collector/logs/v1/logs_service.pb.h"
#include "vector/vector.pb.h"
#include "weir/alert/v1/alert.pb.h"
#include "weir/cluster/v1/cluster.pb.h"
#include "weir/ingest/v1/ingest.pb.h"
#include "weir/worker/v1/worker.pb.h"

namespace weir::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPush[] = "/weir.ingest.v1.IngestService/PushEvents";
constexpr char kList[] = "/weir.alert.v1.AlertService/ListAlerts";
constexpr char kUpdate[] = "/weir.alert.v1.AlertService/BatchUpdateAlerts";
constexpr char kFeed[] = "/weir.worker.v1.WorkerService/Feed";

constexpr char kFile[] = R"(
# people
token collector plain:collector-secret-1 tenant=default roles=ingest
token reader plain:reader-secret-0001 tenant=default roles=read
token old plain:old-secret-000001 tenant=default roles=read expires=2020-01-01T00:00:00Z
token boss plain:boss-secret-00001 tenant=default roles=ingest,admin
certificate node.weir tenant=default roles=node
)";

class AccessTest : public ::testing::Test {
 protected:
  AccessTest()
      : path_(std::filesystem::temp_directory_path() /
              ("weir_access_test_" + std::to_string(getpid()))) {
    Write(kFile);
  }
  ~AccessTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& text) {
    const std::string fresh = path_.string() + ".new";
    std::ofstream(fresh) << text;
    std::filesystem::rename(fresh, path_);
  }
  void Load(int64_t reload_ms = 0) {
    auto control = AccessControl::Load(path_, "default", reload_ms);
    ASSERT_TRUE(control.ok()) << control.status();
    control_ = *std::move(control);
  }
  StatusCode Call(std::string_view method, const std::string& token,
                  const std::vector<std::string_view>& names = {}) {
    const std::string header = token.empty() ? "" : "Bearer " + token;
    status_ = control_->Check(method, {header, names});
    return status_.code();
  }

  const std::filesystem::path path_;
  std::shared_ptr<AccessControl> control_;
  Status status_;
};

TEST_F(AccessTest, EveryRoleMayCallWhatItIsFor) {
  Load();
  const auto ok = StatusCode::kOk;
  const auto denied = StatusCode::kPermissionDenied;
  const std::string methods[] = {kPush, kList, kUpdate, kFeed};
  const struct {
    std::string token;
    StatusCode expected[4];
  } rows[] = {{"collector-secret-1", {ok, denied, denied, denied}},
              {"reader-secret-0001", {denied, ok, denied, denied}},
              {"boss-secret-00001", {ok, ok, ok, denied}}};
  for (const auto& row : rows) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(Call(methods[i], row.token), row.expected[i]) << row.token << " " << methods[i];
    }
  }
  EXPECT_EQ(Call(kFeed, "", {"other.name", "node.weir"}), ok);
  EXPECT_EQ(Call(kList, "", {"node.weir"}), ok);
  EXPECT_EQ(Call(kPush, "", {"node.weir"}), denied);
}

TEST_F(AccessTest, SaysWhatIsMissing) {
  Load();
  EXPECT_EQ(Call(kList, ""), StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(Message(status_)), HasSubstr("Bearer TOKEN"));
  EXPECT_EQ(Call(kList, "no-such-secret-01"), StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(Message(status_)), Not(HasSubstr("no-such-secret")));
  EXPECT_EQ(Call(kList, "old-secret-000001"), StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(Message(status_)), HasSubstr("expired at 2020-01-01"));
  EXPECT_EQ(Call(kList, "", {"stranger"}), StatusCode::kUnauthenticated);
  EXPECT_EQ(Call(kList, "collector-secret-1"), StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(Message(status_)), HasSubstr("'collector' lacks the role read"));
  EXPECT_EQ(Call("/weir.alert.v1.AlertService/DropAll", "boss-secret-00001"),
            StatusCode::kPermissionDenied);
  // A token that is wrong is not made good by a certificate.
  EXPECT_EQ(Call(kFeed, "no-such-secret-01", {"node.weir"}), StatusCode::kUnauthenticated);
  EXPECT_EQ(Call("/grpc.health.v1.Health/Check", ""), StatusCode::kOk);
  const CallCounts counts = control_->counts();
  EXPECT_THAT(counts.refused, ::testing::ElementsAre(1, 3, 1, 1, 1));
}

TEST_F(AccessTest, ChangesCountForNewCalls) {
  Load();
  EXPECT_EQ(Call(kPush, "collector-secret-1"), StatusCode::kOk);
  Write("token collector plain:collector-secret-2 tenant=default roles=ingest\n");
  EXPECT_EQ(Call(kPush, "collector-secret-1"), StatusCode::kUnauthenticated);
  EXPECT_EQ(Call(kPush, "collector-secret-2"), StatusCode::kOk);
  // A file that cannot be used changes nothing.
  Write("token collector plain:short tenant=default roles=ingest\n");
  EXPECT_EQ(Call(kPush, "collector-secret-2"), StatusCode::kOk);
  std::filesystem::remove(path_);
  EXPECT_EQ(Call(kPush, "collector-secret-2"), StatusCode::kOk);
  EXPECT_EQ(control_->counts().list_loads, 3);
  EXPECT_EQ(control_->counts().list_failures, 2);
}

TEST(AccessListTest, TakesHashedTokens) {
  const auto list = AccessList::Parse(
      "token a sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD "
      "tenant=t roles=read\n",
      "t");
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_NE(list->FindToken("abc"), nullptr);
  EXPECT_EQ(list->FindToken("abc")->name, "a");
  EXPECT_EQ(list->FindToken("abd"), nullptr);
  EXPECT_EQ(list->FindToken(""), nullptr);
}

TEST(AccessListTest, RefusesWhatItCannotMean) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "names nobody"},
      {"user x\n", "line 1: a line begins with"},
      {"\n\ntoken x\n", "line 3: a token needs"},
      {"token x hunter2hunter2hunter2 tenant=t roles=read\n", "sha256:HEX or plain:SECRET"},
      {"token x plain:short tenant=t roles=read\n", "can be guessed"},
      {"token x sha256:12 tenant=t roles=read\n", "64 hexadecimal digits"},
      {"token x plain:0123456789abcdef tenant=t\n", "roles= are needed"},
      {"token x plain:0123456789abcdef tenant=t roles=root\n", "'root' is none of"},
      {"token x plain:0123456789abcdef tenant=t roles=read expires=soon\n", "expires="},
      {"token x plain:0123456789abcdef tenant=u roles=read\n", "tenant 'u' is not served here"},
      {"certificate x tenant=t roles=read expires=2030-01-01T00:00:00Z\n", "word 5"},
  };
  for (const auto& [text, message] : cases) {
    const auto list = AccessList::Parse(text, "t");
    ASSERT_FALSE(list.ok()) << text;
    EXPECT_THAT(std::string(Message(list.status())), HasSubstr(message)) << text;
    EXPECT_THAT(std::string(Message(list.status())), Not(HasSubstr("hunter2")));
    EXPECT_THAT(std::string(Message(list.status())), Not(HasSubstr("0123456789abcdef")));
  }
}

TEST(MethodTableTest, KnowsEveryMethodThatIsServed) {
  const google::protobuf::FileDescriptor* files[] = {
      weir::alert::v1::ListAlertsRequest::descriptor()->file(),
      weir::cluster::v1::GetStatusRequest::descriptor()->file(),
      weir::ingest::v1::PushEventsRequest::descriptor()->file(),
      weir::worker::v1::GetStatusRequest::descriptor()->file(),
      vector::PushEventsRequest::descriptor()->file(),
      opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest::descriptor()->file()};
  int methods = 0;
  for (const google::protobuf::FileDescriptor* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const std::string path =
            "/" + file->service(i)->full_name() + "/" + file->service(i)->method(j)->name();
        const MethodRule* rule = FindMethodRule(path);
        ASSERT_NE(rule, nullptr) << path;
        EXPECT_TRUE(rule->role.has_value()) << path;
        ++methods;
      }
    }
  }
  EXPECT_GT(methods, 15);
}

}  // namespace
}  // namespace weir::rpc
