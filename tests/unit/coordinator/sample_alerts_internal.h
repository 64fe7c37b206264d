// Alerts as workers report them.
#pragma once

#include <string>

#include <fmt/format.h>

#include "common/alert/alert.h"
#include "common/types/coding.h"

namespace weir::coordinator {

inline alert::NamedCell TextCell(std::string name, std::string_view text) {
  alert::NamedCell cell{std::move(name), {}};
  EncodeValue(Value::Keyword(text), &cell.encoded);
  return cell;
}

// The n-th alert of a shard, fired at second n, changed last by the n-th change.
inline alert::Alert NthAlert(uint64_t n, uint16_t shard = 0) {
  alert::Alert alert;
  alert.id = HashBytes128(fmt::format("{} {}", shard, n));
  alert.tenant = "default";
  alert.rule_id = fmt::format("rule-{}", n % 3);
  alert.rule_name = "Many calls";
  alert.severity = static_cast<rule::Severity>(n % 4);
  alert.risk_score = static_cast<int>(n % 100);
  alert.fired_at_ms = static_cast<UnixMillis>(n) * 1000;
  alert.changed_at_ms = alert.fired_at_ms;
  alert.group = {TextCell("user.name", fmt::format("user-{}", n % 10))};
  alert.revision = 1;
  alert.shard = shard;
  alert.change = n;
  return alert;
}

}  // namespace weir::coordinator
