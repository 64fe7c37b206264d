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

namespace {

std::optional<int64_t> UnitMillis(char unit) {
  switch (unit) {
    case 's':
      return kMillisPerSecond;
    case 'm':
      return kMillisPerMinute;
    case 'h':
    case 'H':
      return kMillisPerHour;
    case 'd':
      return kMillisPerDay;
    case 'w':
      return 7 * kMillisPerDay;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<int64_t> ParseNowOffset(std::string_view text) {
  constexpr std::string_view kNow = "now";
  if (!text.starts_with(kNow)) {
    return std::nullopt;
  }
  text.remove_prefix(kNow.size());
  int64_t offset_ms = 0;
  while (!text.empty() && text.front() != '/') {
    const bool is_minus = text.front() == '-';
    if (!is_minus && text.front() != '+') {
      return std::nullopt;
    }
    text.remove_prefix(1);
    int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count < 0 || end == text.data() + text.size()) {
      return std::nullopt;
    }
    const std::optional<int64_t> unit_ms = UnitMillis(*end);
    int64_t step_ms = 0;
    if (!unit_ms.has_value() || __builtin_mul_overflow(count, *unit_ms, &step_ms) ||
        __builtin_add_overflow(offset_ms, is_minus ? step_ms : -step_ms, &offset_ms)) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  // Rounding down to a unit reaches up to one further back.
  if (!text.empty()) {
    const std::optional<int64_t> unit_ms = text.size() == 2 ? UnitMillis(text[1]) : std::nullopt;
    if (!unit_ms.has_value() || __builtin_add_overflow(offset_ms, *unit_ms, &offset_ms)) {
      return std::nullopt;
    }
  }
  return offset_ms < 0 ? std::nullopt : std::optional(offset_ms);
}

}  // namespace weir::rule
