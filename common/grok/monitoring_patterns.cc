// Lines of Nagios, Zeek (and as it was called before, Bro) and Rails, with names of ECS.
#include "common/grok/pattern_library_internal.h"

namespace weir::grok {

namespace {

constexpr NamedPattern kPatterns[] = {
    {"BRO_BOOL",
     R"re([TF])re"},
    {"BRO_CONN",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.session_id}\t%{IP:source.ip}\t(?:-|%{INT:)re"
     R"re(source.port:int})\t%{IP:destination.ip}\t(?:-|%{INT:destination.port:int})\t%{)re"
     R"re(WORD:network.transport}\t(?:-|%{BRO_DATA:network.protocol})\t(?:-|%{NUMBER:zee)re"
     R"re(k.connection.duration:float})\t(?:-|%{INT:zeek.connection.orig_bytes:int})\t(?)re"
     R"re(:-|%{INT:zeek.connection.resp_bytes:int})\t(?:-|%{BRO_DATA:zeek.connection.sta)re"
     R"re(te})\t(?:-|%{BRO_BOOL:zeek.connection.local_orig})\t(?:-|%{INT:zeek.connection)re"
     R"re(.missed_bytes:int})\t(?:-|%{BRO_DATA:zeek.connection.history})\t(?:-|%{INT:sou)re"
     R"re(rce.packets:int})\t(?:-|%{INT:source.bytes:int})\t(?:-|%{INT:destination.packe)re"
     R"re(ts:int})\t(?:-|%{INT:destination.bytes:int})\t(?:-|%{BRO_DATA:zeek.connection.)re"
     R"re(tunnel_parents}))re"},
    {"BRO_DATA",
     R"re([^\t]+)re"},
    {"BRO_DNS",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.session_id}\t%{IP:source.ip}\t(?:-|%{INT:)re"
     R"re(source.port:int})\t%{IP:destination.ip}\t(?:-|%{INT:destination.port:int})\t%{)re"
     R"re(WORD:network.transport}\t(?:-|%{INT:dns.id:int})\t(?:-|%{BRO_DATA:dns.question)re"
     R"re(.name})\t(?:-|%{INT:zeek.dns.qclass:int})\t(?:-|%{BRO_DATA:zeek.dns.qclass_nam)re"
     R"re(e})\t(?:-|%{INT:zeek.dns.qtype:int})\t(?:-|%{BRO_DATA:dns.question.type})\t(?:)re"
     R"re(-|%{INT:zeek.dns.rcode:int})\t(?:-|%{BRO_DATA:dns.response_code})\t(?:-|%{BRO_)re"
     R"re(BOOL:zeek.dns.AA})\t(?:-|%{BRO_BOOL:zeek.dns.TC})\t(?:-|%{BRO_BOOL:zeek.dns.RD)re"
     R"re(})\t(?:-|%{BRO_BOOL:zeek.dns.RA})\t(?:-|%{INT:zeek.dns.Z:int})\t(?:-|%{BRO_DAT)re"
     R"re(A:zeek.dns.answers})\t(?:-|%{BRO_DATA:zeek.dns.TTLs})\t(?:-|%{BRO_BOOL:zeek.dn)re"
     R"re(s.rejected}))re"},
    {"BRO_FILES",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.files.fuid}\t(?:-|%{IP:server.ip})\t(?:-|)re"
     R"re(%{IP:client.ip})\t(?:-|%{BRO_DATA:zeek.files.session_ids})\t(?:-|%{BRO_DATA:ze)re"
     R"re(ek.files.source})\t(?:-|%{INT:zeek.files.depth:int})\t(?:-|%{BRO_DATA:zeek.fil)re"
     R"re(es.analyzers})\t(?:-|%{BRO_DATA:file.mime_type})\t(?:-|%{BRO_DATA:file.name})\)re"
     R"re(t(?:-|%{NUMBER:zeek.files.duration:float})\t(?:-|%{BRO_DATA:zeek.files.local_o)re"
     R"re(rig})\t(?:-|%{BRO_BOOL:zeek.files.is_orig})\t(?:-|%{INT:zeek.files.seen_bytes:)re"
     R"re(int})\t(?:-|%{INT:file.size:int})\t(?:-|%{INT:zeek.files.missing_bytes:int})\t)re"
     R"re((?:-|%{INT:zeek.files.overflow_bytes:int})\t(?:-|%{BRO_BOOL:zeek.files.timedou)re"
     R"re(t})\t(?:-|%{BRO_DATA:zeek.files.parent_fuid})\t(?:-|%{BRO_DATA:file.hash.md5}))re"
     R"re(\t(?:-|%{BRO_DATA:file.hash.sha1})\t(?:-|%{BRO_DATA:file.hash.sha256})\t(?:-|%)re"
     R"re({BRO_DATA:zeek.files.extracted}))re"},
    {"BRO_HTTP",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.session_id}\t%{IP:source.ip}\t(?:-|%{INT:)re"
     R"re(source.port:int})\t%{IP:destination.ip}\t(?:-|%{INT:destination.port:int})\t(?)re"
     R"re(:-|%{INT:zeek.http.trans_depth:int})\t(?:-|%{WORD:http.request.method})\t(?:-|)re"
     R"re(%{BRO_DATA:url.domain})\t(?:-|%{BRO_DATA:url.original})\t(?:-|%{BRO_DATA:http.)re"
     R"re(request.referrer})\t(?:-|%{BRO_DATA:user_agent.original})\t(?:-|%{INT:http.req)re"
     R"re(uest.body.bytes:int})\t(?:-|%{INT:http.response.body.bytes:int})\t(?:-|%{INT:h)re"
     R"re(ttp.response.status_code:int})\t(?:-|%{BRO_DATA:zeek.http.status_msg})\t(?:-|%)re"
     R"re({INT:zeek.http.info_code:int})\t(?:-|%{BRO_DATA:zeek.http.info_msg})\t(?:-|%{B)re"
     R"re(RO_DATA:zeek.http.filename})\t(?:-|%{BRO_DATA:zeek.http.tags})\t(?:-|%{BRO_DAT)re"
     R"re(A:url.username})\t(?:-|%{BRO_DATA:url.password})\t(?:-|%{BRO_DATA:zeek.http.pr)re"
     R"re(oxied})\t(?:-|%{BRO_DATA:zeek.http.orig_fuids})\t(?:-|%{BRO_DATA:http.request.)re"
     R"re(mime_type})\t(?:-|%{BRO_DATA:zeek.http.resp_fuids})\t(?:-|%{BRO_DATA:http.resp)re"
     R"re(onse.mime_type}))re"},
    {"NAGIOSLOGLINE",
     R"re(%{NAGIOSTIME} (?:%{NAGIOS_WARNING}|%{NAGIOS_CURRENT_SERVICE_STATE}|%{NAGIOS_CU)re"
     R"re(RRENT_HOST_STATE}|%{NAGIOS_SERVICE_NOTIFICATION}|%{NAGIOS_HOST_NOTIFICATION}|%)re"
     R"re({NAGIOS_SERVICE_ALERT}|%{NAGIOS_HOST_ALERT}|%{NAGIOS_SERVICE_FLAPPING_ALERT}|%)re"
     R"re({NAGIOS_HOST_FLAPPING_ALERT}|%{NAGIOS_SERVICE_DOWNTIME_ALERT}|%{NAGIOS_HOST_DO)re"
     R"re(WNTIME_ALERT}|%{NAGIOS_PASSIVE_SERVICE_CHECK}|%{NAGIOS_PASSIVE_HOST_CHECK}|%{N)re"
     R"re(AGIOS_SERVICE_EVENT_HANDLER}|%{NAGIOS_HOST_EVENT_HANDLER}|%{NAGIOS_TIMEPERIOD_)re"
     R"re(TRANSITION}|%{NAGIOS_EC_LINE_DISABLE_SVC_CHECK}|%{NAGIOS_EC_LINE_ENABLE_SVC_CH)re"
     R"re(ECK}|%{NAGIOS_EC_LINE_DISABLE_HOST_CHECK}|%{NAGIOS_EC_LINE_ENABLE_HOST_CHECK}|)re"
     R"re(%{NAGIOS_EC_LINE_PROCESS_SERVICE_CHECK_RESULT}|%{NAGIOS_EC_LINE_PROCESS_HOST_C)re"
     R"re(HECK_RESULT}|%{NAGIOS_EC_LINE_SCHEDULE_HOST_DOWNTIME}|%{NAGIOS_EC_LINE_DISABLE)re"
     R"re(_HOST_SVC_NOTIFICATIONS}|%{NAGIOS_EC_LINE_ENABLE_HOST_SVC_NOTIFICATIONS}|%{NAG)re"
     R"re(IOS_EC_LINE_DISABLE_HOST_NOTIFICATIONS}|%{NAGIOS_EC_LINE_ENABLE_HOST_NOTIFICAT)re"
     R"re(IONS}|%{NAGIOS_EC_LINE_DISABLE_SVC_NOTIFICATIONS}|%{NAGIOS_EC_LINE_ENABLE_SVC_)re"
     R"re(NOTIFICATIONS}))re"},
    {"NAGIOSTIME",
     R"re(\[%{NUMBER:timestamp}\])re"},
    {"NAGIOS_CURRENT_HOST_STATE",
     R"re(%{NAGIOS_TYPE_CURRENT_HOST_STATE:nagios.log.type}: (?<host.hostname>[^;]*);(?<)re"
     R"re(service.state>[^;]*);(?<nagios.log.state_type>[^;]*);%{INT:nagios.log.attempt:)re"
     R"re(int};%{GREEDYDATA:message})re"},
    {"NAGIOS_CURRENT_SERVICE_STATE",
     R"re(%{NAGIOS_TYPE_CURRENT_SERVICE_STATE:nagios.log.type}: (?<host.hostname>[^;]*);)re"
     R"re((?<service.name>[^;]*);(?<service.state>[^;]*);(?<nagios.log.state_type>[^;]*))re"
     R"re(;%{INT:nagios.log.attempt:int};%{GREEDYDATA:message})re"},
    {"NAGIOS_EC_DISABLE_HOST_CHECK",
     R"re(DISABLE_HOST_CHECK)re"},
    {"NAGIOS_EC_DISABLE_HOST_NOTIFICATIONS",
     R"re(DISABLE_HOST_NOTIFICATIONS)re"},
    {"NAGIOS_EC_DISABLE_HOST_SVC_NOTIFICATIONS",
     R"re(DISABLE_HOST_SVC_NOTIFICATIONS)re"},
    {"NAGIOS_EC_DISABLE_SVC_CHECK",
     R"re(DISABLE_SVC_CHECK)re"},
    {"NAGIOS_EC_DISABLE_SVC_NOTIFICATIONS",
     R"re(DISABLE_SVC_NOTIFICATIONS)re"},
    {"NAGIOS_EC_ENABLE_HOST_CHECK",
     R"re(ENABLE_HOST_CHECK)re"},
    {"NAGIOS_EC_ENABLE_HOST_NOTIFICATIONS",
     R"re(ENABLE_HOST_NOTIFICATIONS)re"},
    {"NAGIOS_EC_ENABLE_HOST_SVC_NOTIFICATIONS",
     R"re(ENABLE_HOST_SVC_NOTIFICATIONS)re"},
    {"NAGIOS_EC_ENABLE_SVC_CHECK",
     R"re(ENABLE_SVC_CHECK)re"},
    {"NAGIOS_EC_ENABLE_SVC_NOTIFICATIONS",
     R"re(ENABLE_SVC_NOTIFICATIONS)re"},
    {"NAGIOS_EC_LINE_DISABLE_HOST_CHECK",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_DISABLE_HOST_CHEC)re"
     R"re(K:nagios.log.command};(?<host.hostname>[^;]*))re"},
    {"NAGIOS_EC_LINE_DISABLE_HOST_NOTIFICATIONS",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_DISABLE_HOST_NOTI)re"
     R"re(FICATIONS:nagios.log.command};(?<host.hostname>[^;]*))re"},
    {"NAGIOS_EC_LINE_DISABLE_HOST_SVC_NOTIFICATIONS",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_DISABLE_HOST_SVC_)re"
     R"re(NOTIFICATIONS:nagios.log.command};(?<host.hostname>[^;]*))re"},
    {"NAGIOS_EC_LINE_DISABLE_SVC_CHECK",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_DISABLE_SVC_CHECK)re"
     R"re(:nagios.log.command};(?<host.hostname>[^;]*);(?<service.name>[^;]*))re"},
    {"NAGIOS_EC_LINE_DISABLE_SVC_NOTIFICATIONS",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_DISABLE_SVC_NOTIF)re"
     R"re(ICATIONS:nagios.log.command};(?<host.hostname>[^;]*);(?<service.name>[^;]*))re"},
    {"NAGIOS_EC_LINE_ENABLE_HOST_CHECK",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_ENABLE_HOST_CHECK)re"
     R"re(:nagios.log.command};(?<host.hostname>[^;]*))re"},
    {"NAGIOS_EC_LINE_ENABLE_HOST_NOTIFICATIONS",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_ENABLE_HOST_NOTIF)re"
     R"re(ICATIONS:nagios.log.command};(?<host.hostname>[^;]*))re"},
    {"NAGIOS_EC_LINE_ENABLE_HOST_SVC_NOTIFICATIONS",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_ENABLE_HOST_SVC_N)re"
     R"re(OTIFICATIONS:nagios.log.command};(?<host.hostname>[^;]*))re"},
    {"NAGIOS_EC_LINE_ENABLE_SVC_CHECK",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_ENABLE_SVC_CHECK:)re"
     R"re(nagios.log.command};(?<host.hostname>[^;]*);(?<service.name>[^;]*))re"},
    {"NAGIOS_EC_LINE_ENABLE_SVC_NOTIFICATIONS",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_ENABLE_SVC_NOTIFI)re"
     R"re(CATIONS:nagios.log.command};(?<host.hostname>[^;]*);(?<service.name>[^;]*))re"},
    {"NAGIOS_EC_LINE_PROCESS_HOST_CHECK_RESULT",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_PROCESS_HOST_CHEC)re"
     R"re(K_RESULT:nagios.log.command};(?<host.hostname>[^;]*);(?<service.state>[^;]*);%)re"
     R"re({GREEDYDATA:nagios.log.check_result})re"},
    {"NAGIOS_EC_LINE_PROCESS_SERVICE_CHECK_RESULT",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_PROCESS_SERVICE_C)re"
     R"re(HECK_RESULT:nagios.log.command};(?<host.hostname>[^;]*);(?<service.name>[^;]*))re"
     R"re(;(?<service.state>[^;]*);%{GREEDYDATA:nagios.log.check_result})re"},
    {"NAGIOS_EC_LINE_SCHEDULE_HOST_DOWNTIME",
     R"re(%{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios.log.type}: %{NAGIOS_EC_SCHEDULE_HOST_DOW)re"
     R"re(NTIME:nagios.log.command};(?<host.hostname>[^;]*);%{NUMBER:nagios.log.start_ti)re"
     R"re(me};%{NUMBER:nagios.log.end_time};%{NUMBER:nagios.log.fixed};%{NUMBER:nagios.l)re"
     R"re(og.trigger_id};%{NUMBER:nagios.log.duration:int};(?<user.name>[^;]*);(?<nagios)re"
     R"re(.log.comment>[^;]*))re"},
    {"NAGIOS_EC_PROCESS_HOST_CHECK_RESULT",
     R"re(PROCESS_HOST_CHECK_RESULT)re"},
    {"NAGIOS_EC_PROCESS_SERVICE_CHECK_RESULT",
     R"re(PROCESS_SERVICE_CHECK_RESULT)re"},
    {"NAGIOS_EC_SCHEDULE_HOST_DOWNTIME",
     R"re(SCHEDULE_HOST_DOWNTIME)re"},
    {"NAGIOS_EC_SCHEDULE_SERVICE_DOWNTIME",
     R"re(SCHEDULE_SERVICE_DOWNTIME)re"},
    {"NAGIOS_HOST_ALERT",
     R"re(%{NAGIOS_TYPE_HOST_ALERT:nagios.log.type}: (?<host.hostname>[^;]*);(?<service.)re"
     R"re(state>[^;]*);(?<nagios.log.state_type>[^;]*);%{INT:nagios.log.attempt:int};%{G)re"
     R"re(REEDYDATA:message})re"},
    {"NAGIOS_HOST_DOWNTIME_ALERT",
     R"re(%{NAGIOS_TYPE_HOST_DOWNTIME_ALERT:nagios.log.type}: (?<host.hostname>[^;]*);(?)re"
     R"re(<service.state>[^;]*);%{GREEDYDATA:nagios.log.comment})re"},
    {"NAGIOS_HOST_EVENT_HANDLER",
     R"re(%{NAGIOS_TYPE_HOST_EVENT_HANDLER:nagios.log.type}: (?<host.hostname>[^;]*);(?<)re"
     R"re(service.state>[^;]*);(?<nagios.log.state_type>[^;]*);(?<nagios.log.event_handl)re"
     R"re(er_name>[^;]*))re"},
    {"NAGIOS_HOST_FLAPPING_ALERT",
     R"re(%{NAGIOS_TYPE_HOST_FLAPPING_ALERT:nagios.log.type}: (?<host.hostname>[^;]*);(?)re"
     R"re(<service.state>[^;]*);%{GREEDYDATA:message})re"},
    {"NAGIOS_HOST_NOTIFICATION",
     R"re(%{NAGIOS_TYPE_HOST_NOTIFICATION:nagios.log.type}: (?<user.name>[^;]*);(?<host.)re"
     R"re(hostname>[^;]*);(?<service.state>[^;]*);(?<nagios.log.notification_command>[^;)re"
     R"re(]*);%{GREEDYDATA:message})re"},
    {"NAGIOS_PASSIVE_HOST_CHECK",
     R"re(%{NAGIOS_TYPE_PASSIVE_HOST_CHECK:nagios.log.type}: (?<host.hostname>[^;]*);(?<)re"
     R"re(service.state>[^;]*);%{GREEDYDATA:nagios.log.comment})re"},
    {"NAGIOS_PASSIVE_SERVICE_CHECK",
     R"re(%{NAGIOS_TYPE_PASSIVE_SERVICE_CHECK:nagios.log.type}: (?<host.hostname>[^;]*);)re"
     R"re((?<service.name>[^;]*);(?<service.state>[^;]*);%{GREEDYDATA:nagios.log.comment)re"
     R"re(})re"},
    {"NAGIOS_SERVICE_ALERT",
     R"re(%{NAGIOS_TYPE_SERVICE_ALERT:nagios.log.type}: (?<host.hostname>[^;]*);(?<servi)re"
     R"re(ce.name>[^;]*);(?<service.state>[^;]*);(?<nagios.log.state_type>[^;]*);%{INT:n)re"
     R"re(agios.log.attempt:int};%{GREEDYDATA:message})re"},
    {"NAGIOS_SERVICE_DOWNTIME_ALERT",
     R"re(%{NAGIOS_TYPE_SERVICE_DOWNTIME_ALERT:nagios.log.type}: (?<host.hostname>[^;]*))re"
     R"re(;(?<service.name>[^;]*);(?<service.state>[^;]*);%{GREEDYDATA:nagios.log.commen)re"
     R"re(t})re"},
    {"NAGIOS_SERVICE_EVENT_HANDLER",
     R"re(%{NAGIOS_TYPE_SERVICE_EVENT_HANDLER:nagios.log.type}: (?<host.hostname>[^;]*);)re"
     R"re((?<service.name>[^;]*);(?<service.state>[^;]*);(?<nagios.log.state_type>[^;]*))re"
     R"re(;(?<nagios.log.event_handler_name>[^;]*))re"},
    {"NAGIOS_SERVICE_FLAPPING_ALERT",
     R"re(%{NAGIOS_TYPE_SERVICE_FLAPPING_ALERT:nagios.log.type}: (?<host.hostname>[^;]*))re"
     R"re(;(?<service.name>[^;]*);(?<service.state>[^;]*);%{GREEDYDATA:message})re"},
    {"NAGIOS_SERVICE_NOTIFICATION",
     R"re(%{NAGIOS_TYPE_SERVICE_NOTIFICATION:nagios.log.type}: (?<user.name>[^;]*);(?<ho)re"
     R"re(st.hostname>[^;]*);(?<service.name>[^;]*);(?<service.state>[^;]*);(?<nagios.lo)re"
     R"re(g.notification_command>[^;]*);%{GREEDYDATA:message})re"},
    {"NAGIOS_TIMEPERIOD_TRANSITION",
     R"re(%{NAGIOS_TYPE_TIMEPERIOD_TRANSITION:nagios.log.type}: (?<service.name>[^;]*);%)re"
     R"re({NUMBER:nagios.log.period_from:int};%{NUMBER:nagios.log.period_to:int})re"},
    {"NAGIOS_TYPE_CURRENT_HOST_STATE",
     R"re(CURRENT HOST STATE)re"},
    {"NAGIOS_TYPE_CURRENT_SERVICE_STATE",
     R"re(CURRENT SERVICE STATE)re"},
    {"NAGIOS_TYPE_EXTERNAL_COMMAND",
     R"re(EXTERNAL COMMAND)re"},
    {"NAGIOS_TYPE_HOST_ALERT",
     R"re(HOST ALERT)re"},
    {"NAGIOS_TYPE_HOST_DOWNTIME_ALERT",
     R"re(HOST DOWNTIME ALERT)re"},
    {"NAGIOS_TYPE_HOST_EVENT_HANDLER",
     R"re(HOST EVENT HANDLER)re"},
    {"NAGIOS_TYPE_HOST_FLAPPING_ALERT",
     R"re(HOST FLAPPING ALERT)re"},
    {"NAGIOS_TYPE_HOST_NOTIFICATION",
     R"re(HOST NOTIFICATION)re"},
    {"NAGIOS_TYPE_PASSIVE_HOST_CHECK",
     R"re(PASSIVE HOST CHECK)re"},
    {"NAGIOS_TYPE_PASSIVE_SERVICE_CHECK",
     R"re(PASSIVE SERVICE CHECK)re"},
    {"NAGIOS_TYPE_SERVICE_ALERT",
     R"re(SERVICE ALERT)re"},
    {"NAGIOS_TYPE_SERVICE_DOWNTIME_ALERT",
     R"re(SERVICE DOWNTIME ALERT)re"},
    {"NAGIOS_TYPE_SERVICE_EVENT_HANDLER",
     R"re(SERVICE EVENT HANDLER)re"},
    {"NAGIOS_TYPE_SERVICE_FLAPPING_ALERT",
     R"re(SERVICE FLAPPING ALERT)re"},
    {"NAGIOS_TYPE_SERVICE_NOTIFICATION",
     R"re(SERVICE NOTIFICATION)re"},
    {"NAGIOS_TYPE_TIMEPERIOD_TRANSITION",
     R"re(TIMEPERIOD TRANSITION)re"},
    {"NAGIOS_WARNING",
     R"re(Warning:%{SPACE}%{GREEDYDATA:message})re"},
    {"RAILS3",
     R"re(%{RAILS3HEAD}(?:%{RPROCESSING})?(?<rails.request.explain.original>(?:%{DATA}\n)re"
     R"re()*)(?:%{RAILS3FOOT})?)re"},
    {"RAILS3FOOT",
     R"re(Completed %{POSINT:http.response.status_code:int}%{DATA} in %{NUMBER:rails.req)re"
     R"re(uest.duration.total:float}ms %{RAILS3PROFILE}%{GREEDYDATA})re"},
    {"RAILS3HEAD",
     R"re(Started %{WORD:http.request.method} "%{URIPATHPARAM:url.original}" for %{IPORH)re"
     R"re(OST:source.address} at (?<timestamp>%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{TIME} %{)re"
     R"re(ISO8601_TIMEZONE}))re"},
    {"RAILS3PROFILE",
     R"re((?:\((?:Views: %{NUMBER:rails.request.duration.view:float}ms \| )?ActiveRecord)re"
     R"re(: %{NUMBER:rails.request.duration.active_record:float}ms)?)re"},
    {"RCONTROLLER",
     R"re((?<rails.controller.class>[^#]+)#(?<rails.controller.action>\w+))re"},
    {"RPROCESSING",
     R"re(\W*Processing by %{RCONTROLLER} as %{NOTSPACE:rails.request.format}(?:\W*Param)re"
     R"re(eters: \{%{DATA:rails.request.params}\}\W*)?)re"},
    {"ZEEK_BOOL",
     R"re([TF])re"},
    {"ZEEK_CONN",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.session_id}\t%{IP:source.ip}\t(?:-|%{INT:)re"
     R"re(source.port:int})\t%{IP:destination.ip}\t(?:-|%{INT:destination.port:int})\t%{)re"
     R"re(WORD:network.transport}\t(?:-|%{ZEEK_DATA:network.protocol})\t(?:-|%{NUMBER:ze)re"
     R"re(ek.connection.duration:float})\t(?:-|%{INT:zeek.connection.orig_bytes:int})\t()re"
     R"re(?:-|%{INT:zeek.connection.resp_bytes:int})\t(?:-|%{ZEEK_DATA:zeek.connection.s)re"
     R"re(tate})\t(?:-|%{ZEEK_BOOL:zeek.connection.local_orig})\t(?:-|%{ZEEK_BOOL:zeek.c)re"
     R"re(onnection.local_resp})\t(?:-|%{INT:zeek.connection.missed_bytes:int})\t(?:-|%{)re"
     R"re(ZEEK_DATA:zeek.connection.history})\t(?:-|%{INT:source.packets:int})\t(?:-|%{I)re"
     R"re(NT:source.bytes:int})\t(?:-|%{INT:destination.packets:int})\t(?:-|%{INT:destin)re"
     R"re(ation.bytes:int})\t(?:-|%{ZEEK_DATA:zeek.connection.tunnel_parents})(?:\t(?:-|)re"
     R"re(%{COMMONMAC:source.mac})\t(?:-|%{COMMONMAC:destination.mac}))?)re"},
    {"ZEEK_DATA",
     R"re([^\t]+)re"},
    {"ZEEK_DNS",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.session_id}\t%{IP:source.ip}\t(?:-|%{INT:)re"
     R"re(source.port:int})\t%{IP:destination.ip}\t(?:-|%{INT:destination.port:int})\t%{)re"
     R"re(WORD:network.transport}\t(?:-|%{INT:dns.id:int})\t(?:-|%{NUMBER:zeek.dns.rtt:f)re"
     R"re(loat})\t(?:-|%{ZEEK_DATA:dns.question.name})\t(?:-|%{INT:zeek.dns.qclass:int}))re"
     R"re(\t(?:-|%{ZEEK_DATA:zeek.dns.qclass_name})\t(?:-|%{INT:zeek.dns.qtype:int})\t(?)re"
     R"re(:-|%{ZEEK_DATA:dns.question.type})\t(?:-|%{INT:zeek.dns.rcode:int})\t(?:-|%{ZE)re"
     R"re(EK_DATA:dns.response_code})\t(?:-|%{ZEEK_BOOL:zeek.dns.AA})\t(?:-|%{ZEEK_BOOL:)re"
     R"re(zeek.dns.TC})\t(?:-|%{ZEEK_BOOL:zeek.dns.RD})\t(?:-|%{ZEEK_BOOL:zeek.dns.RA})\)re"
     R"re(t(?:-|%{INT:zeek.dns.Z:int})\t(?:-|%{ZEEK_DATA:zeek.dns.answers})\t(?:-|%{ZEEK)re"
     R"re(_DATA:zeek.dns.TTLs})\t(?:-|%{ZEEK_BOOL:zeek.dns.rejected}))re"},
    {"ZEEK_FILES",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.files.fuid}\t%{ZEEK_FILES_TX_HOSTS}\t%{ZE)re"
     R"re(EK_FILES_RX_HOSTS}\t(?:-|%{ZEEK_DATA:zeek.files.session_ids})\t(?:-|%{ZEEK_DAT)re"
     R"re(A:zeek.files.source})\t(?:-|%{INT:zeek.files.depth:int})\t(?:-|%{ZEEK_DATA:zee)re"
     R"re(k.files.analyzers})\t(?:-|%{ZEEK_DATA:file.mime_type})\t(?:-|%{ZEEK_DATA:file.)re"
     R"re(name})\t(?:-|%{NUMBER:zeek.files.duration:float})\t(?:-|%{ZEEK_DATA:zeek.files)re"
     R"re(.local_orig})\t(?:-|%{ZEEK_BOOL:zeek.files.is_orig})\t(?:-|%{INT:zeek.files.se)re"
     R"re(en_bytes:int})\t(?:-|%{INT:file.size:int})\t(?:-|%{INT:zeek.files.missing_byte)re"
     R"re(s:int})\t(?:-|%{INT:zeek.files.overflow_bytes:int})\t(?:-|%{ZEEK_BOOL:zeek.fil)re"
     R"re(es.timedout})\t(?:-|%{ZEEK_DATA:zeek.files.parent_fuid})\t(?:-|%{ZEEK_DATA:fil)re"
     R"re(e.hash.md5})\t(?:-|%{ZEEK_DATA:file.hash.sha1})\t(?:-|%{ZEEK_DATA:file.hash.sh)re"
     R"re(a256})\t(?:-|%{ZEEK_DATA:zeek.files.extracted})(?:\t(?:-|%{ZEEK_BOOL:zeek.file)re"
     R"re(s.extracted_cutoff})\t(?:-|%{INT:zeek.files.extracted_size:int}))?)re"},
    {"ZEEK_FILES_RX_HOSTS",
     R"re((?:-|(?<zeek.files.rx_hosts>%{IP:client.ip}(?: ?, ?%{IP})+)|%{IP:client.ip}))re"},
    {"ZEEK_FILES_TX_HOSTS",
     R"re((?:-|(?<zeek.files.tx_hosts>%{IP:server.ip}(?: ?, ?%{IP})+)|%{IP:server.ip}))re"},
    {"ZEEK_HTTP",
     R"re(%{NUMBER:timestamp}\t%{NOTSPACE:zeek.session_id}\t%{IP:source.ip}\t(?:-|%{INT:)re"
     R"re(source.port:int})\t%{IP:destination.ip}\t(?:-|%{INT:destination.port:int})\t(?)re"
     R"re(:-|%{INT:zeek.http.trans_depth:int})\t(?:-|%{WORD:http.request.method})\t(?:-|)re"
     R"re(%{ZEEK_DATA:url.domain})\t(?:-|%{ZEEK_DATA:url.original})\t(?:-|%{ZEEK_DATA:ht)re"
     R"re(tp.request.referrer})\t(?:-|%{NUMBER:http.version})\t(?:-|%{ZEEK_DATA:user_age)re"
     R"re(nt.original})\t(?:-|%{ZEEK_DATA:zeek.http.origin})\t(?:-|%{INT:http.request.bo)re"
     R"re(dy.bytes:int})\t(?:-|%{INT:http.response.body.bytes:int})\t(?:-|%{INT:http.res)re"
     R"re(ponse.status_code:int})\t(?:-|%{ZEEK_DATA:zeek.http.status_msg})\t(?:-|%{INT:z)re"
     R"re(eek.http.info_code:int})\t(?:-|%{ZEEK_DATA:zeek.http.info_msg})\t(?:-|%{ZEEK_D)re"
     R"re(ATA:zeek.http.tags})\t(?:-|%{ZEEK_DATA:url.username})\t(?:-|%{ZEEK_DATA:url.pa)re"
     R"re(ssword})\t(?:-|%{ZEEK_DATA:zeek.http.proxied})\t(?:-|%{ZEEK_DATA:zeek.http.ori)re"
     R"re(g_fuids})\t(?:-|%{ZEEK_DATA:zeek.http.orig_filenames})\t(?:-|%{ZEEK_DATA:http.)re"
     R"re(request.mime_type})\t(?:-|%{ZEEK_DATA:zeek.http.resp_fuids})\t(?:-|%{ZEEK_DATA)re"
     R"re(:zeek.http.resp_filenames})\t(?:-|%{ZEEK_DATA:http.response.mime_type}))re"},
};

}  // namespace

std::span<const NamedPattern> MonitoringPatterns() {
  return kPatterns;
}

}  // namespace weir::grok
