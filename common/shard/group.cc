#include "common/shard/group.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "common/base/check.h"
#include "common/types/coding.h"
#include "common/window/firing.h"

namespace weir::shard {

namespace {

constexpr uint8_t kVersion = 1;
// How many of the newest states are compared before a state is stored once more.
constexpr std::size_t kInternSearchMax = 32;

}  // namespace

Hash128 RuleHash(std::string_view rule_id) {
  return HashBytes128(rule_id);
}

ShardId HomeShard(std::string_view tenant, std::string_view rule_id, uint16_t shard_count) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.String(tenant);
  writer.String(rule_id);
  return ShardId(static_cast<uint16_t>(Hash64(bytes) % shard_count));
}

Hash128 GroupHash(const plan::Window& window, std::string_view key) {
  Hash128 hash = HashBytes128(key);
  hash.high ^= window.id.high;
  hash.low ^= window.id.low;
  return hash;
}

std::size_t Group::LowerBound(int64_t index) const {
  if (!panes_.empty() && panes_.back().index < index) {
    return panes_.size();
  }
  const auto position =
      std::lower_bound(panes_.begin(), panes_.end(), index,
                       [](const Pane& pane, int64_t wanted) { return pane.index < wanted; });
  return static_cast<std::size_t>(position - panes_.begin());
}

std::size_t Group::PaneFor(int64_t index) {
  if (!panes_.empty() && panes_.back().index == index) {
    return panes_.size() - 1;
  }
  const std::size_t position = LowerBound(index);
  if (position < panes_.size() && panes_[position].index == index) {
    return position;
  }
  panes_.insert(panes_.begin() + static_cast<std::ptrdiff_t>(position), Pane{index, 0, 0, 0});
  const std::size_t width = window_->aggregates.size();
  refs_.insert(refs_.begin() + static_cast<std::ptrdiff_t>(position * width), width, 0);
  return position;
}

uint32_t Group::Intern(std::string_view state) {
  const std::size_t stop = pool_.size() > kInternSearchMax ? pool_.size() - kInternSearchMax : 0;
  for (std::size_t i = pool_.size(); i-- > stop;) {
    if (pool_[i] == state) {
      return static_cast<uint32_t>(i);
    }
  }
  if (pool_.size() > refs_.size() * 2 + 64) {
    CompactPool();
  }
  pool_.emplace_back(state);
  return static_cast<uint32_t>(pool_.size() - 1);
}

void Group::CompactPool() {
  std::vector<uint32_t> renumbered(pool_.size(), 0);
  std::vector<std::string> kept = {""};
  for (uint32_t& ref : refs_) {
    if (ref != 0 && renumbered[ref] == 0) {
      renumbered[ref] = static_cast<uint32_t>(kept.size());
      kept.push_back(std::move(pool_[ref]));
    }
    ref = renumbered[ref];
  }
  pool_ = std::move(kept);
}

bool Group::Fold(UnixMillis time_ms, std::string_view cells, const Hash128& identity,
                 Arena* arena) {
  const int64_t index = window::PaneOf(time_ms, window_->pane_ms);
  const std::size_t position = PaneFor(index);
  Pane& pane = panes_[position];
  const auto offset = static_cast<uint32_t>(time_ms - (index - 1) * window_->pane_ms);
  pane.first_ms = pane.rows == 0 ? offset : std::min(pane.first_ms, offset);
  pane.last_ms = pane.rows == 0 ? offset : std::max(pane.last_ms, offset);
  ++pane.rows;
  ++rows_total_;

  ByteReader reader(cells);
  static thread_local std::string state;
  static thread_local std::vector<Value> inputs;
  const std::size_t width = window_->aggregates.size();
  for (std::size_t i = 0; i < width; ++i) {
    const plan::FoldAggregate& aggregate = window_->aggregates[i];
    if (aggregate.filter != nullptr && reader.U8() == 0) {
      continue;
    }
    inputs.clear();
    for (std::size_t input = 0; input < aggregate.inputs.size(); ++input) {
      inputs.push_back(DecodeValue(&reader, arena));
    }
    if (aggregate.function == nullptr) {
      continue;
    }
    if (!reader.ok()) {
      return false;
    }
    uint32_t& ref = refs_[position * width + i];
    state.assign(pool_[ref]);
    aggregate.function->Add(&state, inputs, identity);
    if (state != pool_[ref]) {
      const uint32_t interned = Intern(state);
      refs_[position * width + i] = interned;
    }
  }
  return reader.ok();
}

