// Alert suppression against a loop of its own over all hits: keys, durations, missing fields, arrays,
// edits; whatever the records' sizes and however often the shard comes back from its log.
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/overlay_world.h"

namespace weir::integration {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr UnixMillis kBegin = 1'767'225'600'000;   // 2026-01-01
constexpr int64_t kMinute = kMillisPerMinute;
constexpr int64_t kInterval = 5 * kMinute;
constexpr int64_t kLookBack = 10 * kMinute;

std::string RuleText(const std::string& kind, const std::string& query, const std::string& more) {
  return fmt::format(
      "[rule]\nrule_id = \"r\"\nname = \"n\"\nseverity = \"low\"\nrisk_score = 1\ninterval = \"5m\"\n"
      "from = \"now-10m\"\n{}\nquery = '''\n{}\n'''\n{}",
      kind, query, more);
}

struct Counted {
  UnixMillis time_ms = 0;
  std::string user;
  std::vector<std::string> accounts;   // none: the field is missing
};

std::vector<Counted> RandomEvents(uint64_t seed, bool arrays) {
  std::mt19937_64 random(seed);
  const auto below = [&](uint64_t n) { return random() % n; };
  std::vector<Counted> events;
  UnixMillis time_ms = kBegin;
  for (int i = 0; i < 600; ++i) {
    time_ms += static_cast<int64_t>(below(40'000));
    Counted event{time_ms, fmt::format("u{}", below(4)), {}};
    for (uint64_t n = below(10) < 2 ? 0 : arrays ? 1 + below(2) : 1; n > 0; --n) {
      event.accounts.push_back(fmt::format("a{}", below(3)));
    }
    events.push_back(std::move(event));
  }
  return events;
}

std::vector<Document> Documents(const std::vector<Counted>& events) {
  std::vector<Document> documents;
  for (const Counted& event : events) {
    std::string members = fmt::format("\"user.name\":\"{}\"", event.user);
    if (!event.accounts.empty()) {
      members += fmt::format(",\"cloud.account.id\":[\"{}\"]", fmt::join(event.accounts, "\",\""));
    }
    documents.push_back({event.time_ms, members});
  }
  return documents;
}

// A hit before suppression. key: empty when it is not suppressed.
struct Hit {
  UnixMillis at_ms = 0;
  std::string group;
  std::optional<std::string> key;
};

struct Outcome {
  std::string group;
  UnixMillis at_ms = 0;
  uint64_t suppressed = 0;
  UnixMillis first_ms = 0;
  UnixMillis last_ms = 0;

  friend auto operator<=>(const Outcome&, const Outcome&) = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << outcome.group << " at " << FormatTime(outcome.at_ms) << " suppressed " << outcome.suppressed
       << " " << FormatTime(outcome.first_ms) << ".." << FormatTime(outcome.last_ms);
}

// The first hit of a key is an alert; others within the duration of it are counted there.
std::vector<Outcome> Suppress(const std::vector<Hit>& hits,
                              const std::function<int64_t(UnixMillis)>& duration_at) {
  std::vector<Outcome> outcomes;
  std::map<std::string, std::size_t> newest;
  for (const Hit& hit : hits) {
    if (hit.key.has_value()) {
      const auto found = newest.find(*hit.key);
      if (found != newest.end() &&
          hit.at_ms - outcomes[found->second].at_ms <= duration_at(hit.at_ms)) {
        Outcome& alert = outcomes[found->second];
        alert.first_ms = alert.suppressed == 0 ? hit.at_ms : alert.first_ms;
        alert.last_ms = hit.at_ms;
        ++alert.suppressed;
        continue;
      }
      newest[*hit.key] = outcomes.size();
    }
    outcomes.push_back({hit.group, hit.at_ms, 0, 0, 0});
  }
  std::sort(outcomes.begin(), outcomes.end());
  return outcomes;
}

std::vector<Outcome> OutcomesOf(const OverlayWorld& world,
                                const std::function<std::string(const alert::Alert&)>& group_of) {
  std::vector<Outcome> outcomes;
  for (const alert::Alert& alert : world.Alerts()) {
    outcomes.push_back({group_of(alert), alert.window_end_ms, alert.suppressed_count,
                        alert.suppression.first_ms, alert.suppression.last_ms});
  }
  std::sort(outcomes.begin(), outcomes.end());
  return outcomes;
}

std::string GroupOf(const alert::Alert& alert) { return OverlayWorld::GroupText(alert); }
std::string EventOf(const alert::Alert& alert) {
  return OverlayWorld::ColumnText(alert, "user.name") + " " +
         OverlayWorld::ColumnText(alert, "cloud.account.id");
}

// What each shape of feeding gives; they must agree.
void ExpectInEveryShape(const plan::CompileOptions& compile,
                        const std::function<void(OverlayWorld*)>& feed,
                        const std::function<std::string(const alert::Alert&)>& group_of,
                        const std::vector<Outcome>& expected) {
  for (const auto& [events_per_record, records_per_restart] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1000, 0}, {7, 0}, {1, 90}, {50, 1}}) {
    SCOPED_TRACE(fmt::format("{} events a record, a restart after {}", events_per_record,
                             records_per_restart));
    OverlayWorld world({compile, events_per_record, records_per_restart});
    feed(&world);
    EXPECT_EQ(OutcomesOf(world, group_of), expected);
  }
}

constexpr char kStats[] =
    "FROM logs-* | STATS calls = COUNT(*) BY user.name, cloud.account.id | WHERE calls >= 3";

// Rows of every tick, by user, then account, as the query's groups are ordered.
std::vector<Hit> TickHits(const std::vector<Counted>& events,
                          const std::function<std::optional<std::string>(
                              const std::string&, const std::string&)>& key_of) {
  std::vector<Hit> hits;
  const UnixMillis end_ms = events.back().time_ms + kLookBack;
  for (UnixMillis tick_ms = kBegin; tick_ms <= end_ms; tick_ms += kInterval) {
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const Counted& event : events) {
      if (event.time_ms > tick_ms - kLookBack && event.time_ms <= tick_ms) {
        ++counts[{event.user, event.accounts.empty() ? "" : event.accounts[0]}];
      }
    }
    for (const auto& [group, count] : counts) {
      if (count >= 3) {
        hits.push_back({tick_ms,
                        fmt::format("user.name={},cloud.account.id={}", group.first,
                                    group.second.empty() ? "null" : group.second),
                        key_of(group.first, group.second)});
      }
    }
  }
  return hits;
}

