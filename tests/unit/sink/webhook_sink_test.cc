#include "common/sink/webhook_sink.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/http_server.h"
#include "tests/unit/sink/alerts.h"

namespace weir::sink {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_http::HttpServer;
using testing_http::Reply;
using testing_http::Request;

std::unique_ptr<Sink> Make(WebhookOptions options, const Clock* clock) {
  StatusOr<std::unique_ptr<Sink>> sink = MakeWebhookSink(std::move(options), clock);
  EXPECT_TRUE(sink.ok()) << sink.status();
  return std::move(sink).value();
}

class WebhookSinkTest : public testing::Test {
 protected:
  Outcome DeliverTo(const HttpServer& server, const std::vector<alert::Alert>& alerts,
                    BodyFormat format = BodyFormat::kNdjson) {
    options_.url = server.Url(format == BodyFormat::kNdjson ? "/hook?x=1" : "");
    options_.body = {format, "weir"};
    return Make(options_, &clock_)->Deliver(alerts);
  }

  ManualClock clock_{1'700'000'000'000};
  WebhookOptions options_;
};

TEST_F(WebhookSinkTest, PostsTheAlertsSignedAndAuthorised) {
  HttpServer server([](const Request&) { return Reply{204, "", {}, 0, false}; });
  options_.secret = "s3cret";
  options_.token = "t0ken";
  const Outcome outcome = DeliverTo(server, {MakeAlert("a"), MakeAlert("b")});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_THAT(outcome.taken, ElementsAre(true, true));
  ASSERT_EQ(server.requests().size(), 1U);
  const Request request = server.requests()[0];
  EXPECT_EQ(request.target, "/hook?x=1");
  EXPECT_EQ(request.body,
            alert::ToJson(MakeAlert("a")) + "\n" + alert::ToJson(MakeAlert("b")) + "\n");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-ndjson");
  EXPECT_EQ(request.headers.at("authorization"), "Bearer t0ken");
}

// With the command line tool that docs/sinks.md shows, not with our own code.
TEST_F(WebhookSinkTest, SignatureIsVerifiedByOpenssl) {
  HttpServer server([](const Request&) { return Reply(); });
  options_.secret = "s3cret";
  EXPECT_TRUE(DeliverTo(server, {MakeAlert("a")}).status.ok());
  ASSERT_EQ(server.requests().size(), 1U);
  const Request request = server.requests()[0];
  std::string path = testing::TempDir() + "signed_XXXXXX";
  ASSERT_NE(mkstemp(path.data()), -1);
  std::ofstream(path, std::ios::binary) << "1700000000." << request.body;
  FILE* tool = popen(fmt::format("openssl dgst -sha256 -hmac s3cret -r {}", path).c_str(), "r");
  ASSERT_NE(tool, nullptr);
  std::array<char, 64> digest = {};
  const std::size_t read = std::fread(digest.data(), 1, digest.size(), tool);
  ASSERT_EQ(pclose(tool), 0);
  std::filesystem::remove(path);
  EXPECT_EQ(request.headers.at("weir-signature"),
            "t=1700000000,v1=" + std::string(digest.data(), read));
}

TEST_F(WebhookSinkTest, ServerErrorsAreToBeTriedAgainAfterRetryAfter) {
  for (const int status : {408, 429, 500, 503, 302}) {
    HttpServer server([status](const Request&) {
      return Reply{status, "busy", {{"Retry-After", "7"}}, 0, false};
    });
    const Outcome outcome = DeliverTo(server, {MakeAlert("a")});
    EXPECT_EQ(outcome.status.code(), StatusCode::kUnavailable) << status;
    EXPECT_THAT(outcome.taken, ElementsAre(false));
    EXPECT_TRUE(outcome.refused.empty());
    EXPECT_EQ(outcome.retry_after_ms, 7000);
  }
}

TEST_F(WebhookSinkTest, OneBadAlertTakesNoOtherAlong) {
  const std::string bad = MakeAlert("bad").id.ToHex();
  HttpServer server([&bad](const Request& request) {
    return request.body.find(bad) == std::string::npos ? Reply()
                                                       : Reply{400, "no such field", {}, 0, false};
  });
  const Outcome outcome = DeliverTo(server, {MakeAlert("a"), MakeAlert("bad"), MakeAlert("c")});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_THAT(outcome.taken, ElementsAre(true, false, true));
  ASSERT_EQ(outcome.refused.size(), 1U);
  EXPECT_EQ(outcome.refused[0].index, 1U);
  EXPECT_EQ(outcome.refused[0].http_status, 400);
  EXPECT_EQ(outcome.refused[0].reason, "no such field");
}

TEST_F(WebhookSinkTest, RefusedCredentialsAreNotTriedOneByOne) {
  HttpServer server([](const Request&) { return Reply{401, "who are you", {}, 0, false}; });
  EXPECT_EQ(DeliverTo(server, {MakeAlert("a"), MakeAlert("b")}).refused.size(), 2U);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(WebhookSinkTest, NoAnswerIsToBeTriedAgain) {
  HttpServer silent([](const Request&) { return Reply{200, "", {}, 0, true}; });
  EXPECT_EQ(DeliverTo(silent, {MakeAlert("a")}).status.code(), StatusCode::kUnavailable);
  HttpServer slow([](const Request&) { return Reply{200, "", {}, 5000, false}; });
  options_.timeout_ms = 50;
  EXPECT_THAT(std::string(Message(DeliverTo(slow, {MakeAlert("a")}).status)),
              HasSubstr("within 50 ms"));
}

TEST_F(WebhookSinkTest, BulkItemsAreJudgedOneByOne) {
  HttpServer server([](const Request&) {
    return Reply{200,
                 R"({"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409}},)"
                 R"({"create":{"status":400,"error":{"type":"mapper","reason":"bad"}}},)"
                 R"({"create":{"status":429}}]})",
                 {},
                 0,
                 false};
  });
  options_.token = "k3y";
  const Outcome outcome =
      DeliverTo(server, {MakeAlert("a"), MakeAlert("b"), MakeAlert("c"), MakeAlert("d")},
                BodyFormat::kElasticBulk);
  EXPECT_THAT(outcome.taken, ElementsAre(true, true, false, false));
  EXPECT_EQ(outcome.status.code(), StatusCode::kUnavailable);
  ASSERT_EQ(outcome.refused.size(), 1U);
  EXPECT_EQ(outcome.refused[0].index, 2U);
  EXPECT_EQ(outcome.refused[0].reason, "mapper: bad");
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].target, "/_bulk");
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "ApiKey k3y");
}