void Group::KeepEvent(std::string_view id, UnixMillis time_ms) {
  const auto before = [](const alert::EventRef& a, const alert::EventRef& b) {
    return std::tie(a.timestamp_ms, a.id) < std::tie(b.timestamp_ms, b.id);
  };
  alert::EventRef event{std::string(id), time_ms};
  const auto position = std::lower_bound(events_.begin(), events_.end(), event, before);
  if (position == events_.begin() && events_.size() >= kEventsMax) {
    return;
  }
  events_.insert(position, std::move(event));
  if (events_.size() > kEventsMax) {
    events_.erase(events_.begin());
  }
}

void Group::Prune(int64_t floor_index) {
  std::size_t dead = 0;
  while (dead < panes_.size() && panes_[dead].index <= floor_index) {
    rows_total_ -= panes_[dead].rows;
    ++dead;
  }
  if (dead == 0) {
    return;
  }
  panes_.erase(panes_.begin(), panes_.begin() + static_cast<std::ptrdiff_t>(dead));
  refs_.erase(refs_.begin(), refs_.begin() + static_cast<std::ptrdiff_t>(
                                                 dead * window_->aggregates.size()));
  const UnixMillis floor_ms = floor_index * window_->pane_ms;
  std::erase_if(events_,
                [&](const alert::EventRef& event) { return event.timestamp_ms <= floor_ms; });
}

void Group::Absorb(const Group& part) {
  const std::size_t width = window_->aggregates.size();
  std::string merged;
  for (std::size_t i = 0; i < part.panes_.size(); ++i) {
    const Pane& from = part.panes_[i];
    const std::size_t position = PaneFor(from.index);
    Pane& pane = panes_[position];
    pane.first_ms = pane.rows == 0 ? from.first_ms : std::min(pane.first_ms, from.first_ms);
    pane.last_ms = pane.rows == 0 ? from.last_ms : std::max(pane.last_ms, from.last_ms);
    pane.rows += from.rows;
    rows_total_ += from.rows;
    for (std::size_t j = 0; j < width; ++j) {
      const std::string_view state = part.state(i, j);
      if (state.empty()) {
        continue;
      }
      const uint32_t ref = refs_[position * width + j];
      merged.assign(ref == 0 ? state : std::string_view(pool_[ref]));
      if (ref != 0) {
        window_->aggregates[j].function->Merge(&merged, state);
      }
      const uint32_t interned = Intern(merged);
      refs_[position * width + j] = interned;
    }
  }
  for (const alert::EventRef& event : part.events_) {
    KeepEvent(event.id, event.timestamp_ms);
  }
}

void Group::Restrict(int64_t after, int64_t until) {
  episodes_.clear();
  const std::size_t kept = LowerBound(until + 1);
  for (std::size_t i = kept; i < panes_.size(); ++i) {
    rows_total_ -= panes_[i].rows;
  }
  panes_.resize(kept);
  refs_.resize(kept * window_->aggregates.size());
  std::erase_if(events_, [&](const alert::EventRef& event) {
    return event.timestamp_ms > until * window_->pane_ms;
  });
  Prune(after);
}

uint64_t Group::RowsIn(int64_t after, int64_t until) const {
  uint64_t rows = 0;
  for (std::size_t i = LowerBound(after + 1); i < panes_.size() && panes_[i].index <= until; ++i) {
    rows += panes_[i].rows;
  }
  return rows;
}

