// The types that Elastic's mappings give to fields: of CloudTrail and Bedrock events here, of
// Elastic Common Schema and of integrations in the sets.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/source/decoder.h"
#include "common/source/field_sets_internal.h"

namespace weir::source {

namespace {

struct FieldType {
  std::string_view field;
  DataType type;
};

// Sorted by name.
constexpr FieldType kFields[] = {
    {"@timestamp", DataType::kDatetime},
    {"_id", DataType::kKeyword},
    {"_index", DataType::kKeyword},
    {"_version", DataType::kLong},
    {"actor.entity.id", DataType::kKeyword},
    {"agent.ephemeral_id", DataType::kKeyword},
    {"agent.id", DataType::kKeyword},
    {"agent.name", DataType::kKeyword},
    {"agent.type", DataType::kKeyword},
    {"agent.version", DataType::kKeyword},
    {"aws.cloudtrail.addendum.original_event_id", DataType::kKeyword},
    {"aws.cloudtrail.addendum.original_request_id", DataType::kKeyword},
    {"aws.cloudtrail.addendum.reason", DataType::kKeyword},
    {"aws.cloudtrail.addendum.updated_fields", DataType::kKeyword},
    {"aws.cloudtrail.additional_eventdata", DataType::kKeyword},
    {"aws.cloudtrail.api_version", DataType::kKeyword},
    {"aws.cloudtrail.console_login.additional_eventdata.login_to", DataType::kKeyword},
    {"aws.cloudtrail.console_login.additional_eventdata.mfa_used", DataType::kBoolean},
    {"aws.cloudtrail.console_login.additional_eventdata.mobile_version", DataType::kBoolean},
    {"aws.cloudtrail.error_code", DataType::kKeyword},
    {"aws.cloudtrail.error_message", DataType::kKeyword},
    {"aws.cloudtrail.event_category", DataType::kKeyword},
    {"aws.cloudtrail.event_type", DataType::kKeyword},
    {"aws.cloudtrail.event_version", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.end_time", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.newest_event_time", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.oldest_event_time", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.previous_hash_algorithm", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.previous_hash_value", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.previous_s3_bucket", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.previous_s3_object", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.previous_signature", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.public_key_fingerprint", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.s3_bucket", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.signature_algorithm", DataType::kKeyword},
    {"aws.cloudtrail.flattened.digest.start_time", DataType::kKeyword},
    {"aws.cloudtrail.management_event", DataType::kKeyword},
    {"aws.cloudtrail.read_only", DataType::kBoolean},
    {"aws.cloudtrail.recipient_account_id", DataType::kKeyword},
    {"aws.cloudtrail.request_id", DataType::kKeyword},
    {"aws.cloudtrail.request_parameters", DataType::kKeyword},
    {"aws.cloudtrail.resources.account_id", DataType::kKeyword},
    {"aws.cloudtrail.resources.arn", DataType::kKeyword},
    {"aws.cloudtrail.resources.type", DataType::kKeyword},
    {"aws.cloudtrail.response_elements", DataType::kKeyword},
    {"aws.cloudtrail.service_event_details", DataType::kKeyword},
    {"aws.cloudtrail.session_credential_from_console", DataType::kKeyword},
    {"aws.cloudtrail.shared_event_id", DataType::kKeyword},
    {"aws.cloudtrail.tls_details.key_exchange", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.access_key_id", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.arn", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.credential_id", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.identity_provider", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.in_scope_of.credentials_issued_to", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.in_scope_of.issuer_type", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.in_scope_of.source_account", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.in_scope_of.source_arn", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.invoked_by", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.invoked_by_delegate.account_id", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.on_behalf_of.identity_store_arn", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.on_behalf_of.user_id", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.assumed_root", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.creation_date", DataType::kDatetime},
    {"aws.cloudtrail.user_identity.session_context.ec2_role_delivery", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.mfa_authenticated", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.account_id", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.arn", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.principal_id", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.session_issuer.type", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.sign_in_session_arn", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.source_identity", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.session_context.web_id_federation_data.federated_provider", DataType::kKeyword},
    {"aws.cloudtrail.user_identity.type", DataType::kKeyword},
    {"aws.cloudtrail.vpc_endpoint_account_id", DataType::kKeyword},
    {"aws.cloudtrail.vpc_endpoint_id", DataType::kKeyword},
    {"aws_bedrock.invocation.error_code", DataType::kKeyword},
    {"aws_bedrock.invocation.input.input_body_s3_path", DataType::kKeyword},
    {"aws_bedrock.invocation.input.input_content_type", DataType::kKeyword},
    {"aws_bedrock.invocation.input.input_token_count", DataType::kLong},
    {"aws_bedrock.invocation.input.messages_content_kinds", DataType::kKeyword},
    {"aws_bedrock.invocation.model_id", DataType::kKeyword},
    {"aws_bedrock.invocation.output.completion_text", DataType::kText},
    {"aws_bedrock.invocation.output.output_body_s3_path", DataType::kKeyword},
    {"aws_bedrock.invocation.output.output_content_type", DataType::kKeyword},
    {"aws_bedrock.invocation.output.output_token_count", DataType::kLong},
    {"aws_bedrock.invocation.request_id", DataType::kKeyword},
    {"aws_bedrock.invocation.schema_type", DataType::kKeyword},
    {"aws_bedrock.invocation.schema_version", DataType::kKeyword},
    {"aws_bedrock.invocation.task_type", DataType::kKeyword},
    {"client.address", DataType::kKeyword},
    {"client.domain", DataType::kKeyword},
    {"client.ip", DataType::kIp},
    {"client.port", DataType::kLong},
    {"client.user.name", DataType::kKeyword},
    {"cloud.account.id", DataType::kKeyword},
    {"cloud.account.name", DataType::kKeyword},
    {"cloud.availability_zone", DataType::kKeyword},
    {"cloud.instance.id", DataType::kKeyword},
    {"cloud.instance.name", DataType::kKeyword},
    {"cloud.machine.type", DataType::kKeyword},
    {"cloud.project.id", DataType::kKeyword},
    {"cloud.project.name", DataType::kKeyword},
    {"cloud.provider", DataType::kKeyword},
    {"cloud.region", DataType::kKeyword},
    {"cloud.service.name", DataType::kKeyword},
    {"cloudtrail:_time", DataType::kDouble},
    {"container.id", DataType::kKeyword},
    {"container.image.name", DataType::kKeyword},
    {"container.name", DataType::kKeyword},
    {"data_stream.dataset", DataType::kKeyword},
    {"data_stream.namespace", DataType::kKeyword},
    {"data_stream.type", DataType::kKeyword},
    {"destination.address", DataType::kKeyword},
    {"destination.as.number", DataType::kLong},
    {"destination.as.organization.name", DataType::kKeyword},
    {"destination.bytes", DataType::kLong},
    {"destination.domain", DataType::kKeyword},
    {"destination.geo.country_iso_code", DataType::kKeyword},
    {"destination.geo.country_name", DataType::kKeyword},
    {"destination.ip", DataType::kIp},
    {"destination.nat.ip", DataType::kIp},
    {"destination.packets", DataType::kLong},
    {"destination.port", DataType::kLong},
    {"dns.answers.data", DataType::kKeyword},
    {"dns.answers.type", DataType::kKeyword},
    {"dns.id", DataType::kKeyword},
    {"dns.question.name", DataType::kKeyword},
    {"dns.question.type", DataType::kKeyword},
    {"dns.resolved_ip", DataType::kIp},
    {"dns.response_code", DataType::kKeyword},
    {"ecs.version", DataType::kKeyword},
    {"entity.id", DataType::kKeyword},
    {"entity.target.id", DataType::kKeyword},
    {"error.code", DataType::kKeyword},
    {"error.message", DataType::kText},
    {"error.type", DataType::kKeyword},
    {"event.action", DataType::kKeyword},
    {"event.agent_id_status", DataType::kKeyword},
    {"event.category", DataType::kKeyword},
    {"event.code", DataType::kKeyword},
    {"event.created", DataType::kDatetime},
    {"event.dataset", DataType::kKeyword},
    {"event.duration", DataType::kLong},
    {"event.end", DataType::kDatetime},
    {"event.hash", DataType::kKeyword},
    {"event.id", DataType::kKeyword},
    {"event.ingested", DataType::kDatetime},
    {"event.kind", DataType::kKeyword},
    {"event.module", DataType::kKeyword},
    {"event.original", DataType::kKeyword},
    {"event.outcome", DataType::kKeyword},
    {"event.provider", DataType::kKeyword},
    {"event.reason", DataType::kKeyword},
    {"event.reference", DataType::kKeyword},
    {"event.risk_score", DataType::kDouble},
    {"event.risk_score_norm", DataType::kDouble},
    {"event.sequence", DataType::kLong},
    {"event.severity", DataType::kLong},
    {"event.start", DataType::kDatetime},
    {"event.timezone", DataType::kKeyword},
    {"event.type", DataType::kKeyword},
    {"event.url", DataType::kKeyword},
    {"file.created", DataType::kDatetime},
    {"file.ctime", DataType::kDatetime},
    {"file.directory", DataType::kKeyword},
    {"file.extension", DataType::kKeyword},
    {"file.hash.md5", DataType::kKeyword},
    {"file.hash.sha1", DataType::kKeyword},
    {"file.hash.sha256", DataType::kKeyword},
    {"file.mime_type", DataType::kKeyword},
    {"file.mtime", DataType::kDatetime},
    {"file.name", DataType::kKeyword},
    {"file.owner", DataType::kKeyword},
    {"file.path", DataType::kKeyword},
    {"file.size", DataType::kLong},
    {"file.type", DataType::kKeyword},
    {"gen_ai.completion", DataType::kText},
    {"gen_ai.compliance.violation_code", DataType::kKeyword},
    {"gen_ai.compliance.violation_detected", DataType::kBoolean},
    {"gen_ai.guardrail_id", DataType::kKeyword},
    {"gen_ai.input.messages.content.text", DataType::kText},
    {"gen_ai.input.messages.content.type", DataType::kKeyword},
    {"gen_ai.input.messages.role", DataType::kKeyword},
    {"gen_ai.output.messages.content.text", DataType::kText},
    {"gen_ai.output.messages.content.type", DataType::kKeyword},
    {"gen_ai.output.messages.role", DataType::kKeyword},
    {"gen_ai.performance.request_size", DataType::kLong},
    {"gen_ai.performance.response_size", DataType::kLong},
    {"gen_ai.performance.response_time", DataType::kLong},
    {"gen_ai.performance.start_response_time", DataType::kLong},
    {"gen_ai.policy.action", DataType::kKeyword},
    {"gen_ai.policy.confidence", DataType::kKeyword},
    {"gen_ai.policy.match_detail.action", DataType::kKeyword},
    {"gen_ai.policy.match_detail.match", DataType::kKeyword},
    {"gen_ai.policy.match_detail.name", DataType::kKeyword},
    {"gen_ai.policy.match_detail.regex", DataType::kKeyword},
    {"gen_ai.policy.match_detail.score", DataType::kDouble},
    {"gen_ai.policy.match_detail.start", DataType::kLong},
    {"gen_ai.policy.match_detail.threshold", DataType::kDouble},
    {"gen_ai.policy.match_detail.type", DataType::kKeyword},
    {"gen_ai.policy.name", DataType::kKeyword},
    {"gen_ai.prompt", DataType::kText},
    {"gen_ai.request.id", DataType::kKeyword},
    {"gen_ai.request.max_tokens", DataType::kInteger},
    {"gen_ai.request.model.id", DataType::kKeyword},
    {"gen_ai.request.model.role", DataType::kKeyword},
    {"gen_ai.request.model.type", DataType::kKeyword},
    {"gen_ai.request.model.version", DataType::kKeyword},
    {"gen_ai.request.temperature", DataType::kDouble},
    {"gen_ai.request.top_k", DataType::kDouble},
    {"gen_ai.request.top_p", DataType::kDouble},
    {"gen_ai.response.error_code", DataType::kKeyword},
    {"gen_ai.response.finish_reasons", DataType::kKeyword},
    {"gen_ai.response.id", DataType::kKeyword},
    {"gen_ai.response.timestamp", DataType::kDatetime},
    {"gen_ai.system", DataType::kKeyword},
    {"gen_ai.usage.completion_tokens", DataType::kInteger},
    {"gen_ai.usage.prompt_tokens", DataType::kInteger},
    {"gen_ai.user.id", DataType::kKeyword},
    {"group.domain", DataType::kKeyword},
    {"group.id", DataType::kKeyword},
    {"group.name", DataType::kKeyword},
    {"host.architecture", DataType::kKeyword},
    {"host.domain", DataType::kKeyword},
    {"host.entity.id", DataType::kKeyword},
    {"host.hostname", DataType::kKeyword},
    {"host.id", DataType::kKeyword},
    {"host.ip", DataType::kIp},
    {"host.mac", DataType::kKeyword},
    {"host.name", DataType::kKeyword},
    {"host.os.family", DataType::kKeyword},
    {"host.os.full", DataType::kKeyword},
    {"host.os.kernel", DataType::kKeyword},
    {"host.os.name", DataType::kKeyword},
    {"host.os.platform", DataType::kKeyword},
    {"host.os.type", DataType::kKeyword},
    {"host.os.version", DataType::kKeyword},
    {"host.target.entity.id", DataType::kKeyword},
    {"host.target.id", DataType::kKeyword},
    {"host.type", DataType::kKeyword},
    {"host.uptime", DataType::kLong},
    {"http.request.bytes", DataType::kLong},
    {"http.request.method", DataType::kKeyword},
    {"http.request.referrer", DataType::kKeyword},
    {"http.response.bytes", DataType::kLong},
    {"http.response.status_code", DataType::kLong},
    {"http.version", DataType::kKeyword},
    {"input.type", DataType::kKeyword},
    {"log.file.path", DataType::kKeyword},
    {"log.level", DataType::kKeyword},
    {"log.logger", DataType::kKeyword},
    {"log.offset", DataType::kLong},
    {"message", DataType::kText},
    {"network.application", DataType::kKeyword},
    {"network.bytes", DataType::kLong},
    {"network.community_id", DataType::kKeyword},
    {"network.direction", DataType::kKeyword},
    {"network.name", DataType::kKeyword},
    {"network.packets", DataType::kLong},
    {"network.protocol", DataType::kKeyword},
    {"network.transport", DataType::kKeyword},
    {"network.type", DataType::kKeyword},
    {"observer.ip", DataType::kIp},
    {"observer.name", DataType::kKeyword},
    {"observer.product", DataType::kKeyword},
    {"observer.type", DataType::kKeyword},
    {"observer.vendor", DataType::kKeyword},
    {"observer.version", DataType::kKeyword},
    {"orchestrator.cluster.name", DataType::kKeyword},
    {"orchestrator.namespace", DataType::kKeyword},
    {"process.args", DataType::kKeyword},
    {"process.args_count", DataType::kLong},
    {"process.code_signature.exists", DataType::kBoolean},
    {"process.code_signature.status", DataType::kKeyword},
    {"process.code_signature.subject_name", DataType::kKeyword},
    {"process.code_signature.trusted", DataType::kBoolean},
    {"process.code_signature.valid", DataType::kBoolean},
    {"process.command_line", DataType::kKeyword},
    {"process.end", DataType::kDatetime},
    {"process.entity_id", DataType::kKeyword},
    {"process.executable", DataType::kKeyword},
    {"process.exit_code", DataType::kLong},
    {"process.hash.md5", DataType::kKeyword},
    {"process.hash.sha1", DataType::kKeyword},
    {"process.hash.sha256", DataType::kKeyword},
    {"process.name", DataType::kKeyword},
    {"process.parent.args", DataType::kKeyword},
    {"process.parent.command_line", DataType::kKeyword},
    {"process.parent.entity_id", DataType::kKeyword},
    {"process.parent.executable", DataType::kKeyword},
    {"process.parent.name", DataType::kKeyword},
    {"process.parent.pid", DataType::kLong},
    {"process.pe.original_file_name", DataType::kKeyword},
    {"process.pid", DataType::kLong},
    {"process.start", DataType::kDatetime},
    {"process.thread.id", DataType::kLong},
    {"process.title", DataType::kText},
    {"process.user.id", DataType::kKeyword},
    {"process.user.name", DataType::kKeyword},
    {"process.working_directory", DataType::kKeyword},
    {"related.entity", DataType::kKeyword},
    {"related.hash", DataType::kKeyword},
    {"related.hosts", DataType::kKeyword},
    {"related.ip", DataType::kIp},
    {"related.user", DataType::kKeyword},
    {"rule.category", DataType::kKeyword},
    {"rule.id", DataType::kKeyword},
    {"rule.name", DataType::kKeyword},
    {"server.address", DataType::kKeyword},
    {"server.domain", DataType::kKeyword},
    {"server.ip", DataType::kIp},
    {"server.port", DataType::kLong},
    {"service.entity.id", DataType::kKeyword},
    {"service.id", DataType::kKeyword},
    {"service.name", DataType::kKeyword},
    {"service.target.entity.id", DataType::kKeyword},
    {"service.type", DataType::kKeyword},
    {"source.address", DataType::kKeyword},
    {"source.as.number", DataType::kLong},
    {"source.as.organization.name", DataType::kKeyword},
    {"source.bytes", DataType::kLong},
    {"source.domain", DataType::kKeyword},
    {"source.geo.city_name", DataType::kKeyword},
    {"source.geo.continent_name", DataType::kKeyword},
    {"source.geo.country_iso_code", DataType::kKeyword},
    {"source.geo.country_name", DataType::kKeyword},
    {"source.geo.region_iso_code", DataType::kKeyword},
    {"source.geo.region_name", DataType::kKeyword},
    {"source.geo.timezone", DataType::kKeyword},
    {"source.ip", DataType::kIp},
    {"source.mac", DataType::kKeyword},
    {"source.nat.ip", DataType::kIp},
    {"source.packets", DataType::kLong},
    {"source.port", DataType::kLong},
    {"source.user.name", DataType::kKeyword},
    {"tags", DataType::kKeyword},
    {"threat.framework", DataType::kKeyword},
    {"threat.tactic.id", DataType::kKeyword},
    {"threat.tactic.name", DataType::kKeyword},
    {"threat.technique.id", DataType::kKeyword},
    {"threat.technique.name", DataType::kKeyword},
    {"tls.cipher", DataType::kKeyword},
    {"tls.client.server_name", DataType::kKeyword},
    {"tls.version", DataType::kKeyword},
    {"tls.version_protocol", DataType::kKeyword},
    {"url.domain", DataType::kKeyword},
    {"url.extension", DataType::kKeyword},
    {"url.fragment", DataType::kKeyword},
    {"url.full", DataType::kKeyword},
    {"url.original", DataType::kKeyword},
    {"url.path", DataType::kKeyword},
    {"url.port", DataType::kLong},
    {"url.query", DataType::kKeyword},
    {"url.registered_domain", DataType::kKeyword},
    {"url.scheme", DataType::kKeyword},
    {"url.subdomain", DataType::kKeyword},
    {"url.top_level_domain", DataType::kKeyword},
    {"url.username", DataType::kKeyword},
    {"user.changes.id", DataType::kKeyword},
    {"user.changes.name", DataType::kKeyword},
    {"user.domain", DataType::kKeyword},
    {"user.effective.domain", DataType::kKeyword},
    {"user.effective.id", DataType::kKeyword},
    {"user.effective.name", DataType::kKeyword},
    {"user.email", DataType::kKeyword},
    {"user.entity.id", DataType::kKeyword},
    {"user.full_name", DataType::kKeyword},
    {"user.group.domain", DataType::kKeyword},
    {"user.group.id", DataType::kKeyword},
    {"user.group.name", DataType::kKeyword},
    {"user.hash", DataType::kKeyword},
    {"user.id", DataType::kKeyword},
    {"user.name", DataType::kKeyword},
    {"user.roles", DataType::kKeyword},
    {"user.target.domain", DataType::kKeyword},
    {"user.target.email", DataType::kKeyword},
    {"user.target.entity.id", DataType::kKeyword},
    {"user.target.id", DataType::kKeyword},
    {"user.target.name", DataType::kKeyword},
    {"user_agent.device.name", DataType::kKeyword},
    {"user_agent.name", DataType::kKeyword},
    {"user_agent.original", DataType::kKeyword},
    {"user_agent.os.full", DataType::kKeyword},
    {"user_agent.os.name", DataType::kKeyword},
    {"user_agent.os.version", DataType::kKeyword},
    {"user_agent.version", DataType::kKeyword},
};

DataType TypeNamed(std::string_view name) {
  static const std::map<std::string_view, DataType> kTypes = {
      {"", DataType::kKeyword},      {"long", DataType::kLong},   {"int", DataType::kInteger},
      {"double", DataType::kDouble}, {"ip", DataType::kIp},       {"date", DataType::kDatetime},
      {"bool", DataType::kBoolean},  {"text", DataType::kText},
  };
  const auto type = kTypes.find(name);
  WEIR_CHECK(type != kTypes.end(), "field type {}", name);
  return type->second;
}

// Calls visit with each of the words.
template <typename Visit>
void ForEachWord(std::string_view words, const Visit& visit) {
  while (!words.empty()) {
    const std::size_t blank = std::min(words.find(' '), words.size());
    if (blank > 0) {
      visit(words.substr(0, blank));
    }
    words.remove_prefix(std::min(blank + 1, words.size()));
  }
}

class SourceCatalogue final : public FieldCatalogue {
 public:
  SourceCatalogue() {
    for (const FieldType& field : kFields) {
      types_.emplace(field.field, field.type);
    }
    // What the table above says of a field counts.
    for (const std::span<const FieldSet> sets : {EcsFieldSets(), IntegrationFieldSets()}) {
      for (const FieldSet& set : sets) {
        AddSet(set);
      }
    }
    for (const auto& [name, type] : types_) {
      if (name.find(':') == std::string::npos) {   // a column of a view is no field of a document
        names_.push_back(name);
      }
    }
  }

  std::optional<DataType> TypeOf(std::string_view field) const override {
    if (const auto found = types_.find(field); found != types_.end()) {
      return found->second;
    }
    if (field.starts_with(kSourcePrefix)) {
      return DataType::kKeyword;
    }
    for (const std::string_view family : KeywordFamilies()) {
      if (field.size() > family.size() && field.starts_with(family)) {
        return DataType::kKeyword;
      }
    }
    return std::nullopt;
  }

  bool HoldsContent(std::string_view field) const override { return source::HoldsContent(field); }

  const std::vector<std::string>& Names() const override { return names_; }

 private:
  void AddSet(const FieldSet& set) {
    ForEachWord(set.places, [&](std::string_view place) {
      ForEachWord(set.fields, [&](std::string_view field) {
        const std::size_t colon = std::min(field.find(':'), field.size());
        const std::string_view type = field.substr(std::min(colon + 1, field.size()));
        types_.emplace(fmt::format("{}.{}", place, field.substr(0, colon)), TypeNamed(type));
      });
    });
  }

  std::map<std::string, DataType, std::less<>> types_;
  std::vector<std::string> names_;   // sorted
};

}  // namespace

const FieldCatalogue& Catalogue() {
  static const SourceCatalogue kCatalogue;
  return kCatalogue;
}

}  // namespace weir::source
