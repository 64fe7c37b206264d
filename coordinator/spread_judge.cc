#include "coordinator/spread_judge.h"

#include <algorithm>
#include <map>
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
      : worker_(worker), epoch_(epoch), scheduler_(scheduler) {}

  void View(const std::string& rule_id, const worker::SpreadHint& hint,
            std::function<void(StatusOr<worker::SpreadReport>)> done) override {
    worker_->ViewSpread(rule_id, hint, OnScheduler<StatusOr<worker::SpreadReport>>(std::move(done)));
  }
  void Collect(const std::string& rule_id, UnixMillis tick_ms,
               std::function<void(StatusOr<worker::SpreadParts>)> done) override {
    worker_->CollectTick(rule_id, tick_ms,
                         OnScheduler<StatusOr<worker::SpreadParts>>(std::move(done)));
  }
  void Commit(worker::JudgedTick tick, std::function<void(Status)> done) override {
    tick.epoch = epoch_;
    worker_->CommitTick(std::move(tick), OnScheduler<Status>(std::move(done)));
  }

 private:
  template <typename Result>
  std::function<void(Result)> OnScheduler(std::function<void(Result)> done) {
    return [scheduler = scheduler_, done = std::move(done)](Result result) {
      scheduler->Post([done, result = std::move(result)] { done(result); });
    };
  }

  worker::Worker* const worker_;
  const Epoch epoch_;
  task::Scheduler* const scheduler_;
};

UnixMillis FloorTo(UnixMillis time_ms, int64_t step) {
  return FloorDiv(time_ms, step) * step;
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

 private:
  // One rule in work. What it knows is thrown away with every new rule set or leadership.
  struct Work {
    const plan::CompiledRule* rule = nullptr;
    worker::SpreadHint hint;
    bool failed = false;        // said in the log already
    uint64_t drains = 0;        // drains asked for when the look under way began
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
  void JudgeTick(std::size_t index, UnixMillis tick_ms, UnixMillis previous_ms);
  void Commit(std::size_t index, UnixMillis tick_ms, UnixMillis previous_ms, std::string rows);
  void LookAgain(std::size_t index, int64_t delay_ms);
  void Fail(std::size_t index, const Status& status);
  void FinishDrains();

  const Options options_;
  SpreadCluster* const cluster_;
  task::Scheduler* const scheduler_;
  // Of the scheduler.
  uint64_t generation_ = 0;
  bool leading_ = false;
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
  if (rules_ != nullptr && leading_) {
    for (const plan::CompiledRule& rule : rules_->rules) {
      if (rule.spread) {
        works_.push_back({&rule, {}, false, 0});
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

void SpreadJudge::Impl::Drain(std::function<void()> done) {
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
  cluster_->View(work.rule->source.id, work.hint,
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
  if (report.shards.size() != options_.shard_count) {
    Fail(index, Unavailable("{} of {} shards are served", report.shards.size(),
                            options_.shard_count));
    return;
  }
  work.failed = false;
  const ShardId home = HomeOf(options_.tenant, work.rule->source.id, options_.shard_count);
  UnixMillis closed_ms = shard::kTimeMax;
  UnixMillis earliest_ms = shard::kTimeMax;
  UnixMillis latest_ms = shard::kTimeMin;
  UnixMillis judged_ms = shard::kTimeMin;
  bool has_episodes = false;
  for (const worker::SpreadReport::Row& row : report.shards) {
    closed_ms = std::min(closed_ms, row.closed_ms);
    earliest_ms = std::min(earliest_ms, row.earliest_ms);
    latest_ms = std::max(latest_ms, row.latest_ms);
    if (row.shard == home) {
      judged_ms = row.judged_ms;
      has_episodes = row.has_episodes;
    }
  }
  const bool has_rows = latest_ms != shard::kTimeMin;
  const UnixMillis end_ms = FloorTo(latest_ms + judge.lookback_ms, judge.tick_ms);
  const UnixMillis last_closed_ms = FloorTo(closed_ms, judge.tick_ms);
  worker::SpreadHint hint{judged_ms, shard::kTimeMin};
  if (has_rows) {
    // A run of ticks recovers an interval after its last.
    hint.active_until_ms = end_ms + judge.tick_ms + (has_episodes ? 2 * judge.interval_ms : 0);
  }
  const bool news = hint.active_until_ms > work.hint.active_until_ms;
  work.hint = hint;
  if (has_rows) {
    const UnixMillis begin_ms = std::max(judged_ms + 1, earliest_ms);
    const UnixMillis tick_ms = CeilDiv(begin_ms, judge.tick_ms) * judge.tick_ms;
    if (tick_ms <= std::min(last_closed_ms, end_ms)) {
      JudgeTick(index, tick_ms, judged_ms);
      return;
    }
    if (has_episodes && last_closed_ms > judged_ms && judged_ms < hint.active_until_ms) {
      // No tick sees a row any more: what still fires can recover.
      Commit(index, last_closed_ms, judged_ms, shard::EncodeTickRows(*work.rule, {}));
      return;
    }
  }
  if (news) {
    // Shards may close more, now that they know.
    LookAgain(index, 1);
    return;
  }
  for (Waiting& waiting : drains_) {
    if (waiting.number <= work.drains) {
      waiting.looked[index] = true;
    }
  }
  FinishDrains();
  LookAgain(index, options_.poll_ms);
}

void SpreadJudge::Impl::JudgeTick(std::size_t index, UnixMillis tick_ms, UnixMillis previous_ms) {
  cluster_->Collect(
      works_[index].rule->source.id, tick_ms,
      Mine([this, index, tick_ms, previous_ms](const StatusOr<worker::SpreadParts>& parts) {
        if (!parts.ok()) {
          Fail(index, parts.status());
          return;
        }
        if (parts->shards.size() != options_.shard_count) {
          Fail(index, Unavailable("{} of {} shards are served", parts->shards.size(),
                                  options_.shard_count));
          return;
        }
        const plan::CompiledRule& rule = *works_[index].rule;
        const auto groups =
            shard::MergeParts(rules_->windows[rule.window_index], parts->groups);
        std::vector<const shard::Group*> ordered;
        for (const auto& group : groups) {
          ordered.push_back(group.get());
        }
        Arena arena;
        expr::Warnings warnings;
        Commit(index, tick_ms, previous_ms,
               shard::EncodeTickRows(
                   rule, shard::EvaluateTick(rule, ordered, tick_ms, &arena, &warnings)));
      }));
}

void SpreadJudge::Impl::Commit(std::size_t index, UnixMillis tick_ms, UnixMillis previous_ms,
                               std::string rows) {
  worker::JudgedTick tick;
  tick.version = rules_->version;
  tick.rule_id = works_[index].rule->source.id;
  tick.home = HomeOf(options_.tenant, tick.rule_id, options_.shard_count);
  tick.tick_ms = tick_ms;
  tick.previous_ms = previous_ms;
  tick.rows = std::move(rows);
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
void SpreadJudge::Drain(std::function<void()> done) {
  scheduler_->Post([impl = impl_, done = std::move(done)] { impl->Drain(done); });
}

ShardId SpreadJudge::HomeOf(const std::string& tenant, const std::string& rule_id,
                            uint16_t shard_count) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.String(tenant);
  writer.String(rule_id);
  return ShardId(static_cast<uint16_t>(Hash64(bytes) % shard_count));
}

}  // namespace weir::coordinator
