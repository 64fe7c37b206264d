#include "coordinator/rule_admin.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "common/cluster/rule_change.h"
#include "common/overlay/overlay.h"
#include "common/plan/class_list.h"
#include "coordinator/text_diff.h"

namespace weir::coordinator {
namespace {

using cluster::RuleSetTexts;
using Findings = std::vector<rule::Finding>;

// A set's file, read again.
struct Entry {
  std::string name;   // in the set
  std::string path;   // as people know it
  std::string text;
  bool is_overlay = false;
  std::string id;
  std::string rule_name;
};

Entry ReadEntry(const std::string& name, const std::string& text) {
  Entry entry;
  entry.name = name;
  entry.text = text;
  const std::optional<std::string> overlay = overlay::PathOfName(name);
  entry.is_overlay = overlay.has_value();
  entry.path = overlay.value_or(name);
  if (!entry.is_overlay) {
    const rule::LoadResult loaded = rule::LoadRule(name, text);
    if (loaded.rule.has_value()) {
      entry.id = loaded.rule->id;
      entry.rule_name = loaded.rule->name;
    }
  }
  return entry;
}

std::vector<Entry> ReadEntries(const RuleSetTexts& rules) {
  std::vector<Entry> entries;
  for (const RuleSetTexts::File& file : rules.files) {
    if (cluster::IsRuleEntry(file)) {
      entries.push_back(ReadEntry(file.path, file.text));
    }
  }
  return entries;
}

bool IsNamed(const Entry& entry, const std::string& rule) {
  return !rule.empty() && (entry.id == rule || entry.rule_name == rule || entry.path == rule);
}

StatusOr<Entry> FindEntry(const RuleSetTexts& rules, const std::string& rule) {
  for (Entry& entry : ReadEntries(rules)) {
    if (IsNamed(entry, rule)) {
      return std::move(entry);
    }
  }
  return NotFound("no rule with the id or name '{}', and no such file, in rule set {}; `weir rules list` "
                  "shows them",
                  rule, rules.version);
}

std::vector<std::string> TextsOf(const Findings& findings) {
  std::vector<std::string> texts;
  for (const rule::Finding& finding : findings) {
    texts.push_back(finding.rendered.empty() ? finding.message : finding.rendered);
  }
  return texts;
}

bool HasErrors(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const rule::Finding& finding) {
    return finding.severity == esql::Severity::kError;
  });
}

RuleSetTexts WithoutFiles(const RuleSetTexts& rules) {
  RuleSetTexts empty = rules;
  empty.files.clear();
  return empty;
}

RuleSetTexts WithEntries(const RuleSetTexts& rules, const std::vector<Entry>& entries) {
  RuleSetTexts texts = WithoutFiles(rules);
  for (const Entry& entry : entries) {
    texts.files.push_back({entry.name, entry.text});
  }
  return texts;
}

FileChange MakeChange(const Entry& entry, std::string action) {
  FileChange change;
  change.path = entry.path;
  change.action = std::move(action);
  change.rule_id = entry.id;
  change.rule_name = entry.rule_name;
  return change;
}

// Whether the entry takes the place of the other in a set.
bool Replaces(const Entry& entry, const Entry& other) {
  return other.name == entry.name || (!entry.id.empty() && other.id == entry.id);
}

// The set's entries with those asked for: replaced in place, new ones last.
std::vector<Entry> WithAsked(std::vector<Entry> entries, const std::vector<Entry>& asked) {
  for (const Entry& entry : asked) {
    const auto place = std::find_if(entries.begin(), entries.end(), [&entry](const Entry& other) {
      return Replaces(entry, other);
    });
    if (place == entries.end()) {
      entries.push_back(entry);
    } else {
      *place = entry;
    }
  }
  return entries;
}

