#include "tests/tidy/layers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace weir::tidy {
namespace {

// Library, and what it may include besides itself and base. What these may include it may too: the
// edges are the architecture, not a list of headers.
const std::map<std::string, std::vector<std::string>>& Edges() {
  static const std::map<std::string, std::vector<std::string>> kEdges = {
      {"base", {}},
      {"task", {"base"}},
      {"types", {"base"}},
      {"regex", {"base"}},
      {"telemetry", {"base"}},
      {"config", {"base"}},
      {"esql", {"types"}},
      {"grok", {"types", "regex"}},
      {"window", {"types"}},
      {"expr", {"esql", "types", "regex"}},
      {"agg", {"types"}},
      {"source", {"types"}},
      {"state", {"base"}},
      {"state_rocksdb", {"state"}},
      {"kql", {"types", "esql"}},
      {"eql", {"types", "esql"}},
      {"spl", {"types", "esql"}},
      {"rule", {"esql", "spl"}},
      {"overlay", {"rule"}},
      {"alert", {"types", "rule"}},
      {"sink", {"alert"}},
      {"plan", {"rule", "esql", "kql", "eql", "spl", "expr", "agg", "grok"}},
      {"exec", {"plan", "source"}},
      {"shard", {"exec", "plan", "window", "state", "alert", "agg"}},
      {"backtest", {"shard", "exec", "plan", "source", "rule", "overlay", "alert"}},
      {"proto", {}},
      {"wire", {"alert", "proto"}},
      {"rpc", {"telemetry", "proto"}},
      {"meta", {"task", "state"}},
      {"meta_etcd", {"meta", "rpc", "telemetry", "proto"}},
      {"cluster", {"meta", "task", "telemetry"}},
      {"worker", {"cluster", "task", "shard", "state", "state_rocksdb", "exec", "plan", "rule", "overlay",
                  "alert", "sink", "wire", "rpc", "telemetry"}},
      {"ingest", {"cluster", "task", "exec", "source", "wire", "rpc", "telemetry"}},
      {"coordinator", {"cluster", "task", "shard", "overlay", "alert", "wire", "rpc", "telemetry"}},
      {"cmake", {}},
      {"deploy", {"base"}},
      {"cli", {"ingest", "worker", "coordinator", "backtest", "config", "meta_etcd"}},
  };
  return kEdges;
}

// Roles meet in one process through the worker's interface, and no deeper.
constexpr std::string_view kWorkerInterface = "worker/worker.h";
const std::set<std::string, std::less<>> kUsersOfWorkerInterface = {"ingest", "coordinator"};

std::set<std::string> Reachable(const std::string& library) {
  std::set<std::string> reached;
  std::vector<std::string> open = {library};
  while (!open.empty()) {
    const std::string next = open.back();
    open.pop_back();
    const auto edges = Edges().find(next);
    if (edges == Edges().end() || !reached.insert(next).second) {
      continue;
    }
    open.insert(open.end(), edges->second.begin(), edges->second.end());
  }
  return reached;
}

bool MayInclude(const std::string& from, const std::string& to, std::string_view header) {
  // Tests see everything; nothing sees tests.
  if (from == to || to == "base" || from == "tests") {
    return true;
  }
  if (header == kWorkerInterface && kUsersOfWorkerInterface.contains(from)) {
    return true;
  }
  return Reachable(from).contains(to);
}

struct Include {
  std::string header;
  bool quoted = false;
};

std::optional<Include> ParseInclude(std::string_view line) {
  constexpr std::string_view kWord = "#include";
  if (!line.starts_with(kWord)) {
    return std::nullopt;
  }
  const std::size_t open = line.find_first_of("<\"", kWord.size());
  const std::size_t close = open == std::string_view::npos
                                ? open
                                : line.find(line[open] == '<' ? '>' : '"', open + 1);
  if (close == std::string_view::npos) {
    return std::nullopt;
  }
  return Include{std::string(line.substr(open + 1, close - open - 1)), line[open] == '"'};
}

bool IsGeneratedMessage(std::string_view header) {
  return header.ends_with(".pb.h");
}

std::string LibraryOfHeader(std::string_view header) {
  return IsGeneratedMessage(header) ? "proto" : LibraryOf(header);
}

struct ThirdParty {
  std::string_view name;
  std::vector<std::string_view> prefixes;   // of headers
  std::vector<std::string_view> suffixes;   // of headers
  std::vector<std::string_view> libraries;  // that may include them
  bool services = false;                    // so may the roles' files of IsServiceFile
};

const std::vector<ThirdParty>& Wrapped() {
  static const std::vector<ThirdParty> kWrapped = {
      {"gRPC", {"grpc/", "grpcpp/", "grpc++/"}, {".grpc.pb.h"}, {"rpc", "meta_etcd", "cli"}, true},
      {"protobuf", {"google/protobuf/"}, {".pb.h"}, {"rpc", "wire", "meta_etcd", "cli"}, true},
      {"RocksDB", {"rocksdb/"}, {}, {"state_rocksdb"}, false},
      {"yaml-cpp", {"yaml-cpp/"}, {}, {"config", "rule", "overlay", "backtest"}, false},
      {"Oniguruma", {"oniguruma"}, {}, {"regex"}, false},
      {"simdjson", {"simdjson"}, {}, {"source", "expr", "sink"}, false},
      {"libmaxminddb", {"maxminddb"}, {}, {"source"}, false},
      {"toml++", {"toml++/", "toml.hpp"}, {}, {"rule"}, false},
      {"spdlog", {"spdlog/"}, {}, {"telemetry"}, false},
  };
  return kWrapped;
}

bool Matches(const ThirdParty& party, std::string_view header) {
  return std::any_of(party.prefixes.begin(), party.prefixes.end(),
                     [header](std::string_view prefix) { return header.starts_with(prefix); }) ||
         std::any_of(party.suffixes.begin(), party.suffixes.end(),
                     [header](std::string_view suffix) { return header.ends_with(suffix); });
}

// Where roles speak gRPC: what they serve, and how they call each other.
bool IsServiceFile(std::string_view path) {
  std::string_view stem = path.substr(0, path.rfind('.'));
  if (stem.ends_with("_internal")) {
    stem.remove_suffix(std::string_view("_internal").size());
  }
  return stem.ends_with("_service") || stem.ends_with("_reactor") ||
         stem == "coordinator/remote_spread_cluster" || stem == "coordinator/audit" ||
         stem == "coordinator/source_watch" || stem == "ingest/silence_batch" ||
         (stem.starts_with("coordinator/") && stem.ends_with("_client"));
}

}  // namespace

