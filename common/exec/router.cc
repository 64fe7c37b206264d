#include "common/exec/router.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/exec/head.h"
#include "common/exec/key_cells.h"
#include "common/exec/row_format.h"
#include "common/exec/row_steps.h"
#include "common/types/coding.h"

namespace weir::exec {

namespace {

// A row waiting to be put in its entry: bytes [begin, end) of the scratch buffer.
struct PendingRow {
  uint16_t shard;
  uint32_t class_index;
  uint32_t begin;
  uint32_t end;
};

// No more is set aside for a part before it is filled.
constexpr std::size_t kPartBytesExpectedMax = 4096;

}  // namespace

class Router::Impl {
 public:
  Impl(plan::RuleSetPtr rules, RouterOptions options)
      : rules_(std::move(rules)), options_(std::move(options)), index_(*rules_) {
    std::size_t slots = 1;
    for (const plan::CompiledRule& rule : rules_->rules) {
      slots = std::max<std::size_t>(slots, rule.head.slot_count);
    }
    slots_.resize(slots);
    excepted_.resize(rules_->windows.size());
    for (std::size_t i = 0; i < excepted_.size(); ++i) {
      excepted_[i].resize(RuleOf(i).source.adjustments.exceptions.size());
    }
    parts_.resize(options_.shard_count);
    for (const plan::KeyClass& key_class : rules_->classes) {
      std::string prefix;
      ByteWriter(&prefix).String(options_.tenant);
      key_class.id.AppendTo(&prefix);
      if (key_class.kind == plan::KeyClass::Kind::kHome) {
        ByteWriter(&prefix).String(key_class.home);
      }
      class_prefixes_.push_back(std::move(prefix));
    }
    frame_.version = rules_->version;
    frame_.explicit_ingested = options_.replay;
  }

  void Add(source::Event& event, uint32_t event_index, const Hash128& fallback_identity) {
    ++frame_.events;
    identity_ = event.identity().value_or(fallback_identity);
    pending_.clear();
    scratch_.clear();
    context_.fields = &event;
    context_.slots = slots_.data();
    context_.arena = &arena_;
    context_.warnings = &warnings_;
    index_.ForEachCandidate(event, [&](const WindowHead& head) {
      const uint64_t before = counters_.without_group;
      counters_.excepted = excepted_[head.window_index].data();
      RunRowSteps(head.rule->head.steps, 0, &context_, &counters_, [&] { EmitRow(head); });
      if (counters_.without_group != before) [[unlikely]] {
        without_group_.resize(rules_->windows.size());
        without_group_[head.window_index] += counters_.without_group - before;
      }
    });
    if (!pending_.empty()) {
      AppendEntries(event, event_index);
    }
    arena_.Reset();
  }

  Frame Take() {
    Frame frame = std::move(frame_);
    std::size_t part_bytes_max = 0;
    std::sort(touched_.begin(), touched_.end());
    frame.parts.reserve(touched_.size());
    for (const uint16_t shard : touched_) {
      part_bytes_max = std::max(part_bytes_max, parts_[shard].bytes.size());
      frame.parts.push_back(
          {ShardId(shard), Epoch(), std::move(parts_[shard].bytes), parts_[shard].entries});
      parts_[shard] = {};
    }
    touched_.clear();
    TakeExcepted(&frame.excepted);
    part_bytes_expected_ = std::min(part_bytes_max, kPartBytesExpectedMax);
    frame_ = {};
    frame_.version = rules_->version;
    frame_.explicit_ingested = options_.replay;
    return frame;
  }

  const expr::Warnings& warnings() const { return warnings_; }
  uint64_t grok_limits() const { return counters_.grok_limits; }
  const std::vector<uint64_t>& without_group() const { return without_group_; }

 private:
  struct Part {
    std::string bytes;
    uint32_t entries = 0;
  };

  // Whose head a window's is (HeadIndex).
  const plan::CompiledRule& RuleOf(std::size_t window_index) const {
    return rules_->rules[rules_->windows[window_index].rules.front()];
  }

  void TakeExcepted(std::vector<ExceptedRows>* taken) {
    for (std::size_t i = 0; i < excepted_.size(); ++i) {
      for (std::size_t j = 0; j < excepted_[i].size(); ++j) {
        if (excepted_[i][j] != 0) {
          const rule::Rule& rule = RuleOf(i).source;
          taken->push_back({rule.id, rule.adjustments.exceptions[j].name, excepted_[i][j]});
          excepted_[i][j] = 0;
        }
      }
    }
  }

