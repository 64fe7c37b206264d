#include "coordinator/spread_judge.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/hash.h"
#include "common/shard/tick_rows.h"
#include "common/shard/window_state.h"
#include "common/telemetry/log.h"

namespace weir::coordinator {
namespace {

class LocalSpreadCluster final : public SpreadCluster {
 public:
  LocalSpreadCluster(worker::Worker* worker, Epoch epoch, task::Scheduler* scheduler)
      : worker_(worker), epoch_(epoch), way_back_(std::make_shared<WayBack>()) {
    way_back_->scheduler = scheduler;
  }
  ~LocalSpreadCluster() override {
    const std::lock_guard lock(way_back_->mutex);
    way_back_->scheduler = nullptr;
  }

  void View(const std::string& rule_id, RuleSetVersion version, const worker::SpreadHint& hint,
            std::function<void(StatusOr<worker::SpreadReport>)> done) override {
    worker_->ViewSpread(rule_id, version, hint,
                        OnScheduler<StatusOr<worker::SpreadReport>>(std::move(done)));
  }
  void Collect(const std::string& rule_id, RuleSetVersion version, UnixMillis tick_ms,
               std::function<void(StatusOr<worker::SpreadParts>)> done) override {
    worker_->CollectTick(rule_id, version, tick_ms,
                         OnScheduler<StatusOr<worker::SpreadParts>>(std::move(done)));
  }
  void Commit(worker::JudgedTick tick, std::function<void(Status)> done) override {
    tick.epoch = epoch_;
    worker_->CommitTick(std::move(tick), OnScheduler<Status>(std::move(done)));
  }

 private:
  // The worker may answer when the cluster, and perhaps the scheduler, is gone.
  struct WayBack {
    std::mutex mutex;
    task::Scheduler* scheduler = nullptr;
  };

  template <typename Result>
  std::function<void(Result)> OnScheduler(std::function<void(Result)> done) {
    return [way_back = way_back_, done = std::move(done)](Result result) {
      const std::lock_guard lock(way_back->mutex);
      if (way_back->scheduler != nullptr) {
        way_back->scheduler->Post(
            [done, result = std::move(result)]() mutable { done(std::move(result)); });
      }
    };
  }

  worker::Worker* const worker_;
  const Epoch epoch_;
  const std::shared_ptr<WayBack> way_back_;
};

// After so many ticks without rows the last of them is committed, so that the work is not lost.
constexpr int kEmptyTicksMax = 256;
// How soon a rule is looked at again while shards are about to close more; doubled up to poll_ms.
constexpr int64_t kSoonMs = 2;

UnixMillis FloorTo(UnixMillis time_ms, int64_t step) {
  return FloorDiv(time_ms, step) * step;
}

// Whether the answers of all workers together have every shard, once.
Status CheckShards(std::vector<ShardId> shards, uint16_t shard_count) {
  std::sort(shards.begin(), shards.end());
  const auto twice = std::adjacent_find(shards.begin(), shards.end());
  if (twice != shards.end()) {
    return Unavailable("shard {} is served twice", *twice);
  }
  if (shards.size() != shard_count || shards.back().value >= shard_count) {
    return Unavailable("{} of {} shards are served", shards.size(), shard_count);
  }
  return OkStatus();
}

// What all shards say of a rule.
struct Outlook {
  UnixMillis closed_ms = shard::kTimeMax;     // in every shard
  UnixMillis earliest_ms = shard::kTimeMax;   // bounds of its rows; none: earliest > latest
  UnixMillis latest_ms = shard::kTimeMin;
  UnixMillis judged_ms = shard::kTimeMin;
  bool has_episodes = false;
  bool wants_closing = false;
};

Outlook OutlookOf(const worker::SpreadReport& report, ShardId home) {
  Outlook outlook;
  for (const worker::SpreadReport::Row& row : report.shards) {
    outlook.closed_ms = std::min(outlook.closed_ms, row.closed_ms);
    outlook.earliest_ms = std::min(outlook.earliest_ms, row.earliest_ms);
    outlook.latest_ms = std::max(outlook.latest_ms, row.latest_ms);
    outlook.wants_closing = outlook.wants_closing || row.wants_closing;
    if (row.shard == home) {
      outlook.judged_ms = row.judged_ms;
      outlook.has_episodes = row.has_episodes;
    }
  }
  return outlook;
}

}  // namespace

std::unique_ptr<SpreadCluster> MakeLocalSpreadCluster(worker::Worker* worker, Epoch epoch,
                                                      task::Scheduler* scheduler) {
  return std::make_unique<LocalSpreadCluster>(worker, epoch, scheduler);
}

class SpreadJudge::Impl : public std::enable_shared_from_this<SpreadJudge::Impl> {
 public:
  Impl(Options options, SpreadCluster* cluster, task::Scheduler* scheduler)
      : options_(std::move(options)), cluster_(cluster), scheduler_(scheduler) {}

