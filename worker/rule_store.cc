#include "worker/rule_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "common/base/bytes.h"
#include "common/cluster/rule_change.h"
#include "common/overlay/overlay.h"
#include "common/plan/class_list.h"
#include "common/shard/keys.h"
#include "common/shard/shard_meta.h"
#include "common/source/decoder.h"

namespace weir::worker {

namespace {

constexpr char kPrefix[] = "ruleset/";
constexpr uint8_t kVersion = 1;
constexpr std::size_t kRecentMax = 4;

std::string KeyOf(RuleSetVersion version) {
  std::string key = kPrefix;
  ByteWriter(&key).Fixed64BigEndian(version.value);
  return key;
}

std::string EncodeFiles(const std::vector<RuleFile>& files, const plan::CompileOptions& options) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kVersion);
  writer.U8(options.mode.has_value() ? static_cast<uint8_t>(1 + static_cast<int>(*options.mode)) : 0);
  writer.U8(options.alerts.has_value() ? static_cast<uint8_t>(1 + static_cast<int>(*options.alerts))
                                       : 0);
  writer.SignedVarint(options.lateness_ms);
  writer.Varint(files.size());
  for (const RuleFile& file : files) {
    writer.String(file.path);
    writer.String(file.text);
  }
  writer.U8(static_cast<uint8_t>(options.evidence));
  return out;
}

Status DecodeFiles(std::string_view bytes, std::vector<RuleFile>* files,
                   plan::CompileOptions* options) {
  ByteReader reader(bytes);
  if (reader.U8() != kVersion) {
    return DataLoss("stored rule set has a version unknown to this binary");
  }
  const uint8_t mode = reader.U8();
  if (mode != 0) {
    options->mode = static_cast<plan::JudgeMode>(mode - 1);
  }
  const uint8_t alerts = reader.U8();
  if (alerts != 0) {
    options->alerts = static_cast<plan::AlertMode>(alerts - 1);
  }
  options->lateness_ms = reader.SignedVarint();
  for (uint64_t n = reader.Varint(); n > 0 && reader.ok(); --n) {
    RuleFile file;
    file.path = reader.String();
    file.text = reader.String();
    files->push_back(std::move(file));
  }
  // Older ones end here; their rows have everything.
  const uint8_t evidence =
      reader.done() ? static_cast<uint8_t>(plan::Evidence::kFull) : reader.U8();
  if (evidence > static_cast<uint8_t>(plan::Evidence::kFull)) {
    return DataLoss("stored rule set has an evidence unknown to this binary");
  }
  options->evidence = static_cast<plan::Evidence>(evidence);
  return reader.ok() ? OkStatus() : DataLoss("stored rule set is cut short");
}

}  // namespace

