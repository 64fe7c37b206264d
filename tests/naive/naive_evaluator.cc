#include "tests/naive/naive_evaluator.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <tuple>

namespace weir::naive {
namespace {

constexpr int64_t kLookback = 60 * kMillisPerMinute;
constexpr int64_t kInterval = 10 * kMillisPerMinute;
constexpr int64_t kSuppression = 60 * kMillisPerMinute;

std::string OrNull(const std::string& text) { return text.empty() ? "null" : text; }

// The group of a call that a rule counts; empty when it does not.
std::string DeniedGroup(const Call& call) {
  if (call.source != Call::Source::kBedrock || call.error_code != "AccessDeniedException") {
    return "";
  }
  return "cloud.account.id=" + OrNull(call.account) +
         "; gen_ai.request.model.id=" + OrNull(call.model) + "; user.id=" + OrNull(call.user);
}

std::string ProbingGroup(const Call& call) {
  static const std::set<std::string> kOperations = {"InvokeModel", "InvokeModelWithResponseStream",
                                                    "Converse", "ConverseStream"};
  if (call.source != Call::Source::kCloudTrail || call.provider != "bedrock.amazonaws.com" ||
      !call.error_code.empty() || !call.error_message.empty() ||
      !kOperations.contains(call.operation) || call.user.empty() || call.model.empty()) {
    return "";
  }
  return "aws.cloudtrail.user_identity.arn=" + call.user +
         "; cloud.account.id=" + OrNull(call.account) + "; model_id=" + call.model;
}

std::string UnguardedGroup(const Call& call) {
  if (call.source != Call::Source::kBedrock || call.user.empty() || !call.guardrail.empty()) {
    return "";
  }
  return "user.id=" + call.user;
}

std::string InvalidGroup(const Call& call) {
  if (call.source != Call::Source::kBedrock || call.error_code != "ValidationException") {
    return "";
  }
  const UnixMillis minute_ms = call.time_ms - call.time_ms % kMillisPerMinute;
  return "cloud.account.id=" + OrNull(call.account) + "; minute=" + FormatTime(minute_ms) +
         "; user.id=" + OrNull(call.user);
}

struct HandRule {
  std::string id;
  std::string count_column;
  int64_t least;                             // the count from which on the rule fires
  std::string (*group_of)(const Call& call);
};

const std::vector<HandRule>& Rules() {
  static const std::vector<HandRule> kRules = {
      {"edfbbb6e-f72e-4ced-a005-77ce7151d860", "denied_calls", 4, DeniedGroup},
      {kProbingRule, "calls", 500, ProbingGroup},
      {"cf925303-0da9-413a-8e5c-f1a93e87a58d", "unguarded_calls", 6, UnguardedGroup},
      {"d831815a-c77d-4e75-9533-25c8ff12a077", "invalid_calls", 4, InvalidGroup},
  };
  return kRules;
}

struct Counted {
  UnixMillis time_ms;
  std::string group;
};

// The calls that a rule counts, each event once, by time.
std::vector<Counted> CountedCalls(const HandRule& rule, const std::vector<Call>& calls) {
  std::vector<Counted> counted;
  std::set<std::tuple<Call::Source, std::string, std::string, std::string, std::string>> seen;
  for (const Call& call : calls) {
    const std::string group = rule.group_of(call);
    if (group.empty()) {
      continue;
    }
    const bool trail = call.source == Call::Source::kCloudTrail;
    if (!call.id.empty() &&
        !seen.insert({call.source, call.account, call.id, trail ? "" : call.region,
                      trail ? "" : call.operation})
             .second) {
      continue;
    }
    counted.push_back({call.time_ms, group});
  }
  std::sort(counted.begin(), counted.end(),
            [](const Counted& a, const Counted& b) { return a.time_ms < b.time_ms; });
  return counted;
}

// Hits in the order they come up: each becomes an alert, or is folded into the newest of its key.
void Suppress(const std::vector<Hit>& hits, Findings* findings) {
  std::map<std::string, std::size_t> newest;   // position in alerts
  std::vector<Hit>& alerts = findings->alerts;
  for (const Hit& hit : hits) {
    const bool suppresses = hit.rule_id == kProbingRule;
    const std::string key = suppresses ? SuppressionKey(hit.group) : "";
    const auto covering = newest.find(key);
    if (suppresses && covering != newest.end() &&
        alerts[covering->second].start_ms >= hit.start_ms - kSuppression) {
      ++alerts[covering->second].suppressed;
      findings->suppressed.push_back(hit);
      continue;
    }
    newest[key] = alerts.size();
    alerts.push_back(hit);
  }
}

std::vector<Hit> TickHits(const HandRule& rule, const std::vector<Counted>& calls) {
  std::vector<Hit> hits;
  if (calls.empty()) {
    return hits;
  }
  const UnixMillis end_ms = calls.back().time_ms + kLookback;
  for (UnixMillis tick_ms = calls.front().time_ms / kInterval * kInterval; tick_ms <= end_ms;
       tick_ms += kInterval) {
    std::map<std::string, int64_t> counts;
    for (const Counted& call : calls) {
      if (call.time_ms > tick_ms - kLookback && call.time_ms <= tick_ms) {
        ++counts[call.group];
      }
    }
    const std::size_t begin = hits.size();
    for (const auto& [group, count] : counts) {
      if (count >= rule.least) {
        hits.push_back({rule.id, group, tick_ms, tick_ms, count, 0});
      }
    }
    std::stable_sort(hits.begin() + static_cast<std::ptrdiff_t>(begin), hits.end(),
                     [](const Hit& a, const Hit& b) { return a.count > b.count; });
  }
  return hits;
}

// The episodes of one group. A second p stands for the times (p - 1 s, p].
std::vector<Hit> EpisodesOf(const HandRule& rule, const std::string& group,
                            const std::vector<UnixMillis>& times) {
  const int64_t lookback = kLookback / kMillisPerSecond;
  const int64_t gap = kInterval / kMillisPerSecond;
  const int64_t first = (times.front() + kMillisPerSecond - 1) / kMillisPerSecond;
  const int64_t last = (times.back() + kMillisPerSecond - 1) / kMillisPerSecond;
  std::vector<int64_t> calls_at(static_cast<std::size_t>(last - first + 1 + lookback), 0);
  for (const UnixMillis time_ms : times) {
    const int64_t second = (time_ms + kMillisPerSecond - 1) / kMillisPerSecond;
    ++calls_at[static_cast<std::size_t>(second - first)];
  }
  std::vector<Hit> episodes;
  int64_t in_window = 0;
  int64_t newest_firing = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(calls_at.size()); ++i) {
    in_window += calls_at[static_cast<std::size_t>(i)];
    if (i >= lookback) {
      in_window -= calls_at[static_cast<std::size_t>(i - lookback)];
    }
    if (in_window < rule.least) {
      continue;
    }
    const UnixMillis now_ms = (first + i) * kMillisPerSecond;
    if (episodes.empty() || i - newest_firing > gap) {
      episodes.push_back({rule.id, group, now_ms, now_ms, 0, 0});
    }
    episodes.back().end_ms = now_ms;
    newest_firing = i;
  }
  return episodes;
}

std::vector<Hit> EpisodeHits(const HandRule& rule, const std::vector<Counted>& calls) {
  std::map<std::string, std::vector<UnixMillis>> groups;
  for (const Counted& call : calls) {
    groups[call.group].push_back(call.time_ms);
  }
  std::vector<Hit> hits;
  for (const auto& [group, times] : groups) {
    const std::vector<Hit> episodes = EpisodesOf(rule, group, times);
    hits.insert(hits.end(), episodes.begin(), episodes.end());
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Hit& a, const Hit& b) { return a.start_ms < b.start_ms; });
  return hits;
}

