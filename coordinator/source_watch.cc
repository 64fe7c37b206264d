#include "coordinator/source_watch.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "common/telemetry/log.h"
#include "common/wire/time.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::cluster::v1;

constexpr int64_t kForgetMs = 7 * kMillisPerDay;
// Keys, of which each takes some hundred bytes; beyond them the one silent for longest is forgotten.
constexpr std::size_t kSourcesMax = 100000;

auto KeyOf(const pb::SourceStatus& source) {
  return std::tie(source.account(), source.region(), source.source(), source.collector());
}

UnixMillis ArrivalOf(const pb::SourceStatus& source) {
  return source.has_last_arrival() ? wire::TimeFromProto(source.last_arrival()) : 0;
}

void AddSource(const pb::SourceStatus& source, pb::SourceStatus* sum) {
  if (ArrivalOf(source) > ArrivalOf(*sum)) {
    *sum->mutable_last_arrival() = source.last_arrival();
    sum->set_lag_ms(source.lag_ms());
  }
  if (source.has_last_event() &&
      (!sum->has_last_event() ||
       wire::TimeFromProto(source.last_event()) > wire::TimeFromProto(sum->last_event()))) {
    *sum->mutable_last_event() = source.last_event();
  }
  sum->set_events_per_second_1m(sum->events_per_second_1m() + source.events_per_second_1m());
  sum->set_events_per_second_5m(sum->events_per_second_5m() + source.events_per_second_5m());
  sum->set_events(sum->events() + source.events());
  sum->set_repeated(sum->repeated() + source.repeated());
  for (const pb::RejectedCount& count : source.rejected()) {
    const auto known =
        std::find_if(sum->mutable_rejected()->begin(), sum->mutable_rejected()->end(),
                     [&](const pb::RejectedCount& other) { return other.reason() == count.reason(); });
    if (known == sum->mutable_rejected()->end()) {
      *sum->add_rejected() = count;
    } else {
      known->set_count(known->count() + count.count());
    }
  }
  // All nodes together pause no longer than any one of them.
  const int64_t limit = source.silence_limit_ms();
  if (limit != 0) {
    sum->set_silence_limit_ms(
        sum->silence_limit_ms() == 0 ? limit : std::min(limit, sum->silence_limit_ms()));
  }
}

}  // namespace

void AddSources(const pb::GetIngestSourcesResponse& node, pb::ListSourcesResponse* sum) {
  std::vector<pb::SourceStatus> all(sum->sources().begin(), sum->sources().end());
  all.insert(all.end(), node.sources().begin(), node.sources().end());
  std::stable_sort(all.begin(), all.end(), [](const pb::SourceStatus& a, const pb::SourceStatus& b) {
    return KeyOf(a) < KeyOf(b);
  });
  sum->clear_sources();
  for (const pb::SourceStatus& source : all) {
    const int last = sum->sources_size() - 1;
    if (last >= 0 && KeyOf(sum->sources(last)) == KeyOf(source)) {
      AddSource(source, sum->mutable_sources(last));
    } else {
      *sum->add_sources() = source;
    }
  }
  sum->set_forgotten(sum->forgotten() + node.forgotten());
}

void SilenceTracker::Update(const pb::ListSourcesResponse& sources, UnixMillis now_ms) {
  std::map<Key, Heard> now;
  for (const pb::SourceStatus& source : sources.sources()) {
    if (!source.has_last_arrival()) {
      continue;   // only rejects
    }
    Heard& heard = now[Key{source.account(), source.region(), source.source()}];
    heard.last_arrival_ms = std::max(heard.last_arrival_ms, ArrivalOf(source));
    const int64_t limit = source.silence_limit_ms();
    if (limit != 0) {
      heard.silence_limit_ms =
          heard.silence_limit_ms == 0 ? limit : std::min(limit, heard.silence_limit_ms);
    }
  }
  for (const auto& [key, heard] : now) {
    Heard& known = heard_[key];
    known.last_arrival_ms = std::max(known.last_arrival_ms, heard.last_arrival_ms);
    if (heard.silence_limit_ms != 0) {
      known.silence_limit_ms = heard.silence_limit_ms;
    }
  }
  std::erase_if(heard_, [&](const auto& entry) {
    return now_ms - entry.second.last_arrival_ms > kForgetMs;
  });
  while (heard_.size() > kSourcesMax) {
    heard_.erase(std::min_element(heard_.begin(), heard_.end(), [](const auto& a, const auto& b) {
      return a.second.last_arrival_ms < b.second.last_arrival_ms;
    }));
  }
}

std::vector<pb::SilentSource> SilenceTracker::Silent(UnixMillis now_ms) const {
  std::vector<pb::SilentSource> silent;
  for (const auto& [key, heard] : heard_) {
    if (heard.silence_limit_ms == 0 || now_ms - heard.last_arrival_ms <= heard.silence_limit_ms) {
      continue;
    }
    pb::SilentSource& source = silent.emplace_back();
    source.set_account(key.account);
    source.set_region(key.region);
    source.set_source(key.source);
    wire::TimeToProto(heard.last_arrival_ms, source.mutable_last_arrival());
  }
  return silent;
}

std::size_t SilenceTracker::watched() const {
  return static_cast<std::size_t>(std::count_if(
      heard_.begin(), heard_.end(),
      [](const auto& entry) { return entry.second.silence_limit_ms != 0; }));
}

void SourceWatch::Start() {
  scheduler_->PostAfter(options_.interval_ms, [this] {
    Look();
    Start();
  });
}

void SourceWatch::Look() {
  if (!options_.leading()) {
    watched_ = 0;
    silent_ = 0;
    return;
  }
  const pb::ListSourcesResponse sources = options_.sources();
  // What a node that does not answer heard is not known: a source may have moved there.
  if (sources.unreached_size() != 0) {
    return;
  }
  const UnixMillis now_ms = clock_->Now();
  tracker_.Update(sources, now_ms);
  const std::vector<pb::SilentSource> silent = tracker_.Silent(now_ms);
  watched_ = tracker_.watched();
  silent_ = silent.size();
  if (silent.empty()) {
    return;
  }
  pb::ReportSilenceRequest request;
  for (const pb::SilentSource& source : silent) {
    *request.add_sources() = source;
  }
  request.set_interval_ms(options_.interval_ms);
  if (const Status status = options_.report(request); !status.ok()) {
    log::Warn("sources are silent, but no ingest node takes that",
              {{"sources", static_cast<int64_t>(silent.size())},
               {"reason", std::string(Message(status))}});
  }
}

}  // namespace weir::coordinator
