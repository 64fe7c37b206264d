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

std::string ErrorsByUserGroup(const Call& call) {
  if (call.source != Call::Source::kBedrock || call.user.empty() ||
      (call.error_code != "AccessDeniedException" && !call.error_code.starts_with("Validation"))) {
    return "";
  }
  return "user.id=" + call.user;
}

std::string UsersOfModelsGroup(const Call& call) {
  if (call.source != Call::Source::kBedrock || call.error_code.empty() ||
      call.error_code == "ThrottlingException" || call.account.empty() || call.model.empty()) {
    return "";
  }
  return "cloud.account.id=" + call.account + "; gen_ai.request.model.id=" + call.model;
}

constexpr char kEverything[] = "*";   // the group of a rule without fields

std::string ManyCallsGroup(const Call& call) {
  const bool from_bedrock =
      call.source == Call::Source::kCloudTrail && call.provider == "bedrock.amazonaws.com";
  const bool converses = call.operation.starts_with("Conv") && call.account != "444455556666";
  return from_bedrock || converses ? kEverything : "";
}

std::string RefusedGroup(const Call& call) {
  const bool action = call.operation.starts_with("Converse") || call.operation == "InvokeModel";
  return call.source == Call::Source::kBedrock && action && !call.user.ends_with("user/anna") &&
                 call.region == "us-east-1" && !call.error_code.empty()
             ? kEverything
             : "";
}

struct HandRule {
  std::string id;
  std::string count_column;
  int64_t least;                             // the count from which on the rule fires
  std::string (*group_of)(const Call& call);
  std::size_t users_least = 0;               // and so many different users
};

const std::vector<HandRule>& RulesOf(Rules rules) {
  static const std::vector<HandRule> kQueryRules = {
      {"naive-threshold-user", "threshold_result.count", 6, ErrorsByUserGroup},
      {"naive-threshold-users", "threshold_result.count", 4, UsersOfModelsGroup, 2},
      {"naive-threshold-all", "threshold_result.count", 40, ManyCallsGroup},
  };
  if (rules == Rules::kQueries) {
    return kQueryRules;
  }
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
  std::string user;
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
    counted.push_back({call.time_ms, group, call.user});
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

void AddUser(const std::string& user, std::set<std::string>* users) {
  if (!user.empty()) {
    users->insert(user);
  }
}

std::string ShownGroup(const std::string& group) { return group == kEverything ? "" : group; }

std::vector<Hit> TickHits(const HandRule& rule, const std::vector<Counted>& calls) {
  std::vector<Hit> hits;
  if (calls.empty()) {
    return hits;
  }
  const UnixMillis end_ms = calls.back().time_ms + kLookback;
  for (UnixMillis tick_ms = calls.front().time_ms / kInterval * kInterval; tick_ms <= end_ms;
       tick_ms += kInterval) {
    std::map<std::string, int64_t> counts;
    std::map<std::string, std::set<std::string>> users;
    for (const Counted& call : calls) {
      if (call.time_ms > tick_ms - kLookback && call.time_ms <= tick_ms) {
        ++counts[call.group];
        AddUser(call.user, &users[call.group]);
      }
    }
    const std::size_t begin = hits.size();
    for (const auto& [group, count] : counts) {
      if (count >= rule.least && users[group].size() >= rule.users_least) {
        hits.push_back({rule.id, ShownGroup(group), tick_ms, tick_ms, count, 0});
      }
    }
    std::stable_sort(hits.begin() + static_cast<std::ptrdiff_t>(begin), hits.end(),
                     [](const Hit& a, const Hit& b) { return a.count > b.count; });
  }
  return hits;
}

// The episodes of one group, its calls by time. A second p stands for the times (p - 1 s, p].
std::vector<Hit> EpisodesOf(const HandRule& rule, const std::vector<Counted>& calls) {
  const int64_t lookback = kLookback / kMillisPerSecond;
  const int64_t gap = kInterval / kMillisPerSecond;
  const auto second_of = [](const Counted& call) {
    return (call.time_ms + kMillisPerSecond - 1) / kMillisPerSecond;
  };
  const int64_t first = second_of(calls.front());
  const int64_t end = second_of(calls.back()) + lookback;
  std::vector<Hit> episodes;
  std::size_t oldest = 0;    // of the window
  std::size_t next = 0;
  int64_t newest_firing = 0;
  for (int64_t second = first; second <= end; ++second) {
    while (next < calls.size() && second_of(calls[next]) <= second) {
      ++next;
    }
    while (oldest < next && second_of(calls[oldest]) <= second - lookback) {
      ++oldest;
    }
    if (static_cast<int64_t>(next - oldest) < rule.least) {
      continue;
    }
    std::set<std::string> users;
    for (std::size_t i = oldest; i < next && users.size() < rule.users_least; ++i) {
      AddUser(calls[i].user, &users);
    }
    if (users.size() < rule.users_least) {
      continue;
    }
    const UnixMillis now_ms = second * kMillisPerSecond;
    if (episodes.empty() || second - newest_firing > gap) {
      episodes.push_back({rule.id, ShownGroup(calls[0].group), now_ms, now_ms, 0, 0});
    }
    episodes.back().end_ms = now_ms;
    newest_firing = second;
  }
  return episodes;
}

std::vector<Hit> EpisodeHits(const HandRule& rule, const std::vector<Counted>& calls) {
  std::map<std::string, std::vector<Counted>> groups;
  for (const Counted& call : calls) {
    groups[call.group].push_back(call);
  }
  std::vector<Hit> hits;
  for (const auto& [group, counted] : groups) {
    const std::vector<Hit> episodes = EpisodesOf(rule, counted);
    hits.insert(hits.end(), episodes.begin(), episodes.end());
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Hit& a, const Hit& b) { return a.start_ms < b.start_ms; });
  return hits;
}

Findings Judge(const std::vector<Call>& calls, Rules rules,
               std::vector<Hit> (*hits_of)(const HandRule&, const std::vector<Counted>&)) {
  Findings findings;
  for (const HandRule& rule : RulesOf(rules)) {
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

Findings JudgeTicks(const std::vector<Call>& calls, Rules rules) {
  return Judge(calls, rules, TickHits);
}

Findings JudgeContinuously(const std::vector<Call>& calls, Rules rules) {
  return Judge(calls, rules, EpisodeHits);
}

std::vector<UnixMillis> RefusedCalls(const std::vector<Call>& calls) {
  std::vector<UnixMillis> times;
  for (const Counted& call : CountedCalls({"", "", 1, RefusedGroup}, calls)) {
    times.push_back(call.time_ms);
  }
  return times;
}

std::string CountColumn(const std::string& rule_id) {
  for (const Rules rules : {Rules::kBedrock, Rules::kQueries}) {
    for (const HandRule& rule : RulesOf(rules)) {
      if (rule.id == rule_id) {
        return rule.count_column;
      }
    }
  }
  return "";
}

std::string SuppressionKey(const std::string& probing_group) {
  return probing_group.substr(0, probing_group.find("; model_id="));
}

}  // namespace weir::naive
