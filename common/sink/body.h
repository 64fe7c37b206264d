// The bodies of webhook requests, and what Elasticsearch answers to one. docs/sinks.md has each by
// example.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/alert/alert.h"
#include "common/base/status.h"

namespace weir::sink {

enum class BodyFormat : uint8_t {
  kNdjson,       // alert::ToJson, a line each
  kArray,        // the same in an array
  kElasticBulk,  // create actions with the alert's id, in the fields of Elastic's detection alerts
  kSplunkHec,    // event envelopes of the HTTP Event Collector
};

struct BodyOptions {
  BodyFormat format = BodyFormat::kNdjson;
  std::string index;  // of kElasticBulk; of kSplunkHec: empty leaves it to the token
};

std::string_view ContentTypeOf(BodyFormat format);
std::string MakeBody(const BodyOptions& options, const std::vector<alert::Alert>& alerts);

// An alert as Elastic's detection engine writes one: kibana.alert.*, the columns by their names,
// and weir.alert.* for what has no place there.
std::string ToElasticAlert(const alert::Alert& alert);

// What became of one action of a bulk request.
struct BulkItem {
  int status = 0;
  std::string reason;  // empty when it was done
};
// InvalidArgument when it is no bulk response of that many items.
StatusOr<std::vector<BulkItem>> ParseBulkResponse(std::string_view body, std::size_t count);

}  // namespace weir::sink
