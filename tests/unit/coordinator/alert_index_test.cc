#include "coordinator/alert_index.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/sample_alerts_internal.h"

namespace weir::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<uint64_t> ChangesOf(AlertWatch* watch) {
  std::vector<uint64_t> changes;
  while (const AlertPtr alert = watch->Next()) {
    changes.push_back(alert->change());
  }
  return changes;
}

std::shared_ptr<AlertWatch> Start(AlertIndex* index, const AlertIndex::WatchStart& start,
                                  const alert::AlertFilter& filter = {}) {
  auto watch = index->Watch(filter, start, [] {});
  EXPECT_TRUE(watch.ok()) << watch.status();
  return watch.ok() ? *watch : nullptr;
}

TEST(AlertIndexTest, KeepsTheNewestRevision) {
  AlertIndex index(100, 100);
  alert::Alert alert = NthAlert(1);
  alert.revision = 5;
  index.OnAlert(alert);
  alert.revision = 4;
  alert.assignee = "late";
  index.OnAlert(alert);
  EXPECT_EQ(index.Find(alert.id)->Read().assignee, "");
  alert.revision = 6;
  alert.assignee = "kim";
  index.OnAlert(alert);
  EXPECT_EQ(index.Find(alert.id)->Read().assignee, "kim");
  EXPECT_EQ(index.size(), 1U);
  index.OnAlertForgotten(alert.id);
  EXPECT_EQ(index.Find(alert.id), nullptr);
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.memory_bytes(), 0U);
}

TEST(AlertIndexTest, ListsInEveryOrder) {
  AlertIndex index(100, 100);
  for (const uint64_t n : {5U, 1U, 9U, 3U}) {
    index.OnAlert(NthAlert(n));
  }
  const auto list = [&](const char* order) {
    std::vector<uint64_t> changes;
    for (const AlertPtr& alert :
         index.List({}, *alert::ParseOrder(order), std::nullopt, 10).alerts) {
      changes.push_back(alert->change());
    }
    return changes;
  };
  EXPECT_THAT(list("fired_at desc"), ElementsAre(9, 5, 3, 1));
  EXPECT_THAT(list("fired_at"), ElementsAre(1, 3, 5, 9));
  EXPECT_THAT(list("risk_score desc"), ElementsAre(9, 5, 3, 1));
  EXPECT_THAT(list("severity"), SizeIs(4));
}

