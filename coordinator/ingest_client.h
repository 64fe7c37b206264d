// What a coordinator asks of the ingest nodes: what they count, added up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"

namespace grpc {
class ChannelCredentials;
}

namespace weir::coordinator {

// An ingest node that is alive, as the metadata store says.
struct IngestPeer {
  std::string id;
  std::string address;   // host:port

  bool operator==(const IngestPeer&) const = default;
};

// Adds the counters of one node to a sum: counters and sizes add up; a producer of a replay has joined, or
// ended, when it has anywhere, and its watermark is the greatest.
void AddIngestStatus(const weir::cluster::v1::IngestStatus& status,
                     weir::cluster::v1::IngestStatus* sum);

// Thread safe.
class IngestClient {
 public:
  struct Options {
    std::string cluster_id;
    int64_t call_timeout_ms = 2000;
    std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;   // null: not encrypted
  };

  explicit IngestClient(Options options) : options_(std::move(options)) {}

  // Asks exactly these from now on.
  void SetNodes(const std::vector<IngestPeer>& nodes);
  // Asks all at once, blocks until they have answered, and adds what they say. Those that do not answer are
  // named in unreached.
  void FillStatus(weir::cluster::v1::IngestStatus* sum) const;
  // Likewise.
  void FillSources(weir::cluster::v1::ListSourcesResponse* sum) const;
  // Tells one node after the other until one has taken it. Unavailable when none has.
  Status ReportSilence(const weir::cluster::v1::ReportSilenceRequest& request) const;

 private:
  struct Peer {
    IngestPeer peer;
    std::unique_ptr<weir::cluster::v1::IngestStatusService::Stub> stub;
  };
  std::vector<std::shared_ptr<const Peer>> Peers() const;
  template <typename Request, typename Response, typename Start>
  void AskAll(const Start& start, const std::function<void(const Response&)>& add,
              google::protobuf::RepeatedPtrField<std::string>* unreached) const;

  const Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Peer>> peers_;
};

}  // namespace weir::coordinator