plan::RuleSetPtr CompileRuleFiles(const std::vector<RuleFile>& files,
                                  const plan::CompileOptions& options, RuleSetVersion version,
                                  std::vector<std::vector<rule::Finding>>* findings) {
  std::vector<rule::Rule> rules;
  std::vector<std::size_t> file_of;
  std::unordered_map<std::string, std::string> paths_by_id;
  std::vector<overlay::Overlay> overlays;
  std::vector<std::size_t> file_of_overlay;
  std::map<std::string, bool> switches;
  plan::ClassList classes;
  findings->assign(files.size(), {});
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (const std::optional<std::string> path = overlay::PathOfName(files[i].path)) {
      overlays.push_back(overlay::Parse(*path, files[i].text));
      file_of_overlay.push_back(i);
      continue;
    }
    if (files[i].path == cluster::kClassesName) {
      StatusOr<plan::ClassList> listed = plan::DecodeClassList(files[i].text);
      if (listed.ok()) {
        classes = *std::move(listed);
      } else {
        rule::Finding& finding = (*findings)[i].emplace_back();
        finding.path = files[i].path;
        finding.message = Message(listed.status());
        finding.rendered = fmt::format("{}: error: {}\n", finding.path, finding.message);
      }
      continue;
    }
    if (files[i].path == cluster::kChangeName) {
      if (auto change = cluster::ParseChange(files[i].text); change.has_value()) {
        switches = std::move(change->switches);
      }
      continue;
    }
    rule::LoadResult loaded = rule::LoadRule(files[i].path, files[i].text);
    (*findings)[i] = std::move(loaded.findings);
    if (!loaded.rule.has_value()) {
      continue;
    }
    const auto [known, added] = paths_by_id.emplace(loaded.rule->id, files[i].path);
    if (!added) {
      rule::Finding finding;
      finding.path = files[i].path;
      finding.message = fmt::format("rule id {} is already used by {}", loaded.rule->id, known->second);
      finding.rendered = fmt::format("{}: error: {}\n", finding.path, finding.message);
      (*findings)[i].push_back(std::move(finding));
      continue;
    }
    rules.push_back(std::move(*loaded.rule));
    file_of.push_back(i);
  }
  overlay::Apply(&overlays, &rules);
  for (rule::Rule& rule : rules) {
    if (const auto switched = switches.find(rule.id); switched != switches.end()) {
      rule.enabled = switched->second;
    }
  }
  plan::CompileResult result =
      plan::CompileRules(rules, options, source::Catalogue(), version, classes);
  for (std::size_t i = 0; i < result.findings.size(); ++i) {
    auto& all = (*findings)[file_of[i]];
    overlay::TakeFindings(&result.findings[i], &overlays);
    all.insert(all.end(), std::make_move_iterator(result.findings[i].begin()),
               std::make_move_iterator(result.findings[i].end()));
  }
  for (std::size_t i = 0; i < overlays.size(); ++i) {
    (*findings)[file_of_overlay[i]] = std::move(overlays[i].findings);
  }
  return result.rules;
}

std::string ClassesAfter(const plan::RuleSet& rules) {
  return plan::EncodeClassList(plan::ClassesOf(rules));
}

StatusOr<RuleSetVersion> LeastNeededRules(state::StateStore* store, uint16_t shard_count) {
  RuleSetVersion least(UINT64_MAX);
  for (uint16_t id = 0; id < shard_count; ++id) {
    const ShardId shard(id);
    std::string bytes;
    const Status found = store->Get(state::Family::kState, shard::MetaKey(shard), &bytes);
    if (found.ok()) {
      WEIR_ASSIGN_OR_RETURN(const shard::ShardMeta meta, shard::DecodeMeta(bytes));
      least = std::min(least, meta.version);
    } else if (found.code() == StatusCode::kNotFound) {
      // Without a checkpoint its whole log is read.
      WEIR_RETURN_IF_ERROR(store->Scan(state::Family::kLog, shard::LogKey(shard, LogNumber(0)),
                                       shard::LogKey(shard, LogNumber(UINT64_MAX)),
                                       [&](std::string_view, std::string_view) {
                                         least = RuleSetVersion(0);
                                         return false;
                                       }));
    } else {
      return found;
    }
  }
  return least;
}

StatusOr<std::vector<RuleSetVersion>> RuleStore::Versions() {
  std::vector<RuleSetVersion> versions;
  WEIR_RETURN_IF_ERROR(store_->Scan(
      state::Family::kMeta, kPrefix, state::PrefixEnd(kPrefix),
      [&](std::string_view key, std::string_view) {
        versions.emplace_back(ByteReader(key.substr(sizeof(kPrefix) - 1)).Fixed64BigEndian());
        return true;
      }));
  return versions;
}

StatusOr<RuleSetVersion> RuleStore::Newest() {
  WEIR_ASSIGN_OR_RETURN(const std::vector<RuleSetVersion> versions, Versions());
  return versions.empty() ? RuleSetVersion() : versions.back();
}

