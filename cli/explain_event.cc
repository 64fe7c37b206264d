// weir explain event FILE: for each event and rule, of files or of a cluster, the first condition that left
// the event out, with the values it saw, or the groups and shards that its rows go to.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/dial.h"
#include "cli/explain_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/arena.h"
#include "common/base/json_writer.h"
#include "common/base/time.h"
#include "common/exec/head_trace.h"
#include "common/exec/router.h"
#include "common/exec/row_format.h"
#include "common/exec/shown_value.h"
#include "common/shard/silence.h"
#include "common/source/decoder.h"
#include "common/source/record_reader.h"
#include "common/types/coding.h"

namespace weir::cli {
namespace {

using Outcome = exec::HeadTrace::Outcome;

constexpr std::string_view kIndent = "    ";

struct ExplainFlags {
  std::string file;
  std::string address;             // empty: no cluster is asked
  std::vector<std::string> rules;
  std::string rule;
  std::string tenant = "default";
  int shards = 256;
  int64_t limit = 20;
  bool all = false;
  std::string format = "text";
  LoadFlags load;
};

// Where the rows of an event go: the shard, and what they are grouped by.
struct Destination {
  uint32_t shard = 0;
  std::vector<exec::SeenValue> group;
  std::vector<alert::NamedCell> cells;   // the same
};

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

class EventExplainer final : private source::Sink {
 public:
  EventExplainer(const ExplainFlags& flags, plan::RuleSetPtr rules,
                 std::vector<const plan::CompiledRule*> asked)
      : flags_(flags),
        rules_(std::move(rules)),
        asked_(std::move(asked)),
        router_(rules_, {flags.tenant, static_cast<uint16_t>(flags.shards), true}) {}

  // Also asks the cluster what became of each event; it outlives the explainer.
  void AskCluster(const ClusterView* cluster) { cluster_ = cluster; }
  // Exit code.
  int Run();

 private:
  void OnEvent(source::Event& event) override;
  void OnReject(const source::Reject& reject) override {
    fine_ = false;
    PrintError(fmt::format("{}: record {}: {}: {}", flags_.file == "-" ? "<stdin>" : flags_.file,
                           reject.record_index, source::RejectReasonName(reject.reason),
                           reject.message));
  }

  // False after saying why.
  bool AskFor(std::string_view record);
  void AppendPlace(const source::Event& event, std::string* out);
  void FindDestinations(source::Event* event);
  void AppendRows(const plan::CompiledRule& rule, std::string* out);
  void WriteRows(const plan::CompiledRule& rule, JsonWriter* json);
  void AppendText(const plan::CompiledRule& rule, const exec::HeadTrace& trace, std::string* out);
  void AppendJson(const source::Event& event, const plan::CompiledRule& rule,
                  const exec::HeadTrace& trace);
  const std::vector<Destination>& DestinationsOf(const plan::CompiledRule& rule) {
    return destinations_[rule.window_index];
  }

