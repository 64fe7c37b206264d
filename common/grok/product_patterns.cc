// The formats of products' logs, made of the patterns that every log has (pattern_library.cc).
#include "common/grok/pattern_library_internal.h"

namespace weir::grok {

namespace {

constexpr NamedPattern kPatterns[] = {
    {"BIND9",
     R"re(%{BIND9_TIMESTAMP:timestamp} queries: %{LOGLEVEL:loglevel}: client(?:)re"
     R"re( @0x[0-9A-Fa-f]+)? %{IP:clientip}#%{POSINT:clientport} \(%{DATA:query}\):)re"
     R"re( query: %{NOTSPACE} IN %{BIND9_DNSTYPE:querytype} \+?[A-Z()0-9]*)re"
     R"re( ?\(%{IP:dns}\))re"},
    {"BIND9_CATEGORY",
     R"re((?:queries|query-errors))re"},
    {"BIND9_DNSTYPE",
     R"re((?:ANY|AAAA|AFSDB|APL|AXFR|A|CAA|CDNSKEY|CDS|CERT|CNAME|CSYNC|DHCID|DLV|DNAME)re"
     R"re(|DNSKEY|DS|HINFO|HIP|HTTPS|IPSECKEY|IXFR|KEY|KX|LOC|MX|NAPTR|NSEC3PARAM|NSEC3)re"
     R"re(|NSEC|NS|OPENPGPKEY|PTR|RP|RRSIG|SIG|SMIMEA|SOA|SPF|SRV|SSHFP|SVCB|TA|TKEY)re"
     R"re(|TLSA|TSIG|TXT|URI))re"},
    {"BIND9_QUERYLOG",
     R"re(%{BIND9_QUERYLOGBASE} \(%{IP:dns}\))re"},
    {"BIND9_QUERYLOGBASE",
     R"re(client(?: @0x[0-9A-Fa-f]+)? %{IP:clientip}#%{POSINT:clientport})re"
     R"re( \(%{DATA:query}\): (?:%{BIND9_CATEGORY:category}|query): %{NOTSPACE})re"
     R"re( %{WORD:queryclass} %{BIND9_DNSTYPE:querytype}(?: %{NOTSPACE:flags})?)re"},
    {"BIND9_TIMESTAMP",
     R"re(%{MONTHDAY}-%{MONTH}-%{YEAR} %{TIME})re"},
    {"CATALINA7_DATESTAMP",
     R"re(%{MONTH} %{MONTHDAY}, %{YEAR} %{HOUR}:%{MINUTE}:%{SECOND} (?:AM|PM))re"},
    {"CATALINA7_LOG",
     R"re(%{CATALINA7_DATESTAMP:timestamp} %{JAVACLASS:class}(?:)re"
     R"re( %{JAVAMETHOD:method})?\s*(?:%{LOGLEVEL:level}:)? %{JAVALOGMESSAGE:logmessage})re"},
    {"CATALINA8_DATESTAMP",
     R"re(%{MONTHDAY}-%{MONTH}-%{YEAR} %{HOUR}:%{MINUTE}:%{SECOND})re"},
    {"CATALINA8_LOG",
     R"re(%{CATALINA8_DATESTAMP:timestamp} %{LOGLEVEL:level} \[%{DATA:thread}\])re"
     R"re( %{JAVACLASS:class}\.(?:%{JAVAMETHOD:method})? %{JAVALOGMESSAGE:logmessage})re"},
    {"CATALINALOG",
     R"re(%{CATALINA_DATESTAMP:timestamp} %{JAVACLASS:class})re"
     R"re( %{JAVALOGMESSAGE:logmessage})re"},
    {"CATALINA_DATESTAMP",
     R"re(%{MONTH} %{MONTHDAY}, %{YEAR} %{HOUR}:%{MINUTE}:%{SECOND} (?:AM|PM))re"},
    {"CLOUDFRONT_ACCESS_LOG",
     R"re((?<timestamp>%{YEAR}-%{MONTHNUM}-%{MONTHDAY}\t%{TIME})\t)re"
     R"re(%{WORD:x_edge_location}\t(?:%{NUMBER:sc_bytes:int}|-)\t%{IPORHOST:clientip}\t)re"
     R"re(%{WORD:cs_method}\t%{HOSTNAME:cs_host}\t%{NOTSPACE:cs_uri_stem}\t)re"
     R"re(%{NUMBER:sc_status:int}\t%{GREEDYDATA:referrer}\t%{GREEDYDATA:agent}\t)re"
     R"re(%{GREEDYDATA:cs_uri_query}\t%{GREEDYDATA:cookies}\t)re"
     R"re(%{WORD:x_edge_result_type}\t%{NOTSPACE:x_edge_request_id}\t)re"
     R"re(%{HOSTNAME:x_host_header}\t%{URIPROTO:cs_protocol}\t%{INT:cs_bytes:int}\t)re"
     R"re(%{GREEDYDATA:time_taken}\t%{GREEDYDATA:x_forwarded_for}\t)re"
     R"re(%{GREEDYDATA:ssl_protocol}\t%{GREEDYDATA:ssl_cipher}\t)re"
     R"re(%{GREEDYDATA:x_edge_response_result_type})re"},
    {"CRONLOG",
     R"re(%{SYSLOGBASE} \(%{USER:user}\) %{CRON_ACTION:action} \(%{DATA:message}\))re"},
    {"CRON_ACTION",
     R"re([A-Z ]+)re"},
    {"ELB_ACCESS_LOG",
     R"re(%{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:elb})re"
     R"re( %{IP:clientip}:%{INT:clientport:int})re"
     R"re( (?:%{IP:backendip}:?(?:%{INT:backendport:int})?|-))re"
     R"re( %{NUMBER:request_processing_time:float})re"
     R"re( %{NUMBER:backend_processing_time:float})re"
     R"re( %{NUMBER:response_processing_time:float} (?:-|%{INT:response:int}))re"
     R"re( (?:-|%{INT:backend_response:int}) %{INT:received_bytes:int})re"
     R"re( %{INT:bytes:int} "%{ELB_REQUEST_LINE}")re"},
    {"ELB_REQUEST_LINE",
     R"re((?:%{WORD:verb} %{ELB_URI:request}(?:)re"
     R"re( HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest}))re"},
    {"ELB_URI",
     R"re(%{URIPROTO:proto}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST:urihost})?(?:)re"
     R"re(%{ELB_URIPATHPARAM})?)re"},
    {"ELB_URIPATHPARAM",
     R"re(%{URIPATH:path}(?:%{URIPARAM:params})?)re"},
    {"ELB_URIQUERY",
     R"re(%{URIPARAM})re"},
    {"ELB_V1_HTTP_LOG",
     R"re(%{ELB_ACCESS_LOG}(?: "(?:-|%{DATA:agent})" (?:-|%{NOTSPACE:ssl_cipher}))re"
     R"re( (?:-|%{NOTSPACE:ssl_protocol}))?)re"},
    {"EXIM",
     R"re(%{EXIM_MESSAGE_ARRIVAL})re"},
    {"EXIM_DATE",
     R"re(%{YEAR:exim_year}-%{MONTHNUM:exim_month}-%{MONTHDAY:exim_day})re"
     R"re( %{TIME:exim_time})re"},
    {"EXIM_EXCLUDE_TERMS",
     R"re((?:Message is frozen|(?:Start|End) queue run| Warning: | retry time not)re"
     R"re( reached | no (?:IP address|host name) found for (?:IP address|host) |)re"
     R"re( unexpected disconnection while reading SMTP command | no immediate delivery:)re"
     R"re( |another process is handling this message))re"},
    {"EXIM_FLAGS",
     R"re((?:<=|=>|->|\*>|\*\*|==|<>|>>))re"},
    {"EXIM_HEADER_ID",
     R"re(id=%{NOTSPACE:exim_header_id})re"},
    {"EXIM_INTERFACE",
     R"re(I=\[%{IP:exim_interface}\](?::%{NUMBER:exim_interface_port})?)re"},
    {"EXIM_MESSAGE_ARRIVAL",
     R"re(%{EXIM_DATE:timestamp} (?:%{EXIM_PID:pid} )?%{EXIM_MSGID:exim_msgid})re"
     R"re( (?<exim_flags><=) (?<exim_sender_email>%{EMAILADDRESS}|<>))re"
     R"re(%{EXIM_NAMED_FIELDS}(?:(?: from <?%{DATA:exim_from_email}>?)? for)re"
     R"re( %{GREEDYDATA:exim_recipient_emails})?)re"},
    {"EXIM_MSGID",
     R"re([0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2})re"},
    {"EXIM_MSG_SIZE",
     R"re(S=%{NUMBER:exim_msg_size})re"},
    {"EXIM_NAMED_FIELDS",
     R"re((?: (?:%{EXIM_REMOTE_HOST}|%{EXIM_INTERFACE}|%{EXIM_PROTOCOL}|)re"
     R"re(%{EXIM_MSG_SIZE}|%{EXIM_HEADER_ID}|%{EXIM_SUBJECT}|%{EXIM_UNKNOWN_FIELD}))*)re"},
    {"EXIM_PID",
     R"re(\[%{POSINT}\])re"},
    {"EXIM_PROTOCOL",
     R"re(P=%{NOTSPACE:protocol})re"},
    {"EXIM_QT",
     R"re((?:[0-9]+y)?(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?)re"},
    {"EXIM_QUOTED_CONTENT",
     R"re((?:\\.|[^\\"])*)re"},
    {"EXIM_REMOTE_HOST",
     R"re(H=(?:%{NOTSPACE:remote_hostname} )?(?:\(%{NOTSPACE:remote_heloname}\))re"
     R"re( )?\[%{IP:remote_host}\](?::%{POSINT:remote_port})?)re"},
    {"EXIM_SUBJECT",
     R"re(T="%{EXIM_QUOTED_CONTENT:exim_subject}")re"},
    {"EXIM_UNKNOWN_FIELD",
     R"re([A-Za-z0-9]{1,4}=(?:"%{EXIM_QUOTED_CONTENT}"|%{NOTSPACE}))re"},
    {"HAPROXYCAPTUREDREQUESTHEADERS",
     R"re(%{DATA:captured_request_headers})re"},
    {"HAPROXYCAPTUREDRESPONSEHEADERS",
     R"re(%{DATA:captured_response_headers})re"},
    {"HAPROXYDATE",
     R"re(%{MONTHDAY:haproxy_monthday}/%{MONTH:haproxy_month}/%{YEAR:haproxy_year}:)re"
     R"re(%{HAPROXYTIME:haproxy_time}\.%{INT:haproxy_milliseconds})re"},
    {"HAPROXYHTTP",
     R"re((?:%{SYSLOGTIMESTAMP:syslog_timestamp}|%{TIMESTAMP_ISO8601:timestamp8601}))re"
     R"re( %{IPORHOST:syslog_server} %{SYSLOGPROG}: %{HAPROXYHTTPBASE})re"},
    {"HAPROXYHTTPBASE",
     R"re(%{IP:client_ip}:%{INT:client_port} \[%{HAPROXYDATE:accept_date}\])re"
     R"re( %{NOTSPACE:frontend_name} %{NOTSPACE:backend_name}/%{NOTSPACE:server_name})re"
     R"re( %{INT:time_request}/%{INT:time_queue}/%{INT:time_backend_connect}/)re"
     R"re(%{INT:time_backend_response}/%{NOTSPACE:time_duration})re"
     R"re( %{INT:http_status_code} %{NOTSPACE:bytes_read})re"
     R"re( %{DATA:captured_request_cookie} %{DATA:captured_response_cookie})re"
     R"re( %{NOTSPACE:termination_state} %{INT:actconn}/%{INT:feconn}/%{INT:beconn}/)re"
     R"re(%{INT:srvconn}/%{NOTSPACE:retries} %{INT:srv_queue}/%{INT:backend_queue})re"
     R"re( (?:\{%{HAPROXYCAPTUREDREQUESTHEADERS}\})?(?:)re"
     R"re( )?(?:\{%{HAPROXYCAPTUREDRESPONSEHEADERS}\})?(?:)re"
     R"re( )?"%{HAPROXYHTTPREQUESTLINE}"?)re"},
    {"HAPROXYHTTPREQUESTLINE",
     R"re((?:<BADREQ>|(?:%{WORD:http_verb} %{HAPROXYURI:http_request}(?:)re"
     R"re( HTTP/%{NUMBER:http_version})?)))re"},
    {"HAPROXYTCP",
     R"re((?:%{SYSLOGTIMESTAMP:syslog_timestamp}|%{TIMESTAMP_ISO8601:timestamp8601}))re"
     R"re( %{IPORHOST:syslog_server} %{SYSLOGPROG}: %{IP:client_ip}:%{INT:client_port})re"
     R"re( \[%{HAPROXYDATE:accept_date}\] %{NOTSPACE:frontend_name})re"
     R"re( %{NOTSPACE:backend_name}/%{NOTSPACE:server_name})re"
     R"re( %{INT:time_queue}/%{INT:time_backend_connect}/%{NOTSPACE:time_duration})re"
     R"re( %{NOTSPACE:bytes_read} %{NOTSPACE:termination_state})re"
     R"re( %{INT:actconn}/%{INT:feconn}/%{INT:beconn}/%{INT:srvconn}/%{NOTSPACE:retries})re"
     R"re( %{INT:srv_queue}/%{INT:backend_queue})re"},
    {"HAPROXYTIME",
     R"re((?<![0-9])%{HOUR:haproxy_hour}:%{MINUTE:haproxy_minute}(?::)re"
     R"re(%{SECOND:haproxy_second})(?![0-9]))re"},
    {"HAPROXYURI",
     R"re((?:%{URIPROTO:http_proto}://)?(?:%{USER:http_user}(?::[^@]*)?@)?(?:)re"
     R"re(%{URIHOST:http_host})?(?:%{URIPATHPARAM})?)re"},
    {"HTTPD20_ERRORLOG",
     R"re(\[%{HTTPDERROR_DATE:timestamp}\] \[%{LOGLEVEL:loglevel}\] (?:\[client)re"
     R"re( %{IPORHOST:clientip}\] )?%{GREEDYDATA:errormsg})re"},
    {"HTTPD24_ERRORLOG",
     R"re(\[%{HTTPDERROR_DATE:timestamp}\] \[%{WORD:module}:%{LOGLEVEL:loglevel}\])re"
     R"re( \[pid %{POSINT:pid:int}(?::tid %{NUMBER:tid:int})?\](?:)re"
     R"re( \(%{POSINT:proxy_errorcode:int}\)%{DATA:proxy_errormessage}:)?(?: \[client)re"
     R"re( %{IPORHOST:client}:%{POSINT:clientport}\])? %{DATA:errorcode}:)re"
     R"re( %{GREEDYDATA:message})re"},
    {"HTTPDERROR_DATE",
     R"re(%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{YEAR})re"},
    {"HTTPDUSER",
     R"re((?:%{EMAILADDRESS}|%{USER}))re"},
    {"HTTPD_COMBINEDLOG",
     R"re(%{HTTPD_COMMONLOG} %{QS:referrer} %{QS:agent})re"},
    {"HTTPD_COMMONLOG",
     R"re(%{IPORHOST:clientip} %{HTTPDUSER:ident} %{HTTPDUSER:auth})re"
     R"re( \[%{HTTPDATE:timestamp}\] "(?:%{WORD:verb} %{NOTSPACE:request}(?:)re"
     R"re( HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" (?:-|%{NUMBER:response}))re"
     R"re( (?:-|%{NUMBER:bytes}))re"},
    {"HTTPD_ERRORLOG",
     R"re((?:%{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG}))re"},
    {"JAVACLASS",
     R"re((?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*)re"},
    {"JAVAFILE",
     R"re([a-zA-Z$_0-9. -]+)re"},
    {"JAVALOGMESSAGE",
     R"re(.*)re"},
    {"JAVAMETHOD",
     R"re((?:<(?:cl)?init>|[a-zA-Z$_][a-zA-Z$_0-9]*))re"},
    {"JAVASTACKTRACEPART",
     R"re(%{SPACE}at)re"
     R"re( %{JAVACLASS:class}\.%{JAVAMETHOD:method}\(%{JAVAFILE:file}(?::)re"
     R"re(%{INT:line:int})?\))re"},
    {"JAVATHREAD",
     R"re([A-Z]{2}-Processor[0-9]+)re"},
    {"MAVEN_VERSION",
     R"re([0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[.-]?(?:RELEASE|SNAPSHOT))?)re"},
    {"MCOLLECTIVE",
     R"re(., \[%{TIMESTAMP_ISO8601:timestamp})re"
     R"re( #%{POSINT:pid}\]%{SPACE}%{LOGLEVEL:event_level})re"},
    {"MCOLLECTIVEAUDIT",
     R"re(%{TIMESTAMP_ISO8601:timestamp}:)re"},
    {"MONGO3_COMPONENT",
     R"re(%{WORD}|-)re"},
    {"MONGO3_LOG",
     R"re(%{TIMESTAMP_ISO8601:timestamp} %{MONGO3_SEVERITY:severity})re"
     R"re( (?:%{MONGO3_COMPONENT:component})%{SPACE}(?:\[%{DATA:context}\])?)re"
     R"re( %{GREEDYDATA:message})re"},
    {"MONGO3_SEVERITY",
     R"re(\w)re"},
    {"MONGO_LOG",
     R"re(%{SYSLOGTIMESTAMP:timestamp} \[%{WORD:component}\] %{GREEDYDATA:message})re"},
    {"MONGO_QUERY",
     R"re(\{ .*? \}(?= ntoreturn:))re"},
    {"MONGO_SLOWQUERY",
     R"re(%{WORD} %{MONGO_WORDDASH:database}\.%{MONGO_WORDDASH:collection} %{WORD}:)re"
     R"re( %{MONGO_QUERY:query} ntoreturn:%{NONNEGINT:ntoreturn})re"
     R"re( ntoskip:%{NONNEGINT:ntoskip} nscanned:%{NONNEGINT:nscanned}.*?)re"
     R"re( nreturned:%{NONNEGINT:nreturned}.*? (?<duration>[0-9]+)ms)re"},
    {"MONGO_WORDDASH",
     R"re(\b[\w-]+\b)re"},
    {"POSTGRESQL",
     R"re(%{DATESTAMP:timestamp} %{TZ} %{DATA:user_id} %{GREEDYDATA:connection_id})re"
     R"re( %{POSINT:pid})re"},
    {"REDISLOG",
     R"re(\[%{POSINT:pid}\] %{REDISTIMESTAMP:timestamp} \* )re"},
    {"REDISMONLOG",
     R"re(%{NUMBER:timestamp} \[%{INT:database} %{IP:client}:%{NUMBER:port}\])re"
     R"re( "%{WORD:command}"%{SPACE}%{GREEDYDATA:params})re"},
    {"REDISTIMESTAMP",
     R"re(%{MONTHDAY} %{MONTH} %{TIME})re"},
    {"RUBY_LOGGER",
     R"re([DFEWI], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid}\])re"
     R"re( *%{RUBY_LOGLEVEL:loglevel} -- +%{DATA:progname}: %{GREEDYDATA:message})re"},
    {"RUBY_LOGLEVEL",
     R"re((?:DEBUG|FATAL|ERROR|WARN|INFO))re"},
    {"RUUID",
     R"re([0-9a-fA-F]{32})re"},
    {"S3_ACCESS_LOG",
     R"re(%{WORD:owner} %{NOTSPACE:bucket} \[%{HTTPDATE:timestamp}\] %{IP:clientip})re"
     R"re( %{NOTSPACE:requester} %{NOTSPACE:request_id} %{NOTSPACE:operation})re"
     R"re( %{NOTSPACE:key} (?:"%{S3_REQUEST_LINE}"|-) (?:%{INT:response:int}|-))re"
     R"re( (?:-|%{NOTSPACE:error_code}) (?:%{INT:bytes:int}|-))re"
     R"re( (?:%{INT:object_size:int}|-) (?:%{INT:request_time_ms:int}|-))re"
     R"re( (?:%{INT:turnaround_time_ms:int}|-) (?:%{QS:referrer}|-))re"
     R"re( (?:"?%{QS:agent}"?|-) (?:-|%{NOTSPACE:version_id}))re"},
    {"S3_REQUEST_LINE",
     R"re((?:%{WORD:verb} %{NOTSPACE:request}(?:)re"
     R"re( HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest}))re"},
    {"SQUID3",
     R"re(%{NUMBER:timestamp}\s+%{NUMBER:duration}\s%{IP:client_address}\s)re"
     R"re(%{WORD:cache_result}/%{POSINT:status_code}\s%{NUMBER:bytes}\s)re"
     R"re(%{WORD:request_method}\s%{NOTSPACE:url}\s(?:%{NOTSPACE:user}|-)\s)re"
     R"re(%{WORD:hierarchy_code}/(?:%{IPORHOST:server}|-)\s%{NOTSPACE:content_type})re"},
    {"SQUID3_STATUS",
     R"re((?:%{POSINT:status_code}|0|000))re"},
    {"SYSLOG5424BASE",
     R"re(%{SYSLOG5424PRI}%{NONNEGINT:syslog5424_ver})re"
     R"re( +(?:%{TIMESTAMP_ISO8601:syslog5424_ts}|-))re"
     R"re( +(?:%{IPORHOST:syslog5424_host}|-))re"
     R"re( +(?:%{SYSLOG5424PRINTASCII:syslog5424_app}|-))re"
     R"re( +(?:%{SYSLOG5424PRINTASCII:syslog5424_proc}|-))re"
     R"re( +(?:%{SYSLOG5424PRINTASCII:syslog5424_msgid}|-))re"
     R"re( +(?:%{SYSLOG5424SD:syslog5424_sd}|-|))re"},
    {"SYSLOG5424LINE",
     R"re(%{SYSLOG5424BASE} +%{GREEDYDATA:syslog5424_msg})re"},
    {"SYSLOG5424PRI",
     R"re(<%{NONNEGINT:syslog5424_pri}>)re"},
    {"SYSLOG5424PRINTASCII",
     R"re([!-~]+)re"},
    {"SYSLOG5424SD",
     R"re(\[%{DATA}\]+)re"},
    {"SYSLOGBASE2",
     R"re((?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp8601}))re"
     R"re( (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource}+(?: %{SYSLOGPROG}:|))re"},
    {"SYSLOGLINE",
     R"re(%{SYSLOGBASE2} %{GREEDYDATA:message})re"},
    {"SYSLOGPAMSESSION",
     R"re(%{SYSLOGBASE})re"
     R"re( (?=%{GREEDYDATA:message})%{WORD:pam_module}\(%{DATA:pam_caller}\): session)re"
     R"re( %{WORD:pam_session_state} for user %{USERNAME:username}(?: by)re"
     R"re( %{GREEDYDATA:pam_by})?)re"},
    {"TOMCAT7_LOG",
     R"re(%{CATALINA7_LOG})re"},
    {"TOMCAT8_LOG",
     R"re(%{CATALINA8_LOG})re"},
    {"TOMCATLEGACY_DATESTAMP",
     R"re(%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND}(?:)re"
     R"re( %{ISO8601_TIMEZONE})?)re"},
    {"TOMCATLEGACY_LOG",
     R"re(%{TOMCATLEGACY_DATESTAMP:timestamp} \| %{LOGLEVEL:level} \|)re"
     R"re( %{JAVACLASS:class} - %{JAVALOGMESSAGE:logmessage})re"},
    {"TOMCATLOG",
     R"re(%{TOMCAT_DATESTAMP:timestamp} \| %{LOGLEVEL:level} \| %{JAVACLASS:class} -)re"
     R"re( %{JAVALOGMESSAGE:logmessage})re"},
    {"TOMCAT_DATESTAMP",
     R"re(20[0-9]{2}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:?%{MINUTE}(?::?%{SECOND}))re"
     R"re( %{ISO8601_TIMEZONE})re"},
};

}  // namespace

std::span<const NamedPattern> ProductPatterns() {
  return kPatterns;
}

}  // namespace weir::grok
