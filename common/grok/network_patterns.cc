// Lines of firewalls: Cisco ASA, Juniper, NetScreen and what Linux logs, with names of ECS.
#include "common/grok/pattern_library_internal.h"

namespace weir::grok {

namespace {

constexpr NamedPattern kPatterns[] = {
    {"CISCOFW104001",
     R"re(\((?:Primary|Secondary)\) Switching to ACTIVE - %{GREEDYDATA:event.reason})re"},
    {"CISCOFW104002",
     R"re(\((?:Primary|Secondary)\) Switching to STANDBY - %{GREEDYDATA:event.reason})re"},
    {"CISCOFW104003",
     R"re(\((?:Primary|Secondary)\) Switching to FAILED\.)re"},
    {"CISCOFW104004",
     R"re(\((?:Primary|Secondary)\) Switching to OK\.)re"},
    {"CISCOFW105003",
     R"re(\((?:Primary|Secondary)\) Monitoring on [Ii]nterface %{NOTSPACE:network.interf)re"
     R"re(ace.name} waiting)re"},
    {"CISCOFW105004",
     R"re(\((?:Primary|Secondary)\) Monitoring on [Ii]nterface %{NOTSPACE:network.interf)re"
     R"re(ace.name} normal)re"},
    {"CISCOFW105005",
     R"re(\((?:Primary|Secondary)\) Lost Failover communications with mate on [Ii]nterfa)re"
     R"re(ce %{NOTSPACE:network.interface.name})re"},
    {"CISCOFW105008",
     R"re(\((?:Primary|Secondary)\) Testing [Ii]nterface %{NOTSPACE:network.interface.na)re"
     R"re(me})re"},
    {"CISCOFW105009",
     R"re(\((?:Primary|Secondary)\) Testing on [Ii]nterface %{NOTSPACE:network.interface)re"
     R"re(.name} (?:Pass|Fail)ed)re"},
    {"CISCOFW106001",
     R"re(%{CISCO_DIRECTION:cisco.asa.network.direction} %{WORD:cisco.asa.network.transp)re"
     R"re(ort} connection %{CISCO_ACTION:cisco.asa.outcome} from %{IP:source.ip}/%{INT:s)re"
     R"re(ource.port:int} to %{IP:destination.ip}/%{INT:destination.port:int} flags %{DA)re"
     R"re(TA:cisco.asa.tcp_flags} on interface %{NOTSPACE:observer.egress.interface.name)re"
     R"re(})re"},
    {"CISCOFW106006_106007_106010",
     R"re(%{CISCO_ACTION:cisco.asa.outcome} %{CISCO_DIRECTION:cisco.asa.network.directio)re"
     R"re(n} %{WORD:cisco.asa.network.transport} (?:from|src) %{IP:source.ip}/%{INT:sour)re"
     R"re(ce.port:int}(?:\(%{DATA:source.user.name}\))? (?:to|dst) %{IP:destination.ip}/)re"
     R"re(%{INT:destination.port:int}(?:\(%{DATA:destination.user.name}\))? (?:on interf)re"
     R"re(ace %{NOTSPACE:observer.egress.interface.name}|due to %{CISCO_REASON:event.rea)re"
     R"re(son}))re"},
    {"CISCOFW106014",
     R"re(%{CISCO_ACTION:cisco.asa.outcome} %{CISCO_DIRECTION:cisco.asa.network.directio)re"
     R"re(n} %{WORD:cisco.asa.network.transport} src %{CISCO_SRC_IP_USER} dst %{CISCO_DS)re"
     R"re(T_IP_USER} ?\(type %{INT:cisco.asa.icmp_type:int}, code %{INT:cisco.asa.icmp_c)re"
     R"re(ode:int}\))re"},
    {"CISCOFW106015",
     R"re(%{CISCO_ACTION:cisco.asa.outcome} %{WORD:cisco.asa.network.transport} \(%{DATA)re"
     R"re(:cisco.asa.rule_name}\) from %{IP:source.ip}/%{INT:source.port:int} to %{IP:de)re"
     R"re(stination.ip}/%{INT:destination.port:int} flags %{DATA:cisco.asa.tcp_flags} on)re"
     R"re( interface %{NOTSPACE:observer.egress.interface.name})re"},
    {"CISCOFW106021",
     R"re(%{CISCO_ACTION:cisco.asa.outcome} %{WORD:cisco.asa.network.transport} reverse )re"
     R"re(path check from %{IP:source.ip} to %{IP:destination.ip} on interface %{NOTSPAC)re"
     R"re(E:observer.egress.interface.name})re"},
    {"CISCOFW106023",
     R"re(%{CISCO_ACTION:cisco.asa.outcome}(?: protocol)? %{WORD:cisco.asa.network.trans)re"
     R"re(port} src %{CISCO_SRC_HOST_PORT_USER} dst %{CISCO_DST_HOST_PORT_USER}(?: \(typ)re"
     R"re(e %{INT:cisco.asa.icmp_type:int}, code %{INT:cisco.asa.icmp_code:int}\))? by a)re"
     R"re(ccess-group "?%{DATA:cisco.asa.rule_name}"? \[0x%{BASE16NUM}, 0x%{BASE16NUM}\])re"},
    {"CISCOFW106100",
     R"re(access-list %{NOTSPACE:cisco.asa.rule_name} %{CISCO_ACTION:cisco.asa.outcome} )re"
     R"re(%{WORD:cisco.asa.network.transport} %{DATA:observer.ingress.interface.name}/%{)re"
     R"re(IP:source.ip}\(%{INT:source.port:int}\)(?:\(%{DATA:source.user.name}\))? -> %{)re"
     R"re(DATA:observer.egress.interface.name}/%{IP:destination.ip}\(%{INT:destination.p)re"
     R"re(ort:int}\)(?:\(%{DATA:destination.user.name}\))? hit-cnt %{INT:cisco.asa.hit_c)re"
     R"re(ount:int} %{CISCO_INTERVAL} \[0x%{BASE16NUM}, 0x%{BASE16NUM}\])re"},
    {"CISCOFW106100_2_3",
     R"re(access-list %{NOTSPACE:cisco.asa.rule_name} %{CISCO_ACTION:cisco.asa.outcome} )re"
     R"re(%{WORD:cisco.asa.network.transport} for user '%{DATA:user.name}' %{DATA:observ)re"
     R"re(er.ingress.interface.name}/%{IP:source.ip}\(%{INT:source.port:int}\) -> %{DATA)re"
     R"re(:observer.egress.interface.name}/%{IP:destination.ip}\(%{INT:destination.port:)re"
     R"re(int}\) %{CISCO_HITCOUNT_INTERVAL} \[0x%{BASE16NUM}, 0x%{BASE16NUM}\])re"},
    {"CISCOFW110002",
     R"re(%{CISCO_REASON:event.reason} for %{WORD:cisco.asa.network.transport} from %{DA)re"
     R"re(TA:observer.ingress.interface.name}:%{IP:source.ip}/%{INT:source.port:int} to )re"
     R"re(%{IP:destination.ip}/%{INT:destination.port:int})re"},
    {"CISCOFW302010",
     R"re(%{INT:cisco.asa.connections.in_use:int} in use, %{INT:cisco.asa.connections.mo)re"
     R"re(st_used:int} most used)re"},
    {"CISCOFW302013_302014_302015_302016",
     R"re(%{CISCO_ACTION:cisco.asa.outcome}(?: %{CISCO_DIRECTION:cisco.asa.network.direc)re"
     R"re(tion})? %{WORD:cisco.asa.network.transport} connection %{INT:cisco.asa.connect)re"
     R"re(ion_id} for %{NOTSPACE:observer.ingress.interface.name}:%{IP:source.ip}/%{INT:)re"
     R"re(source.port:int}(?: \(%{IP:source.nat.ip}/%{INT:source.nat.port:int}\))?(?:\(%)re"
     R"re({DATA:source.user.name}\))? to %{NOTSPACE:observer.egress.interface.name}:%{IP)re"
     R"re(:destination.ip}/%{INT:destination.port:int}(?: \(%{IP:destination.nat.ip}/%{I)re"
     R"re(NT:destination.nat.port:int}\))?(?:\(%{DATA:destination.user.name}\))?(?: dura)re"
     R"re(tion %{TIME:cisco.asa.duration} bytes %{INT:network.bytes:int})?(?: %{CISCO_RE)re"
     R"re(ASON:event.reason})?(?: \(%{DATA:user.name}\))?)re"},
    {"CISCOFW302020_302021",
     R"re(%{CISCO_ACTION:cisco.asa.outcome}(?: %{CISCO_DIRECTION:cisco.asa.network.direc)re"
     R"re(tion})? %{WORD:cisco.asa.network.transport} connection for faddr %{IP:destinat)re"
     R"re(ion.ip}/%{INT:cisco.asa.icmp_seq:int}(?:\(%{DATA:destination.user.name}\))? ga)re"
     R"re(ddr %{IP:source.nat.ip}/%{INT:cisco.asa.icmp_type:int} laddr %{IP:source.ip}/%)re"
     R"re({INT}(?: \(%{DATA:source.user.name}\))?)re"},
    {"CISCOFW304001",
     R"re(%{IP:source.ip}(?:\(%{DATA:source.user.name}\))? Accessed URL %{IP:destination)re"
     R"re(.ip}:%{GREEDYDATA:url.original})re"},
    {"CISCOFW305011",
     R"re(%{CISCO_ACTION:cisco.asa.outcome} %{CISCO_XLATE_TYPE} %{WORD:cisco.asa.network)re"
     R"re(.transport} translation from %{DATA:observer.ingress.interface.name}:%{IP:sour)re"
     R"re(ce.ip}(?:/%{INT:source.port:int})?(?:\(%{DATA:source.user.name}\))? to %{DATA:)re"
     R"re(observer.egress.interface.name}:%{IP:destination.ip}/%{INT:destination.port:in)re"
     R"re(t})re"},
    {"CISCOFW313001_313004_313008",
     R"re(%{CISCO_ACTION:cisco.asa.outcome} %{WORD:cisco.asa.network.transport} type=%{I)re"
     R"re(NT:cisco.asa.icmp_type:int}, code=%{INT:cisco.asa.icmp_code:int} from %{IP:sou)re"
     R"re(rce.ip} on interface %{NOTSPACE:observer.egress.interface.name}(?: to %{IP:des)re"
     R"re(tination.ip})?)re"},
    {"CISCOFW313005",
     R"re(%{CISCO_REASON:event.reason} for %{WORD:cisco.asa.network.transport} error mes)re"
     R"re(sage: %{WORD} src %{CISCO_SRC_IP_USER} dst %{CISCO_DST_IP_USER} \(type %{INT:c)re"
     R"re(isco.asa.icmp_type:int}, code %{INT:cisco.asa.icmp_code:int}\) on %{NOTSPACE} )re"
     R"re(interface\. +Original IP payload: %{WORD:cisco.asa.original_ip_payload.network)re"
     R"re(.transport} src %{IP:cisco.asa.original_ip_payload.source.ip}/%{INT:cisco.asa.)re"
     R"re(original_ip_payload.source.port:int} dst %{IP:cisco.asa.original_ip_payload.de)re"
     R"re(stination.ip}/%{INT:cisco.asa.original_ip_payload.destination.port:int})re"},
    {"CISCOFW321001",
     R"re(Resource '%{DATA:cisco.asa.resource.name}' limit of %{POSINT:cisco.asa.resourc)re"
     R"re(e.limit:int} reached for system)re"},
    {"CISCOFW402117",
     R"re(%{WORD:cisco.asa.network.type}: Received a non-IPSec packet \(protocol= ?%{WOR)re"
     R"re(D:cisco.asa.network.transport}\) from %{IP:source.ip} to %{IP:destination.ip}\)re"
     R"re(.?)re"},
    {"CISCOFW402119",
     R"re(%{WORD:cisco.asa.network.type}: Received an %{WORD:cisco.asa.ipsec.protocol} p)re"
     R"re(acket \(SPI= ?%{DATA:cisco.asa.ipsec.spi}, sequence number= ?%{DATA:cisco.asa.)re"
     R"re(ipsec.seq_num}\) from %{IP:source.ip} \(user= ?%{DATA:source.user.name}\) to %)re"
     R"re({IP:destination.ip} that failed anti-replay checking\.?)re"},
    {"CISCOFW419001",
     R"re(%{CISCO_ACTION:cisco.asa.outcome} %{WORD:cisco.asa.network.transport} packet f)re"
     R"re(rom %{NOTSPACE:observer.ingress.interface.name}:%{IP:source.ip}/%{INT:source.p)re"
     R"re(ort:int} to %{NOTSPACE:observer.egress.interface.name}:%{IP:destination.ip}/%{)re"
     R"re(INT:destination.port:int}, reason: %{GREEDYDATA:event.reason})re"},
    {"CISCOFW419002",
     R"re(%{CISCO_REASON:event.reason} from %{DATA:observer.ingress.interface.name}:%{IP)re"
     R"re(:source.ip}/%{INT:source.port:int} to %{DATA:observer.egress.interface.name}:%)re"
     R"re({IP:destination.ip}/%{INT:destination.port:int} with different initial sequenc)re"
     R"re(e number)re"},
    {"CISCOFW500004",
     R"re(%{CISCO_REASON:event.reason} for protocol=%{WORD:cisco.asa.network.transport},)re"
     R"re( from %{IP:source.ip}/%{INT:source.port:int} to %{IP:destination.ip}/%{INT:des)re"
     R"re(tination.port:int})re"},
    {"CISCOFW602303_602304",
     R"re(%{WORD:cisco.asa.network.type}: An %{CISCO_DIRECTION:cisco.asa.network.directi)re"
     R"re(on} %{DATA:cisco.asa.ipsec.tunnel_type} SA \(SPI= ?%{DATA:cisco.asa.ipsec.spi})re"
     R"re(\) between %{IP:source.ip} and %{IP:destination.ip} \(user= ?%{DATA:source.use)re"
     R"re(r.name}\) has been %{CISCO_ACTION:cisco.asa.outcome})re"},
    {"CISCOFW710001_710002_710003_710005_710006",
     R"re(%{WORD:cisco.asa.network.transport} (?:request|access) %{CISCO_ACTION:cisco.as)re"
     R"re(a.outcome} from %{IP:source.ip}/%{INT:source.port:int} to %{DATA:observer.egre)re"
     R"re(ss.interface.name}:%{IP:destination.ip}/%{INT:destination.port:int})re"},
    {"CISCOFW713172",
     R"re(Group = %{DATA:cisco.asa.source.group}, IP = %{IP:source.ip}, Automatic NAT De)re"
     R"re(tection Status: +Remote end +%{DATA} +behind a NAT device +This +end +%{DATA} )re"
     R"re(+behind a NAT device)re"},
    {"CISCOFW733100",
     R"re(\[ *%{DATA:cisco.asa.burst.object} *\] drop %{DATA:cisco.asa.burst.id} exceede)re"
     R"re(d\. Current burst rate is %{INT:cisco.asa.burst.current_rate:int} per second, )re"
     R"re(max configured rate is %{INT:cisco.asa.burst.configured_rate:int}; Current ave)re"
     R"re(rage rate is %{INT:cisco.asa.burst.avg_rate:int} per second, max configured ra)re"
     R"re(te is %{INT:cisco.asa.burst.configured_avg_rate:int}; Cumulative total count i)re"
     R"re(s %{INT:cisco.asa.burst.cumulative_count:int})re"},
    {"CISCOTAG",
     R"re([A-Z0-9]+-[0-7]-[A-Z0-9_]+)re"},
    {"CISCOTIMESTAMP",
     R"re(%{MONTH} +%{MONTHDAY}(?: %{YEAR})? %{TIME})re"},
    {"CISCO_ACTION",
     R"re((?:Built|Teardown|[Dd]enied by ACL|Denied|denied|Deny|requested|permitted|disc)re"
     R"re(arded|est-allowed|Dropping|created|deleted))re"},
    {"CISCO_DIRECTION",
     R"re((?:[Ii]n|[Oo]ut)bound)re"},
    {"CISCO_DST_HOST_PORT_USER",
     R"re(%{NOTSPACE:observer.egress.interface.name}:(?:%{IP:destination.ip}|%{HOSTNAME:)re"
     R"re(destination.address})(?:/%{INT:destination.port:int})?(?:\(%{DATA:destination.)re"
     R"re(user.name}\))?)re"},
    {"CISCO_DST_IP_USER",
     R"re(%{NOTSPACE:observer.egress.interface.name}:%{IP:destination.ip}(?:\(%{DATA:des)re"
     R"re(tination.user.name}\))?)re"},
    {"CISCO_HITCOUNT_INTERVAL",
     R"re(hit-cnt %{INT:cisco.asa.hit_count:int} (?:first hit|%{INT:cisco.asa.interval:i)re"
     R"re(nt}-second interval))re"},
    {"CISCO_INTERVAL",
     R"re((?:first hit|%{INT}-second interval))re"},
    {"CISCO_REASON",
     R"re((?:[A-Za-z_][A-Za-z0-9_-]*(?: +[A-Za-z_][A-Za-z0-9_-]*)*))re"},
    {"CISCO_SRC_HOST_PORT_USER",
     R"re(%{NOTSPACE:observer.ingress.interface.name}:(?:%{IP:source.ip}|%{HOSTNAME:sour)re"
     R"re(ce.address})(?:/%{INT:source.port:int})?(?:\(%{DATA:source.user.name}\))?)re"},
    {"CISCO_SRC_IP_USER",
     R"re(%{NOTSPACE:observer.ingress.interface.name}:%{IP:source.ip}(?:\(%{DATA:source.)re"
     R"re(user.name}\))?)re"},
    {"CISCO_TAGGED_SYSLOG",
     R"re(^<%{POSINT:log.syslog.priority:int}>%{CISCOTIMESTAMP:timestamp}(?: %{SYSLOGHOS)re"
     R"re(T:host.hostname})? ?: %%{CISCOTAG:cisco.asa.tag}:)re"},
    {"CISCO_XLATE_TYPE",
     R"re((?:static|dynamic))re"},
    {"IPTABLES",
     R"re(IN=%{NOTSPACE:observer.ingress.interface.name}? +OUT=%{NOTSPACE:observer.egres)re"
     R"re(s.interface.name}? +(?:MAC=(?:%{COMMONMAC:destination.mac}(?::%{COMMONMAC:sour)re"
     R"re(ce.mac})?(?::[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2})?)? +)?(?:%{IPTABLES4_PART}|%{IPTAB)re"
     R"re(LES6_PART}).*?PROTO=%{WORD:network.transport}(?: +SPT=%{INT:source.port:int} +)re"
     R"re(DPT=%{INT:destination.port:int})?(?: +%{IPTABLES_TCP_PART})?)re"},
    {"IPTABLES4_FRAG",
     R"re((?:(?:CE|DF|MF) ?)*)re"},
    {"IPTABLES4_PART",
     R"re(SRC=%{IPV4:source.ip} +DST=%{IPV4:destination.ip} +LEN=%{INT:iptables.length:i)re"
     R"re(nt} +TOS=(?:0x%{BASE16NUM:iptables.tos}|0) +PREC=0x%{BASE16NUM:iptables.preced)re"
     R"re(ence_bits} +TTL=%{INT:iptables.ttl:int} +ID=%{INT:iptables.id}(?: +%{IPTABLES4)re"
     R"re(_FRAG:iptables.fragment_flags})?(?: *FRAG: ?%{INT:iptables.fragment_offset:int)re"
     R"re(})?)re"},
    {"IPTABLES6_PART",
     R"re(SRC=%{IPV6:source.ip} +DST=%{IPV6:destination.ip} +LEN=%{INT:iptables.length:i)re"
     R"re(nt} +TC=(?:0x%{BASE16NUM:iptables.tos}|%{INT}) +HOPLIMIT=%{INT:iptables.ttl:in)re"
     R"re(t} +FLOWLBL=%{INT:iptables.flow_label})re"},
    {"IPTABLES_TCP_FLAGS",
     R"re((?:(?:CWR|ECE|URG|ACK|PSH|RST|SYN|FIN) )*)re"},
    {"IPTABLES_TCP_PART",
     R"re((?:SEQ=%{INT:iptables.tcp.seq:int} +)?(?:ACK=%{INT:iptables.tcp.ack:int} +)?WI)re"
     R"re(NDOW=%{INT:iptables.tcp.window:int} +RES=0x%{BASE16NUM:iptables.tcp_reserved_b)re"
     R"re(its} +%{IPTABLES_TCP_FLAGS:iptables.tcp.flags})re"},
    {"NETSCREENSESSIONLOG",
     R"re(%{SYSLOGTIMESTAMP:timestamp} %{IPORHOST:observer.hostname} %{NOTSPACE:observer)re"
     R"re(.name}: (?<observer.product>NetScreen) device_id=%{WORD:netscreen.device_id} .)re"
     R"re(*?(?:system-\w+-%{NONNEGINT:event.code}\(%{WORD:netscreen.session.type}\))?: s)re"
     R"re(tart_time="%{DATA:netscreen.session.start_time}" duration=%{INT:netscreen.sess)re"
     R"re(ion.duration:int} policy_id=%{INT:netscreen.policy_id} service=%{DATA:netscree)re"
     R"re(n.service} proto=%{INT:netscreen.protocol_number:int} src zone=%{WORD:observer)re"
     R"re(.ingress.zone} dst zone=%{WORD:observer.egress.zone} action=%{WORD:event.actio)re"
     R"re(n} sent=%{INT:source.bytes:int} rcvd=%{INT:destination.bytes:int} src=%{IPORHO)re"
     R"re(ST:source.address} dst=%{IPORHOST:destination.address}(?: src_port=%{INT:sourc)re"
     R"re(e.port:int} dst_port=%{INT:destination.port:int})?)re"},
    {"RT_FLOW1",
     R"re(%{RT_FLOW_TAG:juniper.srx.tag}: %{DATA:juniper.srx.reason}: %{IP:source.ip}/%{)re"
     R"re(INT:source.port:int}->%{IP:destination.ip}/%{INT:destination.port:int} %{NOTSP)re"
     R"re(ACE:juniper.srx.service_name} %{IP:source.nat.ip}/%{INT:source.nat.port:int}->)re"
     R"re(%{IP:destination.nat.ip}/%{INT:destination.nat.port:int} (?:None|%{NOTSPACE:ju)re"
     R"re(niper.srx.src_nat_rule_name}) (?:None|%{NOTSPACE:juniper.srx.dst_nat_rule_name)re"
     R"re(}) %{INT:network.iana_number} %{NOTSPACE:rule.name} %{NOTSPACE:observer.ingres)re"
     R"re(s.zone} %{NOTSPACE:observer.egress.zone} %{INT:juniper.srx.session_id} [0-9]+\)re"
     R"re((%{INT:source.bytes:int}\) [0-9]+\(%{INT:destination.bytes:int}\) %{INT:junipe)re"
     R"re(r.srx.elapsed_time:int}.*)re"},
    {"RT_FLOW2",
     R"re(%{RT_FLOW_TAG:juniper.srx.tag}: session created %{IP:source.ip}/%{INT:source.p)re"
     R"re(ort:int}->%{IP:destination.ip}/%{INT:destination.port:int} %{NOTSPACE:juniper.)re"
     R"re(srx.service_name} %{IP:source.nat.ip}/%{INT:source.nat.port:int}->%{IP:destina)re"
     R"re(tion.nat.ip}/%{INT:destination.nat.port:int} (?:None|%{NOTSPACE:juniper.srx.sr)re"
     R"re(c_nat_rule_name}) (?:None|%{NOTSPACE:juniper.srx.dst_nat_rule_name}) %{INT:net)re"
     R"re(work.iana_number} %{NOTSPACE:rule.name} %{NOTSPACE:observer.ingress.zone} %{NO)re"
     R"re(TSPACE:observer.egress.zone} %{INT:juniper.srx.session_id}.*)re"},
    {"RT_FLOW3",
     R"re(%{RT_FLOW_TAG:juniper.srx.tag}: session denied %{IP:source.ip}/%{INT:source.po)re"
     R"re(rt:int}->%{IP:destination.ip}/%{INT:destination.port:int} %{NOTSPACE:juniper.s)re"
     R"re(rx.service_name} %{INT:network.iana_number}\([0-9]+\) %{NOTSPACE:rule.name} %{)re"
     R"re(NOTSPACE:observer.ingress.zone} %{NOTSPACE:observer.egress.zone}.*)re"},
    {"RT_FLOW_EVENT",
     R"re(%{RT_FLOW_TAG})re"},
    {"RT_FLOW_TAG",
     R"re(RT_FLOW_SESSION_(?:CREATE|CLOSE|DENY))re"},
    {"SFW2",
     R"re((?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp}) *%{HOSTNAME:ob)re"
     R"re(server.hostname}.*?%{SFW2_LOG_PREFIX:suse.firewall.log_prefix} *%{IPTABLES})re"},
    {"SFW2_LOG_PREFIX",
     R"re(SFW2-INext-%{NOTSPACE:suse.firewall.action})re"},
    {"SHOREWALL",
     R"re(%{SYSLOGTIMESTAMP:timestamp} %{WORD:observer.hostname} .*?Shorewall:%{WORD:sho)re"
     R"re(rewall.firewall.type}?:%{WORD:shorewall.firewall.action}?.*?%{IPTABLES})re"},
};

}  // namespace

std::span<const NamedPattern> NetworkPatterns() {
  return kPatterns;
}

}  // namespace weir::grok
