// Routing: by which key values the rows of a rule meet in one shard, and which rules share a routing.
#include <algorithm>
#include <map>

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/plan/class_list.h"
#include "common/plan/rule_set_internal.h"

namespace weir::plan {
namespace {

std::string Bracketed(const std::vector<std::string>& texts) {
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

Hash128 ClassId(KeyClass::Kind kind, const std::vector<std::string>& key_texts,
                const std::string& home) {
  std::string bytes = fmt::format("class {}", static_cast<int>(kind));
  for (const std::string& text : key_texts) {
    bytes.push_back('\0');
    bytes += text;
  }
  bytes.push_back('\0');
  bytes += home;
  return HashBytes128(bytes);
}

// The texts of what the query outputs under the suppression's names; empty when suppression says
// nothing about where rows must meet.
std::optional<std::set<std::string>> SuppressionTexts(const Analysis& analysis) {
  if (!analysis.suppression.has_value()) {
    return std::nullopt;
  }
  std::set<std::string> texts;
  for (const SuppressionKey& key : analysis.suppression->keys) {
    if (key.slot.has_value()) {
      for (std::size_t i = 0; i < analysis.tail.outputs.size(); ++i) {
        if (analysis.tail.outputs[i].name == key.name) {
          texts.insert(analysis.output_texts[i]);
        }
      }
    } else if (!analysis.suppression->suppress_missing) {
      return std::nullopt;   // no alert has all fields, so none suppresses another
    }
  }
  return texts;
}

void FindEventKeys(const std::optional<std::set<std::string>>& suppression, Draft* draft) {
  if (!suppression.has_value()) {
    draft->class_kind = KeyClass::Kind::kIdentity;
    draft->routing_reason = "no STATS: rows spread by the identity of their event";
    return;
  }
  draft->class_keys.assign(suppression->begin(), suppression->end());
  draft->class_kind = draft->class_keys.empty() ? KeyClass::Kind::kHome : KeyClass::Kind::kKeys;
  draft->routing_reason = draft->class_keys.empty()
                              ? "all alerts suppress each other: all rows meet in the rule's home shard"
                              : "no STATS: rows that may suppress each other meet in one shard";
}

// A rule whose evaluations need rows of several shards. Rows spread by the keys of the first STATS, so
// that its groups are whole, or by the identity of their event when there are none.
void Spread(const std::string& why, const std::set<std::string>& keys, Draft* draft) {
  draft->spread = true;
  draft->class_keys.assign(keys.begin(), keys.end());
  draft->class_kind = keys.empty() ? KeyClass::Kind::kIdentity : KeyClass::Kind::kKeys;
  draft->routing_reason = fmt::format(
      "spread rule ({}): rows spread by {}, the coordinator merges all shards at each tick", why,
      keys.empty() ? std::string("the identity of their event") : Bracketed(draft->class_keys));
}

KeyClass MakeClass(KeyClass::Kind kind, const std::vector<std::string>& key_texts,
                   const std::string& home) {
  KeyClass made;
  made.kind = kind;
  made.key_texts = key_texts;
  made.home = home;
  made.id = ClassId(kind, key_texts, home);
  return made;
}

bool Fits(const KeyClass& key_class, const Draft& draft) {
  if (key_class.kind != draft.class_kind) {
    return false;
  }
  if (key_class.kind == KeyClass::Kind::kHome) {
    return key_class.home == draft.rule->id;
  }
  return std::includes(draft.class_keys.begin(), draft.class_keys.end(),
                       key_class.key_texts.begin(), key_class.key_texts.end());
}

// Null when there is none.
const KeyClass* FirstFitting(const std::vector<KeyClass>& classes, const Draft& draft) {
  const auto found = std::find_if(classes.begin(), classes.end(), [&](const KeyClass& key_class) {
    return Fits(key_class, draft);
  });
  return found == classes.end() ? nullptr : &*found;
}

// Adds classes for the rules that none fits: as few as possible, the widest first.
void AddClasses(const std::vector<Draft>& drafts, std::vector<KeyClass>* classes) {
  std::vector<const Draft*> without;
  for (const Draft& draft : drafts) {
    if (FirstFitting(*classes, draft) == nullptr) {
      without.push_back(&draft);
    }
  }
  // Small keys first: the classes they make fit the rules with more keys.
  std::stable_sort(without.begin(), without.end(), [](const Draft* left, const Draft* right) {
    return left->class_keys.size() < right->class_keys.size();
  });
  std::vector<KeyClass> added;
  for (const Draft* draft : without) {
    if (FirstFitting(added, *draft) == nullptr) {
      added.push_back(MakeClass(draft->class_kind, draft->class_keys,
                                draft->class_kind == KeyClass::Kind::kHome ? draft->rule->id : ""));
    }
  }
  std::stable_sort(added.begin(), added.end(), [](const KeyClass& left, const KeyClass& right) {
    return left.key_texts.size() > right.key_texts.size();
  });
  classes->insert(classes->end(), added.begin(), added.end());
}

}  // namespace

void FindClassKeys(Draft* draft) {
  const Analysis& analysis = draft->analysis;
  const std::optional<std::set<std::string>> suppression = SuppressionTexts(analysis);
  const bool has_storm_cap = draft->rule->adjustments.storm_cap.has_value();
  if (analysis.is_events && has_storm_cap) {
    draft->class_kind = KeyClass::Kind::kHome;
    draft->routing_reason = "storm cap: all rows meet in the rule's home shard, which counts alerts";
    return;
  }
  if (analysis.is_events) {
    FindEventKeys(suppression, draft);
    return;
  }
  std::set<std::string> common = analysis.stats_keys.front();
  const auto intersect = [&](const std::set<std::string>& other) {
    std::erase_if(common, [&](const std::string& text) { return !other.contains(text); });
  };
  for (const std::set<std::string>& keys : analysis.stats_keys) {
    intersect(keys);
  }
  if (suppression.has_value()) {
    intersect(*suppression);
  }
  if (!analysis.keeps_rows.empty()) {
    Spread(analysis.keeps_rows, {}, draft);
  } else if (analysis.has_limit) {
    Spread("LIMIT compares rows of all groups", analysis.stats_keys.front(), draft);
  } else if (common.empty()) {
    Spread("its STATS and suppression have no key in common", analysis.stats_keys.front(), draft);
  } else if (has_storm_cap) {
    // Routed as without the cap, so that the windows stay.
    Spread("its storm cap counts the alerts of all shards", common, draft);
  } else {
    draft->class_kind = KeyClass::Kind::kKeys;
    draft->class_keys.assign(common.begin(), common.end());
    draft->routing_reason = fmt::format(
        "local rule: every row of a group{} has the same {}",
        suppression.has_value() ? " and of its suppression key" : "", Bracketed(draft->class_keys));
  }
}

std::vector<KeyClass> AssignClasses(std::vector<Draft>* drafts, const ClassList& live) {
  std::vector<KeyClass> classes;
  for (const std::vector<std::string>& keys : live) {
    classes.push_back(MakeClass(KeyClass::Kind::kKeys, keys, ""));
  }
  AddClasses(*drafts, &classes);
  std::vector<KeyClass> used;
  std::map<Hash128, uint32_t> index_by_id;
  for (Draft& draft : *drafts) {
    const KeyClass* fitting = FirstFitting(classes, draft);
    WEIR_CHECK(fitting != nullptr, "no class fits rule {}", draft.rule->id);
    index_by_id[fitting->id] = 0;
  }
  for (const KeyClass& key_class : classes) {
    if (const auto found = index_by_id.find(key_class.id); found != index_by_id.end()) {
      found->second = static_cast<uint32_t>(used.size());
      used.push_back(key_class);
    }
  }
  for (Draft& draft : *drafts) {
    draft.class_index = index_by_id.at(FirstFitting(classes, draft)->id);
  }
  return used;
}

std::vector<uint32_t> ClassKeyCells(const KeyClass& key_class, const Analysis& analysis) {
  std::vector<uint32_t> cells;
  for (const std::string& text : key_class.key_texts) {
    const auto cell = std::find(analysis.cell_texts.begin(), analysis.cell_texts.end(), text);
    WEIR_CHECK(cell != analysis.cell_texts.end(), "class key {} is no cell of its rule", text);
    cells.push_back(static_cast<uint32_t>(cell - analysis.cell_texts.begin()));
  }
  return cells;
}

ClassList ClassesOf(const RuleSet& rules) {
  ClassList classes;
  for (const KeyClass& key_class : rules.classes) {
    if (key_class.kind == KeyClass::Kind::kKeys) {
      classes.push_back(key_class.key_texts);
    }
  }
  return classes;
}

std::string EncodeClassList(const ClassList& classes) {
  std::string text;
  for (const std::vector<std::string>& keys : classes) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      text += i == 0 ? "" : "\t";
      text += absl::CEscape(keys[i]);
    }
    text += '\n';
  }
  return text;
}

StatusOr<ClassList> DecodeClassList(std::string_view text) {
  ClassList classes;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    std::vector<std::string>& keys = classes.emplace_back();
    while (true) {
      const std::size_t tab = rest.find('\t');
      const std::string_view escaped = rest.substr(0, tab);
      if (std::string& key = keys.emplace_back();
          !absl::CUnescape({escaped.data(), escaped.size()}, &key) || key.empty()) {
        return InvalidArgument("line {} of a list of classes: '{}' is no key", line, escaped);
      }
      if (tab == std::string_view::npos) {
        break;
      }
      rest.remove_prefix(tab + 1);
    }
    if (!std::is_sorted(keys.begin(), keys.end())) {
      return InvalidArgument("line {} of a list of classes: the keys are not sorted", line);
    }
  }
  return classes;
}

}  // namespace weir::plan
