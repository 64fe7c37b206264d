// The demo's day, judged by a plain loop over its records: each attack crosses its threshold, nothing
// else comes near, and two principals would cross if repeats were counted.
#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/demo_events/delivery.h"
#include "deploy/demo_events/json.h"
#include "deploy/demo_events/scenario.h"

namespace weir::demo {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Event {
  UnixMillis time_ms = 0;
  Source source = Source::kCloudTrail;
  JsonValue json;
};

std::vector<Event> Parse(const std::vector<DeliveryFile>& files, bool keep_repeats) {
  std::vector<Event> events;
  std::set<std::string> seen;
  const auto add = [&](JsonValue json) {
    const bool cloudtrail = json["eventID"].kind != JsonValue::Kind::kNull;
    const std::string id = cloudtrail ? json["eventID"].text : json["requestId"].text;
    if (!id.empty() && (seen.insert(id).second || keep_repeats)) {
      const std::string time = json[cloudtrail ? "eventTime" : "timestamp"].text;
      events.push_back({ParseTime(time).value(),
                        cloudtrail ? Source::kCloudTrail : Source::kBedrock, std::move(json)});
    }
  };
  for (const DeliveryFile& file : files) {
    std::size_t start = 0;
    while (start < file.content.size()) {
      const std::size_t end = std::min(file.content.find('\n', start), file.content.size());
      StatusOr<JsonValue> value =
          ParseJson(std::string_view(file.content).substr(start, end - start));
      EXPECT_TRUE(value.ok()) << file.name << ": " << Message(value.status());
      if (value.ok() && (*value)["Records"].kind == JsonValue::Kind::kArray) {
        for (const JsonValue& record : (*value)["Records"].elements) {
          add(record);
        }
      } else if (value.ok()) {
        add(*std::move(value));
      }
      start = end + 1;
    }
  }
  return events;
}

using Key = std::function<std::optional<std::string>(const Event&)>;

// Most events of a key within any hour, for keys that reach the threshold.
std::map<std::string, int> Reaching(const std::vector<Event>& events, int threshold, const Key& key) {
  std::map<std::string, std::vector<UnixMillis>> times;
  for (const Event& event : events) {
    if (const std::optional<std::string> name = key(event)) {
      times[*name].push_back(event.time_ms);
    }
  }
  std::map<std::string, int> reaching;
  for (auto& [name, list] : times) {
    std::sort(list.begin(), list.end());
    int most = 0;
    for (auto last = list.begin(); last != list.end(); ++last) {
      const auto first = std::upper_bound(list.begin(), last, *last - kMillisPerHour);
      most = std::max(most, static_cast<int>(last - first) + 1);
    }
    if (most >= threshold) {
      reaching[name] = most;
    }
  }
  return reaching;
}

std::optional<std::string> DeniedModel(const Event& event) {
  if (event.source != Source::kBedrock || event.json["errorCode"].text != "AccessDeniedException") {
    return std::nullopt;
  }
  return event.json["identity"]["arn"].text;
}

std::optional<std::string> InvalidInMinute(const Event& event) {
  if (event.source != Source::kBedrock || event.json["errorCode"].text != "ValidationException") {
    return std::nullopt;
  }
  return event.json["identity"]["arn"].text + " " +
         FormatTime(event.time_ms / kMillisPerMinute * kMillisPerMinute);
}

std::optional<std::string> Unguarded(const Event& event) {
  if (event.source != Source::kBedrock ||
      event.json["output"].Display().find("gr7example") != std::string::npos) {
    return std::nullopt;
  }
  return event.json["identity"]["arn"].text;
}

std::optional<std::string> ModelCall(const Event& event) {
  const JsonValue& json = event.json;
  if (json["eventSource"].text != "bedrock.amazonaws.com" ||
      json["errorCode"].kind != JsonValue::Kind::kNull ||
      json["requestParameters"]["modelId"].kind == JsonValue::Kind::kNull) {
    return std::nullopt;
  }
  return json["userIdentity"]["arn"].text + " " + json["requestParameters"]["modelId"].text;
}

// Made once: the tests only read it.
struct Written {
  Written() {
    Random random(20260310);
    AddNoise(&random, &day);
    expected = AddAttacks(&random, &day);
    files = Deliver(day, &random);
    events = Parse(files, false);
    repeated = Parse(files, true);
  }

  Day day;
  std::vector<ExpectedAlert> expected;
  std::vector<DeliveryFile> files;
  std::vector<Event> events;    // each once
  std::vector<Event> repeated;  // as delivered
};

const Written& TheDay() {
  static const Written kWritten;
  return kWritten;
}

TEST(DayTest, DeliversEveryRecordAtLeastOnce) {
  EXPECT_EQ(TheDay().events.size(), TheDay().day.records.size());
  EXPECT_GT(TheDay().repeated.size(), TheDay().events.size() + 500);
}

TEST(DayTest, HoldsTheFourAttacksAndNothingElse) {
  EXPECT_THAT(Reaching(TheDay().events, 4, DeniedModel),
              ElementsAre(Pair("arn:aws:iam::111122223333:user/j.whitmore", 5)));
  EXPECT_THAT(Reaching(TheDay().events, 4, InvalidInMinute),
              ElementsAre(Pair("arn:aws:sts::111122223333:assumed-role/data-science/sandbox-7 "
                               "2026-03-10T13:22:00.000Z",
                               5)));
  EXPECT_THAT(Reaching(TheDay().events, 6, Unguarded),
              ElementsAre(Pair("arn:aws:iam::111122223333:user/m.lindqvist", 14)));
  const std::string prober = "arn:aws:iam::111122223333:user/svc-reporting ";
  EXPECT_THAT(Reaching(TheDay().events, 500, ModelCall),
              UnorderedElementsAre(Pair(prober + "anthropic.claude-3-haiku-20240307-v1:0", 620),
                                   Pair(prober + "mistral.mistral-large-2407-v1:0", 520)));
  EXPECT_EQ(TheDay().expected.size(), 4U);
}

TEST(DayTest, WouldAlertOnTwoMoreIfRepeatsWereCounted) {
  const std::vector<Event>& repeated = TheDay().repeated;
  EXPECT_TRUE(Reaching(repeated, 4, DeniedModel).contains("arn:aws:iam::111122223333:user/n.okafor"));
  EXPECT_TRUE(Reaching(repeated, 500, ModelCall)
                  .contains("arn:aws:sts::111122223333:assumed-role/nightly-summaries/run-20260310 "
                            "anthropic.claude-3-haiku-20240307-v1:0"));
}

TEST(DayTest, StaysWithinTheAllowedLateness) {
  UnixMillis latest_ms = 0;
  int64_t disorder_ms = 0;
  for (const Event& event : TheDay().repeated) {
    latest_ms = std::max(latest_ms, event.time_ms);
    disorder_ms = std::max(disorder_ms, latest_ms - event.time_ms);
  }
  EXPECT_GT(disorder_ms, 5 * kMillisPerMinute);
  EXPECT_LT(disorder_ms, 60 * kMillisPerMinute);
}

TEST(DayTest, IsTheSameEveryTime) {
  Random random(20260310);
  Day again;
  AddNoise(&random, &again);
  AddAttacks(&random, &again);
  const std::vector<DeliveryFile> files = Deliver(again, &random);
  ASSERT_EQ(files.size(), TheDay().files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(files[i].name, TheDay().files[i].name);
    EXPECT_EQ(files[i].content, TheDay().files[i].content);
  }
}

}  // namespace
}  // namespace weir::demo