  void SetRules(plan::RuleSetPtr rules);
  void SetLeading(bool leading);
  void Drain(std::function<void()> done);
  void Stop();

 private:
  // One rule in work. What it knows is thrown away with every new rule set or leadership.
  struct Work {
    const plan::CompiledRule* rule = nullptr;
    worker::SpreadHint hint;
    bool failed = false;        // said in the log already
    uint64_t drains = 0;        // drains asked for when the look under way began
    int64_t soon_ms = kSoonMs;
    // The ticks at work: those after judged_ms, up to last_ms.
    UnixMillis judged_ms = 0;
    UnixMillis last_ms = 0;
    int empty_ticks = 0;        // not committed
  };

  // Continues only what belongs to the present generation.
  template <typename Function>
  auto Mine(Function function) {
    return [self = weak_from_this(), generation = generation_,
            function = std::move(function)](auto&&... arguments) {
      const auto impl = self.lock();
      if (impl != nullptr && impl->generation_ == generation) {
        function(std::forward<decltype(arguments)>(arguments)...);
      }
    };
  }

  void Begin();
  void Look(std::size_t index);
  void OnReport(std::size_t index, const worker::SpreadReport& report);
  void OnIdle(std::size_t index, bool wants_closing);
  void CollectTick(std::size_t index, UnixMillis tick_ms);
  Status JudgeTick(std::size_t index, UnixMillis tick_ms, const worker::SpreadParts& parts);
  void Commit(std::size_t index, UnixMillis tick_ms, const std::vector<shard::TickRow>& rows);
  void LookAgain(std::size_t index, int64_t delay_ms);
  void Fail(std::size_t index, const Status& status);
  void FinishDrains();

