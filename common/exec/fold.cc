#include "common/exec/fold.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/types/coding.h"

namespace weir::exec {

FoldTable::Group& FoldTable::GroupOf(std::string_view key) {
  const auto found = groups_.find(key);
  if (found != groups_.end()) {
    return found->second;
  }
  Group& group = groups_[std::string(key)];
  group.states.resize(aggregates_->size());
  return group;
}

Status FoldTable::Add(std::string_view key, std::string_view cells, const Hash128& identity) {
  arena_->Reset();
  ByteReader reader(cells);
  Group& group = GroupOf(key);
  group.first = group.rows == 0 ? identity : std::min(group.first, identity);
  ++group.rows;
  std::vector<Value>& inputs = inputs_;
  for (std::size_t i = 0; i < aggregates_->size(); ++i) {
    const plan::FoldAggregate& aggregate = (*aggregates_)[i];
    if (aggregate.filter != nullptr && reader.U8() == 0) {
      continue;
    }
    inputs.clear();
    for (std::size_t input = 0; input < aggregate.inputs.size(); ++input) {
      inputs.push_back(DecodeValue(&reader, arena_.get()));
    }
    if (aggregate.function != nullptr && reader.ok()) {
      aggregate.function->Add(&group.states[i], inputs, identity);
    }
  }
  return reader.ok() && reader.done() ? OkStatus()
                                      : Error(StatusCode::kDataLoss, "a row's cells are malformed");
}

void FoldTable::Merge(const FoldTable& other) {
  for (const auto& [key, added] : other.groups_) {
    Group& group = GroupOf(key);
    group.first = group.rows == 0 ? added.first : std::min(group.first, added.first);
    group.rows += added.rows;
    for (std::size_t i = 0; i < aggregates_->size(); ++i) {
      if ((*aggregates_)[i].function != nullptr) {
        (*aggregates_)[i].function->Merge(&group.states[i], added.states[i]);
      }
    }
  }
}

std::string FoldTable::Encode() const {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.Varint(groups_.size());
  for (const auto& [key, group] : groups_) {
    writer.String(key);
    group.first.AppendTo(&bytes);
    writer.Varint(group.rows);
    for (const std::string& state : group.states) {
      writer.String(state);
    }
  }
  return bytes;
}

StatusOr<FoldTable> FoldTable::Decode(const std::vector<plan::FoldAggregate>* aggregates,
                                      std::string_view bytes) {
  FoldTable table(aggregates);
  ByteReader reader(bytes);
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Group& group = table.GroupOf(reader.String());
    const std::string_view first = reader.Raw(16);
    if (!reader.ok()) {
      break;
    }
    group.first = Hash128::FromBytes(first);
    group.rows = reader.Varint();
    for (std::string& state : group.states) {
      state = reader.String();
    }
  }
  if (!reader.ok() || !reader.done()) {
    return Error(StatusCode::kDataLoss, "a fold's bytes are malformed");
  }
  return table;
}

std::vector<TailRow> FoldTable::Finish(const plan::Tail& tail, std::size_t key_count,
                                       Arena* arena) const {
  const auto finish = [&](std::string_view key, const Group& group) {
    TailRow row = NewTailRow(tail, arena);
    ByteReader reader(arena->Copy(key));
    std::size_t slot = 0;
    for (; slot < key_count; ++slot) {
      row[slot] = DecodeValue(&reader, arena);
    }
    for (std::size_t i = 0; i < aggregates_->size(); ++i, ++slot) {
      const agg::AggregatePtr& function = (*aggregates_)[i].function;
      row[slot] = function == nullptr ? Value::Long(static_cast<int64_t>(group.rows))
                                      : function->Finish(arena->Copy(group.states[i]), arena);
    }
    return row;
  };
  std::vector<TailRow> rows;
  if (key_count == 0 && groups_.empty()) {
    rows.push_back(finish("", {{}, 0, std::vector<std::string>(aggregates_->size())}));
  }
  std::vector<const std::pair<const std::string, Group>*> ordered;
  for (const auto& entry : groups_) {
    ordered.push_back(&entry);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto* left, const auto* right) {
    return left->second.first < right->second.first;
  });
  for (const auto* entry : ordered) {
    rows.push_back(finish(entry->first, entry->second));
  }
  return rows;
}

}  // namespace weir::exec
