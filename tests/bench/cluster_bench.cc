#include "tests/bench/cluster_bench.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "tests/bench/bench_node.h"
#include "tests/bench/push_load.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace weir::bench {
namespace {

constexpr uint64_t kWarmUpBatches = 40;

struct Process {
  std::string role;
  std::string address;
  std::string id;       // of the process
};

// What one run found.
struct Measured {
  double per_second = 0;
  std::map<std::string, double> cpu_us;   // per event, by role; "" is all
  double syncs_per_second = 0;
  double events_per_sync = 0;
  double records_per_batch = 0;           // log records: one a shard and write
  double frames_per_batch = 0;            // messages to workers
  double parts_per_frame = 0;
};

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!(text << file.rdbuf())) {
    return NotFound("{} cannot be read", path.string());
  }
  return text.str();
}

// User and system time of a process so far, in seconds.
StatusOr<double> CpuOf(const Process& process) {
  WEIR_ASSIGN_OR_RETURN(const std::string stat, ReadFile(fmt::format("/proc/{}/stat", process.id)));
  // The command's name, in parentheses, may hold anything; then state, ten numbers, and the two.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    fields >> skipped;
  }
  double user = 0;
  double system = 0;
  if (!(fields >> user >> system)) {
    return Internal("/proc/{}/stat is not as expected", process.id);
  }
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// A cluster in a folder of its own, gone with it.
class LocalCluster {
 public:
  LocalCluster(const ClusterOptions& options, std::string folder)
      : options_(options), folder_(std::move(folder)) {}
  ~LocalCluster() { Run("wipe", {}).IgnoreError(); }

  Status Start(const std::string& shape) {
    const std::size_t plus = shape.find('+');
    if (plus == std::string::npos) {
      return InvalidArgument("a shape is INGEST+WORKERS, not '{}'", shape);
    }
    WEIR_RETURN_IF_ERROR(Run("start", {"--ingest", shape.substr(0, plus), "--workers",
                                       shape.substr(plus + 1), "--coordinators", "1", "--rules",
                                       options_.rules}));
    WEIR_RETURN_IF_ERROR(Run("addresses", {}));
    WEIR_ASSIGN_OR_RETURN(const std::string output, ReadFile(OutputPath()));
    std::istringstream lines(output);
    std::string node;
    Process process;
    while (lines >> node >> process.role >> process.address >> process.id) {
      if (process.role != "etcd") {
        processes_.push_back(process);
      }
    }
    return OkStatus();
  }
  Status Stop() { return Run("stop", {}); }

  std::vector<std::string> AddressesOf(std::string_view role) const {
    std::vector<std::string> addresses;
    for (const Process& process : processes_) {
      if (process.role == role) {
        addresses.push_back(process.address);
      }
    }
    return addresses;
  }

  // By role; "" is all.
  StatusOr<std::map<std::string, double>> Cpu() const {
    std::map<std::string, double> cpu_s;
    for (const Process& process : processes_) {
      WEIR_ASSIGN_OR_RETURN(const double used_s, CpuOf(process));
      cpu_s[process.role] += used_s;
      cpu_s[""] += used_s;
    }
    return cpu_s;
  }

  StatusOr<weir::cluster::v1::WorkerStatus> WorkerStatus() const {
    namespace pb = weir::cluster::v1;
    const auto stub = pb::ClusterService::NewStub(rpc::MakeChannel(AddressesOf("coordinator").front()));
    grpc::ClientContext context;
    pb::GetStatusResponse response;
    WEIR_RETURN_IF_ERROR(rpc::FromGrpc(stub->GetStatus(&context, {}, &response)));
    return response.worker();
  }

  // What workers logged of their connections: messages, and parts in them. Call when they have stopped.
  std::pair<uint64_t, uint64_t> Frames() const {
    static const std::regex kLine(R"(connection ended.* frames=(\d+) parts=(\d+))");
    std::pair<uint64_t, uint64_t> sums;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/logs")) {
      std::ifstream file(entry.path());
      std::smatch match;
      for (std::string line; std::getline(file, line);) {
        if (std::regex_search(line, match, kLine)) {
          sums.first += std::stoull(match[1]);
          sums.second += std::stoull(match[2]);
        }
      }
    }
    return sums;
  }

 private:
  std::string OutputPath() const { return folder_ + ".output"; }

  Status Run(const std::string& command, const std::vector<std::string>& arguments) {
    std::string line = options_.weir.empty() ? "" : "LOCAL_CLUSTER_WEIR=" + Quoted(options_.weir) + " ";
    line += Quoted(options_.local_cluster) + " " + command + " --dir " + Quoted(folder_);
    for (const std::string& argument : arguments) {
      line += " " + Quoted(argument);
    }
    if (std::system((line + " >" + Quoted(OutputPath()) + " 2>&1").c_str()) != 0) {
      return Internal("{} failed: {}", line, ReadFile(OutputPath()).value_or(""));
    }
    return OkStatus();
  }

  const ClusterOptions& options_;
  const std::string folder_;
  std::vector<Process> processes_;
};

