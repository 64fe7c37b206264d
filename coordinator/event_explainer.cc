#include "coordinator/event_explainer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/exec/router.h"
#include "common/exec/shown_value.h"
#include "common/source/decoder.h"
#include "common/types/coding.h"

namespace weir::coordinator {
namespace {

// Alerts of one rule and group that are looked through, the latest first.
constexpr std::size_t kAlertsLookedAt = 100;

// Routes the events of records, and notes what they are.
class Routing final : public source::Sink {
 public:
  Routing(exec::Router* router, std::vector<ExplainedEvent>* events)
      : router_(router), events_(events) {}

  void StartRecord(std::size_t record) { record_ = record; }
  std::vector<std::string>* rejected() { return &rejected_; }

  void OnEvent(source::Event& event) override {
    const auto index = static_cast<uint32_t>(events_->size());
    ExplainedEvent& added = events_->emplace_back();
    added.record = record_;
    added.event_id = std::string(event.event_id());
    added.timestamp_ms = event.timestamp_ms();
    added.has_identity = event.identity().has_value();
    router_->Add(event, index, HashBytes128("an event without an identity"));
  }
  void OnReject(const source::Reject& reject) override {
    rejected_.push_back(fmt::format("records[{}]: {}: {}", record_,
                                    source::RejectReasonName(reject.reason), reject.message));
  }

 private:
  exec::Router* const router_;
  std::vector<ExplainedEvent>* const events_;
  std::size_t record_ = 0;
  std::vector<std::string> rejected_;
};

// The columns that all alerts have in common which a row with these keys may have a part in.
std::vector<alert::FieldCondition> CommonFields(const plan::CompiledRule& rule,
                                                const std::vector<std::string>& keys) {
  std::vector<alert::FieldCondition> fields;
  const auto add = [&](const std::string& name, uint32_t slot) {
    if (slot >= keys.size()) {
      return;
    }
    Arena arena;
    ByteReader reader(keys[slot]);
    const Value value = DecodeValue(&reader, &arena);
    if (!value.is_null()) {
      // Alerts show each of several values.
      fields.push_back({name, ValueToString(value.items().front())});
    }
  };
  if (rule.source.adjustments.storm_cap.has_value()) {
    return fields;   // the alert of a storm has no group
  }
  if (!rule.suppression.has_value()) {
    for (const plan::Tail::Output& column : rule.tail.group) {
      add(column.name, column.slot);
    }
    return fields;
  }
  for (const plan::SuppressionKey& key : rule.suppression->keys) {
    if (key.slot.has_value()) {
      add(key.name, *key.slot);
    }
  }
  return fields;
}

std::vector<exec::SeenValue> GroupOf(const plan::Window& window, const std::string& key) {
  std::vector<exec::SeenValue> group;
  Arena arena;
  ByteReader reader(key);
  for (const plan::FoldKey& cell : window.keys) {
    const Value value = DecodeValue(&reader, &arena);
    group.push_back({cell.name, exec::ShowValue(value, exec::MayHoldPrivateText(cell.text))});
  }
  return group;
}

}  // namespace

StatusOr<ExplainedEvents> EventExplainer::Explain(const std::vector<std::string>& records,
                                                  const std::string& rule_id) const {
  const plan::RuleSetPtr rules = groups_->Rules();
  if (rules == nullptr) {
    return Unavailable("no rules are active yet");
  }
  ExplainedEvents explained;
  explained.version = rules->version;
  exec::RouterOptions router_options;
  router_options.tenant = options_.tenant;
  router_options.shard_count = options_.shard_count;
  router_options.replay = groups_->Workers().merged.clock == worker::ClockMode::kReplay;
  exec::Router router(rules, router_options);
  source::Options decoder_options;
  decoder_options.tenant = options_.tenant;
  decoder_options.ingested = source::Options::Ingested::kTimestamp;
  decoder_options.reject_without_timestamp = true;
  source::Decoder decoder(rules->fields, decoder_options);
  Routing routing(&router, &explained.events);
  for (std::size_t i = 0; i < records.size(); ++i) {
    routing.StartRecord(i);
    decoder.Decode(records[i], i, 0, &routing);
  }
  explained.rejected = std::move(*routing.rejected());
  exec::Frame frame = router.Take();
  worker::EventQuery query;
  query.version = frame.version;
  query.explicit_ingested = frame.explicit_ingested;
  query.parts = std::move(frame.parts);
  WEIR_ASSIGN_OR_RETURN(worker::EventsFound found, Ask(std::move(query)));
  for (shard::EventFate& fate : found.fates) {
    if (fate.event_index >= explained.events.size()) {
      return DataLoss("a worker answered for event {} of {}", fate.event_index, explained.events.size());
    }
    ExplainedEvent& event = explained.events[fate.event_index];
    for (shard::RowFate& row : fate.rows) {
      const plan::CompiledRule* rule = rules->FindRule(row.rule_id);
      if (rule == nullptr || (!rule_id.empty() && row.rule_id != rule_id)) {
        continue;
      }
      const plan::Window& window = rules->windows[rule->window_index];
      if (!row.hits_known) {
        WEIR_RETURN_IF_ERROR(LookForHits(*rule, window, event.timestamp_ms, &row));
      }
      event.rows.push_back({fate.shard, fate.known && event.has_identity,
                            window.is_events ? std::vector<exec::SeenValue>() : GroupOf(window, row.key),
                            std::move(row)});
    }
  }
  return explained;
}

StatusOr<worker::EventsFound> EventExplainer::Ask(worker::EventQuery query) const {
  if (query.parts.empty()) {
    return worker::EventsFound();
  }
  StatusOr<worker::EventsFound> found = groups_->FindEvents(query);
  if (found.status().code() == StatusCode::kFailedPrecondition) {
    return Unavailable("rules are being activated: {}", Message(found.status()));
  }
  WEIR_RETURN_IF_ERROR(found.status());
  for (const exec::FramePart& part : query.parts) {
    if (std::find(found->shards.begin(), found->shards.end(), part.shard) == found->shards.end()) {
      return Unavailable("no worker serves shard {} now", part.shard);
    }
  }
  return found;
}

Status EventExplainer::LookForHits(const plan::CompiledRule& rule, const plan::Window& window,
                                   UnixMillis time_ms, shard::RowFate* row) const {
  const std::vector<std::string> keys = shard::CellsOf(window, row->key);
  worker::AlertQuery query;
  query.filter.rules = {rule.source.id};
  query.filter.fields = CommonFields(rule, keys);
  query.limit = kAlertsLookedAt;
  WEIR_ASSIGN_OR_RETURN(const worker::AlertsFound found, alerts_->Find(query, false));
  for (const alert::Alert& alert : found.alerts) {
    if (const auto hit = shard::HitOf(rule, keys, time_ms, alert); hit.has_value()) {
      row->hits.push_back(*hit);
    }
  }
  return OkStatus();
}

}  // namespace weir::coordinator
