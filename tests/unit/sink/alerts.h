// Alerts for the tests of sinks.
#pragma once

#include <string>

#include "common/alert/alert.h"
#include "common/types/coding.h"
#include "common/types/value.h"

namespace weir::sink {

inline alert::NamedCell TextCell(const std::string& name, const std::string& text) {
  alert::NamedCell cell;
  cell.name = name;
  EncodeValue(Value::Keyword(text), &cell.encoded);
  return cell;
}

inline alert::Alert MakeAlert(const std::string& name, uint64_t revision = 1) {
  alert::Alert alert;
  alert.id = HashBytes128(name);
  alert.tenant = "acme";
  alert.rule_id = "rule-" + name;
  alert.rule_name = "Rule " + name;
  alert.severity = rule::Severity::kHigh;
  alert.risk_score = 73;
  alert.group = {TextCell("user.name", "mallory")};
  alert.fired_at_ms = 1'700'000'000'123;
  alert.revision = revision;
  return alert;
}

}  // namespace weir::sink
