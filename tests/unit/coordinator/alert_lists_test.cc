#include "coordinator/alert_lists.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/sample_alerts_internal.h"

namespace weir::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Stores that hold everything that was ever put there.
class Stores final : public AlertBackend {
 public:
  StatusOr<alert::AlertDetails> Show(const Hash128& id) override {
    return NotFound("no alert {}", id.ToHex());
  }
  StatusOr<worker::AlertsFound> Find(const worker::AlertQuery& query, bool /*keys_only*/) override {
    ++reads_;
    alert::Digester digester;
    alert::FilterRun filter(query.filter);
    std::vector<std::pair<alert::Position, const alert::Alert*>> passed;
    for (const alert::Alert& alert : alerts_) {
      const alert::AlertDigest digest = digester.Make(alert);
      if (filter.Matches(digest)) {
        passed.emplace_back(alert::PositionOf(digest, query.order), &alert);
      }
    }
    std::sort(passed.begin(), passed.end(), [&](const auto& a, const auto& b) {
      return alert::ComesBefore(a.first, b.first, query.order);
    });
    worker::AlertsFound found;
    found.total = passed.size();
    for (const auto& [position, alert] : passed) {
      if (found.alerts.size() < query.limit &&
          (!query.after.has_value() ||
           alert::ComesBefore(*query.after, position, query.order))) {
        found.alerts.push_back(*alert);
      }
    }
    return found;
  }
  std::vector<worker::AlertUpdateResult> Update(const std::vector<AlertCommand>&) override {
    return {};
  }
  plan::RuleSetPtr Rules() override { return nullptr; }

  std::vector<alert::Alert> alerts_;
  int reads_ = 0;
};

class AlertListsTest : public ::testing::Test {
 protected:
  void Open(std::size_t alerts_max) {
    index_ = std::make_unique<AlertIndex>(alerts_max, 10);
    lists_ = std::make_unique<AlertLists>(AlertLists::Options{3, 1000}, index_.get(), &stores_, 1);
  }
  void Put(const alert::Alert& alert) {
    index_->OnAlert(alert);
    std::erase_if(stores_.alerts_, [&](const alert::Alert& known) { return known.id == alert.id; });
    stores_.alerts_.push_back(alert);
  }
  // Changes the sort keys of some alerts and adds others.
  void Disturb(uint64_t page) {
    for (uint64_t n = 1 + page; n <= 60; n += 7) {
      alert::Alert alert = NthAlert(n);
      alert.revision = 10 + page;
      alert.suppressed_count = 1000 - n + page;
      alert.changed_at_ms += 100'000;
      alert.change = 1000 + page * 100 + n;
      Put(alert);
    }
    Put(NthAlert(200 + page));
  }
  void NothingIsSkippedOrRepeated(const std::string& order_text) {
    for (uint64_t n = 1; n <= 60; ++n) {
      Put(NthAlert(n));
    }
    const alert::AlertOrder order = *alert::ParseOrder(order_text);
    std::multiset<Hash128> seen;
    std::string token;
    uint64_t pages = 0;
    do {
      const StatusOr<AlertLists::Page> page = lists_->List({}, order, 7, token);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_GE(page->total, 60U);
      for (const alert::Alert& alert : page->alerts) {
        seen.insert(alert.id);
      }
      token = page->next_token;
      Disturb(pages++);
      ASSERT_LT(pages, 30U);
    } while (!token.empty());
    for (uint64_t n = 1; n <= 60; ++n) {
      EXPECT_EQ(seen.count(NthAlert(n).id), 1U) << order_text << ", alert " << n;
    }
  }

  Stores stores_;
  std::unique_ptr<AlertIndex> index_;
  std::unique_ptr<AlertLists> lists_;
};

TEST_F(AlertListsTest, PagesStayWholeWhileAlertsChange) {
  for (const char* order : {"fired_at desc", "changed_at desc", "changed_at", "severity desc",
                            "risk_score", "suppressed_count desc"}) {
    stores_.alerts_.clear();
    Open(1000);
    NothingIsSkippedOrRepeated(order);
    EXPECT_EQ(stores_.reads_, 0);
  }
}

TEST_F(AlertListsTest, PagesStayWholeWhenTheStoresAreNeeded) {
  for (const char* order : {"fired_at desc", "changed_at desc", "suppressed_count desc"}) {
    stores_.alerts_.clear();
    Open(20);
    NothingIsSkippedOrRepeated(order);
    EXPECT_GT(stores_.reads_, 0);
  }
}

TEST_F(AlertListsTest, ReadsTheStoresInsteadOfLosingAlerts) {
  Open(10);
  for (uint64_t n = 1; n <= 50; ++n) {
    alert::Alert alert = NthAlert(n);
    alert.status = n <= 45 ? alert::AlertStatus::kClosed : alert::AlertStatus::kOpen;
    Put(alert);
  }
  const StatusOr<AlertLists::Page> all = lists_->List({}, {}, 100, "");
  ASSERT_TRUE(all.ok());
  EXPECT_THAT(all->alerts, SizeIs(50));
  EXPECT_TRUE(all->from_stores);
  alert::AlertFilter open;
  open.statuses = {alert::AlertStatus::kOpen};
  const StatusOr<AlertLists::Page> live = lists_->List(open, {}, 100, "");
  ASSERT_TRUE(live.ok());
  EXPECT_THAT(live->alerts, SizeIs(5));
  EXPECT_FALSE(live->from_stores);
}

TEST_F(AlertListsTest, RefusesTokensThatDoNotBelong) {
  Open(1000);
  for (uint64_t n = 1; n <= 20; ++n) {
    Put(NthAlert(n));
  }
  const std::string token = lists_->List({}, {}, 5, "")->next_token;
  alert::AlertFilter other;
  other.tenants = {"default"};
  EXPECT_THAT(std::string(Message(lists_->List(other, {}, 5, token).status())),
              HasSubstr("another filter or order_by"));
  EXPECT_EQ(lists_->List({}, {}, 5, "bogus").status().code(), StatusCode::kInvalidArgument);
  // Ids are kept for the latest listings only.
  const alert::AlertOrder order = *alert::ParseOrder("severity desc");
  const std::string first = lists_->List({}, order, 5, "")->next_token;
  EXPECT_TRUE(lists_->List({}, order, 5, first).ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(lists_->List({}, order, 5, "").ok());
  }
  EXPECT_EQ(lists_->List({}, order, 5, first).status().code(), StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace weir::coordinator
