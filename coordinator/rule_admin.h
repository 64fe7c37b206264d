// What people do to the rule set: look at it, apply files, switch rules, delete them, look at its
// history, roll back. A change is one new version of the whole set; a file with errors is refused alone.
// Thread safe; calls block.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/rule_backend.h"

namespace weir::coordinator {

enum class RuleState : uint8_t { kEnabled, kDisabled, kRefused };

struct RuleInfo {
  std::string path;
  bool is_overlay = false;
  std::string rule_id;       // "": an overlay, or unreadable
  std::string rule_name;
  std::string dialect;
  std::string severity;      // in force
  RuleState state = RuleState::kEnabled;
  std::string mode;          // "": does not run
  int rule_version = 0;
  worker::RuleStatus counters;
  std::vector<std::string> findings;
  bool switched = false;     // SetEnabled decided the state
};

struct RuleDetails {
  RuleInfo info;
  std::string text;
  std::string plan;          // "": does not run
  std::vector<std::string> changes;
  RuleSetVersion version;
};

struct AppliedFile {
  std::string path;
  std::string text;
  bool is_overlay = false;
};

struct ChangeOptions {
  bool dry_run = false;
  RuleSetVersion expected;   // 0: whatever is the newest
  std::string author;
  std::string message;
  bool all_or_nothing = false;
};

struct FileChange {
  std::string path;
  std::string action;        // "added", "changed", "removed", "unchanged", "refused"
  std::string rule_id;
  std::string rule_name;
  std::string diff;
  std::vector<std::string> findings;
};

struct RuleWindow {
  std::string rule_id;
  std::string rule_name;
  enum class Change : uint8_t { kEnds, kKept, kNew } change = Change::kKept;
  UnixMillis warming_until_ms = 0;   // of kNew
};

struct RuleSetChange {
  RuleSetVersion version;    // 0: none was made
  RuleSetVersion before;
  std::vector<FileChange> files;
  std::vector<RuleWindow> windows;   // those of changed files, and those that begin or end
  uint32_t refused = 0;
};

struct VersionInfo {
  RuleSetVersion version;
  UnixMillis created_ms = 0;   // 0: not known
  std::string author;
  std::string message;
  std::string summary;
  uint32_t files = 0;
};
struct VersionPage {
  std::vector<VersionInfo> versions;   // newest first
  RuleSetVersion next_before;          // 0: no more
};

class RuleAdmin {
 public:
  static constexpr std::size_t kFilesMax = 10000;

  // The backend outlives it.
  explicit RuleAdmin(RuleBackend* backend) : backend_(backend) {}

  StatusOr<std::vector<RuleInfo>> List(RuleSetVersion* version);
  // rule: an id, a name or a file's path. NotFound.
  StatusOr<RuleDetails> Get(const std::string& rule);

  // Aborted when options.expected is not the newest; as RuleBackend::Publish.
  StatusOr<RuleSetChange> Apply(const std::vector<AppliedFile>& files, const ChangeOptions& options);
  StatusOr<RuleSetChange> SetEnabled(const std::string& rule, bool enabled,
                                     const ChangeOptions& options);
  StatusOr<RuleSetChange> Delete(const std::string& rule, const ChangeOptions& options);
  StatusOr<RuleSetChange> RollBack(RuleSetVersion to, const ChangeOptions& options);

  // rule "": all. Versions before `before`; 0: from the newest.
  StatusOr<VersionPage> Versions(const std::string& rule, std::size_t limit, RuleSetVersion before);
  StatusOr<VersionInfo> GetVersion(RuleSetVersion version, std::vector<AppliedFile>* files);

 private:
  StatusOr<cluster::RuleSetTexts> NewestFor(const ChangeOptions& options);
  Status Commit(const cluster::RuleSetTexts& before, cluster::RuleSetTexts after,
                const std::string& summary, const ChangeOptions& options, RuleSetChange* change);

  RuleBackend* backend_;
};

}  // namespace weir::coordinator
