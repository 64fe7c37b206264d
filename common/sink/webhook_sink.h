// Alerts sent to a server over HTTP, a batch in a request.
//
//   2xx            taken (of a bulk request: what each item says; 409 means that it is there
//   already) 408, 429, 5xx, no answer   to be delivered again, not before Retry-After other 4xx
//   refused; unless that is about the address or the credentials (401, 403, 404, 405, 407, 410)
//                  a batch is sent again one by one first, so that one bad alert takes no other
//                  along
//   1xx, 3xx       to be delivered again: redirects are not followed
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/sink/body.h"
#include "common/sink/http_client.h"
#include "common/sink/sink.h"

namespace weir::sink {

struct WebhookOptions {
  std::string url;  // of kElasticBulk and kSplunkHec: without a path, the product's own is added
  BodyOptions body;
  std::string secret;  // signs requests (signature.h); empty: they are not signed
  std::string token;   // sent as the format's Authorization; empty: none is sent
  std::string ca_file;
  int64_t timeout_ms = 10'000;
};

// InvalidArgument for a bad address, FailedPrecondition for bad certificates. clock outlives the
// sink.
StatusOr<std::unique_ptr<Sink>> MakeWebhookSink(WebhookOptions options, const Clock* clock);

// The wait that a Retry-After header asks for: seconds or an HTTP date, at most an hour. 0: none,
// or not understood.
int64_t ParseRetryAfter(const std::string& value, UnixMillis now_ms);

}  // namespace weir::sink
