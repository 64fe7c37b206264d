// Fields that integrations add: those of which rules use the type, and the families of keywords.
#include "common/source/field_sets_internal.h"

namespace weir::source {
namespace {

constexpr FieldSet kSets[] = {
    {"gen_ai",
     "agent.description agent.id agent.name analysis.action_recommended analysis.finding "
     "analysis.function analysis.tool_names compliance.request_triggered "
     "compliance.response_triggered conversation.id data_source.id operation.name output.type "
     "owasp.description owasp.id performance.request_size:long policy.score:double provider.name "
     "request.choice.count:long request.encoding_formats request.frequency_penalty:double "
     "request.model.name request.presence_penalty:double request.seed:long "
     "request.stop_sequences response.model security.hallucination_consistency:double "
     "security.jailbreak_score:double security.prompt_injection_score:double "
     "security.refusal_score:double security.regex_pattern_count:long "
     "security.sensitive_data_count:long sentiment.content_categories "
     "sentiment.content_inappropriate:bool sentiment.score:double "
     "sentiment.toxicity_score:double text.complexity_score:double text.readability_score:double "
     "text.similarity_score:double threat.action threat.category threat.detected:bool "
     "threat.risk_score:double threat.signature threat.source threat.type threat.yara_matches "
     "token.type tool.call.id tool.description tool.name tool.type usage.cached_tokens:long "
     "usage.input_tokens:long usage.output_tokens:long usage.total_tokens:long user.name user.rn"},
    {"aws.vpcflow",
     "account_id action interface_id log_status subnet_id vpc_id version"},
    {"aws.s3access",
     "authentication_type bucket bucket_owner bytes_sent:long cipher_suite error_code "
     "host_header http_status:long key object_size:long operation remote_ip:ip request_id "
     "requester total_time:long turn_around_time:long user_agent version_id"},
    {"azure",
     "correlation_id resource.group resource.id resource.name resource.namespace "
     "resource.provider subscription_id tenant_id"},
    {"azure.open_ai",
     "caller_ip_address category correlation_id duration_ms:long event event_version "
     "operation_name result_signature tenant properties.api_name "
     "properties.model_deployment_name properties.model_name properties.model_version "
     "properties.object_id properties.request_length:long properties.request_time:long "
     "properties.response_length:long properties.response_time:long properties.stream_type"},
    {"azure.signinlogs",
     "caller_ip_address:ip category identity operation_name operation_version result_description "
     "result_signature result_type tenant_id properties.app_display_name properties.app_id "
     "properties.authentication_protocol properties.authentication_requirement "
     "properties.client_app_used properties.conditional_access_status properties.correlation_id "
     "properties.created_at:date properties.device_detail.browser "
     "properties.device_detail.device_id properties.device_detail.display_name "
     "properties.device_detail.is_compliant:bool properties.device_detail.is_managed:bool "
     "properties.device_detail.operating_system properties.device_detail.trust_type "
     "properties.flagged_for_review:bool properties.id properties.incoming_token_type "
     "properties.is_interactive:bool properties.is_tenant_restricted:bool "
     "properties.mfa_detail.auth_method properties.original_request_id "
     "properties.processing_time_ms:double properties.resource_display_name "
     "properties.resource_id properties.risk_detail properties.risk_level_aggregated "
     "properties.risk_level_during_signin properties.risk_state properties.session_id "
     "properties.status.error_code:long properties.token_issuer_name "
     "properties.token_issuer_type properties.unique_token_identifier "
     "properties.user_display_name properties.user_id properties.user_principal_name "
     "properties.user_type"},
    {"azure.auditlogs",
     "category identity operation_name operation_version result_signature tenant_id "
     "properties.activity_datetime:date properties.activity_display_name properties.category "
     "properties.correlation_id properties.id properties.logged_by_service "
     "properties.operation_type properties.result properties.result_reason"},
    {"azure.activitylogs",
     "category event_category operation_name result_signature result_type tenant_id "
     "identity.claims_initiated_by_user.fullname identity.claims_initiated_by_user.name "
     "identity.authorization.action identity.authorization.scope"},
    {"azure.graphactivitylogs azure.aadgraphactivitylogs",
     "category operation_name result_signature properties.app_id properties.c_sid "
     "properties.client_auth_method:long properties.scopes properties.service_principal_id "
     "properties.sign_in_activity_id properties.time_generated:date "
     "properties.user_principal_object_id properties.wids"},
    {"azure.platformlogs",
     "category event_category operation_name result_signature result_type"},
    {"o365.audit",
     "ApplicationId ClientIP CreationTime Id IntraSystemId ItemType LogonError LogonType "
     "ObjectId Operation OrganizationId RecordType ResultStatus Site SiteUrl SourceFileName "
     "TargetUserOrGroupName UserId UserKey UserType Version Workload ExternalAccess:bool"},
    {"gcp.audit",
     "authentication_info.authority_selector authentication_info.principal_email "
     "authorization_info.granted:bool authorization_info.permission authorization_info.resource "
     "method_name num_response_items:long request_metadata.caller_ip:ip resource_name "
     "service_name status.code:long status.message type"},
    {"okta",
     "actor.alternate_id actor.display_name actor.id actor.type "
     "authentication_context.authentication_step:long authentication_context.external_session_id "
     "authentication_context.root_session_id client.device client.id client.ip:ip "
     "client.user_agent.browser client.user_agent.os client.user_agent.raw_user_agent "
     "client.zone display_message event_type outcome.reason outcome.result "
     "request.ip_chain.ip:ip security_context.as.number:long "
     "security_context.as.organization.name security_context.domain "
     "security_context.is_proxy:bool security_context.isp severity target.alternate_id "
     "target.display_name target.id target.type transaction.id transaction.type uuid version"},
    {"google_workspace",
     "actor.key actor.type admin.application.name admin.new_value admin.old_value "
     "admin.setting.name drive.visibility event.name event.type kind organization.domain"},
    {"github",
     "actor_id category org org_id permission programmatic_access_type repo team user user_id "
     "visibility"},
    {"kubernetes.audit",
     "auditID kind level objectRef.apiGroup objectRef.apiVersion objectRef.name "
     "objectRef.namespace objectRef.resource objectRef.subresource requestReceivedTimestamp:date "
     "requestURI responseStatus.code:long responseStatus.message responseStatus.reason "
     "responseStatus.status stage stageTimestamp:date user.groups user.uid user.username "
     "userAgent verb impersonatedUser.groups impersonatedUser.username "
     "requestObject.spec.hostIPC:bool requestObject.spec.hostNetwork:bool "
     "requestObject.spec.hostPID:bool requestObject.spec.containers.image "
     "requestObject.spec.containers.securityContext.privileged:bool "
     "requestObject.spec.containers.securityContext.allowPrivilegeEscalation:bool "
     "requestObject.spec.containers.securityContext.runAsUser:long"},
    {"winlog",
     "activity_id api channel computer_name event_id keywords level logon.failure.reason "
     "logon.failure.status logon.failure.sub_status logon.id logon.type opcode process.pid:long "
     "process.thread.id:long provider_guid provider_name record_id related_activity_id task "
     "time_created:date user.domain user.identifier user.name user.type version:long"},
    {"powershell",
     "command.invocation_details.name command.invocation_details.value command.name command.path "
     "command.type command.value connected_user.name engine.version file.script_block_hash "
     "file.script_block_id file.script_block_length:long file.script_block_text:text "
     "file.script_block_entropy_bits:double file.script_block_surprisal_stdev:double "
     "file.script_block_unique_symbols:long id pipeline_id process.executable_version "
     "provider.name runspace_id sequence:long total:long"},
    {"kibana.alert signal",
     "ancestors.depth:long ancestors.id depth:long group.id original_time:date reason "
     "risk_score:double severity start:date status url uuid workflow_status last_detected:date "
     "original_event.action original_event.category original_event.kind original_event.module "
     "original_event.severity:long rule.building_block_type rule.category rule.consumer "
     "rule.created_at:date rule.enabled rule.execution.uuid rule.from rule.id rule.interval "
     "rule.name rule.producer rule.risk_score:double rule.rule_id rule.rule_type_id "
     "rule.severity rule.tags rule.threat.framework rule.threat.tactic.id "
     "rule.threat.tactic.name rule.threat.technique.id rule.threat.technique.name "
     "rule.threat.technique.subtechnique.id rule.threat.technique.subtechnique.name rule.type "
     "rule.updated_at:date rule.uuid rule.version threshold_result.count:long "
     "threshold_result.from:date"},
    {"system",
     "auth.ssh.event auth.ssh.method cpu.cores:long cpu.total.norm.pct:double "
     "cpu.total.pct:double memory.used.pct:double process.cpu.total.norm.pct:double "
     "process.cpu.total.pct:double process.memory.rss.bytes:long"},
    {"auditd",
     "log.sequence:long message_type result sequence:long session summary.actor.primary "
     "summary.actor.secondary summary.how summary.object.primary summary.object.secondary "
     "summary.object.type"},
    {"network_traffic",
     "status flow.id flow.final:bool"},
    {"network_traffic.dhcpv4 dhcpv4",
     "assigned_ip:ip client_ip:ip client_mac hops:long op_code option.message_type "
     "option.hostname relay_ip:ip seconds:long server_ip:ip transaction_id"},
    {"panw.panos",
     "action log_profile ruleset source.zone destination.zone sub_type type"},
    {"ml_is_dga",
     "malicious_prediction:long malicious_probability:double"},
    {"problemchild",
     "prediction:long prediction_probability:double"},
    {"anomaly",
     "record_score:double"},
    {"crowdstrike",
     "event.SeverityName event.PatternDispositionValue:long metadata.eventType"},
};

constexpr std::string_view kFamilies[] = {
    "auditd.data.",
    "aws.cloudtrail.flattened.",
    "aws.cloudtrail.user_identity.session_context.web_id_federation_data.attributes.",
    "azure.activitylogs.identity.claims.",
    "cloudtrail-folded:",
    "cloudtrail:",
    "azure.platformlogs.identity.",
    "azure.platformlogs.properties.",
    "container.labels.",
    "gcp.audit.request.",
    "gcp.audit.response.",
    "kubernetes.audit.annotations.",
    "labels.",
    "o365.audit.ExtendedProperties.",
    "o365.audit.ModifiedProperties.",
    "o365.audit.Parameters.",
    "okta.debug_context.debug_data.",
    "winlog.event_data.",
    "winlog.user_data.",
};

}  // namespace

std::span<const FieldSet> IntegrationFieldSets() {
  return kSets;
}

std::span<const std::string_view> KeywordFamilies() {
  return kFamilies;
}

}  // namespace weir::source
