// What a rule set says of itself: who made it of the one before, when and why, which rules people
// switched on or off, and which of its files came from files that a process was started with. It is an
// entry among the set's files, so stores, the feed and replay carry it as they carry rules. A set that
// came from files alone has none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/base/time.h"
#include "common/cluster/rule_feed.h"

namespace weir::cluster {

// The name of the entry. stored: do not change.
inline constexpr std::string_view kChangeName = "change:";

struct RuleChange {
  UnixMillis at_ms = 0;
  std::string author;
  std::string message;
  std::string summary;                       // what changed, in one line
  std::map<std::string, bool> switches;      // rule id -> enabled, whatever its file and overlays say
  // The files that a process was started with last: a hash of all of them, and the names of those that
  // are still in the set as they were.
  uint64_t files_hash = 0;
  std::set<std::string> from_files;
};

// Of a set without the entry: empty. One that cannot be read is as if it were not there.
std::optional<RuleChange> ChangeOf(const RuleSetTexts& rules);
// The same of the entry's text.
std::optional<RuleChange> ParseChange(std::string_view text);
// Puts the entry in the set, last, in place of the one there.
void SetChange(const RuleChange& change, RuleSetTexts* rules);

// What to begin the next change with: the set's entry, or, where it came from files alone, all of them.
RuleChange NextChange(const RuleSetTexts& rules);

// The rule set to publish when a process is started with these files and options; empty: none. Files that
// are as they were when somebody last applied them are not applied again, so that what came through the
// API since stays. Others replace those that came from files before, and anything of their names.
std::optional<RuleSetTexts> WithFiles(const RuleSetTexts* newest, const RuleSetTexts& files,
                                      UnixMillis now_ms);

}  // namespace weir::cluster