  const ExplainFlags& flags_;
  plan::RuleSetPtr rules_;
  std::vector<const plan::CompiledRule*> asked_;
  exec::Router router_;
  std::map<uint32_t, std::vector<Destination>> destinations_;   // of the event in work, by window
  std::map<Hash128, int64_t> first_copies_;                     // identity -> number in the file
  const ClusterView* cluster_ = nullptr;                        // null: none is asked
  std::vector<weir::explain::v1::ExplainedEvent> answers_;      // for the record in work
  const weir::explain::v1::ExplainedEvent* answer_ = nullptr;   // for the event in work; null: none
  std::size_t next_answer_ = 0;
  UnixMillis timestamp_ms_ = 0;                                 // of the event in work
  int64_t events_ = 0;
  std::map<const plan::CompiledRule*, std::map<Outcome, uint64_t>> totals_;
  bool fine_ = true;
};

int EventExplainer::Run() {
  auto reader = source::RecordReader::Open(flags_.file);
  if (!reader.ok()) {
    PrintError(fmt::format("{}", reader.status()));
    return kExitFailed;
  }
  source::Options options;
  options.tenant = flags_.tenant;
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
    decoder.Decode(record, index, 0, this);
  }
  if (events_ == 0) {
    PrintError(fmt::format("no event in {}", flags_.file == "-" ? "<stdin>" : flags_.file));
    return kExitFailed;
  }
  if (flags_.format != "json" && events_ > flags_.limit) {
    std::string out = fmt::format("{} more events are not shown one by one (--limit); all {}:\n",
                                  HumanCount(static_cast<uint64_t>(events_ - flags_.limit)),
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
  if (flags_.format != "json" && events_ >= flags_.limit) {
    return true;   // what follows is only counted
  }
  auto answers = AskEvents(flags_.address, *cluster_, record,
                           asked_.size() == 1 ? asked_.front()->source.id : "");
  if (!answers.has_value()) {
    return false;
  }
  answers_ = *std::move(answers);
  return true;
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

void EventExplainer::OnEvent(source::Event& event) {
  const bool shown = events_++ < flags_.limit;
  answer_ = next_answer_ < answers_.size() ? &answers_[next_answer_++] : nullptr;
  timestamp_ms_ = event.timestamp_ms();
  FindDestinations(&event);
  std::string out;
  AppendPlace(event, &out);
  std::size_t elsewhere = 0;
  for (const plan::CompiledRule* rule : asked_) {
    const exec::HeadTrace trace = exec::TraceHead(*rules_, *rule, event);
    ++totals_[rule][trace.outcome];
    if (flags_.format == "json") {
      AppendJson(event, *rule, trace);
    } else if (trace.outcome == Outcome::kNotRead && asked_.size() > 1 && !flags_.all) {
      ++elsewhere;
    } else {
      AppendText(*rule, trace, &out);
    }
  }
  if (elsewhere != 0) {
    out += fmt::format("  {} rules read other data streams (--all shows them)\n", elsewhere);
  }
  if (shown && flags_.format != "json") {
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
std::set<std::string> SilencesOf(const plan::CompiledRule& rule,
                                 const std::vector<Destination>& destinations, UnixMillis time_ms) {
  std::set<std::string> silences;
  alert::Alert alert;
  alert.rule_id = rule.source.id;
  alert.rule_name = rule.source.name;
  alert.severity = rule.source.severity;
  for (const Destination& destination : destinations) {
    alert.group = destination.cells;
    for (const rule::Silence& silence : rule.source.adjustments.silences) {
      if (time_ms <= silence.until_ms && shard::Matches(silence, alert)) {
        silences.insert(fmt::format("{} until {}: what it fires is not delivered", OneLine(silence.name),
                                    FormatTime(silence.until_ms)));
      }
    }
  }
  return silences;
}

void EventExplainer::AppendRows(const plan::CompiledRule& rule, std::string* out) {
  const std::vector<Destination>& destinations = DestinationsOf(rule);
  if (answer_ == nullptr) {
    for (const Destination& destination : destinations) {
      *out += fmt::format("{}shard {}{}{}\n", kIndent, destination.shard,
                          destination.group.empty() ? "" : ", group ",
                          ValuesText(destination.group, " = "));
    }
  } else {
    for (const weir::explain::v1::ExplainedRow& row : answer_->rows()) {
      if (row.rule_id() == rule.source.id) {
        *out += RowText(*answer_, row, kIndent);
      }
    }
  }
  for (const std::string& silence : SilencesOf(rule, destinations, timestamp_ms_)) {
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

// The rules that are asked about; none after saying why.
std::vector<const plan::CompiledRule*> RulesAsked(const ExplainFlags& flags, const plan::RuleSet& rules,
                                                  const std::string& of) {
  std::vector<const plan::CompiledRule*> asked;
  for (const plan::CompiledRule& rule : rules.rules) {
    if (flags.rule.empty() || flags.rule == rule.source.id || flags.rule == rule.source.name) {
      asked.push_back(&rule);
    }
  }
  if (asked.empty()) {
    PrintError(flags.rule.empty()
                   ? fmt::format("no rule of {} can be run", of)
                   : fmt::format("no rule with the id or name '{}' can be run; see `weir rules {}`",
                                 flags.rule, flags.address.empty() ? "check" : "list"));
  }
  return asked;
}

int RunExplainWithCluster(ExplainFlags flags) {
  if (!flags.rules.empty() || !flags.load.overlays.empty()) {
    fmt::print(stderr, "weir explain event: with --address the rules and overlays are those of the cluster\n"
                       "see `weir explain event --help`\n");
    return kExitUsage;
  }
  std::optional<ClusterView> cluster = ReadCluster(flags.address);
  if (!cluster.has_value()) {
    return kExitFailed;
  }
  flags.tenant = cluster->tenant;
  std::vector<const plan::CompiledRule*> asked = RulesAsked(flags, *cluster->rules, flags.address);
  if (asked.empty()) {
    return kExitFailed;
  }
  EventExplainer explainer(flags, cluster->rules, std::move(asked));
  explainer.AskCluster(&*cluster);
  return explainer.Run();
}

int RunExplainEvent(const ExplainFlags& flags) {
  if (!flags.address.empty()) {
    return RunExplainWithCluster(flags);
  }
  const auto paths = RulePaths(flags.rules);
  if (!paths.ok()) {
    PrintError(fmt::format("{}", paths.status()));
    return kExitFailed;
  }
  if (paths->empty()) {
    fmt::print(stderr,
               "weir explain event: no rules: name them with --rules or in the configuration, or a "
               "cluster with --address\n"
               "see `weir explain event --help`\n");
    return kExitUsage;
  }
  const auto loaded = LoadAndCompile(*paths, flags.load);
  if (!loaded.ok()) {
    PrintError(fmt::format("{}", loaded.status()));
    return kExitFailed;
  }
  std::vector<const plan::CompiledRule*> asked =
      RulesAsked(flags, *loaded->rules, fmt::format("{}", fmt::join(*paths, ", ")));
  if (asked.empty()) {
    return kExitFailed;
  }
  return EventExplainer(flags, loaded->rules, std::move(asked)).Run();
}

}  // namespace

void AddExplainEventCommand(CLI::App* explain, Action* action) {
  CLI::App* command = explain->add_subcommand(
      "event",
      "Say for each event of a file what each rule makes of it: the first condition that left it out, "
      "with the values it saw, or where its rows are counted");
  auto flags = std::make_shared<ExplainFlags>();
  command->add_option("FILE", flags->file, "Events, gzipped or not; - for standard input")->required();
  command
      ->add_option("--rules", flags->rules,
                   "Rule files or folders (may be repeated); otherwise those of the configuration")
      ->allow_extra_args(false);
  AddOptionalClientOptions(
      command, &flags->address,
      "HOST:PORT of a cluster whose rules are asked instead, and what became of each event there; also the "
      "address of --context");
  command->add_option("--rule", flags->rule, "Id or name of one rule");
  AddOverlayOption(command, &flags->load);
  command->add_option("--macros", flags->load.macros, "Folder of macros for detections (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--mode", flags->load.mode, "How windows are judged")
      ->check(CLI::IsMember({"auto", "schedule", "continuous"}))
      ->capture_default_str();
  command->add_option("--tenant", flags->tenant, "Whose events they are, for the shard")
      ->capture_default_str();
  command->add_option("--shards", flags->shards, "Shards of the cluster")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command->add_option("--limit", flags->limit, "Events shown one by one; the others are counted")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--all", flags->all, "Also show rules that do not read the event's data stream");
  command->add_option("--format", flags->format, "text, or json: one object a line for each event and rule")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([action, flags] { *action = [flags] { return RunExplainEvent(*flags); }; });
}

}  // namespace weir::cli