StatusOr<Measured> Measure(const ClusterOptions& options, const std::string& shape,
                           const std::string& folder, PushLoad* load) {
  LocalCluster cluster(options, folder);
  WEIR_RETURN_IF_ERROR(cluster.Start(shape));
  const std::vector<std::string> ingest = cluster.AddressesOf("ingest");
  WEIR_ASSIGN_OR_RETURN(const LoadResult warm_up,
                        load->Run(ingest, kWarmUpBatches, 0, nullptr, false));
  WEIR_RETURN_IF_ERROR(CheckAnswers(warm_up));
  const uint64_t batches = std::max<uint64_t>(options.events / kBatchRecords, 1);
  WEIR_ASSIGN_OR_RETURN(const auto before, cluster.WorkerStatus());
  WEIR_ASSIGN_OR_RETURN(const auto cpu_before, cluster.Cpu());
  WEIR_ASSIGN_OR_RETURN(const LoadResult result, load->Run(ingest, batches, 0, nullptr, false));
  WEIR_ASSIGN_OR_RETURN(const auto cpu_after, cluster.Cpu());
  WEIR_ASSIGN_OR_RETURN(const auto after, cluster.WorkerStatus());
  WEIR_RETURN_IF_ERROR(CheckAnswers(result));
  WEIR_RETURN_IF_ERROR(cluster.Stop());

  Measured measured;
  measured.per_second = PerSecond(result.sent, result.wall_s);
  for (const auto& [role, used_s] : cpu_after) {
    measured.cpu_us[role] = MicrosPerEvent(result.sent, used_s - cpu_before.at(role));
  }
  const auto syncs = static_cast<double>(after.log_syncs() - before.log_syncs());
  measured.syncs_per_second = syncs / result.wall_s;
  measured.events_per_sync = static_cast<double>(result.sent) / std::max(syncs, 1.0);
  measured.records_per_batch = static_cast<double>(after.log_records() - before.log_records()) /
                               static_cast<double>(batches);
  const auto [frames, parts] = cluster.Frames();
  measured.frames_per_batch =
      static_cast<double>(frames) / static_cast<double>(batches + kWarmUpBatches);
  measured.parts_per_frame =
      static_cast<double>(parts) / static_cast<double>(std::max<uint64_t>(frames, 1));
  return measured;
}

template <typename ValueOf>
double MedianOf(const std::vector<std::vector<Measured>>& rounds, const ValueOf& value_of) {
  std::vector<double> values;
  for (const std::vector<Measured>& round : rounds) {
    values.push_back(value_of(round));
  }
  return Median(std::move(values));
}

void ReportShape(const std::string& shape, std::size_t index,
                 const std::vector<std::vector<Measured>>& rounds, Report* report) {
  const auto add = [&](const std::string& name, std::string unit, const auto& value_of) {
    report->Add(fmt::format("cluster_{}_{}", shape, name),
                MedianOf(rounds, [&](const auto& round) { return value_of(round[index]); }),
                std::move(unit));
  };
  add("events_per_second", "", [](const Measured& m) { return m.per_second; });
  for (const auto& [role, cpu] : rounds.front()[index].cpu_us) {
    add(role.empty() ? "cpu_per_event" : fmt::format("cpu_per_event_{}", role), "us",
        [&role = role](const Measured& m) { return m.cpu_us.at(role); });
  }
  add("fsyncs_per_second", "", [](const Measured& m) { return m.syncs_per_second; });
  add("events_per_fsync", "", [](const Measured& m) { return m.events_per_sync; });
  add("frames_per_batch", "", [](const Measured& m) { return m.frames_per_batch; });
  add("shards_per_frame", "", [](const Measured& m) { return m.parts_per_frame; });
  add("log_records_per_batch", "", [](const Measured& m) { return m.records_per_batch; });
}

}  // namespace

Status RunClusterBench(const ClusterOptions& options, Report* report) {
  const TempFolder folder("weir_bench_cluster");
  PushLoad load(options.streams, options.match, false);
  std::vector<std::vector<Measured>> rounds(static_cast<std::size_t>(options.rounds));
  for (std::size_t round = 0; round < rounds.size(); ++round) {
    for (const std::string& shape : options.shapes) {
      WEIR_ASSIGN_OR_RETURN(
          rounds[round].emplace_back(),
          Measure(options, shape, fmt::format("{}/{}_{}", folder.path(), shape, round), &load));
    }
  }
  for (std::size_t i = 0; i < options.shapes.size(); ++i) {
    ReportShape(options.shapes[i], i, rounds, report);
  }
  for (std::size_t i = 1; i < options.shapes.size(); ++i) {
    report->Add(fmt::format("cluster_{}_to_{}_cpu_ratio", options.shapes[i], options.shapes.front()),
                MedianOf(rounds, [i](const auto& round) {
                  return round[i].cpu_us.at("") / round.front().cpu_us.at("");
                }), "");
  }
  return OkStatus();
}

}  // namespace weir::bench
