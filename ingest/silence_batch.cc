#include "ingest/silence_batch.h"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "common/base/json_writer.h"
#include "common/wire/time.h"

namespace weir::ingest {
namespace {

namespace pb = weir::cluster::v1;

constexpr int kSourcesMax = 100000;

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendJsonString(text, &quoted);
  return quoted;
}

// As a document of an index, whose id is the event's identity.
std::string MakeDocument(const pb::SilentSource& source, int64_t interval, UnixMillis now_ms) {
  const std::string id = fmt::format("silent {} {} {} {}", source.source(), source.account(),
                                     source.region(), interval);
  std::string cloud;
  if (!source.account().empty()) {
    cloud += fmt::format(R"("account":{{"id":{}}})", Quoted(source.account()));
  }
  if (!source.region().empty()) {
    cloud += fmt::format(R"({}"region":{})", cloud.empty() ? "" : ",", Quoted(source.region()));
  }
  return fmt::format(
      R"({{"_index":"weir.sources","_id":{},"_source":{{"@timestamp":"{}","cloud":{{{}}},)"
      R"("data_stream":{{"dataset":"weir.sources","namespace":"default","type":"logs"}},)"
      R"("event":{{"action":"source_silent","dataset":"weir.sources","kind":"event","module":{},)"
      R"("provider":"weir","start":"{}"}}}}}})",
      Quoted(id), FormatTime(now_ms), cloud, Quoted(source.source()),
      FormatTime(wire::TimeFromProto(source.last_arrival())));
}

}  // namespace

StatusOr<Batch> MakeSilenceBatch(const pb::ReportSilenceRequest& request, UnixMillis now_ms) {
  if (request.interval_ms() <= 0) {
    return InvalidArgument("interval_ms is {}, and must be above 0", request.interval_ms());
  }
  if (request.sources_size() == 0 || request.sources_size() > kSourcesMax) {
    return InvalidArgument("{} sources, expected 1 to {}", request.sources_size(), kSourcesMax);
  }
  Batch batch;
  for (const pb::SilentSource& source : request.sources()) {
    batch.Add(MakeDocument(source, now_ms / request.interval_ms(), now_ms));
  }
  batch.request_hash = HashBytes128(batch.payload);
  return batch;
}

}  // namespace weir::ingest
