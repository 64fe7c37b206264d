// The value of a rule set's key (docs/formats.md).
#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/cluster/rule_change.h"
#include "common/cluster/rule_feed.h"

namespace weir::cluster {
namespace {

constexpr uint8_t kTextsVersion = 3;   // stored: do not change; 2 is a list of parts (rule_feed.cc)
constexpr uint8_t kTextsVersionWithoutEvidence = 1;

bool SameFile(const RuleSetTexts::File& one, const RuleSetTexts::File& other) {
  return one.path == other.path && one.text == other.text;
}

std::vector<RuleSetTexts::File> WithoutClasses(std::vector<RuleSetTexts::File> files) {
  std::erase_if(files, [](const RuleSetTexts::File& file) { return file.path == kClassesName; });
  return files;
}

}  // namespace

std::string EncodeRuleSetTexts(const RuleSetTexts& rules) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(kTextsVersion);
  writer.Varint(rules.version.value);
  writer.SignedVarint(rules.active_from_ms);
  writer.String(rules.mode);
  writer.String(rules.alerts);
  writer.SignedVarint(rules.lateness_ms);
  writer.Varint(rules.files.size());
  for (const RuleSetTexts::File& file : rules.files) {
    writer.String(file.path);
    writer.String(file.text);
  }
  writer.String(rules.evidence);
  return bytes;
}

StatusOr<RuleSetTexts> DecodeRuleSetTexts(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (reader.ok() && version != kTextsVersion && version != kTextsVersionWithoutEvidence) {
    return FailedPrecondition("rule set of format version {}; this weir knows {}", version,
                              kTextsVersion);
  }
  RuleSetTexts rules;
  rules.version = RuleSetVersion(reader.Varint());
  rules.active_from_ms = reader.SignedVarint();
  rules.mode = reader.String();
  rules.alerts = reader.String();
  rules.lateness_ms = reader.SignedVarint();
  for (uint64_t left = reader.Varint(); left > 0 && reader.ok(); --left) {
    RuleSetTexts::File file;
    file.path = reader.String();
    file.text = reader.String();
    rules.files.push_back(std::move(file));
  }
  if (version != kTextsVersionWithoutEvidence) {
    rules.evidence = reader.String();
  }
  if (!reader.ok() || !reader.done()) {
    return DataLoss("rule set of {} bytes is damaged", bytes.size());
  }
  return rules;
}

bool SameRules(const RuleSetTexts& one, const RuleSetTexts& other) {
  const std::vector<RuleSetTexts::File> ours = WithoutClasses(one.files);
  const std::vector<RuleSetTexts::File> theirs = WithoutClasses(other.files);
  return one.mode == other.mode && one.alerts == other.alerts &&
         one.lateness_ms == other.lateness_ms && one.evidence == other.evidence &&
         std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(), SameFile);
}

}  // namespace weir::cluster
