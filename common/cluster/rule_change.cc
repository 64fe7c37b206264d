#include "common/cluster/rule_change.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/hash.h"

namespace weir::cluster {
namespace {

// stored: do not renumber
constexpr uint8_t kChangeVersion = 1;

bool IsChange(const RuleSetTexts::File& file) {
  return file.path == kChangeName;
}

uint64_t HashFiles(const RuleSetTexts& rules) {
  RuleSetTexts plain = rules;
  plain.version = RuleSetVersion();
  plain.active_from_ms = 0;
  std::erase_if(plain.files, IsChange);
  return Hash64(EncodeRuleSetTexts(plain));
}

std::string Encode(const RuleChange& change) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(kChangeVersion);
  writer.SignedVarint(change.at_ms);
  writer.String(change.author);
  writer.String(change.message);
  writer.String(change.summary);
  writer.Varint(change.switches.size());
  for (const auto& [rule, enabled] : change.switches) {
    writer.String(rule);
    writer.U8(enabled ? 1 : 0);
  }
  writer.Fixed64BigEndian(change.files_hash);
  writer.Varint(change.from_files.size());
  for (const std::string& name : change.from_files) {
    writer.String(name);
  }
  return bytes;
}

}  // namespace

std::optional<RuleChange> ParseChange(std::string_view text) {
  ByteReader reader(text);
  if (reader.U8() != kChangeVersion) {
    return std::nullopt;
  }
  RuleChange change;
  change.at_ms = reader.SignedVarint();
  change.author = reader.String();
  change.message = reader.String();
  change.summary = reader.String();
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    std::string rule(reader.String());
    change.switches[std::move(rule)] = reader.U8() != 0;
  }
  change.files_hash = reader.Fixed64BigEndian();
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    change.from_files.emplace(reader.String());
  }
  return reader.ok() && reader.done() ? std::optional(std::move(change)) : std::nullopt;
}

std::optional<RuleChange> ChangeOf(const RuleSetTexts& rules) {
  const auto entry = std::find_if(rules.files.begin(), rules.files.end(), IsChange);
  return entry == rules.files.end() ? std::nullopt : ParseChange(entry->text);
}

void SetChange(const RuleChange& change, RuleSetTexts* rules) {
  std::erase_if(rules->files, IsChange);
  rules->files.push_back({std::string(kChangeName), Encode(change)});
}

RuleChange NextChange(const RuleSetTexts& rules) {
  RuleChange change;
  if (std::optional<RuleChange> before = ChangeOf(rules); before.has_value()) {
    change = *std::move(before);
    change.at_ms = 0;
    change.author.clear();
    change.message.clear();
    change.summary.clear();
    return change;
  }
  change.files_hash = HashFiles(rules);
  for (const RuleSetTexts::File& file : rules.files) {
    change.from_files.insert(file.path);
  }
  return change;
}

std::optional<RuleSetTexts> WithFiles(const RuleSetTexts* newest, const RuleSetTexts& files,
                                      UnixMillis now_ms) {
  if (newest == nullptr) {
    return files;
  }
  std::optional<RuleChange> change = ChangeOf(*newest);
  if (!change.has_value()) {
    return SameRules(*newest, files) ? std::nullopt : std::optional(files);
  }
  const uint64_t hash = HashFiles(files);
  if (files.files.empty() || hash == change->files_hash) {
    return std::nullopt;
  }
  RuleSetTexts merged = files;
  std::set<std::string> names;
  for (const RuleSetTexts::File& file : files.files) {
    names.insert(file.path);
  }
  for (const RuleSetTexts::File& file : newest->files) {
    if (!change->from_files.contains(file.path) && !names.contains(file.path) && !IsChange(file)) {
      merged.files.push_back(file);
    }
  }
  change->at_ms = now_ms;
  change->author.clear();
  change->message.clear();
  change->summary = "the files that the process was started with have changed";
  change->files_hash = hash;
  change->from_files = std::move(names);
  SetChange(*change, &merged);
  return merged;
}

}  // namespace weir::cluster
