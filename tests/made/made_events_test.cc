// Every rule that can be read is given events made for it, and must alert on them, on their group and
// on nothing that is only nearly the same. The rules are those that ship, and published ones where
// WEIR_SHARED names a folder that has them.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/backtest/backtest.h"
#include "common/base/arena.h"
#include "common/plan/plan.h"
#include "common/source/decoder.h"
#include "common/types/coding.h"
#include "tests/made/condition.h"
#include "tests/made/recipe.h"

namespace weir::made {
namespace {

namespace fs = std::filesystem;

struct Told {
  rule::Rule rule;
  Recipe recipe;
};

class MadeEventsTest : public ::testing::Test {
 protected:
  MadeEventsTest() : file_(fs::temp_directory_path() / fmt::format("weir_made_{}.ndjson", getpid())) {}
  ~MadeEventsTest() override { fs::remove(file_); }

  // Alerts of one rule file over lines.
  std::vector<alert::Alert> Alerts(const std::string& rule_path, const std::vector<std::string>& lines,
                                   std::optional<plan::JudgeMode> mode = std::nullopt) {
    std::ofstream(file_) << fmt::format("{}\n", fmt::join(lines, "\n"));
    backtest::Options options;
    options.rule_paths = {rule_path};
    options.files = {file_.string()};
    options.mode = mode;
    options.evidence = plan::Evidence::kFull;   // columns are compared
    auto result = backtest::Run(options);
    EXPECT_TRUE(result.ok()) << Message(result.status());
    if (!result.ok()) {
      return {};
    }
    EXPECT_EQ(result->rejected, 0U) << lines[0];
    EXPECT_EQ(result->repeated, 0U) << lines[0];
    EXPECT_EQ(result->rules_loaded, 1U);
    return std::move(result->alerts);
  }

  void Judge(const Told& told);
  void JudgeOneShape(const Told& told, const std::string& shape,
                     std::optional<std::string> (*line)(const Document&, int));