TEST(AlertIndexTest, FindsAlertsOfTheSameEntities) {
  AlertIndex index(100, 100);
  for (uint64_t n = 1; n <= 40; ++n) {
    index.OnAlert(NthAlert(n));
  }
  uint64_t total = 0;
  const std::vector<AlertPtr> related = index.Related(NthAlert(15), 12'000, 1, &total);
  EXPECT_EQ(total, 2U);   // 5 and 25 within 12 seconds; 35 is farther
  ASSERT_THAT(related, SizeIs(1));
  EXPECT_EQ(related[0]->change(), 25U);
}

TEST(AlertIndexTest, WhatHasEndedGoesFirstAndIsCounted) {
  AlertIndex index(3, 100);
  alert::Alert closed = NthAlert(3);
  closed.status = alert::AlertStatus::kClosed;
  index.OnAlert(NthAlert(1));
  index.OnAlert(NthAlert(2));
  index.OnAlert(closed);
  alert::AlertFilter live;
  live.statuses = {alert::AlertStatus::kOpen, alert::AlertStatus::kAcknowledged};
  EXPECT_TRUE(index.Covers({}));
  index.OnAlert(NthAlert(4));
  EXPECT_EQ(index.Find(closed.id), nullptr);
  EXPECT_EQ(index.unlisted(), 1U);
  EXPECT_FALSE(index.Covers({}));
  EXPECT_TRUE(index.Covers(live));
  index.OnAlert(NthAlert(5));
  EXPECT_EQ(index.Find(NthAlert(1).id), nullptr);
  EXPECT_FALSE(index.Covers(live));
  // What a worker leaves out counts too.
  AlertIndex other(3, 100);
  other.OnLeftOut("w1", {2, 0, {{0, 7}}});
  EXPECT_FALSE(other.Covers({}));
  EXPECT_TRUE(other.Covers(live));
  EXPECT_EQ(other.unlisted(), 2U);
}

// Other systems show nothing of what happened while a watcher was away.
TEST(AlertIndexTest, GapsAfterAnOutage) {
  AlertIndex index(1000, 1000);
  for (uint64_t n = 1; n <= 10; ++n) {
    index.OnAlert(NthAlert(n, n % 2));
  }
  const auto first = Start(&index, {true, std::nullopt});
  for (int i = 0; i < 6; ++i) {
    ASSERT_NE(first->Next(), nullptr);
  }
  const WatchCursor cursor = first->cursor();
  index.Unwatch(first);
  // Nobody watches: some are new, one changes again.
  for (uint64_t n = 11; n <= 14; ++n) {
    index.OnAlert(NthAlert(n, n % 2));
  }
  alert::Alert again = NthAlert(2, 0);
  again.revision = 2;
  again.change = 15;
  again.shard = 0;
  index.OnAlert(again);
  EXPECT_THAT(ChangesOf(Start(&index, {false, cursor}).get()),
              ElementsAre(7, 8, 9, 10, 11, 12, 13, 14, 15));
  // Another coordinator, which hears of the alerts only while the watch is on.
  AlertIndex other(1000, 1000);
  const auto watch = Start(&other, {false, *WatchCursor::Parse(cursor.ToText())});
  for (uint64_t n = 1; n <= 14; ++n) {
    if (n != 2) {
      other.OnAlert(NthAlert(n, n % 2));
    }
  }
  other.OnAlert(again);
  EXPECT_THAT(ChangesOf(watch.get()), ElementsAre(7, 8, 9, 10, 11, 12, 13, 14, 15));
}

// The cursor goes on over alerts that do not pass the filter, and never over one that waits.
TEST(AlertIndexTest, ACursorNeverPassesWhatWaits) {
  AlertIndex index(1000, 1000);
  alert::AlertFilter filter;
  filter.rules = {"rule-0"};
  const auto watch = Start(&index, {}, filter);
  index.OnAlert(NthAlert(1));
  EXPECT_EQ(watch->cursor().Of(0), 1);
  index.OnAlert(NthAlert(3));
  index.OnAlert(NthAlert(4));
  index.OnAlert(NthAlert(6));
  EXPECT_EQ(watch->cursor().Of(0), 1);
  EXPECT_EQ(watch->Next()->change(), 3U);
  EXPECT_EQ(watch->cursor().Of(0), 3);
  EXPECT_EQ(watch->Next()->change(), 6U);
  EXPECT_EQ(watch->cursor().Of(0), 6);
}

// Two coordinators, or a worker's stream that is opened again, must not show an alert's change twice.
TEST(AlertIndexTest, HaThatMeansDuplicates) {
  AlertIndex index(1000, 1000);
  const auto watch = Start(&index, {});
  for (int stream = 0; stream < 2; ++stream) {
    for (uint64_t n = 1; n <= 5; ++n) {
      index.OnAlert(NthAlert(n));
    }
  }
  EXPECT_THAT(ChangesOf(watch.get()), ElementsAre(1, 2, 3, 4, 5));
}

TEST(AlertIndexTest, ACursorThatIsTooOldIsRefused) {
  AlertIndex index(3, 1000);
  const WatchCursor start = Start(&index, {})->cursor();
  for (uint64_t n = 1; n <= 5; ++n) {
    index.OnAlert(NthAlert(n));
  }
  EXPECT_EQ(index.Watch({}, {false, start}, [] {}).status().code(), StatusCode::kOutOfRange);
  WatchCursor later;
  later.Raise(0, 2);
  EXPECT_TRUE(index.Watch({}, {false, later}, [] {}).ok());
}

TEST(AlertIndexTest, ASlowWatcherIsToldAndGoesOnFromItsCursor) {
  AlertIndex index(1000, 2);
  const auto watch = Start(&index, {});
  for (uint64_t n = 1; n <= 5; ++n) {
    index.OnAlert(NthAlert(n));
  }
  EXPECT_THAT(ChangesOf(watch.get()), ElementsAre(1, 2));
  EXPECT_TRUE(watch->overflowed());
  EXPECT_THAT(ChangesOf(Start(&index, {false, watch->cursor()}).get()), ElementsAre(3, 4, 5));
}

}  // namespace
}  // namespace weir::coordinator
