// Spread rules from end to end: random events through a worker whose shards each hold a part of the rows, and a
// judge that merges them. The alerts must be those of a pass over one shard, whoever dies when.
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/backtest/backtest.h"
#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/exec/router.h"
#include "common/source/decoder.h"
#include "common/state/state_store.h"
#include "common/task/thread_scheduler.h"
#include "common/types/coding.h"
#include "coordinator/spread_judge.h"
#include "worker/worker.h"

namespace weir {
namespace {

using ::testing::IsEmpty;

constexpr UnixMillis kStart = 1'772'500'000'000;
constexpr UnixMillis kEndOfTime = std::numeric_limits<UnixMillis>::max();

std::string RuleText(const std::string& id, const std::string& query, const std::string& more = "") {
  return fmt::format(R"toml([rule]
name = "{0}"
rule_id = "{0}"
type = "esql"
language = "esql"
from = "now-4m"
interval = "1m"
severity = "high"
risk_score = 50
query = '''
FROM logs-aws.cloudtrail-*
{1}
'''
{2})toml",
                     id, query, more);
}

std::vector<worker::RuleFile> RuleFiles() {
  const auto file = [](const std::string& id, const std::string& query, const std::string& more = "") {
    return worker::RuleFile{id + ".toml", RuleText(id, query, more)};
  };
  return {
      file("all", "| STATS c = COUNT(*), users = COUNT_DISTINCT(user.name) | WHERE c >= 24"),
      file("top", "| STATS c = COUNT(*), last = MAX(@timestamp) BY user.name "
                  "| SORT c DESC, user.name | LIMIT 3"),
      file("two", "| STATS c = COUNT(*), regions = VALUES(cloud.region) BY user.name "
                  "| STATS users = COUNT(*), most = MAX(c), regions = VALUES(regions) "
                  "| WHERE users >= 4"),
      file("rows", "| INLINE STATS c = COUNT(*) BY user.name | WHERE c >= 6 "
                   "| KEEP user.name, event.action, c"),
      file("covered", "| STATS c = COUNT(*) BY user.name | WHERE c >= 3",
           "[rule.alert_suppression]\ngroup_by = [\"cloud.region\"]\n"
           "duration = { value = 7, unit = \"m\" }\nmissing_fields_strategy = \"suppress\"\n"),
      file("local", "| STATS c = COUNT(*) BY user.name | WHERE c >= 4"),
  };
}

// Two busy spells with a quiet night between them.
std::vector<std::pair<UnixMillis, std::string>> MakeEvents(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::pair<UnixMillis, std::string>> events;
  for (int i = 0; i < 160; ++i) {
    const UnixMillis spell = i < 110 ? kStart : kStart + 9 * kMillisPerHour;
    const UnixMillis time_ms =
        spell + static_cast<int64_t>(random() % (i < 110 ? 900 : 500)) * kMillisPerSecond;
    const uint64_t user = std::min(random() % 7, random() % 7);
    events.emplace_back(
        time_ms,
        fmt::format(
            R"({{"eventVersion":"1.08","eventSource":"bedrock.amazonaws.com","eventName":"{}",)"
            R"("eventID":"e{}","eventTime":"{}Z","awsRegion":"r{}","recipientAccountId":"1",)"
            R"("userIdentity":{{"type":"IAMUser","userName":"u{}","accountId":"1"}}}})",
            random() % 2 == 0 ? "InvokeModel" : "Converse", i, FormatTime(time_ms).substr(0, 19),
            random() % 3, user));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return events;
}

std::string CellText(const alert::NamedCell& cell) {
  Arena arena;
  ByteReader reader(cell.encoded);
  return cell.name + "=" + ValueToString(DecodeValue(&reader, &arena));
}

std::vector<std::string> Fingerprints(const std::vector<alert::Alert>& alerts) {
  std::vector<std::string> texts;
  for (const alert::Alert& alert : alerts) {
    std::string text = fmt::format(
        "{} {} episode {}..{} window {}..{} events {}..{} suppressed {} status {}", alert.rule_id,
        alert.id.ToHex(), FormatTime(alert.episode_start_ms), FormatTime(alert.episode_end_ms),
        FormatTime(alert.window_start_ms), FormatTime(alert.window_end_ms),
        FormatTime(alert.first_event_ms), FormatTime(alert.last_event_ms), alert.suppressed_count,
        static_cast<int>(alert.status));
    for (const alert::NamedCell& cell : alert.columns) {
      text += " " + CellText(cell);
    }
    texts.push_back(std::move(text));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

class LatestAlerts final : public worker::AlertSink {
 public:
  void OnAlert(const alert::Alert& alert) override {
    const std::lock_guard lock(mutex_);
    alert::Alert& latest = alerts_[alert.id];
    if (alert.revision >= latest.revision) {
      latest = alert;
    }
  }
  std::vector<alert::Alert> All() {
    const std::lock_guard lock(mutex_);
    std::vector<alert::Alert> all;
    for (const auto& [id, alert] : alerts_) {
      all.push_back(alert);
    }
    return all;
  }

 private:
  std::mutex mutex_;
  std::map<Hash128, alert::Alert> alerts_;
};

// Passes calls on until its last; then the coordinator is dead: it hears and says nothing any more. The last
// call may still arrive.
class MortalCluster final : public coordinator::SpreadCluster {
 public:
  // calls_max 0: immortal.
  MortalCluster(coordinator::SpreadCluster* inner, int calls_max, bool last_arrives,
                std::function<void()> on_death)
      : inner_(inner),
        calls_left_(calls_max == 0 ? std::numeric_limits<int>::max() : calls_max),
        last_arrives_(last_arrives),
        on_death_(std::move(on_death)) {}

  void View(const std::string& rule_id, RuleSetVersion version, const worker::SpreadHint& hint,
            std::function<void(StatusOr<worker::SpreadReport>)> done) override {
    Pass([&](auto hear) { inner_->View(rule_id, version, hint, hear(std::move(done))); });
  }
  void Collect(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
               std::function<void(StatusOr<worker::SpreadParts>)> done) override {
    Pass([&](auto hear) { inner_->Collect(rule_id, version, tick_ms, hear(std::move(done))); });
  }
  void Commit(worker::JudgedTick tick, std::function<void(Status)> done) override {
    Pass([&](auto hear) { inner_->Commit(std::move(tick), hear(std::move(done))); });
  }

 private:
  template <typename Call>
  void Pass(const Call& call) {
    if (calls_left_ == 0) {
      return;
    }
    const auto hear = [this](auto done) {
      return decltype(done)([this, done = std::move(done)](auto result) {
        if (calls_left_ != 0) {
          done(std::move(result));
        }
      });
    };
    const bool last = --calls_left_ == 0;
    if (!last || last_arrives_) {
      call(hear);
    }
    if (last) {
      on_death_();
    }
  }

  coordinator::SpreadCluster* const inner_;
  int calls_left_;   // of the scheduler
  const bool last_arrives_;
  const std::function<void()> on_death_;
};

// A coordinator process that leads.
class Coordinator {
 public:
  Coordinator(worker::Worker* worker, uint16_t shard_count, int calls_max, bool last_arrives)
      : local_(coordinator::MakeLocalSpreadCluster(worker, Epoch(), &scheduler_)),
        mortal_(local_.get(), calls_max, last_arrives, [this] { Tell(&dead_); }),
        judge_(OptionsFor(shard_count), &mortal_, &scheduler_) {
    judge_.SetRules(worker->rules());
    judge_.SetLeading(true);
  }
  ~Coordinator() {
    judge_.Stop();
    scheduler_.Stop();
  }

  bool dead() {
    const std::lock_guard lock(mutex_);
    return dead_;
  }
  // False when it died over it.
  bool Drain() {
    judge_.Drain([this] { Tell(&drained_); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return drained_ || dead_; });
    return !dead_;
  }

 private:
  static coordinator::SpreadJudge::Options OptionsFor(uint16_t shard_count) {
    coordinator::SpreadJudge::Options options;
    options.shard_count = shard_count;
    options.poll_ms = 20;
    options.retry_ms = 5;
    return options;
  }
  void Tell(bool* what) {
    const std::lock_guard lock(mutex_);
    *what = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool dead_ = false;
  bool drained_ = false;
  task::ThreadScheduler scheduler_;
  const std::unique_ptr<coordinator::SpreadCluster> local_;
  MortalCluster mortal_;
  coordinator::SpreadJudge judge_;
};

struct RunOptions {
  uint64_t seed = 1;
  uint16_t shard_count = 1;
  int leaders = 1;
  bool die = false;                      // coordinators die, one after the other
  bool kill_worker = false;              // half way, without a last checkpoint
  std::optional<plan::AlertMode> alerts = std::nullopt;
};

class ClusterRun final : private source::Sink {
 public:
  ClusterRun(const std::vector<std::pair<UnixMillis, std::string>>* events, const RunOptions& options)
      : events_(events), options_(options), random_(options.seed) {
    worker_options_.shard_count = options.shard_count;
    worker_options_.clock = worker::ClockMode::kReplay;
    worker_options_.checkpoint_interval_ms = 15;
  }

  std::vector<alert::Alert> Alerts() {
    StartWorker();
    while (next_ < events_->size()) {
      Feed();
      Care();
      if (next_ >= events_->size() / 2 && !restarted_) {
        restarted_ = true;
        coordinators_.clear();
        if (options_.kill_worker) {
          worker_->Kill();
        }
        StartWorker();
      }
    }
    worker_->SetWatermark(stream_, kEndOfTime);
    worker_->Drain();
    for (bool drained = false; !drained;) {
      Care();
      drained = true;
      for (const auto& coordinator : coordinators_) {
        drained = coordinator->Drain() && drained;
      }
    }
    worker_->Drain();
    const worker::WorkerStatus status = worker_->GetStatus();
    EXPECT_EQ(status.failure, "");
    for (const worker::RuleStatus& rule : status.rules) {
      EXPECT_GT(rule.judged_ms, events_->back().first) << rule.rule_id;
    }
    coordinators_.clear();
    worker_.reset();
    return alerts_.All();
  }

 private:
  void StartWorker() {
    worker_.reset();
    worker_ = std::make_unique<worker::Worker>(worker_options_, store_.get(), &clock_, &alerts_);
    ASSERT_TRUE(worker_->Start().ok());
    ASSERT_TRUE(worker_->HoldAllShards(Epoch()).ok());
    plan::CompileOptions compile;
    compile.alerts = options_.alerts;
    std::vector<std::vector<rule::Finding>> findings;
    const auto rules = worker_->ActivateRules(RuleFiles(), compile, &findings);
    ASSERT_TRUE(rules.ok()) << rules.status();
    ASSERT_EQ((*rules)->rules.size(), 6U);
    for (const plan::CompiledRule& rule : (*rules)->rules) {
      EXPECT_EQ(rule.spread, rule.source.id != "local") << rule.source.id;
    }
    stream_ = worker_->OpenStream(watermark_ms_);
    worker_->SetWatermark(stream_, watermark_ms_);
    source::Options source_options;
    source_options.ingested = source::Options::Ingested::kTimestamp;
    source_options.reject_without_timestamp = true;
    decoder_ = std::make_unique<source::Decoder>((*rules)->fields, source_options);
    exec::RouterOptions router;
    router.shard_count = options_.shard_count;
    router.replay = true;
    router_ = std::make_unique<exec::Router>(*rules, router);
    Care();
  }

  // New coordinators for the dead. The first lives are the shortest.
  void Care() {
    std::erase_if(coordinators_, [](const auto& coordinator) { return coordinator->dead(); });
    while (static_cast<int>(coordinators_.size()) < options_.leaders) {
      const int life = lives_++;
      const int calls_max = !options_.die ? 0 : life < 30 ? 1 + life / 2 : 1 << (4 + life % 6);
      coordinators_.push_back(std::make_unique<Coordinator>(worker_.get(), options_.shard_count,
                                                            calls_max, life % 2 == 0));
    }
  }

  void Feed() {
    const std::size_t end = std::min(events_->size(), next_ + 1 + random_() % 12);
    const UnixMillis least_ms = (*events_)[next_].first;
    uint32_t index = 0;
    for (; next_ < end; ++next_) {
      std::string record = (*events_)[next_].second;
      const std::size_t length = record.size();
      record.append(source::Decoder::kPadding, '\0');
      event_index_ = index++;
      fallback_ = HashBytes128("event " + std::to_string(next_));
      decoder_->Decode(std::string_view(record).substr(0, length), next_, 0, this);
    }
    std::promise<worker::FrameResult> answer;
    worker_->Submit(stream_, std::max(least_ms, watermark_ms_ + 1), router_->Take(),
                    [&answer](worker::FrameResult result) { answer.set_value(std::move(result)); });
    const worker::FrameResult result = answer.get_future().get();
    ASSERT_TRUE(result.status.ok()) << result.status;
    ASSERT_THAT(result.exceptions, IsEmpty());
    if (next_ < events_->size()) {
      watermark_ms_ = (*events_)[next_].first - 1;
      worker_->SetWatermark(stream_, watermark_ms_);
    }
  }

  void OnEvent(source::Event& event) override { router_->Add(event, event_index_, fallback_); }
  void OnReject(const source::Reject& reject) override { ADD_FAILURE() << reject.message; }

  const std::vector<std::pair<UnixMillis, std::string>>* const events_;
  const RunOptions options_;
  std::mt19937_64 random_;
  const std::unique_ptr<state::StateStore> store_ = state::MakeMemoryStore();
  const ManualClock clock_{0};
  LatestAlerts alerts_;
  worker::WorkerOptions worker_options_;
  std::unique_ptr<worker::Worker> worker_;
  worker::StreamId stream_ = 0;
  UnixMillis watermark_ms_ = 0;
  std::unique_ptr<source::Decoder> decoder_;
  std::unique_ptr<exec::Router> router_;
  std::vector<std::unique_ptr<Coordinator>> coordinators_;
  std::size_t next_ = 0;
  bool restarted_ = false;
  int lives_ = 0;
  uint32_t event_index_ = 0;
  Hash128 fallback_;
};

class SpreadTest : public ::testing::Test {
 protected:
  ~SpreadTest() override { std::filesystem::remove_all(folder_); }

  // A pass over one shard.
  std::vector<alert::Alert> Backtest(const std::vector<std::pair<UnixMillis, std::string>>& events,
                                     const RunOptions& options) {
    std::filesystem::create_directories(folder_);
    backtest::Options backtest;
    for (const worker::RuleFile& file : RuleFiles()) {
      backtest.rule_paths.push_back((folder_ / file.path).string());
      std::ofstream(backtest.rule_paths.back()) << file.text;
    }
    backtest.files = {(folder_ / "events.ndjson").string()};
    std::ofstream out(backtest.files.front());
    for (const auto& [time_ms, record] : events) {
      out << record << '\n';
    }
    out.close();
    backtest.alerts = options.alerts;
    auto result = backtest::Run(backtest);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? std::move(result->alerts) : std::vector<alert::Alert>();
  }

  void Compare(const RunOptions& options) {
    const auto events = MakeEvents(options.seed);
    const std::vector<alert::Alert> expected = Backtest(events, options);
    std::set<std::string> firing;
    for (const alert::Alert& alert : expected) {
      firing.insert(alert.rule_id);
    }
    ASSERT_EQ(firing.size(), 6U) << fmt::format("{}", fmt::join(firing, " "));
    const std::vector<std::string> wanted = Fingerprints(expected);
    const std::vector<std::string> got = Fingerprints(ClusterRun(&events, options).Alerts());
    std::vector<std::string> missing;
    std::vector<std::string> surplus;
    std::set_difference(wanted.begin(), wanted.end(), got.begin(), got.end(),
                        std::back_inserter(missing));
    std::set_difference(got.begin(), got.end(), wanted.begin(), wanted.end(),
                        std::back_inserter(surplus));
    EXPECT_THAT(missing, IsEmpty()) << "of " << wanted.size();
    EXPECT_THAT(surplus, IsEmpty());
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / fmt::format("weir_spread_test_{}", getpid());
};

TEST_F(SpreadTest, OneShardGivesTheAlertsOfABacktest) {
  Compare({.seed = 1, .shard_count = 1});
}

TEST_F(SpreadTest, ManyShardsGiveTheAlertsOfABacktest) {
  Compare({.seed = 2, .shard_count = 7});
  Compare({.seed = 3, .shard_count = 64, .kill_worker = true});
}

TEST_F(SpreadTest, SoDoAlertsInParity) {
  Compare({.seed = 4, .shard_count = 7, .alerts = plan::AlertMode::kParity});
}

TEST_F(SpreadTest, ACoordinatorMayDieAtAnyStep) {
  Compare({.seed = 5, .shard_count = 7, .die = true});
  Compare({.seed = 6, .shard_count = 3, .die = true, .kill_worker = true});
}

TEST_F(SpreadTest, TwoLeadersAtOnceMakeNothingTwice) {
  Compare({.seed = 7, .shard_count = 7, .leaders = 2});
  Compare({.seed = 8, .shard_count = 7, .leaders = 2, .die = true, .kill_worker = true});
}

}  // namespace
}  // namespace weir