  const Options options_;
  SpreadCluster* const cluster_;
  task::Scheduler* const scheduler_;
  // Of the scheduler.
  uint64_t generation_ = 0;
  bool leading_ = false;
  bool stopped_ = false;
  plan::RuleSetPtr rules_;
  std::vector<Work> works_;
  struct Waiting {
    uint64_t number = 0;        // from 1
    std::function<void()> done;
    std::vector<bool> looked;   // by rule: a look that began after the drain found nothing
  };
  uint64_t drains_asked_ = 0;
  std::vector<Waiting> drains_;
};

void SpreadJudge::Impl::SetRules(plan::RuleSetPtr rules) {
  rules_ = std::move(rules);
  Begin();
}

void SpreadJudge::Impl::SetLeading(bool leading) {
  if (leading_ != leading) {
    leading_ = leading;
    Begin();
  }
}

void SpreadJudge::Impl::Begin() {
  ++generation_;
  works_.clear();
  if (rules_ != nullptr && leading_ && !stopped_) {
    for (const plan::CompiledRule& rule : rules_->rules) {
      if (rule.spread) {
        works_.emplace_back().rule = &rule;
      }
    }
  }
  for (Waiting& waiting : drains_) {
    waiting.looked.assign(works_.size(), false);
  }
  for (std::size_t i = 0; i < works_.size(); ++i) {
    Look(i);
  }
  FinishDrains();
}

void SpreadJudge::Impl::Stop() {
  stopped_ = true;
  drains_.clear();
  Begin();
}

void SpreadJudge::Impl::Drain(std::function<void()> done) {
  if (stopped_) {
    return;
  }
  drains_.push_back({++drains_asked_, std::move(done), std::vector<bool>(works_.size(), false)});
  FinishDrains();
}

void SpreadJudge::Impl::FinishDrains() {
  std::vector<std::function<void()>> finished;
  std::erase_if(drains_, [&](Waiting& waiting) {
    const bool all = std::all_of(waiting.looked.begin(), waiting.looked.end(),
                                 [](bool looked) { return looked; });
    if (all) {
      finished.push_back(std::move(waiting.done));
    }
    return all;
  });
  for (const auto& done : finished) {
    done();
  }
}

void SpreadJudge::Impl::LookAgain(std::size_t index, int64_t delay_ms) {
  scheduler_->PostAfter(delay_ms, Mine([this, index] { Look(index); }));
}

void SpreadJudge::Impl::Fail(std::size_t index, const Status& status) {
  Work& work = works_[index];
  if (!work.failed) {
    work.failed = true;
    log::Warn("a spread rule cannot be judged now", {{"rule", work.rule->source.id},
                                                     {"reason", std::string(Message(status))}});
  }
  LookAgain(index, options_.retry_ms);
}

void SpreadJudge::Impl::Look(std::size_t index) {
  Work& work = works_[index];
  work.drains = drains_asked_;
  cluster_->View(work.rule->source.id, rules_->version, work.hint,
                 Mine([this, index](const StatusOr<worker::SpreadReport>& report) {
                   if (!report.ok()) {
                     Fail(index, report.status());
                     return;
                   }
                   OnReport(index, *report);
                 }));
}

void SpreadJudge::Impl::OnReport(std::size_t index, const worker::SpreadReport& report) {
  Work& work = works_[index];
  const plan::Judge& judge = work.rule->judge;
  std::vector<ShardId> shards;
  for (const worker::SpreadReport::Row& row : report.shards) {
    shards.push_back(row.shard);
  }
  if (const Status status = CheckShards(std::move(shards), options_.shard_count); !status.ok()) {
    Fail(index, status);
    return;
  }
  work.failed = false;
  const Outlook outlook = OutlookOf(
      report, HomeOf(options_.tenant, work.rule->source.id, options_.shard_count));
  const UnixMillis last_closed_ms = FloorTo(outlook.closed_ms, judge.tick_ms);
  work.judged_ms = outlook.judged_ms;
  work.empty_ticks = 0;
  worker::SpreadHint hint{outlook.judged_ms, shard::kTimeMin};
  if (outlook.latest_ms != shard::kTimeMin) {
    const UnixMillis end_ms = FloorTo(outlook.latest_ms + judge.lookback_ms, judge.tick_ms);
    // A run of ticks recovers an interval after its last.
    hint.active_until_ms =
        end_ms + judge.tick_ms + (outlook.has_episodes ? 2 * judge.interval_ms : 0);
    const UnixMillis begin_ms = std::max(outlook.judged_ms + 1, outlook.earliest_ms);
    const UnixMillis tick_ms = CeilDiv(begin_ms, judge.tick_ms) * judge.tick_ms;
    work.last_ms = std::min(last_closed_ms, end_ms);
    const bool news = hint.active_until_ms > work.hint.active_until_ms ||
                      hint.judged_ms > work.hint.judged_ms;
    work.hint = hint;
    if (tick_ms <= work.last_ms) {
      CollectTick(index, tick_ms);
      return;
    }
    if (outlook.has_episodes && last_closed_ms > outlook.judged_ms &&
        outlook.judged_ms < hint.active_until_ms) {
      // No tick sees a row any more: what still fires can recover.
      Commit(index, last_closed_ms, {});
      return;
    }
    if (news) {
      LookAgain(index, 0);   // told this, shards may let go of panes, or close more
      return;
    }
  }
  work.hint = hint;
  OnIdle(index, outlook.wants_closing);
}

// Nothing to judge of what is closed.
void SpreadJudge::Impl::OnIdle(std::size_t index, bool wants_closing) {
  Work& work = works_[index];
  if (wants_closing) {
    LookAgain(index, work.soon_ms);
    work.soon_ms = std::min(work.soon_ms * 2, options_.poll_ms);
    return;
  }
  work.soon_ms = kSoonMs;
  LookAgain(index, options_.poll_ms);
  for (Waiting& waiting : drains_) {
    if (waiting.number <= work.drains) {
      waiting.looked[index] = true;
    }
  }
  FinishDrains();
}

void SpreadJudge::Impl::CollectTick(std::size_t index, UnixMillis tick_ms) {
  cluster_->Collect(works_[index].rule->source.id, rules_->version, tick_ms,
                    Mine([this, index, tick_ms](const StatusOr<worker::SpreadParts>& parts) {
                      Status status = parts.status();
                      if (status.ok()) {
                        status = CheckShards(parts->shards, options_.shard_count);
                      }
                      if (status.ok()) {
                        status = JudgeTick(index, tick_ms, *parts);
                      }
                      if (!status.ok()) {
                        Fail(index, status);
                      }
                    }));
}

// Ticks without a row are passed over; they are judged with the next commit.
Status SpreadJudge::Impl::JudgeTick(std::size_t index, UnixMillis tick_ms,
                                    const worker::SpreadParts& parts) {
  Work& work = works_[index];
  const plan::CompiledRule& rule = *work.rule;
  WEIR_ASSIGN_OR_RETURN(const auto groups,
                        shard::MergeParts(rules_->windows[rule.window_index], parts.groups));
  std::vector<const shard::Group*> ordered;
  ordered.reserve(groups.size());
  for (const auto& group : groups) {
    ordered.push_back(group.get());
  }
  Arena arena;
  expr::Warnings warnings;
  const std::vector<shard::TickRow> rows =
      shard::EvaluateTick(rule, ordered, tick_ms, &arena, &warnings);
  if (!rows.empty() || ++work.empty_ticks >= kEmptyTicksMax) {
    Commit(index, tick_ms, rows);
    return OkStatus();
  }
  const UnixMillis next_ms = std::max(parts.next_ms, tick_ms + rule.judge.tick_ms);
  if (next_ms <= work.last_ms) {
    CollectTick(index, next_ms);
  } else {
    Commit(index, work.last_ms, rows);
  }
  return OkStatus();
}

void SpreadJudge::Impl::Commit(std::size_t index, UnixMillis tick_ms,
                               const std::vector<shard::TickRow>& rows) {
  const Work& work = works_[index];
  worker::JudgedTick tick;
  tick.version = rules_->version;
  tick.rule_id = work.rule->source.id;
  tick.home = HomeOf(options_.tenant, tick.rule_id, options_.shard_count);
  tick.tick_ms = tick_ms;
  tick.previous_ms = work.judged_ms;
  tick.rows = shard::EncodeTickRows(*work.rule, rows);
  cluster_->Commit(std::move(tick), Mine([this, index](const Status& status) {
                     // Judged by somebody: the next look tells how far.
                     if (status.ok() || status.code() == StatusCode::kAlreadyExists) {
                       Look(index);
                     } else {
                       Fail(index, status);
                     }
                   }));
}

SpreadJudge::SpreadJudge(Options options, SpreadCluster* cluster, task::Scheduler* scheduler)
    : impl_(std::make_shared<Impl>(std::move(options), cluster, scheduler)), scheduler_(scheduler) {}
SpreadJudge::~SpreadJudge() = default;

void SpreadJudge::SetRules(plan::RuleSetPtr rules) {
  scheduler_->Post([impl = impl_, rules = std::move(rules)] { impl->SetRules(rules); });
}
void SpreadJudge::SetLeading(bool leading) {
  scheduler_->Post([impl = impl_, leading] { impl->SetLeading(leading); });
}
void SpreadJudge::Stop() {
  scheduler_->Run([impl = impl_] { impl->Stop(); });
}
void SpreadJudge::Drain(std::function<void()> done) {
  scheduler_->Post([impl = impl_, done = std::move(done)] { impl->Drain(done); });
}

ShardId SpreadJudge::HomeOf(const std::string& tenant, const std::string& rule_id,
                            uint16_t shard_count) {
  return shard::HomeShard(tenant, rule_id, shard_count);
}

}  // namespace weir::coordinator