TEST(SuppressionRulesTest, AKeyCoarserThanTheStatsSuppressesInParityMode) {
  plan::CompileOptions parity;
  parity.alerts = plan::AlertMode::kParity;
  for (const bool suppress_missing : {true, false}) {
    SCOPED_TRACE(suppress_missing);
    const std::vector<Counted> events = RandomEvents(1, false);
    const auto feed = [&](OverlayWorld* world) {
      world->Activate({{"r.toml",
                        RuleText("type = \"esql\"\nlanguage = \"esql\"", kStats,
                                 fmt::format("[rule.alert_suppression]\ngroup_by = "
                                             "[\"cloud.account.id\"]\nmissing_fields_strategy = "
                                             "\"{}\"\n[rule.alert_suppression.duration]\nvalue = "
                                             "40\nunit = \"m\"\n",
                                             suppress_missing ? "suppress" : "doNotSuppress"))}});
      world->Feed(Documents(events));
      world->End();
    };
    const std::vector<Hit> hits =
        TickHits(events, [&](const std::string&, const std::string& account) {
          return account.empty() && !suppress_missing ? std::nullopt : std::optional(account);
        });
    ASSERT_GT(hits.size(), 50U);
    ExpectInEveryShape(parity, feed, GroupOf, Suppress(hits, [](UnixMillis) {
                         return 40 * kMinute;
                       }));
  }
}

TEST(SuppressionRulesTest, WithoutADurationAnAlertSuppressesWithinItsExecution) {
  plan::CompileOptions parity;
  parity.alerts = plan::AlertMode::kParity;
  const std::vector<Counted> events = RandomEvents(2, false);
  const auto feed = [&](OverlayWorld* world) {
    world->Activate({{"r.toml", RuleText("type = \"esql\"\nlanguage = \"esql\"", kStats,
                                         "[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n")}});
    world->Feed(Documents(events));
    world->End();
  };
  const std::vector<Hit> hits =
      TickHits(events, [](const std::string& user, const std::string&) { return user; });
  ExpectInEveryShape(parity, feed, GroupOf, Suppress(hits, [](UnixMillis) { return 0; }));
}

