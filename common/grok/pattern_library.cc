#include "common/grok/pattern_library_internal.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace weir::grok {

namespace {

#define HEXTET "[0-9A-Fa-f]{1,4}"
#define OCTET "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
#define QUAD OCTET R"((?:\.)" OCTET "){3}"
#define LABEL "[0-9A-Za-z][0-9A-Za-z-]{0,62}"
#define HEX_PAIR "[0-9A-Fa-f]{2}"
#define ATOM "[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]{1,64}"

// An address with "::" after n leading groups: at most 7 - n groups follow, or at most 5 - n and the
// dotted form of the last two.
#define IPV6_SHORT(leading, groups_max, before_quad_max)                                      \
  "(?:" HEXTET ":){" leading "}(?:(?::" HEXTET "){0," before_quad_max "}:" QUAD "|(?::" HEXTET \
  "){1," groups_max "}|:)"

constexpr std::string_view kIpv6 =
    "(?:(?:" HEXTET ":){6}" QUAD
    "|(?:" HEXTET ":){7}(?:" HEXTET "|:)"
    "|(?:" HEXTET ":){6}(?::" HEXTET "|:)"
    "|(?:" HEXTET ":){5}(?::" QUAD "|(?::" HEXTET "){1,2}|:)"
    "|" IPV6_SHORT("4", "3", "1")
    "|" IPV6_SHORT("3", "4", "2")
    "|" IPV6_SHORT("2", "5", "3")
    "|" IPV6_SHORT("1", "6", "4")
    "|:(?:(?::" HEXTET "){0,5}:" QUAD "|(?::" HEXTET "){1,7}|:)"
    ")(?:%[0-9A-Za-z._-]+)?";

// A quoted run: what is between two of the quote, with backslash escapes.
#define QUOTED(quote) quote R"((?:[^\\)" quote R"(]|\\.)*)" quote

constexpr std::string_view kMonth =
    "\\b(?:[Jj]an(?:uary|uar)?|[Ff]eb(?:ruary|ruar)?|[Mm](?:a|ä)?r(?:ch|z)?|[Aa]pr(?:il)?|[Mm]a[iy]"
    "|[Jj]un[ei]?|[Jj]ul[iy]?|[Aa]ug(?:ust)?|[Ss]ep(?:t(?:ember)?)?|[Oo][ck]t(?:ober)?"
    "|[Nn]ov(?:ember)?|[Dd]e[cz](?:ember)?)\\b";

constexpr std::string_view kLogLevel =
    "(?:[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|INFO(?:RMATION)?"
    "|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?"
    "|[Aa]lert|ALERT|[Ff]atal|FATAL|[Ss]evere|SEVERE|[Ee]merg(?:ency)?|EMERG(?:ENCY)?)";

constexpr std::string_view kCommonLog =
    "%{IPORHOST:clientip} %{USER:ident} %{USER:auth} \\[%{HTTPDATE:timestamp}\\] "
    "\"(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})\" "
    "%{NUMBER:response} (?:%{NUMBER:bytes}|-)";

constexpr NamedPattern kPatterns[] = {
    {"BASE10NUM", R"((?<![0-9.+-])(?>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)))"},
    {"BASE16FLOAT",
     R"(\b(?<![0-9A-Fa-f.])[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b)"},
    {"BASE16NUM", "(?<![0-9A-Fa-f])[+-]?(?:0x)?[0-9A-Fa-f]+"},
    {"CISCOMAC", R"((?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})"},
    {"COMBINEDAPACHELOG", "%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}"},
    {"COMMONAPACHELOG", kCommonLog},
    {"COMMONMAC", "(?:" HEX_PAIR ":){5}" HEX_PAIR},
    {"DATA", ".*?"},
    {"DATE", "(?:%{DATE_US}|%{DATE_EU})"},
    {"DATESTAMP", "%{DATE}[ -]%{TIME}"},
    {"DATESTAMP_EVENTLOG", "%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}"},
    {"DATESTAMP_OTHER", "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}"},
    {"DATESTAMP_RFC2822", "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}"},
    {"DATESTAMP_RFC822", "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}"},
    {"DATE_EU", "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}"},
    {"DATE_US", "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}"},
    {"DAY",
     "(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?"
     "|Sun(?:day)?)"},
    {"EMAILADDRESS", "%{EMAILLOCALPART}@%{HOSTNAME}"},
    {"EMAILLOCALPART", ATOM R"((?:\.)" ATOM "){0,63}"},
    {"GREEDYDATA", ".*"},
    {"HOSTNAME", R"(\b)" LABEL R"((?:\.)" LABEL R"()*\.?)"},
    {"HOSTPORT", "%{IPORHOST}:%{POSINT}"},
    {"HOUR", "(?:2[0-3]|[01]?[0-9])"},
    {"HTTPDATE", "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}"},
    {"INT", "[+-]?[0-9]+"},
    {"IP", "(?:%{IPV6}|%{IPV4})"},
    {"IPORHOST", "(?:%{IP}|%{HOSTNAME})"},
    {"IPV4", "(?<![0-9])" QUAD "(?![0-9])"},
    {"IPV6", kIpv6},
    {"ISO8601_HOUR", "(?:2[0-3]|[01][0-9])"},
    {"ISO8601_SECOND", "%{SECOND}"},
    {"ISO8601_TIMEZONE", "(?:Z|[+-]%{HOUR}:?%{MINUTE})"},
    {"LOGLEVEL", kLogLevel},
    {"MAC", "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})"},
    {"MINUTE", "[0-5][0-9]"},
    {"MONTH", kMonth},
    {"MONTHDAY", "(?:0[1-9]|[12][0-9]|3[01]|[1-9])"},
    {"MONTHNUM", "(?:1[0-2]|0?[1-9])"},
    {"MONTHNUM2", "(?:0[1-9]|1[0-2])"},
    {"NONNEGINT", R"(\b[0-9]+\b)"},
    {"NOTSPACE", R"(\S+)"},
    {"NUMBER", "%{BASE10NUM}"},
    {"PATH", "(?:%{UNIXPATH}|%{WINPATH})"},
    {"POSINT", R"(\b[1-9][0-9]*\b)"},
    {"PROG", R"([!-Z\\^-~]+)"},
    {"QS", "%{QUOTEDSTRING}"},
    {"QUOTEDSTRING", R"((?<!\\)(?:)" QUOTED("\"") "|" QUOTED("'") "|" QUOTED("`") ")"},
    {"SECOND", "(?:60|[0-5]?[0-9])(?:[:.,][0-9]+)?"},
    {"SPACE", R"(\s*)"},
    {"SYSLOGBASE",
     "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} %{SYSLOGPROG}:"},
    {"SYSLOGFACILITY", R"(<%{NONNEGINT:facility}\.%{NONNEGINT:priority}>)"},
    {"SYSLOGHOST", "%{IPORHOST}"},
    {"SYSLOGPROG", R"(%{PROG:program}(?:\[%{POSINT:pid}\])?)"},
    {"SYSLOGTIMESTAMP", "%{MONTH} +%{MONTHDAY} %{TIME}"},
    {"TIME", "(?<![0-9])%{HOUR}:%{MINUTE}:%{SECOND}(?![0-9])"},
    {"TIMESTAMP_ISO8601",
     "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{ISO8601_HOUR}:?%{MINUTE}(?::?%{SECOND})?"
     "%{ISO8601_TIMEZONE}?"},
    {"TTY", R"(/dev/(?:pts|tty[pq]?)\w*/?[0-9]+)"},
    {"TZ", "(?:[APMCE][SD]T|UTC)"},
    {"UNIXPATH", R"((?:/(?:[\w%!$@:.,+~-]|\\.)*)+)"},
    {"URI", "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?"},
    {"URIHOST", "%{IPORHOST}(?::%{POSINT:port})?"},
    {"URIPARAM", R"(\?[0-9A-Za-z$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*)"},
    {"URIPATH", "(?:/[0-9A-Za-z$.+!*'(){},~:;=@#%&_-]*)+"},
    {"URIPATHPARAM", "%{URIPATH}(?:%{URIPARAM})?"},
    {"URIPROTO", "[A-Za-z][0-9A-Za-z+.-]+"},
    {"URN", "urn:" LABEL ":(?:%" HEX_PAIR "|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+"},
    {"USER", "%{USERNAME}"},
    {"USERNAME", "[0-9A-Za-z._-]+"},
    {"UUID", "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"},
    {"WINDOWSMAC", "(?:" HEX_PAIR "-){5}" HEX_PAIR},
    {"WINPATH", R"((?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+)"},
    {"WORD", R"(\b\w+\b)"},
    {"YEAR", "(?:[0-9]{4}|[0-9]{2})"},
};

#undef HEXTET
#undef OCTET
#undef QUAD
#undef LABEL
#undef HEX_PAIR
#undef ATOM
#undef IPV6_SHORT
#undef QUOTED

std::size_t EditDistance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::span<const NamedPattern> PatternLibrary() {
  return kPatterns;
}

const NamedPattern* FindPattern(std::string_view name) {
  for (const std::span<const NamedPattern> patterns : {PatternLibrary(), ProductPatterns(), NetworkPatterns(),
                                                      MonitoringPatterns(), BackupPatterns()}) {
    const auto found = std::lower_bound(
        patterns.begin(), patterns.end(), name,
        [](const NamedPattern& pattern, std::string_view wanted) { return pattern.name < wanted; });
    if (found != patterns.end() && found->name == name) {
      return &*found;
    }
  }
  return nullptr;
}

std::string_view NearestPatternName(std::string_view name) {
  std::string upper(name.substr(0, 64));
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  std::string_view best;
  std::size_t best_distance = 1 + std::max<std::size_t>(1, upper.size() / 3);
  for (const NamedPattern& pattern : kPatterns) {
    const std::size_t distance = EditDistance(upper, pattern.name);
    if (distance < best_distance) {
      best_distance = distance;
      best = pattern.name;
    }
  }
  return best;
}

}  // namespace weir::grok
