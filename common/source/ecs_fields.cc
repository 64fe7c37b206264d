// Elastic Common Schema, and what Elastic's endpoint adds to it.
#include "common/source/field_sets_internal.h"

namespace weir::source {
namespace {

constexpr FieldSet kSets[] = {
    {"client destination server source",
     "address bytes:long domain ip:ip mac nat.ip:ip nat.port:long packets:long port:long "
     "registered_domain subdomain top_level_domain"},
    {"client.as destination.as server.as source.as threat.indicator.as",
     "number:long organization.name"},
    {"client.geo destination.geo server.geo source.geo host.geo observer.geo "
     "threat.indicator.geo",
     "city_name continent_code continent_name country_iso_code country_name name postal_code "
     "region_iso_code region_name timezone"},
    {"user client.user destination.user server.user source.user host.user user.changes "
     "user.effective user.target process.user process.real_user process.saved_user "
     "process.parent.user process.parent.real_user process.parent.saved_user "
     "process.entry_leader.user process.entry_leader.real_user process.session_leader.user "
     "process.session_leader.real_user process.group_leader.user process.group_leader.real_user "
     "process.attested_user",
     "domain email full_name hash id name roles group.domain group.id group.name"},
    {"process.supplemental_groups process.group process.real_group process.saved_group "
     "process.parent.group process.entry_leader.group process.session_leader.group "
     "process.group_leader.group process.parent.supplemental_groups group",
     "domain id name"},
    {"user.risk host.risk",
     "calculated_level calculated_score:double calculated_score_norm:double static_level "
     "static_score:double static_score_norm:double"},
    {"process process.parent process.entry_leader process.session_leader process.group_leader "
     "process.parent.group_leader process.previous process.entry_leader.parent "
     "process.session_leader.parent process.entry_leader.parent.session_leader "
     "process.session_leader.parent.session_leader Target.process Effective_process",
     "args args_count:long command_line end:date entity_id env_vars executable exit_code:long "
     "interactive:bool name pgid:long pid:long ppid:long start:date same_as_process:bool "
     "thread.id:long thread.name thread.capabilities.effective thread.capabilities.permitted "
     "title uptime:long vpid:long working_directory tty.char_device.major:long "
     "tty.char_device.minor:long tty.columns:long tty.rows:long entry_meta.type "
     "entry_meta.source.ip:ip io.type io.text io.total_bytes_captured:long"},
    {"file.hash process.hash process.parent.hash dll.hash email.attachments.file.hash "
     "threat.indicator.file.hash threat.enrichments.indicator.file.hash Target.process.hash",
     "cdhash md5 sha1 sha256 sha384 sha512 ssdeep tlsh"},
    {"process.code_signature process.parent.code_signature dll.code_signature "
     "file.code_signature Target.process.code_signature process.Ext.code_signature "
     "process.parent.Ext.code_signature dll.Ext.code_signature file.Ext.code_signature",
     "digest_algorithm exists:bool flags signing_id status subject_name team_id "
     "thumbprint_sha256 timestamp:date trusted:bool valid:bool"},
    {"process.pe process.parent.pe dll.pe file.pe Target.process.pe",
     "architecture company description file_version go_import_hash go_imports go_stripped:bool "
     "imphash import_hash original_file_name pehash product"},
    {"process.elf process.parent.elf file.elf process.macho file.macho",
     "architecture byte_order cpu_type creation_date:date go_import_hash import_hash symhash "
     "telfhash"},
    {"file Target.file",
     "accessed:date attributes created:date ctime:date device directory drive_letter extension "
     "fork_name gid group inode mime_type mode mtime:date name origin_referrer_url origin_url "
     "owner path size:long target_path type uid"},
    {"file.x509 tls.client.x509 tls.server.x509 threat.indicator.x509",
     "alternative_names issuer.common_name issuer.country issuer.distinguished_name "
     "issuer.locality issuer.organization issuer.organizational_unit issuer.state_or_province "
     "not_after:date not_before:date public_key_algorithm public_key_curve "
     "public_key_exponent:long public_key_size:long serial_number signature_algorithm "
     "subject.common_name subject.country subject.distinguished_name subject.locality "
     "subject.organization subject.organizational_unit subject.state_or_province version_number"},
    {"dll",
     "name path Ext.size:long Ext.load_index:long Ext.relative_file_creation_time:double "
     "Ext.relative_file_name_modify_time:double Ext.device.volume_device_type "
     "Ext.device.product_id Ext.defense_evasions"},
    {"registry",
     "data.bytes data.strings data.type hive key path value"},
    {"host.os observer.os user_agent.os",
     "family full kernel name platform type version Ext.variant"},
    {"host",
     "architecture boot.id cpu.usage:double disk.read.bytes:long disk.write.bytes:long domain "
     "hostname id ip:ip mac name network.egress.bytes:long network.egress.packets:long "
     "network.ingress.bytes:long network.ingress.packets:long pid_ns_ino type uptime:long"},
    {"observer",
     "egress.zone egress.interface.name egress.vlan.id hostname ingress.zone "
     "ingress.interface.name ingress.vlan.id ip:ip mac name product serial_number type vendor "
     "version"},
    {"network",
     "application bytes:long community_id direction forwarded_ip:ip iana_number name "
     "packets:long protocol transport type vlan.id vlan.name inner.vlan.id inner.vlan.name"},
    {"http",
     "request.body.bytes:long request.body.content request.bytes:long request.id request.method "
     "request.mime_type request.referrer response.body.bytes:long response.body.content "
     "response.bytes:long response.mime_type response.status_code:long version"},
    {"url threat.indicator.url",
     "domain extension fragment full original password path port:long query registered_domain "
     "scheme subdomain top_level_domain username"},
    {"dns",
     "answers.class answers.data answers.name answers.ttl:long answers.type header_flags id "
     "op_code question.class question.name question.registered_domain question.subdomain "
     "question.top_level_domain question.type resolved_ip:ip response_code type Ext.options:long "
     "Ext.status:long"},
    {"tls",
     "cipher client.certificate client.hash.md5 client.hash.sha1 client.hash.sha256 "
     "client.issuer client.ja3 client.not_after:date client.not_before:date client.server_name "
     "client.subject client.supported_ciphers curve established:bool next_protocol resumed:bool "
     "server.certificate server.hash.md5 server.hash.sha1 server.hash.sha256 server.issuer "
     "server.ja3s server.not_after:date server.not_before:date server.subject version "
     "version_protocol"},
    {"email",
     "attachments.file.extension attachments.file.mime_type attachments.file.name "
     "attachments.file.size:long bcc.address cc.address content_type delivery_timestamp:date "
     "direction from.address local_id message_id origination_timestamp:date reply_to.address "
     "sender.address subject to.address x_mailer"},
    {"user_agent",
     "device.name name original version"},
    {"event",
     "action agent_id_status category code created:date dataset duration:long end:date hash id "
     "ingested:date kind module original outcome provider reason reference risk_score:double "
     "risk_score_norm:double sequence:long severity:long start:date timezone type url"},
    {"error",
     "code id message:text stack_trace type"},
    {"log",
     "file.path level logger offset:long origin.file.line:long origin.file.name origin.function "
     "syslog.appname syslog.facility.code:long syslog.facility.name syslog.hostname "
     "syslog.priority:long syslog.severity.code:long syslog.severity.name"},
    {"agent",
     "build.original ephemeral_id id name type version"},
    {"cloud cloud.origin cloud.target",
     "account.id account.name availability_zone instance.id instance.name machine.type "
     "project.id project.name provider region service.name"},
    {"container",
     "cpu.usage:double disk.read.bytes:long disk.write.bytes:long id image.hash.all image.name "
     "image.tag memory.usage:double name network.egress.bytes:long network.ingress.bytes:long "
     "runtime security_context.privileged:bool"},
    {"orchestrator",
     "api_version cluster.id cluster.name cluster.url cluster.version namespace organization "
     "resource.annotation resource.id resource.ip:ip resource.label resource.name "
     "resource.parent.type resource.type type"},
    {"data_stream",
     "dataset namespace type"},
    {"device",
     "id manufacturer model.identifier model.name serial_number product.id product.name type"},
    {"faas",
     "coldstart:bool execution id name trigger.request_id trigger.type version"},
    {"organization",
     "id name"},
    {"package",
     "architecture build_version checksum description install_scope installed:date license name "
     "path reference size:long type version"},
    {"related",
     "hash hosts ip:ip user"},
    {"rule",
     "author category description id license name reference ruleset uuid version"},
    {"service service.origin service.target",
     "address environment ephemeral_id id name node.name node.role node.roles state type version"},
    {"session transaction trace span token",
     "id"},
    {"threat threat.enrichments",
     "feed.name framework group.alias group.id group.name group.reference indicator.confidence "
     "indicator.description indicator.domain indicator.first_seen:date indicator.ip:ip "
     "indicator.last_seen:date indicator.name indicator.port:long indicator.provider "
     "indicator.reference indicator.scanner_stats:long indicator.sightings:long indicator.type "
     "matched.atomic matched.field matched.id matched.index matched.type software.id "
     "software.name software.type tactic.id tactic.name tactic.reference technique.id "
     "technique.name technique.reference technique.subtechnique.id technique.subtechnique.name"},
    {"vulnerability",
     "category classification description enumeration id reference report_id scanner.vendor "
     "score.base:double score.environmental:double score.temporal:double score.version severity"},
    {"volume",
     "bus_type default_access device_name device_type dos_name file_system_type mount_name "
     "nt_name product_id product_name removable:bool serial_number size:long vendor_id "
     "vendor_name writable:bool"},
    {"process.Ext Target.process.Ext",
     "ancestry architecture authentication_id command_line created_suspended:bool "
     "defense_evasions device.bus_type device.dos_name device.product_id device.serial_number "
     "device.volume_device_type effective_parent.entity_id effective_parent.executable "
     "effective_parent.name effective_parent.pid:long mitigation_policies protection "
     "relative_file_creation_time:double relative_file_name_modify_time:double "
     "session_info.client_address session_info.id:long session_info.logon_type "
     "session_info.relative_logon_time:double session_info.user_flags token.domain "
     "token.elevation:bool token.elevation_level token.elevation_type token.impersonation_level "
     "token.integrity_level:long token.integrity_level_name token.is_appcontainer:bool token.sid "
     "token.type token.user trusted:bool trusted_descendant:bool windows.zone_identifier:long "
     "api.name api.behaviors api.summary api.metadata.target_address_name "
     "api.parameters.protection api.parameters.size:long api.parameters.desired_access "
     "api.parameters.handle_type memory_region.region_size:long "
     "memory_region.bytes_compressed_present:bool"},
    {"process.parent.Ext",
     "architecture protection real.pid:long user"},
    {"process.thread.Ext",
     "call_stack_contains_unbacked:bool call_stack_final_user_module.name "
     "call_stack_final_user_module.path call_stack_summary hardware_breakpoint_set:bool "
     "parameter:long start_address:long start_address_module original_start_address:long"},
    {"file.Ext",
     "entropy:double entry_modified:double header_bytes header_data malware_signature.all_names "
     "monotonic_id:long original.extension original.gid original.group original.mode "
     "original.name original.owner original.path original.uid quarantine_result:bool "
     "relative_file_creation_time:double temp_file_path windows.zone_identifier:long "
     "device.bus_type device.product_id device.volume_device_type"},
    {"Memory_protection",
     "cross_session:bool feature parent_to_child:bool self_injection:bool thread_count:long "
     "unique_key_v1"},
    {"Endpoint.policy.applied",
     "id name status version"},
    {"elastic.agent",
     "id"},
    {"destination.domain_registration source.domain_registration",
     "created:date"},
};

}  // namespace

std::span<const FieldSet> EcsFieldSets() {
  return kSets;
}

}  // namespace weir::source