std::string LibraryOf(std::string_view path) {
  const auto part = [&path] {
    const std::size_t slash = path.find('/');
    const std::string_view first = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    return std::string(first);
  };
  const std::string top = part();
  if (top != "common") {
    return top;
  }
  const std::string library = part();
  if (library == "state" && path.starts_with("rocksdb/")) {
    return "state_rocksdb";
  }
  return library == "meta" && path.starts_with("etcd/") ? "meta_etcd" : library;
}

Findings CheckEdges(const Files& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    if (!IsSource(file.path)) {
      continue;
    }
    const std::string from = LibraryOf(file.path);
    if (from != "tests" && !Edges().contains(from)) {
      findings.push_back(Finding(
          file, 0, fmt::format("library '{}' has no line in tests/tidy/layers.cc", from)));
      continue;
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::optional<Include> include = ParseInclude(file.lines[i]);
      if (!include.has_value() || !include->quoted) {
        continue;
      }
      const std::string to = LibraryOfHeader(include->header);
      if (!MayInclude(from, to, include->header)) {
        findings.push_back(
            Finding(file, i + 1,
                    fmt::format("{} may not include \"{}\": there is no path from it to {} in "
                                "tests/tidy/layers.cc",
                                from, include->header, to)));
      }
    }
  }
  return findings;
}

Findings CheckThirdParty(const Files& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    const std::string library = LibraryOf(file.path);
    if (!IsSource(file.path) || library == "tests") {
      continue;
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::optional<Include> include = ParseInclude(file.lines[i]);
      if (!include.has_value()) {
        continue;
      }
      for (const ThirdParty& party : Wrapped()) {
        const bool allowed =
            std::find(party.libraries.begin(), party.libraries.end(), library) !=
                party.libraries.end() ||
            (party.services && IsServiceFile(file.path));
        if (Matches(party, include->header) && !allowed) {
          findings.push_back(Finding(
              file, i + 1,
              fmt::format("<{}>: {} is known only to {}{}", include->header, party.name,
                          fmt::join(party.libraries, ", "),
                          party.services ? " and the roles' service files" : "")));
        }
      }
    }
  }
  return findings;
}

Findings CheckEdgeList() {
  Findings findings;
  for (const auto& [library, edges] : Edges()) {
    for (const std::string& edge : edges) {
      if (!Edges().contains(edge)) {
        findings.push_back(fmt::format("{}: unknown library '{}'", library, edge));
      }
      if (Reachable(edge).contains(library)) {
        findings.push_back(fmt::format("{}: in a cycle through {}", library, edge));
      }
    }
  }
  return findings;
}

}  // namespace weir::tidy
