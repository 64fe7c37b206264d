#include "common/exec/head.h"

#include <map>

#include "common/types/coding.h"

namespace weir::exec {

namespace {

// Documents name their own data stream, so a sender could invent any number of them.
constexpr std::size_t kStreamsMax = 4096;

const plan::HeadGuard* FindGuard(const plan::Head& head, FieldId field) {
  for (const plan::HeadGuard& guard : head.guards) {
    if (guard.field == field) {
      return &guard;
    }
  }
  return nullptr;
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
  std::map<FieldId, std::size_t> guarded;
  for (const WindowHead& head : heads_) {
    if (!head.rule->head.Reads(data_stream)) {
      continue;
    }
    readers.push_back(&head);
    for (const plan::HeadGuard& guard : head.rule->head.guards) {
      ++guarded[guard.field];
    }
  }
  StreamIndex index;
  if (guarded.empty()) {
    index.unguarded = std::move(readers);
    return index;
  }
  std::size_t most = 0;
  for (const auto& [field, count] : guarded) {
    if (count > most) {
      most = count;
      index.field = field;
    }
  }
  for (const WindowHead* head : readers) {
    const plan::HeadGuard* guard = FindGuard(head->rule->head, index.field);
    if (guard == nullptr) {
      index.unguarded.push_back(head);
      continue;
    }
    for (const std::string& value : guard->values) {
      index.by_value[value].push_back(head);
    }
  }
  return index;
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