Findings Judge(const std::vector<Call>& calls,
               std::vector<Hit> (*hits_of)(const HandRule&, const std::vector<Counted>&)) {
  Findings findings;
  for (const HandRule& rule : Rules()) {
    Suppress(hits_of(rule, CountedCalls(rule, calls)), &findings);
  }
  std::sort(findings.alerts.begin(), findings.alerts.end());
  std::sort(findings.suppressed.begin(), findings.suppressed.end());
  return findings;
}

}  // namespace

void PrintTo(const Hit& hit, std::ostream* out) {
  *out << hit.rule_id.substr(0, 4) << " {" << hit.group << "} " << FormatTime(hit.start_ms);
  *out << " .. " << FormatTime(hit.end_ms) << " count " << hit.count;
  *out << " suppressed " << hit.suppressed;
}

Findings JudgeTicks(const std::vector<Call>& calls) { return Judge(calls, TickHits); }

Findings JudgeContinuously(const std::vector<Call>& calls) { return Judge(calls, EpisodeHits); }

std::string CountColumn(const std::string& rule_id) {
  for (const HandRule& rule : Rules()) {
    if (rule.id == rule_id) {
      return rule.count_column;
    }
  }
  return "";
}

std::string SuppressionKey(const std::string& probing_group) {
  return probing_group.substr(0, probing_group.find("; model_id="));
}

}  // namespace weir::naive
