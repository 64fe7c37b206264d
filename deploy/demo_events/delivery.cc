#include "deploy/demo_events/delivery.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "deploy/demo_events/json.h"

namespace weir::demo {
namespace {

constexpr int64_t kFileSpanMs = 30 * kMillisPerMinute;
// CloudTrail takes minutes, invocation logs are quicker.
constexpr int64_t kCloudTrailDelayMaxMs = 9 * kMillisPerMinute;
constexpr int64_t kBedrockDelayMaxMs = 90 * kMillisPerSecond;
constexpr double kRecordTwice = 0.01;
// The one region whose CloudTrail reaches us record by record, as a log subscription forwards it.
constexpr std::string_view kForwardedRegion = "eu-west-1";

struct Arrival {
  UnixMillis arrived_ms = 0;
  const Record* record = nullptr;
};

// Sorts by delivery, then source and region, so that names sort as files arrive.
using FileKey = std::tuple<int64_t, Source, std::string>;

std::string FileName(const FileKey& key, std::string_view note) {
  const auto& [slice, source, region] = key;
  std::string stamp = FormatTime(slice * kFileSpanMs).substr(0, 16);  // 2026-03-10T09:30
  std::erase(stamp, '-');
  std::erase(stamp, ':');
  const bool forwarded = source == Source::kCloudTrail && region == kForwardedRegion;
  return fmt::format("{}Z_{}_{}{}{}", stamp,
                     source == Source::kCloudTrail ? "cloudtrail" : "bedrock", region, note,
                     forwarded ? ".ndjson" : ".json.gz");
}

std::string Lines(const std::vector<Arrival>& arrivals) {
  std::string text;
  for (const Arrival& arrival : arrivals) {
    text += arrival.record->json;
    text += '\n';
  }
  return text;
}

std::string RecordsObject(const std::vector<Arrival>& arrivals) {
  std::vector<std::string> records;
  records.reserve(arrivals.size());
  for (const Arrival& arrival : arrivals) {
    records.push_back(arrival.record->json);
  }
  return JsonObject().Raw("Records", JsonArray(records)).str();
}

std::map<FileKey, std::vector<Arrival>> Arrive(const Day& day, Random* random) {
  std::map<FileKey, std::vector<Arrival>> files;
  for (const Record& record : day.records) {
    const bool cloudtrail = record.source == Source::kCloudTrail;
    const int64_t delay_ms = cloudtrail
                                 ? random->Between(2 * kMillisPerMinute, kCloudTrailDelayMaxMs)
                                 : random->Between(5 * kMillisPerSecond, kBedrockDelayMaxMs);
    UnixMillis arrived_ms = record.time_ms + delay_ms;
    const int copies = random->Chance(kRecordTwice) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      files[{FloorDiv(arrived_ms, kFileSpanMs), record.source, record.region}].push_back(
          {arrived_ms, &record});
      arrived_ms += random->Between(kMillisPerMinute, 10 * kMillisPerMinute);
    }
  }
  for (auto& [key, arrivals] : files) {
    std::stable_sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) {
      return a.arrived_ms < b.arrived_ms;
    });
  }
  return files;
}

// A digest is what CloudTrail writes beside its files: a bare object, and no event.
DeliveryFile Digest(int hour) {
  const UnixMillis end_ms = At(hour, 0);
  const auto seconds = [](UnixMillis time_ms) { return FormatTime(time_ms).substr(0, 19) + "Z"; };
  DeliveryFile file;
  file.name = FileName({end_ms / kFileSpanMs, Source::kCloudTrail, "us-east-1"}, "_digest");
  file.content =
      JsonObject()
          .Text("awsAccountId", "111122223333")
          .Text("digestStartTime", seconds(end_ms - kMillisPerHour))
          .Text("digestEndTime", seconds(end_ms))
          .Text("digestS3Bucket", "example-trail-logs")
          .Text("digestS3Object", fmt::format("AWSLogs/111122223333/CloudTrail-Digest/us-east-1/"
                                              "2026/03/10/digest-{:02}00.json.gz", hour))
          .Text("digestSignatureAlgorithm", "SHA256withRSA")
          .Raw("logFiles", "[]")
          .str();
  file.records = 1;
  return file;
}

}  // namespace

std::vector<DeliveryFile> Deliver(const Day& day, Random* random) {
  std::vector<DeliveryFile> files;
  for (const auto& [key, arrivals] : Arrive(day, random)) {
    DeliveryFile file;
    file.name = FileName(key, "");
    file.compressed = file.name.ends_with(".gz");
    const bool wrapped = std::get<Source>(key) == Source::kCloudTrail && file.compressed;
    file.content = wrapped ? RecordsObject(arrivals) : Lines(arrivals);
    file.records = static_cast<int64_t>(arrivals.size());
    files.push_back(std::move(file));
  }
  for (const Redelivery& again : day.redeliveries) {
    const int64_t slice = again.time_ms / kFileSpanMs;
    const std::string first = FileName({slice, again.source, again.region}, "");
    const auto found = std::find_if(files.begin(), files.end(), [&first](const DeliveryFile& file) {
      return file.name == first;
    });
    if (found != files.end()) {
      DeliveryFile copy = *found;
      copy.name = FileName({slice, again.source, again.region}, "_again");
      files.push_back(std::move(copy));
    }
  }
  for (const int hour : {6, 12, 18}) {
    files.push_back(Digest(hour));
  }
  std::sort(files.begin(), files.end(), [](const DeliveryFile& a, const DeliveryFile& b) {
    return a.name < b.name;
  });
  return files;
}

StatusOr<std::string> Gzip(const std::string& content) {
  constexpr int kGzipWindowBits = 15 + 16;
  constexpr int kMemoryLevel = 8;
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return Internal("zlib could not start");
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  std::string input = content;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) {
    return Internal("zlib could not finish, code {}", result);
  }
  return out;
}

Status WriteFile(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) {
    return Unavailable("writing {} failed", path);
  }
  return OkStatus();
}

Status WriteFiles(const std::vector<DeliveryFile>& files, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Unavailable("creating folder {}: {}", folder, error.message());
  }
  for (const DeliveryFile& file : files) {
    std::string content = file.content;
    if (file.compressed) {
      WEIR_ASSIGN_OR_RETURN(content, Gzip(file.content));
    }
    WEIR_RETURN_IF_ERROR(WriteFile(folder + "/" + file.name, content));
  }
  return OkStatus();
}

}  // namespace weir::demo
