#include "common/sink/webhook_sink.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "common/sink/signature.h"

namespace weir::sink {

namespace {

constexpr int64_t kRetryAfterMax = 3600 * 1000;
constexpr std::size_t kReasonBytesMax = 512;

bool IsSuccess(int status) {
  return status >= 200 && status < 300;
}
bool IsRefusal(int status) {
  return status >= 400 && status < 500 && status != 408 && status != 429;
}

// Whether the refusal is of who asks and where, so of every alert.
bool IsOfAll(int status) {
  return status == 401 || status == 403 || status == 404 || status == 405 || status == 407 ||
         status == 410;
}

std::string ReasonOf(const HttpReply& reply) {
  std::string reason = reply.body.substr(0, kReasonBytesMax);
  std::replace_if(
      reason.begin(), reason.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; },
      ' ');
  return reason;
}

class WebhookSink final : public Sink {
 public:
  WebhookSink(WebhookOptions options, std::unique_ptr<HttpClient> client, const Clock* clock)
      : options_(std::move(options)), client_(std::move(client)), clock_(clock) {}

  Outcome Deliver(const std::vector<alert::Alert>& alerts) override {
    Outcome outcome;
    outcome.taken.assign(alerts.size(), false);
    int refused_with = 0;
    Send(alerts, 0, alerts.size(), &outcome, &refused_with);
    if (refused_with == 0 || IsOfAll(refused_with) || alerts.size() == 1) {
      return outcome;
    }
    outcome.refused.clear();
    for (std::size_t i = 0; i < alerts.size() && outcome.status.ok(); ++i) {
      Send(alerts, i, i + 1, &outcome, &refused_with);
    }
    return outcome;
  }

  void Stop() override { client_->Stop(); }

 private:
  // Sends alerts [begin, end) in a request. refused_with: the status that refused them as a whole.
  void Send(const std::vector<alert::Alert>& alerts, std::size_t begin, std::size_t end,
            Outcome* outcome, int* refused_with) {
    const std::vector<alert::Alert> part(alerts.begin() + static_cast<std::ptrdiff_t>(begin),
                                         alerts.begin() + static_cast<std::ptrdiff_t>(end));
    std::string body = MakeBody(options_.body, part);
    const HttpClient::Headers headers = HeadersOf(body);
    const StatusOr<HttpReply> reply = client_->Post(headers, std::move(body));
    if (!reply.ok()) {
      outcome->status = reply.status();
      return;
    }
    if (IsRefusal(reply->status)) {
      *refused_with = reply->status;
      for (std::size_t i = begin; i < end; ++i) {
        outcome->refused.push_back({i, reply->status, ReasonOf(*reply)});
      }
      return;
    }
    if (!IsSuccess(reply->status)) {
      outcome->status = Unavailable("the server answered {}: {}", reply->status, ReasonOf(*reply));
      outcome->retry_after_ms = ParseRetryAfter(reply->retry_after, clock_->Now());
      return;
    }
    if (options_.body.format == BodyFormat::kElasticBulk) {
      TakeBulk(*reply, begin, end, outcome);
      return;
    }
    std::fill(outcome->taken.begin() + static_cast<std::ptrdiff_t>(begin),
              outcome->taken.begin() + static_cast<std::ptrdiff_t>(end), true);
  }

  static void TakeBulk(const HttpReply& reply, std::size_t begin, std::size_t end,
                       Outcome* outcome) {
    const StatusOr<std::vector<BulkItem>> items = ParseBulkResponse(reply.body, end - begin);
    if (!items.ok()) {
      outcome->status = Unavailable("{}", Message(items.status()));
      return;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
      const BulkItem& item = (*items)[i];
      if (IsSuccess(item.status) || item.status == 409) {
        outcome->taken[begin + i] = true;
      } else if (IsRefusal(item.status)) {
        outcome->refused.push_back({begin + i, item.status, item.reason});
      } else {
        outcome->status = Unavailable("an item was answered {}: {}", item.status, item.reason);
      }
    }
  }

  HttpClient::Headers HeadersOf(const std::string& body) const {
    HttpClient::Headers headers = {
        {"Content-Type", std::string(ContentTypeOf(options_.body.format))}, {"User-Agent", "weir"}};
    if (!options_.token.empty()) {
      std::string_view scheme = "Bearer";
      if (options_.body.format == BodyFormat::kElasticBulk) {
        scheme = "ApiKey";
      } else if (options_.body.format == BodyFormat::kSplunkHec) {
        scheme = "Splunk";
      }
      headers.emplace_back("Authorization", fmt::format("{} {}", scheme, options_.token));
    }
    if (!options_.secret.empty()) {
      headers.emplace_back(kSignatureHeader,
                           SignatureOf(options_.secret, clock_->Now() / 1000, body));
    }
    return headers;
  }

  const WebhookOptions options_;
  const std::unique_ptr<HttpClient> client_;
  const Clock* const clock_;
};

}  // namespace

int64_t ParseRetryAfter(const std::string& value, UnixMillis now_ms) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (!value.empty() && error == std::errc() && end == value.data() + value.size()) {
    return std::clamp<int64_t>(seconds, 0, kRetryAfterMax / 1000) * 1000;
  }
  std::tm time = {};
  if (strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time) == nullptr) {
    return 0;
  }
  return std::clamp<int64_t>(timegm(&time) * 1000 - now_ms, 0, kRetryAfterMax);
}

StatusOr<std::unique_ptr<Sink>> MakeWebhookSink(WebhookOptions options, const Clock* clock) {
  HttpClient::Options http;
  WEIR_ASSIGN_OR_RETURN(http.url, ParseUrl(options.url));
  http.ca_file = options.ca_file;
  http.timeout_ms = options.timeout_ms;
  if (http.url.target == "/" && options.body.format == BodyFormat::kElasticBulk) {
    http.url.target = "/_bulk";
  } else if (http.url.target == "/" && options.body.format == BodyFormat::kSplunkHec) {
    http.url.target = "/services/collector/event";
  }
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<HttpClient> client, HttpClient::Make(std::move(http)));
  return std::unique_ptr<Sink>(
      std::make_unique<WebhookSink>(std::move(options), std::move(client), clock));
}

}  // namespace weir::sink