TEST_F(WebhookSinkTest, SplunkGetsItsPathAndToken) {
  HttpServer server([](const Request&) { return Reply{200, R"({"code":0})", {}, 0, false}; });
  options_.token = "t0ken";
  EXPECT_THAT(DeliverTo(server, {MakeAlert("a")}, BodyFormat::kSplunkHec).taken, ElementsAre(true));
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].target, "/services/collector/event");
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "Splunk t0ken");
}

TEST_F(WebhookSinkTest, ServersCertificateIsVerified) {
  std::string folder = testing::TempDir() + "tls_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string cert = folder + "/cert.pem";
  const std::string key = folder + "/key.pem";
  ASSERT_EQ(std::system(
                fmt::format("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                            "-addext subjectAltName=DNS:localhost -keyout {} -out {} 2>/dev/null",
                            key, cert)
                    .c_str()),
            0);
  HttpServer server([](const Request&) { return Reply(); }, 0, cert, key);
  const Outcome unknown = DeliverTo(server, {MakeAlert("a")});
  EXPECT_THAT(std::string(Message(unknown.status)), HasSubstr("TLS handshake"));
  EXPECT_TRUE(server.requests().empty());
  options_.ca_file = cert;
  const Outcome known = DeliverTo(server, {MakeAlert("a")});
  EXPECT_TRUE(known.status.ok()) << known.status;
  std::filesystem::remove_all(folder);
}

TEST(UrlTest, PartsAndMistakes) {
  const StatusOr<Url> url = ParseUrl("https://example.org:8443/a/b?c=d");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(ParseUrl("http://[::1]:80")->host, "::1");
  EXPECT_EQ(ParseUrl("https://h")->port, "443");
  for (const std::string bad :
       {"", "ftp://h", "https://", "https://h:0", "https://h:x", "https://h:99999",
        "https://u:p@h/", "https://h/ a", "https://h/#f", "https://:1"}) {
    EXPECT_EQ(ParseUrl(bad).status().code(), StatusCode::kInvalidArgument) << bad;
  }
}

TEST(RetryAfterTest, SecondsAndDates) {
  EXPECT_EQ(ParseRetryAfter("120", 0), 120'000);
  EXPECT_EQ(ParseRetryAfter("999999999", 0), 3'600'000);
  EXPECT_EQ(ParseRetryAfter("Tue, 14 Nov 2023 22:13:30 GMT", 1'700'000'000'000), 10'000);
  EXPECT_EQ(ParseRetryAfter("Tue, 14 Nov 2023 22:13:10 GMT", 1'700'000'000'000), 0);
  EXPECT_EQ(ParseRetryAfter("soon", 0), 0);
  EXPECT_EQ(ParseRetryAfter("", 0), 0);
}

}  // namespace
}  // namespace weir::sink