int64_t Group::FirstPaneAfter(int64_t after) const {
  const std::size_t position = LowerBound(after + 1);
  return position < panes_.size() ? panes_[position].index : std::numeric_limits<int64_t>::max();
}

void Group::MergeOne(int64_t after, int64_t until, std::size_t aggregate,
                     std::string* merged) const {
  const auto& function = window_->aggregates[aggregate].function;
  if (function == nullptr) {
    return;
  }
  for (std::size_t i = LowerBound(after + 1); i < panes_.size() && panes_[i].index <= until; ++i) {
    const uint32_t ref = refs_[i * window_->aggregates.size() + aggregate];
    if (ref == 0) {
      continue;
    }
    if (merged->empty()) {
      merged->assign(pool_[ref]);
    } else {
      function->Merge(merged, pool_[ref]);
    }
  }
}

uint64_t Group::Merge(int64_t after, int64_t until, std::vector<std::string>* states) const {
  states->assign(window_->aggregates.size(), {});
  for (std::size_t i = 0; i < states->size(); ++i) {
    MergeOne(after, until, i, &(*states)[i]);
  }
  return RowsIn(after, until);
}

bool Group::EventTimes(int64_t after, int64_t until, UnixMillis* first_ms,
                       UnixMillis* last_ms) const {
  bool found = false;
  for (std::size_t i = LowerBound(after + 1); i < panes_.size() && panes_[i].index <= until; ++i) {
    const UnixMillis start_ms = (panes_[i].index - 1) * window_->pane_ms;
    if (!found) {
      *first_ms = start_ms + panes_[i].first_ms;
      *last_ms = start_ms + panes_[i].last_ms;
      found = true;
    }
    *first_ms = std::min(*first_ms, start_ms + panes_[i].first_ms);
    *last_ms = std::max(*last_ms, start_ms + panes_[i].last_ms);
  }
  return found;
}

std::size_t Group::memory_bytes() const {
  std::size_t bytes = sizeof(Group) + key_.capacity() + panes_.capacity() * sizeof(Pane) +
                      refs_.capacity() * sizeof(uint32_t) + events_.capacity() * 80 +
                      episodes_.capacity() * sizeof(Episode);
  for (const std::string& state : pool_) {
    bytes += sizeof(std::string) + (state.capacity() > 15 ? state.capacity() : 0);
  }
  return bytes;
}

void Group::Encode(uint64_t expires_ms, std::string* out) const {
  ByteWriter writer(out);
  writer.Fixed64BigEndian(expires_ms);
  writer.U8(kVersion);
  writer.String(key_);
  writer.Varint(episodes_.size());
  for (const Episode& episode : episodes_) {
    episode.rule.AppendTo(out);
    writer.SignedVarint(episode.start_ms);
    writer.SignedVarint(episode.end_ms);
    episode.alert.AppendTo(out);
    writer.U8(static_cast<uint8_t>((episode.owns_alert ? 1 : 0) | (episode.recovered ? 2 : 0)));
  }
  writer.Varint(events_.size());
  for (const alert::EventRef& event : events_) {
    writer.String(event.id);
    writer.SignedVarint(event.timestamp_ms);
  }
  // Only states that a pane refers to are written, numbered in order of appearance.
  std::vector<uint32_t> numbers(pool_.size(), 0);
  std::vector<uint32_t> used;
  for (const uint32_t ref : refs_) {
    if (ref != 0 && numbers[ref] == 0) {
      used.push_back(ref);
      numbers[ref] = static_cast<uint32_t>(used.size());
    }
  }
  writer.Varint(used.size());
  for (const uint32_t ref : used) {
    writer.String(pool_[ref]);
  }
  writer.Varint(panes_.size());
  int64_t previous = 0;
  const std::size_t width = window_->aggregates.size();
  for (std::size_t i = 0; i < panes_.size(); ++i) {
    const Pane& pane = panes_[i];
    const bool same = i > 0 && std::equal(refs_.begin() + static_cast<std::ptrdiff_t>(i * width),
                                          refs_.begin() + static_cast<std::ptrdiff_t>((i + 1) * width),
                                          refs_.begin() + static_cast<std::ptrdiff_t>((i - 1) * width));
    writer.SignedVarint(pane.index - previous);
    previous = pane.index;
    writer.Varint((static_cast<uint64_t>(pane.rows) << 1) | (same ? 1 : 0));
    writer.Varint(pane.first_ms);
    writer.Varint(pane.last_ms - pane.first_ms);
    if (!same) {
      for (std::size_t j = 0; j < width; ++j) {
        writer.Varint(numbers[refs_[i * width + j]]);
      }
    }
  }
}

