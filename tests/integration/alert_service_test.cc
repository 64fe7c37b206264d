// The alerts of a whole node over real gRPC, with a store on disk, so that the node can be started again:
// what people do to alerts, lists with filters, watches that go on, the audit, and clients that know the
// services only by reflection.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/node.h"
#include "common/base/clock.h"
#include "common/config/config.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "common/telemetry/log.h"
#include "weir/alert/v1/alert.grpc.pb.h"
#include "weir/ingest/v1/ingest.grpc.pb.h"

namespace weir::cli {
namespace {

namespace pb = weir::alert::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kRule[] = R"toml(
[rule]
name = "Many calls"
rule_id = "many-calls"
type = "esql"
language = "esql"
from = "now-60m"
interval = "5m"
severity = "high"
risk_score = 50
note = "Ask the owner of the account."
query = '''
FROM logs-aws.cloudtrail-*
| WHERE event.action == "InvokeModel"
| STATS calls = COUNT(*) BY user.name
| WHERE calls >= 3
'''
)toml";

std::string Event(const std::string& id, UnixMillis time_ms, const std::string& user) {
  return fmt::format(
      R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel",)"
      R"("eventID":"{}","eventTime":"{}","awsRegion":"us-east-1","recipientAccountId":"111122223333",)"
      R"("userIdentity":{{"type":"IAMUser","userName":"{}","accountId":"111122223333"}}}})",
      id, FormatTime(time_ms).substr(0, 19) + "Z", user);
}

class AlertServiceTest : public ::testing::Test {
 protected:
  AlertServiceTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("weir_alert_service_test_{}", getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "rule.toml") << kRule;
    log::Options log;
    log.file = (folder_ / "log").string();
    EXPECT_TRUE(log::Init(log).ok());
    StartNode();
  }
  ~AlertServiceTest() override {
    node_.reset();
    EXPECT_TRUE(log::Init(log::Options()).ok());
    std::filesystem::remove_all(folder_);
  }

  void StartNode() {
    config::Sources sources;
    sources.flags = {{"listen", "127.0.0.1:0"},
                     {"shards", "4"},
                     {"worker.executors", "2"},
                     {"ingest.threads", "2"},
                     {"data_dir", (folder_ / "data").string()},
                     {"rules", (folder_ / "rule.toml").string()}};
    const config::LoadResult loaded = config::Load(sources);
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().Render();
    auto node = Node::Start(loaded.config, nullptr, nullptr);
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = std::move(*node);
    stub_ = pb::AlertService::NewStub(rpc::MakeChannel(node_->address()));
  }
  void RestartNode() {
    node_.reset();
    StartNode();
  }

