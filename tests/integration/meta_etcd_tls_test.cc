// The metadata store on an etcd that takes only TLS, from clients that it knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/meta/etcd/etcd_store.h"
#include "tests/testing/etcd_process.h"
#include "tests/testing/meta_store_suite.h"

namespace weir::meta {
namespace {

using testing::EtcdProcess;
using testing::WatchLog;
using ::testing::HasSubstr;

class TlsWorld final : public testing::ThreadMetaWorld {
 public:
  explicit TlsWorld(const EtcdOptions& options) {
    auto store = MakeEtcdStore(scheduler(), options);
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  ~TlsWorld() override {
    Run([this] { store_.reset(); });
  }
  TlsWorld(const TlsWorld&) = delete;
  TlsWorld& operator=(const TlsWorld&) = delete;

  MetaStore* store() override { return store_.get(); }
  void Forget(Revision /*before*/) override {}

 private:
  std::unique_ptr<MetaStore> store_;
};

class MetaEtcdTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    etcd_ = EtcdProcess::MakeTls();
    if (etcd_ == nullptr) {
      GTEST_SKIP();
    }
    const Status started = etcd_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  EtcdOptions Options(const std::string& ca, const std::string& cert = "",
                      const std::string& key = "") const {
    EtcdOptions options;
    options.endpoints = {etcd_->endpoint()};
    options.key_prefix = "weir/";
    options.ca_file = ca.empty() ? "" : etcd_->TlsFile(ca);
    options.cert_file = cert.empty() ? "" : etcd_->TlsFile(cert);
    options.key_file = key.empty() ? "" : etcd_->TlsFile(key);
    options.call_timeout_ms = 1500;
    options.probe_timeout_ms = 500;
    options.retry_ms = 50;
    return options;
  }
  EtcdOptions Right() const { return Options("ca.pem", "client.pem", "client-key.pem"); }
  // What a write with these options comes to.
  static Status Write(const EtcdOptions& options) {
    TlsWorld world(options);
    return world.Commit({{}, {Op::Put("k", "v")}}).status();
  }
  Status Make(const EtcdOptions& options) {
    task::ThreadScheduler scheduler;
    return MakeEtcdStore(&scheduler, options).status();
  }

  std::unique_ptr<EtcdProcess> etcd_;
};

TEST_F(MetaEtcdTlsTest, WritesWatchesAndKeepsLeases) {
  TlsWorld world(Right());
  const auto first = world.Commit({{}, {Op::Put("k", "1")}});
  ASSERT_TRUE(first.ok()) << first.status();
  WatchLog log(&world, "k", first->revision);
  const auto lease = world.GrantLease(5000);
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_TRUE(world.KeepAlive(lease->id).ok());
  ASSERT_TRUE(world.Commit({{}, {Op::Put("k", "2", lease->id)}}).ok());
  ASSERT_TRUE(log.WaitForEvents(2)) << log.Text();
  etcd_->Kill();
  ASSERT_TRUE(etcd_->Start().ok());
  ASSERT_TRUE(world.Commit({{}, {Op::Put("k", "3")}}).ok());
  ASSERT_TRUE(log.WaitForEvents(3)) << log.Text() << log.lost();
  EXPECT_EQ(log.Text(), "put k=1 put k=2 put k=3");
}

TEST_F(MetaEtcdTlsTest, NeitherSideTakesWhomItDoesNotKnow) {
  ASSERT_TRUE(Write(Right()).ok());
  EXPECT_EQ(Write(Options("")).code(), StatusCode::kUnavailable);          // not encrypted
  EXPECT_EQ(Write(Options("ca.pem")).code(), StatusCode::kUnavailable);    // shows no certificate
  EXPECT_EQ(Write(Options("ca.pem", "other.pem", "other-key.pem")).code(), StatusCode::kUnavailable);
  const Status other = Write(Options("other-ca.pem", "client.pem", "client-key.pem"));
  EXPECT_EQ(other.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(Message(other)), HasSubstr(etcd_->endpoint()));
}

TEST_F(MetaEtcdTlsTest, FilesThatCannotBeUsedAreNamed) {
  const Status absent = Make(Options("absent.pem"));
  EXPECT_EQ(absent.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(absent)), HasSubstr("absent.pem' cannot be read"));
  const Status no_key = Make(Options("ca.pem", "client.pem"));
  EXPECT_EQ(no_key.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(no_key)), HasSubstr("go together"));
  const Status swapped = Make(Options("ca.pem", "client-key.pem", "client.pem"));
  EXPECT_EQ(swapped.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Message(swapped)), HasSubstr("client-key.pem' holds no PEM block"));
  EXPECT_THAT(std::string(Message(Make(Options("", "client.pem", "client-key.pem")))),
              HasSubstr("needs the certificate of a CA"));
}

}  // namespace
}  // namespace weir::meta