TEST(SuppressionRulesTest, AnEditOfTheDurationCountsFromTheAlertsThatAreThere) {
  plan::CompileOptions parity;
  parity.alerts = plan::AlertMode::kParity;
  const std::vector<Counted> events = RandomEvents(3, false);
  const std::vector<Document> documents = Documents(events);
  const auto text = [](int minutes) {
    return RuleText("type = \"esql\"\nlanguage = \"esql\"", kStats,
                    fmt::format("[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n"
                                "[rule.alert_suppression.duration]\nvalue = {}\nunit = \"m\"\n",
                                minutes));
  };
  const std::size_t half = documents.size() / 2;
  // The first half closes up to its last tick under the first text.
  const UnixMillis edit_ms = FloorDiv(documents[half].time_ms - 1, kInterval) * kInterval;
  for (const auto& [before, after] : {std::pair(20, 120), std::pair(120, 10)}) {
    SCOPED_TRACE(fmt::format("{} m, then {} m", before, after));
    const auto feed = [&](OverlayWorld* world) {
      world->Activate({{"r.toml", text(before)}});
      world->Feed({documents.begin(), documents.begin() + static_cast<std::ptrdiff_t>(half)});
      world->Close(documents[half].time_ms - 1);
      world->Activate({{"r.toml", text(after)}});
      world->Feed({documents.begin() + static_cast<std::ptrdiff_t>(half), documents.end()});
      world->End();
    };
    const std::vector<Hit> hits =
        TickHits(events, [](const std::string& user, const std::string&) { return user; });
    ExpectInEveryShape(parity, feed, GroupOf, Suppress(hits, [&](UnixMillis at_ms) {
                         return (at_ms <= edit_ms ? before : after) * kMinute;
                       }));
  }
}

TEST(SuppressionRulesTest, AThresholdRuleSuppressesByItsOwnFields) {
  plan::CompileOptions parity;
  parity.alerts = plan::AlertMode::kParity;
  const std::vector<Counted> events = RandomEvents(4, false);
  const auto feed = [&](OverlayWorld* world) {
    world->Activate(
        {{"r.toml", RuleText("type = \"threshold\"\nlanguage = \"kuery\"\nindex = [\"logs-*\"]",
                             "user.name: *",
                             "[rule.threshold]\nfield = [\"user.name\", \"cloud.account.id\"]\nvalue = "
                             "3\n[rule.alert_suppression.duration]\nvalue = 1\nunit = \"h\"\n")}});
    world->Feed(Documents(events));
    world->End();
  };
  std::vector<Counted> whole = events;   // an event that lacks a field is in no bucket
  std::erase_if(whole, [](const Counted& event) { return event.accounts.empty(); });
  const std::vector<Hit> hits =
      TickHits(whole, [](const std::string& user, const std::string& account) {
        return user + "/" + account;
      });
  ExpectInEveryShape(parity, feed, GroupOf,
                     Suppress(hits, [](UnixMillis) { return 60 * kMinute; }));
}

// In a query rule each value of an array is a key; elsewhere the array is one.
std::vector<Hit> EventHits(const std::vector<Counted>& events, bool each_value, bool suppress_missing) {
  std::vector<Hit> hits;
  for (const Counted& event : events) {
    std::set<std::string> accounts(event.accounts.begin(), event.accounts.end());
    std::vector<std::string> keys;
    if (each_value) {
      keys.assign(event.accounts.begin(), event.accounts.end());
    } else if (!accounts.empty()) {
      keys = {accounts.size() == 1 ? *accounts.begin() : fmt::format("{}", fmt::join(accounts, "+"))};
    }
    for (const std::string& key : keys) {
      hits.push_back({event.time_ms, event.user + " " + key, key});
    }
    if (keys.empty()) {
      hits.push_back({event.time_ms, event.user + " null",
                      suppress_missing ? std::optional<std::string>("") : std::nullopt});
    }
  }
  return hits;
}

TEST(SuppressionRulesTest, EachValueOfAnArrayIsAKeyInQueryRules) {
  for (const bool suppress_missing : {true, false}) {
    SCOPED_TRACE(suppress_missing);
    std::vector<Counted> events = RandomEvents(5, true);
    for (Counted& event : events) {   // repeated values make the order of one event's hits matter
      std::set<std::string> accounts(event.accounts.begin(), event.accounts.end());
      event.accounts.assign(accounts.begin(), accounts.end());
    }
    const auto feed = [&](OverlayWorld* world) {
      world->Activate(
          {{"r.toml",
            RuleText("type = \"query\"\nlanguage = \"kuery\"\nindex = [\"logs-*\"]", "user.name: *",
                     fmt::format("[rule.alert_suppression]\ngroup_by = [\"cloud.account.id\"]\n"
                                 "missing_fields_strategy = \"{}\"\n"
                                 "[rule.alert_suppression.duration]\nvalue = 15\nunit = \"m\"\n",
                                 suppress_missing ? "suppress" : "doNotSuppress"))}});
      world->Feed(Documents(events));
      world->End();
    };
    const std::vector<Hit> hits = EventHits(events, true, suppress_missing);
    ExpectInEveryShape({}, feed, EventOf,
                       Suppress(hits, [](UnixMillis) { return 15 * kMinute; }));
  }
}