  // Three calls of each user: an alert each.
  void Fire(const std::vector<std::string>& users) {
    const auto stub = weir::ingest::v1::IngestService::NewStub(rpc::MakeChannel(node_->address()));
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 60 * 1000);
    const auto stream = stub->PushEvents(&context);
    weir::ingest::v1::PushEventsRequest request;
    request.set_producer_id("p");
    stream->Write(request);
    weir::ingest::v1::PushEventsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    request.Clear();
    request.set_sequence(++sequence_);
    for (const std::string& user : users) {
      for (int i = 0; i < 3; ++i) {
        const std::string record = Event(fmt::format("{}-{}", user, events_++),
                                         SystemClock().Now() - 1000, user);
        request.mutable_payload()->append(record);
        request.add_record_sizes(static_cast<uint32_t>(record.size()));
      }
    }
    stream->Write(request);
    ASSERT_TRUE(stream->Read(&response));
    stream->WritesDone();
    stream->Finish();
  }

  std::unique_ptr<grpc::ClientContext> Context() const {
    auto context = std::make_unique<grpc::ClientContext>();
    rpc::SetTimeout(context.get(), 60 * 1000);
    context->AddMetadata("weir-actor", "kim");
    return context;
  }
  pb::ListAlertsResponse List(const pb::ListAlertsRequest& request = {}) {
    pb::ListAlertsResponse response;
    const grpc::Status status = stub_->ListAlerts(Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  grpc::Status Update(const pb::BatchUpdateAlertsRequest& request,
                      pb::BatchUpdateAlertsResponse* response) {
    response->Clear();
    return stub_->BatchUpdateAlerts(Context().get(), request, response);
  }
  pb::AlertUpdateResult UpdateOne(const pb::BatchUpdateAlertsRequest& request) {
    pb::BatchUpdateAlertsResponse response;
    const grpc::Status status = Update(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.results_size(), 1);
    return response.results_size() == 1 ? response.results(0) : pb::AlertUpdateResult();
  }
  pb::GetAlertResponse Get(const std::string& id) {
    pb::GetAlertRequest request;
    request.set_alert_id(id);
    pb::GetAlertResponse response;
    const grpc::Status status = stub_->GetAlert(Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::string Log() const {
    log::Flush();
    std::ifstream file(folder_ / "log");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::string IdOf(const std::string& user) {
    pb::ListAlertsRequest request;
    pb::FieldCondition* field = request.mutable_filter()->add_fields();
    field->set_name("user.name");
    field->set_value(user);
    const pb::ListAlertsResponse response = List(request);
    EXPECT_EQ(response.alerts_size(), 1) << user;
    return response.alerts_size() == 1 ? response.alerts(0).alert_id() : "";
  }

  std::filesystem::path folder_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<pb::AlertService::Stub> stub_;
  int events_ = 0;
  uint64_t sequence_ = 0;
};

TEST_F(AlertServiceTest, AnAlertLivesAcrossARestart) {
  Fire({"anna", "bert"});
  const std::string id = IdOf("anna");
  pb::BatchUpdateAlertsRequest request;
  request.add_alerts()->set_alert_id(id);
  request.mutable_acknowledge();
  EXPECT_EQ(UpdateOne(request).alert().status(), pb::ALERT_STATUS_ACKNOWLEDGED);
  request.mutable_assign()->set_assignee("lee");
  EXPECT_EQ(UpdateOne(request).alert().assignee(), "lee");
  request.mutable_comment()->set_text("a build job");
  request.set_request_id("req-1");
  EXPECT_EQ(UpdateOne(request).alert().comments_size(), 1);
  RestartNode();
  // Sent again, because the answer was lost.
  const pb::AlertUpdateResult again = UpdateOne(request);
  EXPECT_TRUE(again.unchanged());
  EXPECT_EQ(again.alert().comments_size(), 1);
  request.clear_request_id();
  request.mutable_close()->set_reason("benign");
  request.mutable_alerts(0)->set_expected_lifecycle_revision(1);
  const pb::AlertUpdateResult stale = UpdateOne(request);
  EXPECT_EQ(stale.code(), static_cast<int>(StatusCode::kAborted));
  EXPECT_EQ(stale.alert().lifecycle_revision(), 3U);
  request.mutable_alerts(0)->set_expected_lifecycle_revision(3);
  EXPECT_EQ(UpdateOne(request).code(), 0);

  const pb::GetAlertResponse shown = Get(id);
  EXPECT_EQ(shown.alert().status(), pb::ALERT_STATUS_CLOSED);
  EXPECT_EQ(shown.alert().close_reason(), "benign");
  EXPECT_EQ(shown.alert().note(), "Ask the owner of the account.");
  ASSERT_EQ(shown.alert().history_size(), 3);
  EXPECT_EQ(shown.alert().history(0).actor(), "kim");
  EXPECT_EQ(shown.alert().comments(0).author(), "kim");
  EXPECT_TRUE(shown.timings().has_fired_to_acknowledged_millis());
  EXPECT_TRUE(shown.timings().has_fired_to_closed_millis());
  uint64_t rows = 0;
  for (const pb::RowCount& count : shown.series().counts()) {
    rows += count.rows();
  }
  EXPECT_EQ(rows, 3U);
  EXPECT_EQ(shown.related_total(), 0U);   // bert shares nothing with anna
  // Lists leave the long parts out and say so.
  pb::ListAlertsRequest closed;
  closed.mutable_filter()->add_statuses(pb::ALERT_STATUS_CLOSED);
  ASSERT_EQ(List(closed).alerts_size(), 1);
  EXPECT_EQ(List(closed).alerts(0).comments_size(), 0);
  EXPECT_EQ(List(closed).alerts(0).comment_count(), 1U);
}

TEST_F(AlertServiceTest, ManyAlertsHaveAResultEach) {
  Fire({"anna", "bert"});
  pb::BatchUpdateAlertsRequest request;
  request.mutable_acknowledge();
  request.add_alerts()->set_alert_id(IdOf("anna"));
  request.add_alerts()->set_alert_id(std::string(32, '0'));
  request.add_alerts()->set_alert_id(IdOf("bert"));
  pb::BatchUpdateAlertsResponse response;
  ASSERT_TRUE(Update(request, &response).ok());
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).code(), 0);
  EXPECT_EQ(response.results(1).code(), static_cast<int>(StatusCode::kNotFound));
  EXPECT_EQ(response.results(2).code(), 0);
}

TEST_F(AlertServiceTest, BadRequestsNameTheField) {
  pb::BatchUpdateAlertsRequest request;
  pb::BatchUpdateAlertsResponse response;
  grpc::Status status = Update(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(rpc::RefusedFields(status), ElementsAre("action"));
  request.mutable_comment();
  EXPECT_THAT(rpc::RefusedFields(Update(request, &response)), ElementsAre("comment.text"));
  request.mutable_reopen();
  request.add_alerts()->set_alert_id("zz");
  EXPECT_THAT(rpc::RefusedFields(Update(request, &response)), ElementsAre("alerts[0].alert_id"));
  pb::ListAlertsRequest list;
  pb::ListAlertsResponse listed;
  list.set_order_by("colour");
  EXPECT_THAT(rpc::RefusedFields(stub_->ListAlerts(Context().get(), list, &listed)),
              ElementsAre("order_by"));
  list.Clear();
  list.mutable_filter()->add_fields()->set_value("x");
  EXPECT_THAT(rpc::RefusedFields(stub_->ListAlerts(Context().get(), list, &listed)),
              ElementsAre("filter.fields[0].name"));
  list.Clear();
  list.set_page_token("bogus");
  EXPECT_THAT(rpc::RefusedFields(stub_->ListAlerts(Context().get(), list, &listed)),
              ElementsAre("page_token"));
  pb::WatchAlertsRequest watch;
  watch.set_cursor("bogus");
  const auto context = Context();
  const auto stream = stub_->WatchAlerts(context.get(), watch);
  pb::WatchAlertsResponse watched;
  EXPECT_FALSE(stream->Read(&watched));
  EXPECT_THAT(rpc::RefusedFields(stream->Finish()), ElementsAre("cursor"));
}

TEST_F(AlertServiceTest, FiltersAndText) {
  Fire({"anna", "bert", "cleo"});
  const auto total = [this](auto set) {
    pb::ListAlertsRequest request;
    set(request.mutable_filter());
    return List(request).total();
  };
  EXPECT_EQ(total([](pb::AlertFilter*) {}), 3U);
  EXPECT_EQ(total([](pb::AlertFilter* f) { f->set_text("BERT owner"); }), 1U);
  EXPECT_EQ(total([](pb::AlertFilter* f) { f->set_text("nobody"); }), 0U);
  EXPECT_EQ(total([](pb::AlertFilter* f) { f->add_rule_ids("many-*"); }), 3U);
  EXPECT_EQ(total([](pb::AlertFilter* f) { f->add_severities(pb::SEVERITY_LOW); }), 0U);
  EXPECT_EQ(total([](pb::AlertFilter* f) { f->add_tenants("other"); }), 0U);
}

// Reads until the cursor came behind everything there is; returns the users of the alerts.
std::vector<std::string> ReadUsers(grpc::ClientReader<pb::WatchAlertsResponse>* stream,
                                   std::size_t count, std::string* cursor) {
  std::vector<std::string> users;
  pb::WatchAlertsResponse response;
  while (users.size() < count && stream->Read(&response)) {
    if (response.has_alert()) {
      users.push_back(response.alert().group(0).value().keyword_value());
    }
    if (!response.cursor().empty()) {
      *cursor = response.cursor();
    }
  }
  return users;
}

// Other systems leave out what happened while a client, or they themselves, were away.
TEST_F(AlertServiceTest, GapsAfterAnOutage) {
  Fire({"anna", "bert"});
  std::string cursor;
  {
    const auto context = Context();
    pb::WatchAlertsRequest request;
    request.set_include_existing(true);
    const auto stream = stub_->WatchAlerts(context.get(), request);
    EXPECT_EQ(ReadUsers(stream.get(), 2, &cursor).size(), 2U);
    context->TryCancel();
  }
  ASSERT_FALSE(cursor.empty());
  Fire({"cleo"});
  RestartNode();
  pb::BatchUpdateAlertsRequest acknowledge;
  acknowledge.mutable_acknowledge();
  acknowledge.add_alerts()->set_alert_id(IdOf("anna"));
  EXPECT_EQ(UpdateOne(acknowledge).code(), 0);
  RestartNode();
  const auto context = Context();
  pb::WatchAlertsRequest request;
  request.set_cursor(cursor);
  const auto stream = stub_->WatchAlerts(context.get(), request);
  EXPECT_THAT(ReadUsers(stream.get(), 2, &cursor), ::testing::UnorderedElementsAre("cleo", "anna"));
  Fire({"dora"});
  EXPECT_THAT(ReadUsers(stream.get(), 1, &cursor), ElementsAre("dora"));
  context->TryCancel();
}

TEST_F(AlertServiceTest, EveryReadAndActionIsAudited) {
  Fire({"anna"});
  const std::string id = IdOf("anna");
  Get(id);
  pb::BatchUpdateAlertsRequest request;
  request.mutable_close()->set_reason("known");
  request.add_alerts()->set_alert_id(id);
  UpdateOne(request);
  const auto context = Context();
  const auto stream = stub_->WatchAlerts(context.get(), {});
  stream->WaitForInitialMetadata();
  context->TryCancel();
  const std::string log = Log();
  for (const char* method : {"ListAlerts", "GetAlert", "BatchUpdateAlerts", "WatchAlerts"}) {
    EXPECT_THAT(log, HasSubstr(fmt::format("message=audit actor=kim method={} what=", method)));
  }
  EXPECT_THAT(log, HasSubstr(id));
  EXPECT_THAT(log, HasSubstr("alerts=1"));
  // Without a name it is the peer.
  grpc::ClientContext nameless;
  pb::ListAlertsResponse response;
  EXPECT_TRUE(stub_->ListAlerts(&nameless, {}, &response).ok());
  EXPECT_THAT(Log(), HasSubstr("actor=ipv4:127.0.0.1:"));
}

// A call of which only the name is known.
class GenericClient {
 public:
  explicit GenericClient(const std::string& address)
      : channel_(rpc::MakeChannel(address)), stub_(channel_) {}

  // One message there, one back.
  std::string Call(const std::string& method, const std::string& request) {
    grpc::ClientContext context;
    rpc::SetTimeout(&context, 60 * 1000);
    grpc::CompletionQueue queue;
    const auto call = stub_.PrepareCall(&context, method, &queue);
    const auto wait = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    call->StartCall(nullptr);
    EXPECT_TRUE(wait());
    grpc::Slice slice(request);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    EXPECT_TRUE(wait());
    grpc::ByteBuffer received;
    call->Read(&received, nullptr);
    EXPECT_TRUE(wait());
    grpc::Status status;
    call->Finish(&status, nullptr);
    wait();
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(received.Dump(&slices).ok());
    std::string bytes;
    for (const grpc::Slice& part : slices) {
      bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
    }
    return bytes;
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
};

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::Message;

TEST_F(AlertServiceTest, AGenericClientWorksByReflection) {
  Fire({"anna"});
  GenericClient client(node_->address());
  // The reflection protocol itself is known to every such client.
  DynamicMessageFactory factory;
  const DescriptorPool* known = DescriptorPool::generated_pool();
  const Descriptor* ask = known->FindMessageTypeByName("grpc.reflection.v1alpha.ServerReflectionRequest");
  const Descriptor* answer =
      known->FindMessageTypeByName("grpc.reflection.v1alpha.ServerReflectionResponse");
  ASSERT_NE(ask, nullptr);
  ASSERT_NE(answer, nullptr);
  const auto reflect = [&](const std::string& field, const std::string& value) {
    const std::unique_ptr<Message> request(factory.GetPrototype(ask)->New());
    request->GetReflection()->SetString(request.get(), ask->FindFieldByName(field), value);
    std::unique_ptr<Message> response(factory.GetPrototype(answer)->New());
    EXPECT_TRUE(response->ParseFromString(
        client.Call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                    request->SerializeAsString())));
    return response;
  };
  EXPECT_THAT(reflect("list_services", "*")->DebugString(),
              HasSubstr("weir.alert.v1.AlertService"));

  const auto files = reflect("file_containing_symbol", "weir.alert.v1.AlertService");
  const auto* field = answer->FindFieldByName("file_descriptor_response");
  const Message& part = files->GetReflection()->GetMessage(*files, field);
  const auto* bytes = part.GetDescriptor()->FindFieldByName("file_descriptor_proto");
  google::protobuf::SimpleDescriptorDatabase database;
  for (int i = 0; i < part.GetReflection()->FieldSize(part, bytes); ++i) {
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(part.GetReflection()->GetRepeatedString(part, bytes, i)));
    database.Add(file);
  }
  const DescriptorPool pool(&database);
  const auto* service = pool.FindServiceByName("weir.alert.v1.AlertService");
  ASSERT_NE(service, nullptr);
  const auto* method = service->FindMethodByName("ListAlerts");
  ASSERT_NE(method, nullptr);
  DynamicMessageFactory dynamic;
  const std::unique_ptr<Message> request(dynamic.GetPrototype(method->input_type())->New());
  const std::unique_ptr<Message> response(dynamic.GetPrototype(method->output_type())->New());
  ASSERT_TRUE(response->ParseFromString(
      client.Call("/weir.alert.v1.AlertService/ListAlerts", request->SerializeAsString())));
  EXPECT_EQ(response->GetReflection()->GetUInt64(
                *response, method->output_type()->FindFieldByName("total")),
            1U);
}

int RunWeir(std::vector<const char*> arguments, std::string* output) {
  arguments.insert(arguments.begin(), "weir");
  ::testing::internal::CaptureStdout();
  const int code = Run(static_cast<int>(arguments.size()), arguments.data());
  *output = ::testing::internal::GetCapturedStdout();
  return code;
}

TEST_F(AlertServiceTest, TheCommandsDoIt) {
  Fire({"anna", "bert"});
  const std::string address = node_->address();
  const std::string anna = IdOf("anna");
  const std::string bert = IdOf("bert");
  std::string output;
  EXPECT_EQ(RunWeir({"alerts", "ack", "--address", address.c_str(), anna.c_str(), bert.c_str()},
                    &output),
            kExitOk);
  EXPECT_EQ(output, anna + " acknowledged\n" + bert + " acknowledged\n");
  EXPECT_EQ(RunWeir({"alerts", "close", "--address", address.c_str(), "--reason", "known",
                     "--end-suppression", anna.c_str()},
                    &output),
            kExitOk);
  EXPECT_EQ(output, anna + " closed\n");
  EXPECT_EQ(RunWeir({"alerts", "comment", "--address", address.c_str(), "-m", "look", bert.c_str()},
                    &output),
            kExitOk);
  EXPECT_EQ(RunWeir({"alerts", "assign", "--address", address.c_str(), "--to", "lee", bert.c_str()},
                    &output),
            kExitOk);
  EXPECT_EQ(RunWeir({"alerts", "ack", "--address", address.c_str(), anna.c_str()}, &output),
            kExitConflict);
  EXPECT_EQ(RunWeir({"alerts", "get", "--address", address.c_str(), "--format", "table",
                     bert.substr(0, 12).c_str()},
                    &output),
            kExitOk);
  EXPECT_THAT(output, HasSubstr("\nCounts over time\n"));
  EXPECT_THAT(output, HasSubstr("lee"));
  EXPECT_THAT(output, HasSubstr("    look\n"));
  EXPECT_EQ(RunWeir({"alerts", "list", "--address", address.c_str(), "--status", "acknowledged",
                     "--field", "user.name=bert", "--assignee", "lee", "--since", "1h", "--format",
                     "ndjson"},
                    &output),
            kExitOk);
  EXPECT_THAT(output, HasSubstr(bert));
  EXPECT_THAT(output, Not(HasSubstr(anna)));
  EXPECT_EQ(RunWeir({"alerts", "list", "--address", address.c_str(), "--since", "soon"}, &output),
            kExitUsage);
  EXPECT_EQ(RunWeir({"alerts", "reopen", "--address", address.c_str(), anna.c_str()}, &output),
            kExitOk);
  EXPECT_EQ(output, anna + " open\n");
}

}  // namespace
}  // namespace weir::cli