StatusOr<Group> Group::Parse(const plan::Window* window, std::string_view bytes) {
  ByteReader reader(bytes);
  reader.Fixed64BigEndian();
  const uint8_t version = reader.U8();
  if (version != kVersion) {
    return DataLoss("group version {} is unknown to this binary", version);
  }
  // Every element takes a byte at least: what is counted must be there.
  const auto count = [&reader] {
    const uint64_t counted = reader.Varint();
    if (counted > reader.remaining()) {
      reader.Fail();
      return uint64_t{0};
    }
    return counted;
  };
  const auto hash = [&reader] {
    const std::string_view raw = reader.Raw(16);
    return raw.size() == 16 ? Hash128::FromBytes(raw) : Hash128{};
  };
  Group group(window, reader.String());
  group.episodes_.resize(count());
  for (Episode& episode : group.episodes_) {
    episode.rule = hash();
    episode.start_ms = reader.SignedVarint();
    episode.end_ms = reader.SignedVarint();
    episode.alert = hash();
    const uint8_t flags = reader.U8();
    episode.owns_alert = (flags & 1) != 0;
    episode.recovered = (flags & 2) != 0;
  }
  group.events_.resize(count());
  for (alert::EventRef& event : group.events_) {
    event.id = reader.String();
    event.timestamp_ms = reader.SignedVarint();
  }
  for (uint64_t states = count(); states > 0 && reader.ok(); --states) {
    group.pool_.emplace_back(reader.String());
  }
  const std::size_t width = window->aggregates.size();
  group.panes_.resize(count());
  group.refs_.resize(group.panes_.size() * width);
  int64_t previous = 0;
  for (std::size_t i = 0; i < group.panes_.size() && reader.ok(); ++i) {
    Pane& pane = group.panes_[i];
    pane.index = previous + reader.SignedVarint();
    const uint64_t rows = reader.Varint();
    const bool same = (rows & 1) != 0;
    if (i == 0 ? same : pane.index <= previous) {
      reader.Fail();
      break;
    }
    previous = pane.index;
    pane.rows = static_cast<uint32_t>(rows >> 1);
    pane.first_ms = static_cast<uint32_t>(reader.Varint());
    pane.last_ms = pane.first_ms + static_cast<uint32_t>(reader.Varint());
    group.rows_total_ += pane.rows;
    for (std::size_t j = 0; j < width; ++j) {
      const uint64_t ref = same ? group.refs_[(i - 1) * width + j] : reader.Varint();
      if (ref >= group.pool_.size()) {
        reader.Fail();
        break;
      }
      group.refs_[i * width + j] = static_cast<uint32_t>(ref);
    }
  }
  if (!reader.ok() || !reader.done()) {
    return DataLoss("malformed group of {} bytes", bytes.size());
  }
  return group;
}

Group Group::Decode(const plan::Window* window, std::string_view bytes) {
  StatusOr<Group> group = Parse(window, bytes);
  WEIR_CHECK(group.ok(), "{}", Message(group.status()));
  return std::move(*group);
}

uint64_t Group::ExpiresOf(std::string_view encoded) {
  return ByteReader(encoded).Fixed64BigEndian();
}

std::string_view Group::KeyOf(std::string_view encoded) {
  ByteReader reader(encoded);
  reader.Fixed64BigEndian();
  reader.U8();
  return reader.String();
}

}  // namespace weir::shard
