#include "common/shard/silence.h"

#include <algorithm>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/expr/wildcard.h"
#include "common/types/coding.h"

namespace weir::shard {

namespace {

bool MatchesText(const std::string& pattern, std::string_view text) {
  return expr::Wildcard::FromLike(pattern).Matches(text);
}

bool MatchesCell(const std::string& pattern, const alert::NamedCell& cell) {
  Arena arena;
  ByteReader reader(cell.encoded);
  const Value value = DecodeValue(&reader, &arena);
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) {
    return MatchesText(pattern, ValueToString(item));
  });
}

}  // namespace

bool Matches(const rule::Silence& silence, const alert::Alert& alert) {
  const bool rule = silence.rules.empty() ||
                    std::any_of(silence.rules.begin(), silence.rules.end(), [&](const auto& name) {
                      return MatchesText(name, alert.rule_id) || MatchesText(name, alert.rule_name);
                    });
  const bool severity = silence.severities.empty() ||
                        std::find(silence.severities.begin(), silence.severities.end(),
                                  rule::SeverityName(alert.severity)) != silence.severities.end();
  return rule && severity &&
         std::all_of(silence.group.begin(), silence.group.end(), [&](const auto& wanted) {
           const auto cell =
               std::find_if(alert.group.begin(), alert.group.end(),
                            [&](const auto& one) { return one.name == wanted.first; });
           return cell != alert.group.end() && MatchesCell(wanted.second, *cell);
         });
}

bool IsSilenced(const std::vector<rule::Silence>& silences, const alert::Alert& alert,
                UnixMillis judged_ms) {
  return std::any_of(silences.begin(), silences.end(), [&](const rule::Silence& silence) {
    return judged_ms <= silence.until_ms && Matches(silence, alert);
  });
}

}  // namespace weir::shard