// What the files of two sets differ in.
std::vector<FileChange> Differences(const std::vector<Entry>& before,
                                    const std::vector<Entry>& after) {
  std::vector<FileChange> changes;
  std::set<std::string> seen;
  for (const Entry& entry : after) {
    const auto old = std::find_if(before.begin(), before.end(),
                                  [&entry](const Entry& other) { return Replaces(entry, other); });
    if (old == before.end()) {
      changes.push_back(MakeChange(entry, "added"));
      changes.back().diff = UnifiedDiff("", "", entry.path, entry.text);
      continue;
    }
    seen.insert(old->name);
    if (old->text != entry.text || old->name != entry.name) {
      changes.push_back(MakeChange(entry, "changed"));
      changes.back().diff = UnifiedDiff(old->path, old->text, entry.path, entry.text);
    }
  }
  for (const Entry& entry : before) {
    if (!seen.contains(entry.name)) {
      changes.push_back(MakeChange(entry, "removed"));
      changes.back().diff = UnifiedDiff(entry.path, entry.text, "", "");
    }
  }
  return changes;
}

std::vector<RuleWindow> WindowsOf(const plan::RuleSet* before, const plan::RuleSet& after,
                                  const std::vector<FileChange>& files, UnixMillis active_ms) {
  std::vector<RuleWindow> windows;
  for (const plan::CompiledRule& rule : after.rules) {
    RuleWindow window{rule.source.id, rule.source.name, RuleWindow::Change::kKept, 0};
    if (before == nullptr || before->FindWindow(after.windows[rule.window_index].id) < 0) {
      window.change = RuleWindow::Change::kNew;
      window.warming_until_ms = active_ms + rule.judge.lookback_ms;
    }
    const bool named = std::any_of(files.begin(), files.end(), [&](const FileChange& file) {
      return file.rule_id == rule.source.id && file.action != "unchanged";
    });
    if (named || window.change == RuleWindow::Change::kNew) {
      windows.push_back(std::move(window));
    }
  }
  if (before != nullptr) {
    for (const plan::CompiledRule& rule : before->rules) {
      if (after.FindRule(rule.source.id) == nullptr) {
        windows.push_back({rule.source.id, rule.source.name, RuleWindow::Change::kEnds, 0});
      }
    }
  }
  return windows;
}

// What is found in the entries when they are compiled as one set, by name.
std::map<std::string, Findings> FindingsOf(RuleBackend* backend, const RuleSetTexts& rules,
                                           const std::vector<Entry>& entries) {
  std::vector<Findings> findings;
  backend->Compile(WithEntries(rules, entries), &findings);
  std::map<std::string, Findings> by_name;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    by_name[entries[i].name] = std::move(findings[i]);
  }
  return by_name;
}

// Of an entry that another of the same call replaced: nothing.
Findings Found(const std::map<std::string, Findings>& findings, const Entry& entry) {
  const auto found = findings.find(entry.name);
  return found == findings.end() ? Findings() : found->second;
}

std::string SummaryOf(const std::vector<FileChange>& files) {
  std::map<std::string, std::vector<std::string>> names;
  for (const FileChange& file : files) {
    names[file.action].push_back(file.rule_name.empty() ? file.path : file.rule_name);
  }
  std::string out;
  for (const char* action : {"added", "changed", "removed"}) {
    const std::vector<std::string>& of = names[action];
    if (of.empty()) {
      continue;
    }
    out += out.empty() ? "" : "; ";
    out += of.size() <= 3 ? fmt::format("{} {}", action, fmt::join(of, ", "))
                          : fmt::format("{} {} and {} more", action, of.front(), of.size() - 1);
  }
  return out;
}

VersionInfo InfoOf(const RuleSetTexts& rules) {
  VersionInfo info;
  info.version = rules.version;
  info.files = static_cast<uint32_t>(
      std::count_if(rules.files.begin(), rules.files.end(), cluster::IsRuleEntry));
  if (const auto change = cluster::ChangeOf(rules); change.has_value()) {
    info.created_ms = change->at_ms;
    info.author = change->author;
    info.message = change->message;
    info.summary = change->summary;
  } else {
    info.created_ms = rules.active_from_ms;
    info.summary = "the files that the process was started with";
  }
  return info;
}

// Text and switch of a rule in a set, to tell whether they changed.
std::string StateOf(const RuleSetTexts& rules, const std::string& rule) {
  const StatusOr<Entry> entry = FindEntry(rules, rule);
  if (!entry.ok()) {
    return "";
  }
  std::string state = entry->name + '\n' + entry->text;
  if (const auto change = cluster::ChangeOf(rules); change.has_value()) {
    const auto switched = change->switches.find(entry->id);
    state += switched == change->switches.end() ? " " : switched->second ? "+" : "-";
  } else {
    state += " ";
  }
  return state;
}

}  // namespace

