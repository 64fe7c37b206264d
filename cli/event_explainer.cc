#include "cli/event_explainer_internal.h"

#include <set>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/arena.h"
#include "common/base/time.h"
#include "common/exec/row_format.h"
#include "common/exec/shown_value.h"
#include "common/shard/silence.h"
#include "common/source/record_reader.h"
#include "common/types/coding.h"
#include "common/wire/alert.h"
#include "common/wire/time.h"

namespace weir::cli {
namespace {

using Outcome = exec::HeadTrace::Outcome;

constexpr std::string_view kIndent = "    ";

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNotRead:
      return "not_read";
    case Outcome::kFiltered:
      return "filtered";
    case Outcome::kExcepted:
      return "excepted";
    case Outcome::kMatched:
      break;
  }
  return "matched";
}

std::string ValuesText(const std::vector<exec::SeenValue>& values, std::string_view sign) {
  std::vector<std::string> texts;
  for (const exec::SeenValue& value : values) {
    texts.push_back(fmt::format("{}{}{}", value.name, sign, value.text));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

void WriteValues(const std::vector<exec::SeenValue>& values, JsonWriter* json) {
  json->BeginObject();
  for (const exec::SeenValue& value : values) {
    json->Key(value.name);
    json->String(value.text);
  }
  json->EndObject();
}

// Of each rule's file, the line before its query's first: findings are told in lines of the file.
int FileLine(const plan::CompiledRule& rule, int line) {
  return rule.source.query_line - 1 + line;
}

}  // namespace

int EventExplainer::Run() {
  auto reader = source::RecordReader::Open(options_.file);
  if (!reader.ok()) {
    PrintError(fmt::format("{}", reader.status()));
    return kExitFailed;
  }
  source::Options options;
  options.tenant = options_.tenant;
  options.ingested = source::Options::Ingested::kTimestamp;
  options.reject_without_timestamp = true;
  source::Decoder decoder(rules_->fields, options);
  for (std::size_t index = 0;; ++index) {
    std::string_view record;
    const StatusOr<bool> more = (*reader)->Next(&record);
    if (!more.ok()) {
      PrintError(fmt::format("{}", more.status()));
      return kExitFailed;
    }
    if (!*more) {
      break;
    }
    if (cluster_ != nullptr && !AskFor(record)) {
      return kExitFailed;
    }
    record_ = index;
    event_in_record_ = 0;
    decoder.Decode(record, index, 0, this);
  }
  if (events_ == 0) {
    PrintError(fmt::format("no event in {}", options_.file == "-" ? "<stdin>" : options_.file));
    return kExitFailed;
  }
  if (!options_.json && events_ > options_.limit) {
    std::string out = fmt::format("{} more events are not shown one by one (--limit); all {}:\n",
                                  HumanCount(static_cast<uint64_t>(events_ - options_.limit)),
                                  HumanCount(static_cast<uint64_t>(events_)));
    for (const plan::CompiledRule* rule : asked_) {
      auto& counts = totals_[rule];
      out += fmt::format("  {}: {} matched, {} left out by a condition, {} by an exception, {} of other "
                         "data streams\n",
                         rule->source.name, HumanCount(counts[Outcome::kMatched]),
                         HumanCount(counts[Outcome::kFiltered]),
                         HumanCount(counts[Outcome::kExcepted]),
                         HumanCount(counts[Outcome::kNotRead]));
    }
    Print(out);
  }
  return fine_ ? kExitOk : kExitFailed;
}

bool EventExplainer::AskFor(std::string_view record) {
  answers_.clear();
  next_answer_ = 0;
  if (!options_.json && events_ >= options_.limit) {
    return true;   // what follows is only counted
  }
  auto answers = AskEvents(options_.address, *cluster_, record,
                           asked_.size() == 1 ? asked_.front()->source.id : "");
  if (!answers.has_value()) {
    return false;
  }
  answers_ = *std::move(answers);
  return true;
}

void EventExplainer::AskTrialFor(source::Event* event) {
  fates_.clear();
  if (trial_ == nullptr) {
    return;
  }
  auto fates = trial_->Find(*event, record_, event_in_record_++);
  if (fates.ok()) {
    fates_ = *std::move(fates);
  } else {
    fine_ = false;
    PrintError(fmt::format("{}: event {}: {}", options_.file, events_, fates.status()));
  }
}

// What is to be said of the event whatever the rule.
void EventExplainer::AppendPlace(const source::Event& event, std::string* out) {
  std::string id;
  AppendJsonString(event.event_id(), &id);
  *out += fmt::format("event {} of {}, {}\n", event.event_id().empty() ? "without an id" : id,
                      FormatTime(event.timestamp_ms()), event.data_stream());
  if (event.identity().has_value()) {
    const auto [first, added] = first_copies_.emplace(*event.identity(), events_);
    if (!added) {
      *out += fmt::format("  repeat     it is event {} of the file again: both count once\n", first->second);
    }
  }
  if (cluster_ != nullptr) {
    const auto refused = cluster_->refused.find(std::string(event.event_id()));
    if (refused != cluster_->refused.end()) {
      *out += fmt::format("  {}\n", refused->second);
    }
  }
}

void EventExplainer::OnReject(const source::Reject& reject) {
  fine_ = false;
  PrintError(fmt::format("{}: record {}: {}: {}", options_.file == "-" ? "<stdin>" : options_.file,
                         reject.record_index, source::RejectReasonName(reject.reason), reject.message));
}

void EventExplainer::OnEvent(source::Event& event) {
  const bool shown = events_++ < options_.limit;
  answer_ = next_answer_ < answers_.size() ? &answers_[next_answer_++] : nullptr;
  timestamp_ms_ = event.timestamp_ms();
  FindDestinations(&event);
  AskTrialFor(&event);
  std::string out;
  AppendPlace(event, &out);
  std::size_t elsewhere = 0;
  for (const plan::CompiledRule* rule : asked_) {
    const exec::HeadTrace trace = exec::TraceHead(*rules_, *rule, event);
    ++totals_[rule][trace.outcome];
    if (options_.json) {
      AppendJson(event, *rule, trace);
    } else if (trace.outcome == Outcome::kNotRead && asked_.size() > 1 && !options_.all) {
      ++elsewhere;
    } else {
      AppendText(*rule, trace, &out);
    }
  }
  if (elsewhere != 0) {
    out += fmt::format("  {} rules read other data streams (--all shows them)\n", elsewhere);
  }
  if (shown && !options_.json) {
    Print(out);
  }
}

void EventExplainer::FindDestinations(source::Event* event) {
  destinations_.clear();
  router_.Add(*event, 0, Hash128());
  const exec::Frame frame = router_.Take();
  Arena arena;
  for (const exec::FramePart& part : frame.parts) {
    ByteReader reader(part.bytes);
    while (reader.ok() && !reader.done()) {
      const exec::EntryHeader header = exec::ReadEntryHeader(&reader, frame.explicit_ingested);
      for (uint32_t i = 0; i < header.row_count && reader.ok(); ++i) {
        const exec::RowView row = exec::ReadRow(&reader);
        Destination destination;
        destination.shard = part.shard.value;
        destination.key = std::string(row.key);
        ByteReader key(row.key);
        for (const plan::FoldKey& cell : rules_->windows[row.window_index].keys) {
          const Value value = DecodeValue(&key, &arena);
          // In rows the texts of prompts are replaced already.
          destination.group.push_back({cell.name, exec::ShowValue(value, false)});
          alert::NamedCell& added = destination.cells.emplace_back();
          added.name = cell.name;
          EncodeValue(value, &added.encoded);
        }
        destinations_[row.window_index].push_back(std::move(destination));
      }
    }
  }
}

void EventExplainer::AppendText(const plan::CompiledRule& rule, const exec::HeadTrace& trace,
                                std::string* out) {
  const std::string name = fmt::format("{} ({})", OneLine(rule.source.name), rule.source.id);
  switch (trace.outcome) {
    case Outcome::kNotRead:
      *out += fmt::format("  not read   {}\n{}its query reads {}\n", name, kIndent, trace.step);
      return;
    case Outcome::kMatched:
      *out += fmt::format("  matched    {}\n", name);
      AppendRows(rule, out);
      return;
    case Outcome::kExcepted:
      *out += fmt::format("  excepted   {}\n{}exception {}: {}\n", name, kIndent, trace.exception,
                          OneLine(trace.step));
      return;
    case Outcome::kFiltered:
      *out += fmt::format("  no match   {}\n", name);
  }
  for (const exec::TracedPredicate& predicate : trace.predicates) {
    const std::string place =
        predicate.line == 0 ? ""
                            : fmt::format("  [{}:{}]", FileLine(rule, predicate.line), predicate.column);
    *out += fmt::format("{}{:{}}{} is {}, not {}{}\n", kIndent, "",
                        static_cast<std::size_t>(2 * predicate.depth), OneLine(predicate.text),
                        predicate.verdict, predicate.wanted, place);
    if (!predicate.values.empty()) {
      *out += fmt::format("{}{:{}}  {}\n", kIndent, "", static_cast<std::size_t>(2 * predicate.depth),
                          ValuesText(predicate.values, " = "));
    }
  }
  for (const std::string& note : trace.notes) {
    *out += fmt::format("{}{}\n", kIndent, OneLine(note));
  }
}

// The silences that are for alerts of the rule with the group of one of the event's rows.
std::set<std::string> EventExplainer::SilencesOf(const plan::CompiledRule& rule) {
  std::set<std::string> silences;
  alert::Alert alert;
  alert.rule_id = rule.source.id;
  alert.rule_name = rule.source.name;
  alert.severity = rule.source.severity;
  for (const Destination& destination : DestinationsOf(rule)) {
    alert.group = destination.cells;
    for (const rule::Silence& silence : rule.source.adjustments.silences) {
      if (timestamp_ms_ <= silence.until_ms && shard::Matches(silence, alert)) {
        silences.insert(fmt::format("{} until {}: what it fires is not delivered", OneLine(silence.name),
                                    FormatTime(silence.until_ms)));
      }
    }
  }
  return silences;
}

RowAlerts EventExplainer::AlertsOf(const plan::CompiledRule& rule, const Destination& destination) const {
  const bool is_alert = rules_->windows[rule.window_index].is_events;
  RowAlerts alerts;
  for (const shard::EventFate& fate : fates_) {
    for (const shard::RowFate& row : fate.rows) {
      if (row.rule_id != rule.source.id || (!is_alert && row.key != destination.key)) {
        continue;
      }
      for (const shard::EventHit& hit : row.hits) {
        weir::explain::v1::RowAlert* added = alerts.Add();
        added->set_alert_id(hit.alert.ToHex());
        added->set_folded(hit.folded);
        added->set_status(wire::ToProto(hit.status));
        wire::TimeToProto(hit.fired_at_ms, added->mutable_fired_at());
        for (const std::string_view flag : alert::AlertFlagNames(hit.flags)) {
          added->add_flags(std::string(flag));
        }
      }
    }
  }
  return alerts;
}

void EventExplainer::AppendRows(const plan::CompiledRule& rule, std::string* out) {
  const std::vector<Destination>& destinations = DestinationsOf(rule);
  if (answer_ == nullptr) {
    for (const Destination& destination : destinations) {
      *out += fmt::format("{}shard {}{}{}\n", kIndent, destination.shard,
                          destination.group.empty() ? "" : ", group ",
                          ValuesText(destination.group, " = "));
      for (const weir::explain::v1::RowAlert& alert : AlertsOf(rule, destination)) {
        *out += AlertLine(alert, "its hit is", kIndent);
      }
    }
  } else {
    for (const weir::explain::v1::ExplainedRow& row : answer_->rows()) {
      if (row.rule_id() == rule.source.id) {
        *out += RowText(*answer_, row, kIndent);
      }
    }
  }
  for (const std::string& silence : SilencesOf(rule)) {
    *out += fmt::format("{}{:<11} {}\n", kIndent, "silence", silence);
  }
}

void EventExplainer::WriteRows(const plan::CompiledRule& rule, JsonWriter* json) {
  if (answer_ == nullptr) {
    for (const Destination& destination : DestinationsOf(rule)) {
      json->BeginObject();
      json->Key("shard");
      json->Uint(destination.shard);
      json->Key("group");
      WriteValues(destination.group, json);
      json->Key("alerts");
      WriteAlerts(AlertsOf(rule, destination), json);
      json->EndObject();
    }
    return;
  }
  for (const weir::explain::v1::ExplainedRow& row : answer_->rows()) {
    if (row.rule_id() != rule.source.id) {
      continue;
    }
    std::vector<exec::SeenValue> group;
    for (const weir::explain::v1::PredicateValue& value : row.group()) {
      group.push_back({value.name(), value.text()});
    }
    json->BeginObject();
    json->Key("group");
    WriteValues(group, json);
    WriteRow(row, json);
    json->EndObject();
  }
}

void EventExplainer::AppendJson(const source::Event& event, const plan::CompiledRule& rule,
                                const exec::HeadTrace& trace) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("event_id");
  json.String(event.event_id());
  json.Key("timestamp");
  json.String(FormatTime(event.timestamp_ms()));
  json.Key("data_stream");
  json.String(event.data_stream());
  json.Key("rule_id");
  json.String(rule.source.id);
  json.Key("rule_name");
  json.String(rule.source.name);
  json.Key("outcome");
  json.String(OutcomeName(trace.outcome));
  json.Key("step");
  json.String(trace.step);
  json.Key("exception");
  json.String(trace.exception);
  json.Key("predicates");
  json.BeginArray();
  for (const exec::TracedPredicate& predicate : trace.predicates) {
    json.BeginObject();
    json.Key("text");
    json.String(predicate.text);
    json.Key("line");
    json.Int(predicate.line == 0 ? 0 : FileLine(rule, predicate.line));
    json.Key("column");
    json.Int(predicate.column);
    json.Key("depth");
    json.Int(predicate.depth);
    json.Key("verdict");
    json.String(predicate.verdict);
    json.Key("wanted");
    json.String(predicate.wanted);
    json.Key("values");
    WriteValues(predicate.values, &json);
    json.EndObject();
  }
  json.EndArray();
  json.Key("notes");
  json.BeginArray();
  for (const std::string& note : trace.notes) {
    json.String(note);
  }
  json.EndArray();
  json.Key("rows");
  json.BeginArray();
  if (trace.outcome == Outcome::kMatched) {
    WriteRows(rule, &json);
  }
  json.EndArray();
  json.EndObject();
  Print(out + "\n");
}

}  // namespace weir::cli
