#include "cli/cluster_member.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <system_error>
#include <thread>

#include <unistd.h>

#include "cli/cli.h"
#include "cli/node_probes.h"
#include "common/cluster/keys.h"
#include "common/meta/etcd/etcd_store.h"
#include "common/telemetry/log.h"

namespace weir::cli {
namespace {

constexpr auto kJoinTimeout = std::chrono::seconds(60);
constexpr auto kJoinRetry = std::chrono::milliseconds(500);
constexpr auto kLeaveTimeout = std::chrono::seconds(2);
constexpr int64_t kRepeatHorizonMs = 2 * 60 * 60 * 1000;

uint64_t RandomNumber() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device() | 1;
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

// Empty: there is no such file.
std::string FirstLineOf(const std::string& path) {
  std::string line;
  if (std::ifstream in(path); in) {
    std::getline(in, line);
  }
  return line;
}

// Whole or not at all.
Status WriteLine(const std::string& path, const std::string& line) {
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << line << '\n';
    out.flush();
    if (!out) {
      return FailedPrecondition("writing '{}' failed", temporary);
    }
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) {
    return FailedPrecondition("writing '{}': {}", path, error.message());
  }
  return OkStatus();
}

cluster::ClusterSettings SettingsOf(const config::Config& config) {
  cluster::ClusterSettings settings;
  settings.cluster_id = fmt::format("{}-{:016x}", config.cluster_name, RandomNumber());
  settings.shard_count = static_cast<uint16_t>(config.shards);
  settings.clock = config.clock == "replay" ? cluster::ClusterClock::kReplay
                                            : cluster::ClusterClock::kWall;
  settings.lateness_ms = config.lateness_ms;
  settings.future_ms = config.future_ms;
  settings.repeat_horizon_ms = kRepeatHorizonMs;
  settings.tenant = config.tenant;
  settings.producers = config.replay_producers;
  return settings;
}

}  // namespace

ClusterMember::ClusterMember(std::string id, const Clock* clock)
    : id_(std::move(id)), clock_(clock), incarnation_(RandomNumber()), started_ms_(clock->Now()) {}

ClusterMember::~ClusterMember() {
  Leave();
  scheduler_.Run([this] {
    session_.reset();
    store_.reset();
  });
  scheduler_.Stop();
}

StatusOr<std::unique_ptr<ClusterMember>> ClusterMember::Join(const config::Config& config,
                                                             std::string id, const Clock* clock) {
  WEIR_RETURN_IF_ERROR(cluster::ValidateNodeId(id));
  std::unique_ptr<ClusterMember> member(new ClusterMember(std::move(id), clock));
  WEIR_RETURN_IF_ERROR(member->Connect(config));
  return member;
}

Status ClusterMember::Connect(const config::Config& config) {
  if (config.cluster_metadata.empty()) {
    return InvalidArgument("cluster.metadata names no etcd: a single role needs one to find the "
                           "others (`weir all` does not)");
  }
  meta::EtcdOptions options;
  options.endpoints = config.cluster_metadata;
  options.key_prefix = fmt::format("weir/{}/", config.cluster_name);
  options.ca_file = config.cluster_metadata_ca;
  options.cert_file = config.cluster_metadata_cert;
  options.key_file = config.cluster_metadata_key;
  WEIR_ASSIGN_OR_RETURN(store_, meta::MakeEtcdStore(&scheduler_, options));
  meta::SessionOptions session;
  session.ttl_ms = config.cluster_lease_ms;
  session_ = std::make_unique<meta::Session>(store_.get(), &scheduler_, session);
  const cluster::ClusterSettings own = SettingsOf(config);
  const auto give_up = std::chrono::steady_clock::now() + kJoinTimeout;
  for (bool told = false;;) {
    auto answer = std::make_shared<std::promise<StatusOr<cluster::ClusterSettings>>>();
    scheduler_.Post([this, answer, own] {
      cluster::EnsureSettings(store_.get(), own, [answer](StatusOr<cluster::ClusterSettings> result) {
        answer->set_value(std::move(result));
      });
    });
    StatusOr<cluster::ClusterSettings> result = answer->get_future().get();
    if (result.ok()) {
      settings_ = std::move(*result);
      return OkStatus();
    }
    if (result.status().code() != StatusCode::kUnavailable ||
        std::chrono::steady_clock::now() > give_up) {
      return Annotate(result.status(), fmt::format("joining cluster '{}'", config.cluster_name));
    }
    if (!told) {
      told = true;
      log::Warn("the metadata store is not reached; trying again for a minute",
                {{"reason", std::string(Message(result.status()))}});
    }
    std::this_thread::sleep_for(kJoinRetry);
  }
}

bool ClusterMember::SessionAlive() {
  auto alive = std::make_shared<bool>(false);
  return AskWithin(&scheduler_, [this, alive] { *alive = session_->alive(); }) && *alive;
}

void ClusterMember::Leave() {
  if (left_) {
    return;
  }
  left_ = true;
  if (session_ == nullptr) {
    return;
  }
  auto closed = std::make_shared<std::promise<void>>();
  scheduler_.Post([this, closed] {
    session_->Close([closed](const Status&) { closed->set_value(); });
  });
  closed->get_future().wait_for(kLeaveTimeout);
}

cluster::NodeInfo ClusterMember::Info(const std::string& address) const {
  cluster::NodeInfo info;
  info.address = address;
  info.incarnation = incarnation_;
  info.version = Version();
  info.started_ms = started_ms_;
  return info;
}

std::string NewNodeId() {
  std::string id = HostName().substr(0, 40);
  for (char& c : id) {
    const bool fine = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
    c = fine ? c : '-';
  }
  return fmt::format("{}-{:08x}", id, static_cast<uint32_t>(RandomNumber() >> 16));
}

StatusOr<std::string> WorkerIdOf(const std::string& data_dir, const std::string& wanted) {
  std::error_code error;
  std::filesystem::create_directories(data_dir, error);
  if (error) {
    return FailedPrecondition("making the data directory '{}': {}", data_dir, error.message());
  }
  const std::string path = data_dir + "/worker_id";
  const std::string stored = FirstLineOf(path);
  if (stored.empty()) {
    const std::string id = wanted.empty() ? NewNodeId() : wanted;
    // A worker that forgets its id leaves its shards without data.
    WEIR_RETURN_IF_ERROR(WriteLine(path, id));
    return id;
  }
  if (!wanted.empty() && wanted != stored) {
    return FailedPrecondition("the data directory '{}' belongs to worker '{}', configured is '{}'",
                              data_dir, stored, wanted);
  }
  return stored;
}

Status CheckClusterOf(const std::string& data_dir, const std::string& cluster_id) {
  const std::string path = data_dir + "/cluster_id";
  const std::string stored = FirstLineOf(path);
  if (stored.empty()) {
    return WriteLine(path, cluster_id);
  }
  if (stored != cluster_id) {
    return FailedPrecondition(
        "the data directory '{}' belongs to cluster '{}', but the metadata store has cluster '{}': it is "
        "another one, or was made anew. Name the right one, restore its backup, or use another data "
        "directory",
        data_dir, stored, cluster_id);
  }
  return OkStatus();
}

std::string AdvertisedAddress(const config::Config& config, const std::string& listening) {
  if (!config.cluster_advertise.empty()) {
    return config.cluster_advertise;
  }
  const std::size_t colon = listening.rfind(':');
  const std::string host = listening.substr(0, colon);
  // All addresses of this machine: others know it by name.
  return host == "0.0.0.0" || host == "[::]" ? HostName() + listening.substr(colon) : listening;
}

}  // namespace weir::cli