StatusOr<RuleSetTexts> RuleAdmin::NewestFor(const ChangeOptions& options) {
  WEIR_ASSIGN_OR_RETURN(RuleSetTexts newest, backend_->Newest());
  if (options.expected.value != 0 && options.expected != newest.version) {
    return Aborted("the newest rule set is version {}, not {}: look at what changed (`weir rules history`) "
                   "and try again",
                   newest.version, options.expected);
  }
  return newest;
}

Status RuleAdmin::Commit(const RuleSetTexts& before, RuleSetTexts after, const std::string& summary,
                         const ChangeOptions& options, RuleSetChange* change) {
  change->before = before.version;
  std::vector<Findings> findings;
  const plan::RuleSetPtr old = before.version.value == 0 ? nullptr : backend_->Compile(before, &findings);
  cluster::SetClasses(old == nullptr ? "" : plan::EncodeClassList(plan::ClassesOf(*old)), &after);
  const plan::RuleSetPtr compiled = backend_->Compile(after, &findings);
  change->windows = WindowsOf(old.get(), *compiled, change->files, backend_->ActiveFrom());
  if (options.dry_run) {
    return OkStatus();
  }
  cluster::RuleChange record = cluster::ChangeOf(after).value_or(cluster::NextChange(before));
  record.at_ms = backend_->Now();
  record.author = options.author;
  record.message = options.message;
  record.summary = summary;
  for (const FileChange& file : change->files) {
    if (file.action != "unchanged" && file.action != "refused") {
      record.from_files.erase(file.path);
      record.from_files.erase(overlay::NameInRuleSet(file.path));
    }
  }
  cluster::SetChange(record, &after);
  WEIR_ASSIGN_OR_RETURN(change->version, backend_->Publish(std::move(after), before.version));
  return OkStatus();
}

StatusOr<RuleSetChange> RuleAdmin::Apply(const std::vector<AppliedFile>& files,
                                         const ChangeOptions& options) {
  if (files.empty() || files.size() > kFilesMax) {
    return InvalidArgument("files: expected 1 to {}, got {}", kFilesMax, files.size());
  }
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts before, NewestFor(options));
  std::vector<Entry> asked;
  for (const AppliedFile& file : files) {
    asked.push_back(
        ReadEntry(file.is_overlay ? overlay::NameInRuleSet(file.path) : file.path, file.text));
  }
  const std::vector<Entry> old = ReadEntries(before);
  const std::map<std::string, Findings> findings =
      FindingsOf(backend_, before, WithAsked(old, asked));
  RuleSetChange change;
  change.before = before.version;
  std::vector<Entry> taken;
  std::vector<FileChange> others;   // that change nothing
  for (const Entry& entry : asked) {
    if (HasErrors(Found(findings, entry))) {
      ++change.refused;
      others.push_back(MakeChange(entry, "refused"));
      others.back().findings = TextsOf(Found(findings, entry));
    } else {
      taken.push_back(entry);
    }
  }
  std::vector<Entry> kept = WithAsked(old, taken);
  change.files = Differences(old, kept);
  for (const Entry& entry : taken) {
    const auto told =
        std::find_if(change.files.begin(), change.files.end(),
                     [&entry](const FileChange& file) { return file.path == entry.path; });
    if (told == change.files.end()) {
      others.push_back(MakeChange(entry, "unchanged"));
    } else {
      told->findings = TextsOf(Found(findings, entry));
    }
  }
  const std::string summary = SummaryOf(change.files);
  const bool nothing = change.files.empty() || (options.all_or_nothing && change.refused != 0);
  if (nothing) {
    change.files = std::move(others);
    return change;
  }
  change.files.insert(change.files.end(), others.begin(), others.end());
  RuleSetTexts after = WithEntries(before, kept);
  cluster::SetChange(cluster::NextChange(before), &after);
  WEIR_RETURN_IF_ERROR(Commit(before, std::move(after), summary, options, &change));
  return change;
}

