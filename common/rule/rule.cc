#include "common/rule/rule.h"

#include <charconv>

#include "common/base/time.h"

namespace weir::rule {

std::string_view DialectName(Dialect dialect) {
  switch (dialect) {
    case Dialect::kEsql:
      return "esql";
    case Dialect::kKuery:
      return "kuery";
    case Dialect::kEql:
      return "eql";
    case Dialect::kLucene:
      return "lucene";
    case Dialect::kSpl:
      return "spl";
  }
  return "unknown";
}

std::string_view RuleTypeName(RuleType type) {
  switch (type) {
    case RuleType::kEsql:
      return "esql";
    case RuleType::kQuery:
      return "query";
    case RuleType::kThreshold:
      return "threshold";
    case RuleType::kEql:
      return "eql";
    case RuleType::kNewTerms:
      return "new_terms";
    case RuleType::kThreatMatch:
      return "threat_match";
    case RuleType::kMachineLearning:
      return "machine_learning";
    case RuleType::kSpl:
      return "spl";
    case RuleType::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kLow:
      return "low";
    case Severity::kMedium:
      return "medium";
    case Severity::kHigh:
      return "high";
    case Severity::kCritical:
      return "critical";
  }
  return "unknown";
}

bool IsRefusal(const Finding& finding) {
  return finding.severity == esql::Severity::kError &&
         (finding.message.find("not supported") != std::string::npos ||
          finding.message.find("with unsupported type") != std::string::npos);
}

std::optional<int64_t> ParseNowOffset(std::string_view text) {
  constexpr std::string_view kNow = "now";
  if (!text.starts_with(kNow)) {
    return std::nullopt;
  }
  text.remove_prefix(kNow.size());
  if (text.empty()) {
    return 0;
  }
  if (text.front() != '-' || text.size() < 3) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  int64_t unit_ms = 0;
  switch (text.back()) {
    case 's':
      unit_ms = kMillisPerSecond;
      break;
    case 'm':
      unit_ms = kMillisPerMinute;
      break;
    case 'h':
    case 'H':
      unit_ms = kMillisPerHour;
      break;
    case 'd':
      unit_ms = kMillisPerDay;
      break;
    case 'w':
      unit_ms = 7 * kMillisPerDay;
      break;
    default:
      return std::nullopt;
  }
  text.remove_suffix(1);
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  int64_t offset_ms = 0;
  if (error != std::errc() || end != text.data() + text.size() || count < 0 ||
      __builtin_mul_overflow(count, unit_ms, &offset_ms)) {
    return std::nullopt;
  }
  return offset_ms;
}

}  // namespace weir::rule
