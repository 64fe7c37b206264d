#include "ingest/logs_service.h"

#include <string>

#include <fmt/format.h>

#include "common/base/utf8.h"
#include "common/rpc/message.h"
#include "common/wire/text.h"

namespace weir::ingest {
namespace {

// Of the text that says what was rejected.
constexpr std::size_t kReasonsBytesMax = 1024;

std::string DescribeRejections(const BatchResult& result, std::size_t records) {
  std::string text =
      fmt::format("{} of {} log records rejected: ", result.rejected_records, records);
  std::size_t named = 0;
  for (const source::Reject& reject : result.rejections) {
    const std::string one = fmt::format("{}record {}: {}: {}", named == 0 ? "" : "; ",
                                        reject.record_index,
                                        source::RejectReasonName(reject.reason), reject.message);
    if (text.size() + one.size() > kReasonsBytesMax) {
      break;
    }
    text += one;
    ++named;
  }
  if (named < result.rejected) {
    text += fmt::format("; and {} more", result.rejected - named);
  }
  return wire::ValidUtf8(text);
}

grpc::ByteBuffer Respond(const BatchResult& result, std::size_t records) {
  otlp::ExportLogsServiceResponse response;
  if (result.rejected_records != 0) {
    otlp::ExportLogsPartialSuccess* partial = response.mutable_partial_success();
    partial->set_rejected_log_records(static_cast<int64_t>(result.rejected_records));
    partial->set_error_message(DescribeRejections(result, records));
  }
  return rpc::ToByteBuffer(response);
}

}  // namespace

RequestLimits LimitsOf(const CollectOptions& options, const PipelineOptions& pipeline) {
  RequestLimits limits;
  limits.records_max = pipeline.batch_records_max;
  limits.payload_bytes_max = options.message_bytes_max;
  limits.value.depth_max = pipeline.record_depth_max;
  limits.value.fields_max = pipeline.record_fields_max;
  return limits;
}

grpc::ServerUnaryReactor* LogsService::Export(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* request,
                                              grpc::ByteBuffer* response) {
  auto* reactor = new CollectReactor(options_, pipeline_, response, Respond);   // deletes itself
  reactor->Begin(tenant_(*context), context->peer(), *request,
                 [this](std::string_view bytes, Batch* batch) {
    return OtlpDecoder(LimitsOf(options_, pipeline_->options())).Decode(bytes, batch);
  });
  return reactor;
}

}  // namespace weir::ingest