StatusOr<RuleSetChange> RuleAdmin::SetEnabled(const std::string& rule, bool enabled,
                                              const ChangeOptions& options) {
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts before, NewestFor(options));
  WEIR_ASSIGN_OR_RETURN(const Entry entry, FindEntry(before, rule));
  if (entry.id.empty()) {
    return InvalidArgument("rule: '{}' is no rule that can be switched", rule);
  }
  RuleSetChange change;
  cluster::RuleChange record = cluster::NextChange(before);
  const auto switched = record.switches.find(entry.id);
  if (switched != record.switches.end() && switched->second == enabled) {
    change.before = before.version;
    change.files.push_back(MakeChange(entry, "unchanged"));
    return change;
  }
  record.switches[entry.id] = enabled;
  RuleSetTexts after = before;
  cluster::SetChange(record, &after);
  WEIR_RETURN_IF_ERROR(Commit(before, std::move(after),
                              fmt::format("{} {}", enabled ? "enabled" : "disabled", entry.rule_name),
                              options, &change));
  return change;
}

StatusOr<RuleSetChange> RuleAdmin::Delete(const std::string& rule, const ChangeOptions& options) {
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts before, NewestFor(options));
  WEIR_ASSIGN_OR_RETURN(const Entry entry, FindEntry(before, rule));
  RuleSetTexts after = before;
  std::erase_if(after.files, [&](const auto& file) { return file.path == entry.name; });
  cluster::RuleChange record = cluster::NextChange(before);
  record.switches.erase(entry.id);
  cluster::SetChange(record, &after);
  RuleSetChange change;
  change.files = Differences(ReadEntries(before), ReadEntries(after));
  WEIR_RETURN_IF_ERROR(
      Commit(before, std::move(after), SummaryOf(change.files), options, &change));
  return change;
}

StatusOr<RuleSetChange> RuleAdmin::RollBack(RuleSetVersion to, const ChangeOptions& options) {
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts before, NewestFor(options));
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts old, backend_->Get(to));
  RuleSetTexts after = before;
  after.files = old.files;
  // Who was started with which files has not changed, but what the old set holds is not of them any more
  // where it differs.
  cluster::RuleChange record = cluster::NextChange(before);
  const std::optional<cluster::RuleChange> of_old = cluster::ChangeOf(old);
  const auto switches = of_old.has_value() ? of_old->switches : std::map<std::string, bool>();
  const bool same_switches = record.switches == switches;
  record.switches = switches;
  cluster::SetChange(record, &after);
  RuleSetChange change;
  change.files = Differences(ReadEntries(before), ReadEntries(after));
  if (change.files.empty() && same_switches) {
    change.before = before.version;
    return change;
  }
  WEIR_RETURN_IF_ERROR(Commit(before, std::move(after), fmt::format("rolled back to version {}", to),
                              options, &change));
  return change;
}

StatusOr<std::vector<RuleInfo>> RuleAdmin::List(RuleSetVersion* version) {
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts newest, backend_->Newest());
  *version = newest.version;
  std::vector<Findings> findings;
  const plan::RuleSetPtr compiled = backend_->Compile(newest, &findings);
  const std::optional<cluster::RuleChange> record = cluster::ChangeOf(newest);
  std::map<std::string, worker::RuleStatus> counters;
  for (worker::RuleStatus& status : backend_->Workers().merged.rules) {
    counters[status.rule_id] = std::move(status);
  }
  std::vector<RuleInfo> infos;
  for (std::size_t i = 0; i < newest.files.size(); ++i) {
    if (!cluster::IsRuleEntry(newest.files[i])) {
      continue;
    }
    const Entry entry = ReadEntry(newest.files[i].path, newest.files[i].text);
    RuleInfo& info = infos.emplace_back();
    info.path = entry.path;
    info.is_overlay = entry.is_overlay;
    info.findings = TextsOf(findings[i]);
    info.state = HasErrors(findings[i]) ? RuleState::kRefused : RuleState::kEnabled;
    const rule::LoadResult loaded =
        entry.is_overlay ? rule::LoadResult() : rule::LoadRule(entry.name, entry.text);
    if (!loaded.rule.has_value()) {
      info.state = entry.is_overlay ? info.state : RuleState::kRefused;
      continue;
    }
    const plan::CompiledRule* running = compiled->FindRule(entry.id);
    const rule::Rule& rule = running == nullptr ? *loaded.rule : running->source;
    info.rule_id = rule.id;
    info.rule_name = rule.name;
    info.dialect = rule::DialectName(rule.dialect);
    info.severity = rule::SeverityName(rule.severity);
    info.rule_version = rule.version;
    info.counters = counters[rule.id];
    info.switched = record.has_value() && record->switches.contains(rule.id);
    if (running != nullptr) {
      info.mode = plan::JudgeModeName(running->judge.mode);
    } else if (info.state == RuleState::kEnabled) {
      info.state = RuleState::kDisabled;
    }
  }
  std::sort(infos.begin(), infos.end(), [](const RuleInfo& one, const RuleInfo& other) {
    return std::tie(one.is_overlay, one.rule_name, one.path) <
           std::tie(other.is_overlay, other.rule_name, other.path);
  });
  return infos;
}