Status RuleStore::Read(RuleSetVersion version, std::vector<RuleFile>* files,
                       plan::CompileOptions* options) {
  std::string bytes;
  const Status found = store_->Get(state::Family::kMeta, KeyOf(version), &bytes);
  if (found.code() == StatusCode::kNotFound) {
    return NotFound("rule set {} is not known, or older than those that are kept", version);
  }
  WEIR_RETURN_IF_ERROR(Annotate(found, fmt::format("reading rule set {}", version)));
  return DecodeFiles(bytes, files, options);
}

StatusOr<plan::RuleSetPtr> RuleStore::Get(RuleSetVersion version) {
  const std::lock_guard lock(mutex_);
  const auto found = compiled_.find(version);
  if (plan::RuleSetPtr rules = found == compiled_.end() ? nullptr : found->second.lock();
      rules != nullptr) {
    Remember(rules);
    return rules;
  }
  std::vector<RuleFile> files;
  plan::CompileOptions options;
  WEIR_RETURN_IF_ERROR(Read(version, &files, &options));
  std::vector<std::vector<rule::Finding>> findings;
  plan::RuleSetPtr rules = CompileRuleFiles(files, options, version, &findings);
  Remember(rules);
  return rules;
}

void RuleStore::Remember(const plan::RuleSetPtr& rules) {
  std::erase_if(compiled_, [](const auto& each) { return each.second.expired(); });
  compiled_[rules->version] = rules;
  std::erase(recent_, rules);
  recent_.push_back(rules);
  if (recent_.size() > kRecentMax) {
    recent_.pop_front();
  }
}

Status RuleStore::Forget(RuleSetVersion needed, uint64_t kept) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<RuleSetVersion> versions, Versions());
  const auto batch = store_->NewBatch();
  bool any = false;
  for (const RuleSetVersion& version : versions) {
    if (version >= needed || version.value + kept > versions.back().value) {
      break;
    }
    batch->Delete(state::Family::kMeta, KeyOf(version));
    any = true;
  }
  return any ? store_->Write(batch.get(), false) : OkStatus();
}

StatusOr<plan::RuleSetPtr> RuleStore::Add(const std::vector<RuleFile>& files,
                                          const plan::CompileOptions& options,
                                          std::vector<std::vector<rule::Finding>>* findings) {
  const std::string bytes = EncodeFiles(files, options);
  WEIR_ASSIGN_OR_RETURN(const RuleSetVersion newest, Newest());
  if (newest.value != 0) {
    std::string current;
    WEIR_RETURN_IF_ERROR(store_->Get(state::Family::kMeta, KeyOf(newest), &current));
    if (current == bytes) {
      CompileRuleFiles(files, options, newest, findings);
      return Get(newest);
    }
  }
  const RuleSetVersion version(newest.value + 1);
  return Store(version, bytes, CompileRuleFiles(files, options, version, findings));
}

StatusOr<plan::RuleSetPtr> RuleStore::Put(RuleSetVersion version,
                                          const std::vector<RuleFile>& files,
                                          const plan::CompileOptions& options) {
  std::string stored;
  const Status found = store_->Get(state::Family::kMeta, KeyOf(version), &stored);
  if (found.code() != StatusCode::kNotFound) {
    return found.ok() ? Get(version) : StatusOr<plan::RuleSetPtr>(found);
  }
  std::vector<std::vector<rule::Finding>> findings;
  return Store(version, EncodeFiles(files, options), CompileRuleFiles(files, options, version, &findings));
}

StatusOr<plan::RuleSetPtr> RuleStore::Store(RuleSetVersion version, const std::string& bytes,
                                            plan::RuleSetPtr rules) {
  const auto batch = store_->NewBatch();
  batch->Put(state::Family::kMeta, KeyOf(version), bytes);
  WEIR_RETURN_IF_ERROR(store_->Write(batch.get(), true));
  const std::lock_guard lock(mutex_);
  Remember(rules);
  return rules;
}

}  // namespace weir::worker
