// Routing: by which key values the rows of a rule meet in one shard, and which rules share a routing.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/hash.h"
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

std::vector<KeyClass> AssignClasses(std::vector<Draft>* drafts) {
  std::vector<std::size_t> order(drafts->size());
  std::iota(order.begin(), order.end(), 0);
  // Small keys first: the classes they make fit the rules with more keys.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return (*drafts)[left].class_keys.size() < (*drafts)[right].class_keys.size();
  });
  std::vector<KeyClass> classes;
  for (const std::size_t index : order) {
    Draft& draft = (*drafts)[index];
    const KeyClass* best = nullptr;
    for (const KeyClass& candidate : classes) {
      if (candidate.kind != draft.class_kind || draft.class_kind == KeyClass::Kind::kHome) {
        continue;
      }
      const bool fits = std::includes(draft.class_keys.begin(), draft.class_keys.end(),
                                      candidate.key_texts.begin(), candidate.key_texts.end());
      if (fits && (best == nullptr || candidate.key_texts.size() > best->key_texts.size())) {
        best = &candidate;
      }
    }
    if (best != nullptr) {
      draft.class_index = static_cast<uint32_t>(best - classes.data());
      continue;
    }
    KeyClass added;
    added.kind = draft.class_kind;
    added.key_texts = draft.class_keys;
    added.home = draft.class_kind == KeyClass::Kind::kHome ? draft.rule->id : "";
    added.id = ClassId(added.kind, added.key_texts, added.home);
    draft.class_index = static_cast<uint32_t>(classes.size());
    classes.push_back(std::move(added));
  }
  return classes;
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

}  // namespace weir::plan