StatusOr<RuleDetails> RuleAdmin::Get(const std::string& rule) {
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts newest, backend_->Newest());
  WEIR_ASSIGN_OR_RETURN(const Entry entry, FindEntry(newest, rule));
  RuleDetails details;
  WEIR_ASSIGN_OR_RETURN(const std::vector<RuleInfo> infos, List(&details.version));
  for (const RuleInfo& info : infos) {
    if (info.path == entry.path && info.is_overlay == entry.is_overlay) {
      details.info = info;
    }
  }
  details.text = entry.text;
  std::vector<Findings> findings;
  const plan::RuleSetPtr compiled = backend_->Compile(newest, &findings);
  const plan::CompiledRule* running =
      entry.id.empty() ? nullptr : compiled->FindRule(entry.id);
  if (running != nullptr) {
    details.plan = plan::Explain(*compiled, *running);
    for (const rule::Change& changed : running->source.adjustments.changes) {
      details.changes.push_back(fmt::format("{}: {} -> {} ({}:{})", changed.field, changed.vendor,
                                            changed.overlay, changed.place.path, changed.place.line));
    }
  }
  return details;
}

StatusOr<VersionPage> RuleAdmin::Versions(const std::string& rule, std::size_t limit,
                                          RuleSetVersion before) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<RuleSetVersion> versions, backend_->Versions());
  VersionPage page;
  bool known = rule.empty();
  for (std::size_t i = versions.size(); i-- > 0;) {
    if (before.value != 0 && versions[i].value >= before.value) {
      continue;
    }
    if (page.versions.size() == limit) {
      page.next_before = page.versions.back().version;
      break;
    }
    WEIR_ASSIGN_OR_RETURN(const RuleSetTexts rules, backend_->Get(versions[i]));
    if (!rule.empty()) {
      const std::string state = StateOf(rules, rule);
      std::string state_before;
      if (i > 0) {
        WEIR_ASSIGN_OR_RETURN(const RuleSetTexts previous, backend_->Get(versions[i - 1]));
        state_before = StateOf(previous, rule);
      }
      known = known || !state.empty() || !state_before.empty();
      if (state == state_before) {
        continue;
      }
    }
    page.versions.push_back(InfoOf(rules));
  }
  if (!known && before.value == 0) {
    return NotFound("no rule with the id or name '{}' in any version of the rule set that is kept", rule);
  }
  return page;
}

StatusOr<VersionInfo> RuleAdmin::GetVersion(RuleSetVersion version,
                                            std::vector<AppliedFile>* files) {
  WEIR_ASSIGN_OR_RETURN(const RuleSetTexts rules, backend_->Get(version));
  for (const Entry& entry : ReadEntries(rules)) {
    files->push_back({entry.path, entry.text, entry.is_overlay});
  }
  std::sort(files->begin(), files->end(),
            [](const AppliedFile& one, const AppliedFile& other) { return one.path < other.path; });
  return InfoOf(rules);
}

}  // namespace weir::coordinator