  const fs::path file_;
  int misses_ = 0;
  int from_records_ = 0;
};

std::optional<std::vector<std::string>> Lines(const std::vector<Document>& events,
                                              std::optional<std::string> (*line)(const Document&, int)) {
  std::vector<std::string> lines;
  for (const Document& event : events) {
    std::optional<std::string> text = line(event, static_cast<int>(lines.size()));
    if (!text.has_value()) {
      return std::nullopt;
    }
    lines.push_back(std::move(*text));
  }
  return lines;
}

std::map<std::string, std::string> GroupOf(const alert::Alert& alert) {
  std::map<std::string, std::string> group;
  for (const alert::NamedCell& cell : alert.group) {
    Arena arena;
    ByteReader reader(cell.encoded);
    group[cell.name] = ValueToString(DecodeValue(&reader, &arena));
  }
  return group;
}

// The alert is of the events' group: keys that are fields have the fields' values.
void ExpectGroupOf(const Told& told, const alert::Alert& alert) {
  const std::map<std::string, std::string> group = GroupOf(alert);
  const Document& event = told.recipe.events[0];
  for (const auto& [name, value] : group) {
    const auto field = event.fields.find(name);
    if (field != event.fields.end() && field->second.size() == 1) {
      EXPECT_EQ(value, field->second[0].text) << told.rule.path << ": " << name;
    }
  }
  for (const std::string& key :
       told.rule.threshold.has_value() ? told.rule.threshold->fields : std::vector<std::string>()) {
    EXPECT_TRUE(group.contains(key)) << told.rule.path << ": " << key;
  }
}

// Fields that every record gives: their absence, or another category, cannot be made in one.
bool IsSaidByRecord(const Document& event, const Document& miss) {
  static constexpr const char* kGiven[] = {
      "aws.cloudtrail.user_identity.type", "cloud.account.id", "event.outcome"};
  static constexpr const char* kDerived[] = {"event.category", "event.dataset", "event.type"};
  for (const char* field : kGiven) {
    if (event.fields.contains(field) && !miss.fields.contains(field)) {
      return false;
    }
  }
  for (const char* field : kDerived) {
    const auto before = event.fields.find(field);
    const auto after = miss.fields.find(field);
    if (before != event.fields.end() &&
        (after == miss.fields.end() || !(after->second == before->second))) {
      return false;
    }
  }
  // An error code makes a failure of the event.
  return event.fields.contains("aws.cloudtrail.error_code") ==
         miss.fields.contains("aws.cloudtrail.error_code");
}

std::string Shown(const std::vector<std::string>& lines) {
  return fmt::format("{} events, the first: {}", lines.size(), lines.front());
}

void MadeEventsTest::JudgeOneShape(const Told& told, const std::string& shape,
                                   std::optional<std::string> (*line)(const Document&, int)) {
  const auto lines = Lines(told.recipe.events, line);
  if (!lines.has_value()) {
    return;
  }
  from_records_ += shape == "record" ? 1 : 0;
  const std::vector<alert::Alert> alerts = Alerts(told.rule.path, *lines);
  EXPECT_EQ(alerts.size(), 1U) << told.rule.path << " on " << shape << ": " << Shown(*lines);
  for (const alert::Alert& alert : alerts) {
    EXPECT_EQ(alert.rule_id, told.rule.id);
    if (shape != "record") {
      ExpectGroupOf(told, alert);
    }
  }
  for (const Recipe::Miss& miss : told.recipe.misses) {
    const auto missing = shape == "record" && !IsSaidByRecord(told.recipe.events[0], miss.events[0])
                             ? std::nullopt
                             : Lines(miss.events, line);
    if (missing.has_value()) {
      ++misses_;
      EXPECT_EQ(Alerts(told.rule.path, *missing).size(), 0U)
          << told.rule.path << " on " << shape << " where " << miss.what << ": " << Shown(*missing);
    }
  }
}

void MadeEventsTest::Judge(const Told& told) {
  JudgeOneShape(told, "nested document", [](const Document& document, int serial) {
    return std::optional(ToEcs(document, Shape::kNested, serial));
  });
  JudgeOneShape(told, "dotted document", [](const Document& document, int serial) {
    return std::optional(ToEcs(document, Shape::kDotted, serial));
  });
  JudgeOneShape(told, "record", ToCloudTrail);
  const auto lines = Lines(told.recipe.events, [](const Document& document, int serial) {
    return std::optional(ToEcs(document, Shape::kDotted, serial));
  });
  if (told.recipe.has_stats) {
    EXPECT_GE(Alerts(told.rule.path, *lines, plan::JudgeMode::kSchedule).size(), 1U)
        << told.rule.path << " at ticks: " << Shown(*lines);
    return;
  }
  // Once more, a little later: an alert of its own, unless the rule suppresses it.
  std::vector<std::string> twice = *lines;
  Document again = told.recipe.events[0];
  again.offset_ms += 1000;
  twice.push_back(ToEcs(again, Shape::kDotted, 99999));
  const bool suppresses = told.rule.suppression.has_value();
  const std::vector<alert::Alert> alerts = Alerts(told.rule.path, twice);
  EXPECT_EQ(alerts.size(), suppresses ? 1U : 2U) << told.rule.path << " twice: " << Shown(*lines);
  if (suppresses && alerts.size() == 1) {
    EXPECT_EQ(alerts[0].suppressed_count, 1U) << told.rule.path;
  }
}

struct Collection {
  std::vector<Told> told;
  std::vector<std::string> refused;   // "path: reason"
  std::vector<std::string> unread;
};

Collection Collect(const std::string& folder) {
  Collection collection;
  auto loaded = rule::LoadRules({folder});
  EXPECT_TRUE(loaded.ok()) << Message(loaded.status());
  for (const rule::LoadResult& file : loaded.value()) {
    EXPECT_TRUE(file.rule.has_value()) << file.path;
    if (!file.rule.has_value()) {
      continue;
    }
    const rule::Rule& rule = *file.rule;
    const auto compiled =
        plan::CompileRules({rule}, {}, source::Catalogue(), RuleSetVersion(1));
    if (compiled.rules->rules.empty()) {
      collection.refused.push_back(fmt::format("{}: {}", file.path, compiled.findings[0][0].message));
      continue;
    }
    try {
      Told told{rule, {}};
      const Recipe* by_hand = RecipeByHand(fs::path(rule.path).stem().string());
      told.recipe = by_hand != nullptr ? *by_hand : RecipeFor(rule);
      if (rule.suppression.has_value() && rule.type != rule::RuleType::kThreshold) {
        for (Document& document : told.recipe.events) {
          for (const std::string& field : rule.suppression->group_by) {
            if (!told.recipe.has_stats) {
              document.fields.insert({field, {{field.ends_with(".ip") ? "203.0.113.5" : "made", true}}});
            }
          }
        }
      }
      AddDataStream(rule, &told.recipe);
      collection.told.push_back(std::move(told));
    } catch (const Unread& unread) {
      collection.unread.push_back(fmt::format("{}: {}", file.path, unread.what));
    }
  }
  return collection;
}

void Print(const Collection& collection, int from_records, int misses) {
  std::cout << fmt::format("{} rules judged ({} also on records, {} near misses), {} not run, {} not "
                           "read\n",
                           collection.told.size(), from_records, misses, collection.refused.size(),
                           collection.unread.size());
  for (const std::string& unread : collection.unread) {
    std::cout << "  not read: " << unread << "\n";
  }
  std::cout << std::flush;
}

TEST_F(MadeEventsTest, ShippedRules) {
  const Collection collection = Collect(WEIR_ROOT "/deploy/rules");
  EXPECT_TRUE(collection.refused.empty());
  EXPECT_GE(collection.told.size(), 20U);
  for (const Told& told : collection.told) {
    Judge(told);
  }
  Print(collection, from_records_, misses_);
}

std::string Corpus() {
  const char* shared = std::getenv("WEIR_SHARED");
  const fs::path folder =
      fs::path(shared == nullptr ? WEIR_SHARED_DEFAULT : shared) / "corpus" / "elastic";
  return fs::exists(folder) ? folder.string() : "";
}

// Rules of the clouds' and models' logs: each that is run alerts on events made for it.
TEST_F(MadeEventsTest, PublishedRules) {
  if (Corpus().empty()) {
    GTEST_SKIP() << "WEIR_TEST_SKIPPED: WEIR_SHARED is not set";
  }
  for (const char* folder : {"aws", "aws_bedrock", "azure_openai"}) {
    misses_ = 0;
    from_records_ = 0;
    const Collection collection = Collect(Corpus() + "/integrations/" + folder);
    EXPECT_TRUE(collection.unread.empty());
    for (const Told& told : collection.told) {
      Judge(told);
    }
    std::cout << folder << ": ";
    Print(collection, from_records_, misses_);
  }
}

// The rules of all other folders, as far as their queries can be read.
TEST_F(MadeEventsTest, OtherPublishedRules) {
  if (Corpus().empty()) {
    GTEST_SKIP() << "WEIR_TEST_SKIPPED: WEIR_SHARED is not set";
  }
  Collection collection = Collect(Corpus());
  std::erase_if(collection.told, [](const Told& told) {
    return told.rule.path.find("/integrations/aws") != std::string::npos ||
           told.rule.path.find("/integrations/azure_openai") != std::string::npos;
  });
  for (const Told& told : collection.told) {
    Judge(told);
  }
  Print(collection, from_records_, misses_);
}

}  // namespace
}  // namespace weir::made
