#include "common/exec/head.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/types/coding.h"

namespace weir::exec {

namespace {

// Documents name their own data stream, so a sender could invent any number of them.
constexpr std::size_t kStreamsMax = 4096;

// Of a head's guards the one by whose field most values tell heads apart.
const plan::HeadGuard* BestGuard(const plan::Head& head,
                                 const std::map<FieldId, std::set<std::string_view>>& values) {
  const plan::HeadGuard* best = nullptr;
  for (const plan::HeadGuard& guard : head.guards) {
    if (best == nullptr || values.at(guard.field).size() > values.at(best->field).size()) {
      best = &guard;
    }
  }
  return best;
}

}  // namespace

HeadIndex::HeadIndex(const plan::RuleSet& rules) : rules_(rules) {
  heads_.reserve(rules.windows.size());
  for (uint32_t i = 0; i < rules.windows.size(); ++i) {
    const plan::Window& window = rules.windows[i];
    if (!window.rules.empty()) {
      heads_.push_back({i, &window, &rules.rules[window.rules.front()]});
    }
  }
}

const HeadIndex::StreamIndex& HeadIndex::ForStream(std::string_view data_stream) {
  const auto found = streams_.find(data_stream);
  if (found != streams_.end()) {
    return found->second;
  }
  if (streams_.size() >= kStreamsMax) {
    streams_.clear();
  }
  return streams_.emplace(std::string(data_stream), Build(data_stream)).first->second;
}

HeadIndex::StreamIndex HeadIndex::Build(std::string_view data_stream) const {
  std::vector<const WindowHead*> readers;
  std::map<FieldId, std::set<std::string_view>> values;   // of all guards of a field
  for (const WindowHead& head : heads_) {
    if (!head.rule->head.Reads(data_stream)) {
      continue;
    }
    readers.push_back(&head);
    for (const plan::HeadGuard& guard : head.rule->head.guards) {
      values[guard.field].insert(guard.values.begin(), guard.values.end());
    }
  }
  StreamIndex index;
  std::map<FieldId, HeadsByValue> guarded;
  for (const WindowHead* head : readers) {
    const plan::HeadGuard* guard = BestGuard(head->rule->head, values);
    if (guard == nullptr) {
      index.unguarded.push_back(head);
      continue;
    }
    for (const std::string& value : guard->values) {
      guarded[guard->field][value].push_back(head);
    }
  }
  for (auto& [field, by_value] : guarded) {
    index.guards.push_back({field, std::move(by_value)});
  }
  return index;
}

bool HeadIndex::GuardIndex::Takes(const WindowHead& head, std::span<const Value> values) const {
  return std::any_of(values.begin(), values.end(), [&](const Value& value) {
    const auto found = by_value.find(value.text());
    return found != by_value.end() &&
           std::find(found->second.begin(), found->second.end(), &head) != found->second.end();
  });
}

void AppendAggregateCells(const std::vector<plan::FoldAggregate>& aggregates,
                          expr::EvalContext* context, std::string* out) {
  for (const plan::FoldAggregate& aggregate : aggregates) {
    if (aggregate.filter != nullptr) {
      const Value verdict = aggregate.filter->Eval(*context);
      const bool counts = !verdict.is_null() && !verdict.is_multi() && verdict.boolean();
      out->push_back(counts ? 1 : 0);
      if (!counts) {
        continue;
      }
    }
    for (const expr::ExprPtr& input : aggregate.inputs) {
      EncodeValue(input->Eval(*context), out);
    }
  }
}

}  // namespace weir::exec