  // The current slots are a row of the head: works out its key cells, and one row per combination of
  // their values.
  void EmitRow(const WindowHead& head) {
    const plan::Window& window = *head.window;
    cells_.clear();
    if (window.is_events) {
      event_values_.clear();
      for (const expr::ExprPtr& cell : window.event_cells) {
        event_values_.push_back(cell->Eval(context_));
        EncodeValue(event_values_.back(), &cells_);
      }
      key_.clear();
      AddPending(head, event_values_.data());
      return;
    }
    AppendAggregateCells(window.aggregates, &context_, &cells_);
    keys_.ForEach(window.keys, &context_, [&](const Value* cells, std::string_view key) {
      key_ = key;
      AddPending(head, cells);
    });
  }

  void AddPending(const WindowHead& head, const Value* cells) {
    const uint32_t class_index = head.window->class_index;
    const auto begin = static_cast<uint32_t>(scratch_.size());
    AppendRow({head.window_index, key_, cells_}, &scratch_);
    pending_.push_back({ShardOf(head, class_index, cells), class_index, begin,
                        static_cast<uint32_t>(scratch_.size())});
    ++frame_.rows;
  }

  uint16_t ShardOf(const WindowHead& head, uint32_t class_index, const Value* cells) {
    routing_ = class_prefixes_[class_index];
    switch (rules_->classes[class_index].kind) {
      case plan::KeyClass::Kind::kHome:
        break;
      case plan::KeyClass::Kind::kIdentity:
        identity_.AppendTo(&routing_);
        break;
      case plan::KeyClass::Kind::kKeys:
        for (const uint32_t cell : head.rule->class_key_cells) {
          EncodeSet(cells[cell], &routing_);
        }
        break;
    }
    return static_cast<uint16_t>(Hash64(routing_) % options_.shard_count);
  }

  void AppendEntries(const source::Event& event, uint32_t event_index) {
    ++frame_.events_matched;
    if (pending_.size() > 1) {
      std::stable_sort(pending_.begin(), pending_.end(),
                       [](const PendingRow& a, const PendingRow& b) {
                         return std::pair(a.shard, a.class_index) < std::pair(b.shard, b.class_index);
                       });
    }
    EntryHeader header;
    header.event_index = event_index;
    header.identity = identity_;
    header.timestamp_ms = event.timestamp_ms();
    header.ingested_ms = event.ingested_ms();
    header.event_id = event.event_id();
    for (std::size_t i = 0; i < pending_.size();) {
      std::size_t end = i + 1;
      while (end < pending_.size() && pending_[end].shard == pending_[i].shard &&
             pending_[end].class_index == pending_[i].class_index) {
        ++end;
      }
      Part& part = parts_[pending_[i].shard];
      if (part.entries++ == 0) {
        touched_.push_back(pending_[i].shard);
        part.bytes.reserve(part_bytes_expected_);
      }
      header.class_index = pending_[i].class_index;
      header.row_count = static_cast<uint32_t>(end - i);
      AppendEntryHeader(header, options_.replay, &part.bytes);
      for (; i < end; ++i) {
        part.bytes.append(scratch_, pending_[i].begin, pending_[i].end - pending_[i].begin);
      }
    }
  }

  plan::RuleSetPtr rules_;
  RouterOptions options_;
  HeadIndex index_;
  std::vector<std::string> class_prefixes_;
  std::vector<Value> slots_;
  std::vector<Value> event_values_;
  std::vector<Part> parts_;
  std::vector<uint16_t> touched_;
  std::size_t part_bytes_expected_ = 0;   // as the last frame's longest
  std::vector<PendingRow> pending_;
  std::string scratch_;
  std::string cells_;
  std::string key_;
  KeyCells keys_;
  std::string routing_;
  std::vector<std::vector<uint64_t>> excepted_;   // by window and exception, since the last Take
  Hash128 identity_;
  Arena arena_;
  expr::EvalContext context_;
  expr::Warnings warnings_;
  StepCounters counters_;
  std::vector<uint64_t> without_group_;
  Frame frame_;
};

Router::Router(plan::RuleSetPtr rules, RouterOptions options)
    : impl_(std::make_unique<Impl>(std::move(rules), std::move(options))) {}
Router::~Router() = default;

void Router::Add(source::Event& event, uint32_t event_index, const Hash128& fallback_identity) {
  impl_->Add(event, event_index, fallback_identity);
}
Frame Router::Take() {
  return impl_->Take();
}
const expr::Warnings& Router::warnings() const {
  return impl_->warnings();
}
uint64_t Router::grok_limits() const {
  return impl_->grok_limits();
}
const std::vector<uint64_t>& Router::without_group() const {
  return impl_->without_group();
}

}  // namespace weir::exec
