// Each name of the library: what it takes whole, and what it does not.
#include "common/grok/pattern_library_internal.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/grok/grok.h"

namespace weir::grok {
namespace {

struct Sample {
  std::vector<std::string> taken;
  std::vector<std::string> refused;
};

const std::map<std::string, Sample, std::less<>>& Samples() {
  static const std::map<std::string, Sample, std::less<>> samples = {
      {"BASE10NUM", {{"12", "-1.5", ".5", "+7"}, {"x", "1.", ""}}},
      {"BASE16FLOAT", {{"0x1f.8", "ff"}, {"g", "0x"}}},
      {"BASE16NUM", {{"0xDEADbeef", "-1f"}, {"0x", "xyz"}}},
      {"CISCOMAC", {{"0011.22aa.BBcc"}, {"00:11:22:aa:bb:cc", "0011.22aa"}}},
      {"COMBINEDAPACHELOG",
       {{"10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326 "
         "\"http://x.example/\" \"Mozilla/4.08\""},
        {"10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326"}}},
      {"COMMONAPACHELOG",
       {{"host.example - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 304 -"}, {"GET /"}}},
      {"COMMONMAC", {{"00:11:22:aa:BB:cc"}, {"00-11-22-aa-bb-cc", "00:11:22"}}},
      {"DATA", {{"", "anything at all"}, {"two\nlines"}}},
      {"DATE", {{"12/31/2023", "31.12.2023", "1-2-99"}, {"2023/12/31x", "December"}}},
      {"DATESTAMP", {{"31.12.2023 10:11:12", "12/31/2023-10:11:12"}, {"31.12.2023"}}},
      {"DATESTAMP_EVENTLOG", {{"20231231101112"}, {"2023-12-31"}}},
      {"DATESTAMP_OTHER", {{"Mon Jan 02 15:04:05 MST 2006"}, {"Mon Jan 02 2006"}}},
      {"DATESTAMP_RFC2822", {{"Mon, 02 Jan 2006 15:04:05 +0100"}, {"Mon 02 Jan 2006"}}},
      {"DATESTAMP_RFC822", {{"Mon Jan 02 2006 15:04:05 PST"}, {"Mon Jan 02 2006 15:04:05"}}},
      {"DATE_EU", {{"31.12.2023", "1/2/99"}, {"12/31/2023"}}},
      {"DATE_US", {{"12/31/2023", "1-2-99"}, {"31/12/2023"}}},
      {"DAY", {{"Mon", "Tuesday"}, {"Mo", "monday"}}},
      {"EMAILADDRESS", {{"user@example.com", "a.b+c@x.example"}, {"user@", "@x", "a b@x"}}},
      {"EMAILLOCALPART", {{"first.last+tag"}, {"a@b", ".a", ""}}},
      {"GREEDYDATA", {{"", "all of it"}, {"two\nlines"}}},
      {"HOSTNAME", {{"a", "host-1.example.com", "a.b."}, {"-a", "a..b", ""}}},
      {"HOSTPORT", {{"10.0.0.1:80", "a.b:8080"}, {"a.b", "a.b:0"}}},
      {"HOUR", {{"0", "07", "23"}, {"24", ""}}},
      {"HTTPDATE", {{"10/Oct/2000:13:55:36 -0700"}, {"10/10/2000 13:55"}}},
      {"INT", {{"7", "-12", "+3"}, {"1.5", "x"}}},
      {"IP", {{"10.0.0.1", "fe80::1"}, {"10.0.0", "256.1.1.1"}}},
      {"IPORHOST", {{"10.0.0.1", "::1", "a.example"}, {"", "a b"}}},
      {"IPV4", {{"0.0.0.0", "255.255.255.255", "10.01.2.3"}, {"256.1.1.1", "1.2.3", "::1"}}},
      {"IPV6",
       {{"::", "::1", "1::", "1:2:3:4:5:6:7:8", "fe80::1%eth0", "2001:db8::ff00:42:8329",
         "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "1:2:3:4:5:6:10.0.0.1", "1:2:3:4:5:6:7::",
         "1::2:3:4:5:6:7", "1:2::3:4:5:6:7", "a:b:c:d::e:f", "::2:3:4:5:6:7:8", "1:2:3:4:5::8"},
        {"1:2:3", "1:2:3:4:5:6:7:8:9", "12345::", ":1", "10.0.0.1", "1::2::3"}}},
      {"ISO8601_HOUR", {{"00", "23"}, {"7", "24"}}},
      {"ISO8601_SECOND", {{"59", "60", "07.123", "01,5"}, {"61", "x"}}},
      {"ISO8601_TIMEZONE", {{"Z", "+01:00", "-0530"}, {"UTC", "+1"}}},
      {"LOGLEVEL", {{"INFO", "warning", "Error", "EMERGENCY", "debug"}, {"iNFO", "verbose"}}},
      {"MAC", {{"0011.22aa.bbcc", "00:11:22:aa:bb:cc", "00-11-22-AA-BB-CC"}, {"00:11"}}},
      {"MINUTE", {{"00", "59"}, {"60", "5"}}},
      {"MONTH", {{"Jan", "december", "März", "Okt", "May"}, {"Janu", "13"}}},
      {"MONTHDAY", {{"01", "31", "9"}, {"32", "0"}}},
      {"MONTHNUM", {{"1", "01", "12"}, {"13", "0"}}},
      {"MONTHNUM2", {{"01", "12"}, {"1", "13"}}},
      {"NONNEGINT", {{"0", "12"}, {"-1", "x"}}},
      {"NOTSPACE", {{"a/b:c"}, {"a b", ""}}},
      {"NUMBER", {{"12", "-1.5"}, {"1.2.3", "x"}}},
      {"PATH", {{"/usr/bin", "C:\\Windows\\x.exe"}, {"usr"}}},
      {"POSINT", {{"1", "90"}, {"0", "-1", "01"}}},
      {"PROG", {{"sshd", "a/b-c.d"}, {"a[1]", "a b"}}},
      {"QS", {{"\"a b\"", "'x'"}, {"\"a", "a"}}},
      {"QUOTEDSTRING", {{"\"a \\\" b\"", "'x'", "`y`", "\"\""}, {"\"a'", "a", "\"a\" b"}}},
      {"SECOND", {{"0", "59", "60", "07.25"}, {"61", ""}}},
      {"SPACE", {{"", " \t"}, {"x"}}},
      {"SYSLOGBASE",
       {{"Jan  2 15:04:05 host sshd[42]:", "Jan 12 15:04:05 <13.6> 10.0.0.1 cron:"}, {"host sshd:"}}},
      {"SYSLOGFACILITY", {{"<13.6>"}, {"<13>"}}},
      {"SYSLOGHOST", {{"host.example", "10.0.0.1"}, {"a b"}}},
      {"SYSLOGPROG", {{"sshd[42]", "cron"}, {"sshd[x]"}}},
      {"SYSLOGTIMESTAMP", {{"Jan  2 15:04:05"}, {"Jan 15:04:05"}}},
      {"TIME", {{"15:04:05", "0:00:00.123"}, {"15:04", "25:00:00"}}},
      {"TIMESTAMP_ISO8601",
       {{"2023-01-23T12:15:00Z", "2023-01-23 12:15", "2023-01-23T12:15:00.123+01:00"},
        {"2023-01-23", "2023-13-23T12:15", "2023-01-23T7:15"}}},
      {"TTY", {{"/dev/pts/0", "/dev/tty1"}, {"/dev/null"}}},
      {"TZ", {{"PST", "UTC", "EDT"}, {"XST", "GMT"}}},
      {"UNIXPATH", {{"/", "/usr/local/x-1.2"}, {"usr", "/a b"}}},
      {"URI",
       {{"https://user:pw@host.example:8443/a/b?c=d", "ftp://x/"}, {"host.example/a", "://x"}}},
      {"URIHOST", {{"a.example:80", "10.0.0.1"}, {"a.example:"}}},
      {"URIPARAM", {{"?a=b&c[]=d"}, {"a=b"}}},
      {"URIPATH", {{"/a/b.html"}, {"a", "/a?b"}}},
      {"URIPATHPARAM", {{"/a?b=c", "/a"}, {"?b"}}},
      {"URIPROTO", {{"https", "svn+ssh"}, {"1x", "a:"}}},
      {"URN", {{"urn:isbn:0451450523"}, {"urn:", "isbn:1"}}},
      {"USER", {{"bob", "a.b-c_d"}, {"a b", "a@b"}}},
      {"USERNAME", {{"bob", "a.b-c_d"}, {"a b", "a@b"}}},
      {"UUID", {{"123e4567-E89B-12d3-a456-426614174000"}, {"123e4567-e89b-12d3-a456"}}},
      {"WINDOWSMAC", {{"00-11-22-aa-BB-cc"}, {"00:11:22:aa:bb:cc"}}},
      {"WINPATH", {{"C:\\Windows\\System32", "\\\\server\\share"}, {"/usr", "C:"}}},
      {"WORD", {{"word", "a_1", "größe"}, {"two words", "a-b", ""}}},
      {"YEAR", {{"2024", "99"}, {"202", "x"}}},
  };
  return samples;
}

bool TakesWhole(std::string_view name, const std::string& text) {
  const StatusOr<GrokPtr> grok = CompileGrok({"\\A%{" + std::string(name) + ":it}\\z"});
  EXPECT_TRUE(grok.ok()) << name << ": " << Message(grok.status());
  if (!grok.ok()) {
    return false;
  }
  Arena arena;
  std::vector<Value> outputs((*grok)->columns().size());
  EXPECT_TRUE((*grok)->Match(Value::Keyword(text), &arena, outputs.data()));
  return !outputs[0].is_null() && outputs[0].text() == text;
}

TEST(PatternLibraryTest, EveryNameTakesAndRefuses) {
  for (const NamedPattern& pattern : PatternLibrary()) {
    const auto found = Samples().find(pattern.name);
    ASSERT_NE(found, Samples().end()) << pattern.name;
    ASSERT_FALSE(found->second.taken.empty() || found->second.refused.empty());
    for (const std::string& text : found->second.taken) {
      EXPECT_TRUE(TakesWhole(pattern.name, text)) << pattern.name << ": " << text;
    }
    for (const std::string& text : found->second.refused) {
      EXPECT_FALSE(TakesWhole(pattern.name, text)) << pattern.name << ": " << text;
    }
  }
  EXPECT_EQ(Samples().size(), PatternLibrary().size());
}

TEST(PatternLibraryTest, TableIsSorted) {
  std::string_view before;
  for (const NamedPattern& pattern : PatternLibrary()) {
    EXPECT_LT(before, pattern.name);
    EXPECT_EQ(FindPattern(pattern.name), &pattern);
    before = pattern.name;
  }
  EXPECT_EQ(FindPattern("word"), nullptr);
}

TEST(PatternLibraryTest, ProductPatternsCompileAndAreSorted) {
  for (const auto& patterns :
       {ProductPatterns(), NetworkPatterns(), MonitoringPatterns(), BackupPatterns()}) {
    std::string_view last;
    for (const NamedPattern& pattern : patterns) {
      EXPECT_LT(last, pattern.name);
      last = pattern.name;
      EXPECT_EQ(FindPattern(pattern.name), &pattern);
      const StatusOr<GrokPtr> compiled = CompileGrok({"^%{" + std::string(pattern.name) + "}$"});
      EXPECT_TRUE(compiled.ok()) << pattern.name << ": " << Message(compiled.status());
    }
  }
}

TEST(PatternLibraryTest, ProductPatternsTakeTheirLines) {
  const std::pair<std::string_view, std::string_view> kLines[] = {
      {"CRONLOG", "May  1 10:11:12 host CRON[123]: (root) CMD (run-parts /etc)"},
      {"SYSLOGLINE", "May  1 10:11:12 host sshd[42]: Accepted publickey for ann"},
      {"SYSLOGPAMSESSION",
       "May  1 10:11:12 host sshd[42]: pam_unix(sshd:session): session opened for user ann by x"},
      {"SYSLOG5424LINE", "<34>1 2024-05-01T10:11:12.003Z host app 77 ID47 - it happened"},
      {"HTTPD_COMBINEDLOG",
       "10.0.0.1 - a@b.example [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 200 12 \"-\" \"x\""},
      {"HTTPD_ERRORLOG",
       "[Wed Oct 11 14:32:52 2000] [error] [client 10.0.0.1] client denied: /export"},
      {"HTTPD_ERRORLOG",
       "[Wed Oct 11 14:32:52 2000] [core:error] [pid 35708:tid 4328] [client 10.0.0.1:49] AH1: gone"},
      {"JAVASTACKTRACEPART", "  at org.example.Main.run(Main.java:42)"},
      {"CATALINALOG", "Jan 09, 2024 7:03:28 AM org.apache.Startup started"},
      {"TOMCATLOG", "2024-01-09 20:03:28 -0800 | ERROR | com.example.Service - failed"},
      {"S3_ACCESS_LOG",
       "owner bucket [10/Oct/2000:13:55:36 -0700] 10.0.0.1 - 3E57427F3EXAMPLE REST.GET.OBJECT key "
       "\"GET /key HTTP/1.1\" 200 - 113 113 7 6 \"-\" \"agent\" -"},
      {"ELB_ACCESS_LOG",
       "2024-05-13T23:39:43.945958Z lb 10.0.0.1:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 "
       "0 29 \"GET http://www.example.com:80/ HTTP/1.1\""},
      {"MONGO3_LOG", "2024-05-01T10:11:12.003Z I NETWORK [conn1] end connection"},
      {"REDISMONLOG", "1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\""},
      {"RUBY_LOGGER", "I, [2024-05-01T10:11:12.003456 #12]  INFO -- main: started"},
      {"SQUID3",
       "1286536308.779    180 192.0.2.224 TCP_MISS/200 411 GET http://www.example.com/ - "
       "DIRECT/192.0.2.1 text/html"},
      {"CISCOFW106023",
       "Deny tcp src outside:203.0.113.9/4711 dst inside:10.0.0.5/22 by access-group \"acl\" [0x0, 0x0]"},
      {"CISCOFW302013_302014_302015_302016",
       "Teardown TCP connection 89743 for outside:203.0.113.9/4711 to inside:10.0.0.5/22 duration "
       "0:00:30 bytes 1024 TCP FINs"},
      {"CISCO_TAGGED_SYSLOG", "<174>May  1 2024 10:11:12 fw : %ASA-4-106023:"},
      {"IPTABLES",
       "IN=eth0 OUT= MAC=00:11:22:33:44:55:66:77:88:99:aa:bb:08:00 SRC=203.0.113.9 DST=10.0.0.5 LEN=60 "
       "TOS=0x00 PREC=0x00 TTL=51 ID=7 DF PROTO=TCP SPT=4711 DPT=22 WINDOW=64240 RES=0x00 SYN "},
      {"RT_FLOW2",
       "RT_FLOW_SESSION_CREATE: session created 10.0.0.5/4711->203.0.113.9/443 https "
       "10.1.0.5/4711->203.0.113.9/443 None None 6 out trust untrust 4242 ge-0/0/1"},
      {"NAGIOSLOGLINE", "[1700000000] SERVICE ALERT: host;disk;CRITICAL;HARD;3;disk is full"},
      {"NAGIOSLOGLINE", "[1700000000] EXTERNAL COMMAND: DISABLE_SVC_CHECK;host;disk"},
      {"ZEEK_CONN",
       "1700000000.1\tC1\t10.0.0.5\t4711\t203.0.113.9\t443\ttcp\tssl\t1.5\t10\t20\tSF\tT\tF\t0\tShADf\t"
       "4\t300\t5\t400\t-"},
      {"RAILS3HEAD", "Started GET \"/a?b=1\" for 10.0.0.5 at 2024-05-01 10:11:12 +0200"},
      {"BACULA_LOG", "01-May 10:11 host-dir JobId 7: Start Backup JobId 7, Job=nightly"},
      {"HAPROXYTCP",
       "May  1 10:11:12 host haproxy[14387]: 10.0.0.1:33317 [06/Feb/2009:12:12:51.443] fnt bck/srv1 "
       "0/0/5007 212 -- 0/0/0/0/3 0/0"},
      {"HAPROXYHTTP",
       "May  1 10:11:12 host haproxy[14389]: 10.0.0.1:33317 [06/Feb/2009:12:14:14.655] in static/srv1 "
       "10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\""},
      {"HAPROXYHTTPBASE",
       "10.0.0.1:33317 [06/Feb/2009:12:14:14.655] in static/srv1 10/0/30/69/+109 400 +187 - - PR-- "
       "1/1/1/1/0 0/0 \"<BADREQ>\""},
      {"BIND9",
       "01-May-2024 10:11:12.003 queries: info: client 10.0.0.1#5301 (a.example): query: a.example IN "
       "AAAA + (10.0.0.53)"},
      {"BIND9_QUERYLOG",
       "client @0x7f3c 10.0.0.1#5301 (a.example): query: a.example IN TXT +E(0)K (10.0.0.53)"},
      {"CATALINA7_LOG",
       "Jan 09, 2024 7:03:28 AM org.apache.catalina.startup.HostConfig deployWAR INFO: Deploying x.war"},
      {"CATALINA8_LOG",
       "31-Jul-2024 13:40:10.728 INFO [main] org.apache.coyote.AbstractProtocol.init Initializing"},
      {"TOMCATLEGACY_LOG", "2024-01-09 20:03:28,269 -0800 | ERROR | com.example.Service - failed"},
      {"ELB_V1_HTTP_LOG",
       "2024-05-13T23:39:43.945958Z lb 10.0.0.1:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 "
       "0 29 \"GET http://www.example.com:80/ HTTP/1.1\" \"curl/7.38.0\" - -"},
      {"EXIM",
       "2024-05-01 10:11:12 1gLhC6-0006Mv-5C <= ann@a.example H=mx.a.example (helo) [203.0.113.9]:4711 "
       "P=esmtps S=1234 id=7@a.example T=\"a \\\"b\\\" c\" for bob@b.example"},
      {"MCOLLECTIVEAUDIT", "2024-05-01T10:11:12.003Z:"},
      {"MONGO_SLOWQUERY",
       "query shop.orders query: { a: 1 } ntoreturn:0 ntoskip:0 nscanned:7 nreturned:3 reslen:20 112ms"},
  };
  for (const auto& [name, line] : kLines) {
    const StatusOr<GrokPtr> compiled = CompileGrok({"^%{" + std::string(name) + "}$"});
    ASSERT_TRUE(compiled.ok()) << name << ": " << Message(compiled.status());
    Arena arena;
    std::vector<Value> cells((*compiled)->columns().size());
    EXPECT_TRUE((*compiled)->Match(Value::Keyword(line), &arena, cells.data())) << name;
    EXPECT_TRUE(cells.empty() || std::any_of(cells.begin(), cells.end(), [](const Value& cell) {
                  return !cell.is_null();
                }))
        << name << " does not take " << line;
  }
}

TEST(PatternLibraryTest, NamesTheNearest) {
  EXPECT_EQ(NearestPatternName("GREEDY_DATA"), "GREEDYDATA");
  EXPECT_EQ(NearestPatternName("Ipv4"), "IPV4");
  EXPECT_EQ(NearestPatternName("COMPLETELYELSE"), "");
}

TEST(PatternLibraryTest, CompositesKeepTheirParts) {
  const GrokPtr grok = *CompileGrok({"%{SYSLOGBASE} %{GREEDYDATA:message}"});
  std::string names;
  for (const OutputColumn& column : grok->columns()) {
    names += column.name + " ";
  }
  EXPECT_EQ(names, "timestamp facility priority logsource program pid message ");
  Arena arena;
  std::vector<Value> out(grok->columns().size());
  ASSERT_TRUE(grok->Match(Value::Keyword("Jan  2 15:04:05 web-1 sshd[42]: no such user"), &arena,
                          out.data()));
  EXPECT_EQ(out[0].text(), "Jan  2 15:04:05");
  EXPECT_TRUE(out[1].is_null());
  EXPECT_EQ(out[3].text(), "web-1");
  EXPECT_EQ(out[5].text(), "42");
  EXPECT_EQ(out[6].text(), "no such user");
}

}  // namespace
}  // namespace weir::grok