TEST(SuppressionRulesTest, AnArrayIsOneKeyInEqlRulesWhateverItsOrder) {
  const std::vector<Counted> events = RandomEvents(6, true);
  const auto feed = [&](OverlayWorld* world) {
    world->Activate({{"r.toml",
                      RuleText("type = \"eql\"\nlanguage = \"eql\"\nindex = [\"logs-*\"]",
                               "any where user.name != null",
                               "[rule.alert_suppression]\ngroup_by = [\"cloud.account.id\"]\n"
                               "[rule.alert_suppression.duration]\nvalue = 15\nunit = \"m\"\n")}});
    world->Feed(Documents(events));
    world->End();
  };
  const std::vector<Outcome> expected =
      Suppress(EventHits(events, false, true), [](UnixMillis) { return 15 * kMinute; });
  ExpectInEveryShape(
      {}, feed,
      [&](const alert::Alert& alert) {
        // The columns show the array as it came; the expectation names the set.
        const auto event = std::find_if(events.begin(), events.end(), [&](const Counted& one) {
          return one.time_ms == alert.window_end_ms;
        });
        return EventHits({*event}, false, true).front().group;
      },
      expected);
}

// Named after what other systems' users report.

TEST(SuppressionRulesTest, SuppressionDoesNotEndWhenANodeFailsOver) {
  OverlayWorld world({{}, 1, 0});
  const std::string text =
      RuleText("type = \"esql\"\nlanguage = \"esql\"", kStats,
               "[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n"
               "[rule.alert_suppression.duration]\nvalue = 2\nunit = \"h\"\n");
  world.Activate({{"r.toml", text}});
  const auto burst = [&](UnixMillis at_ms) {
    world.Feed(Documents({{at_ms, "u1", {"a1"}}, {at_ms + 1, "u1", {"a1"}}, {at_ms + 2, "u1", {"a1"}}}));
  };
  burst(kBegin);
  world.Restart(true);    // from its checkpoint
  burst(kBegin + 30 * kMinute);
  world.Restart(false);   // elsewhere, from the checkpoint and the log behind it
  burst(kBegin + 60 * kMinute);
  world.Activate({{"r.toml", text + "# edited\n"}});
  burst(kBegin + 90 * kMinute);
  ASSERT_THAT(world.Alerts(), SizeIs(1));
  EXPECT_EQ(world.Alerts()[0].suppressed_count, 3U);
  burst(kBegin + 130 * kMinute);
  EXPECT_THAT(world.Alerts(), SizeIs(2));
}

TEST(SuppressionRulesTest, NoAlertTwiceFromOverlappingLookBacks) {
  // Twelve windows of an hour, five minutes apart, see the same three events.
  const std::string text = RuleText("type = \"esql\"\nlanguage = \"esql\"", kStats, "");
  for (const plan::JudgeMode mode : {plan::JudgeMode::kContinuous, plan::JudgeMode::kSchedule}) {
    plan::CompileOptions compile;
    compile.mode = mode;
    OverlayWorld world({compile, 100, 0});
    world.Activate({{"r.toml", text}});
    world.Feed(Documents({{kBegin, "u1", {"a1"}}, {kBegin + 1, "u1", {"a1"}}, {kBegin + 2, "u1", {"a1"}}}));
    world.End();
    EXPECT_THAT(world.Alerts(), SizeIs(1));
  }
}

TEST(SuppressionRulesTest, NothingIsCutAtAHundredSignalsOrAThousandRows) {
  OverlayWorld world({{}, 1000, 0});
  world.Activate({{"r.toml", RuleText("type = \"esql\"\nlanguage = \"esql\"\nmax_signals = 100",
                                      kStats, "")}});
  std::vector<Counted> events;
  for (int user = 0; user < 1200; ++user) {
    for (int i = 0; i < 3; ++i) {
      events.push_back({kBegin + i, fmt::format("u{}", user), {"a1"}});
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Counted& a, const Counted& b) { return a.time_ms < b.time_ms; });
  world.Feed(Documents(events));
  world.End();
  EXPECT_THAT(world.Alerts(), SizeIs(1200));
}

TEST(SuppressionRulesTest, NoStateIsDroppedWhenMemoryIsShort) {
  for (const plan::JudgeMode mode : {plan::JudgeMode::kContinuous, plan::JudgeMode::kSchedule}) {
    plan::CompileOptions compile;
    compile.mode = mode;
    OverlayWorld world({compile, 100, 0});
    world.Activate({{"r.toml", RuleText("type = \"esql\"\nlanguage = \"esql\"", kStats, "")}});
    // Each group fires with its third event; between two of its events it is in no memory.
    for (int i = 0; i < 3; ++i) {
      std::vector<Counted> events;
      for (int user = 0; user < 500; ++user) {
        events.push_back({kBegin + i, fmt::format("u{}", user), {"a1"}});
      }
      EXPECT_THAT(world.Alerts(), SizeIs(0));
      world.Feed(Documents(events));
      world.Spill();
    }
    world.End();
    EXPECT_THAT(world.Alerts(), SizeIs(500));
  }
}

}  // namespace
}  // namespace weir::integration
