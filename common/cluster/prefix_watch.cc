#include "common/cluster/prefix_watch.h"

#include <algorithm>
#include <utility>

#include "common/telemetry/log.h"

namespace weir::cluster {
namespace {

using meta::Event;
using meta::KeyValue;

// The changes that lead from one reading to the next.
std::vector<Event> Difference(const std::map<std::string, KeyValue>& before,
                              const std::map<std::string, KeyValue>& after,
                              meta::Revision revision) {
  std::vector<Event> events;
  for (const auto& [key, kv] : after) {
    const auto known = before.find(key);
    if (known == before.end() || known->second != kv) {
      events.push_back({Event::Kind::kPut, kv});
    }
  }
  for (const auto& [key, kv] : before) {
    if (!after.contains(key)) {
      Event deletion{Event::Kind::kDelete, {}};
      deletion.kv.key = key;
      deletion.kv.modified = revision;
      events.push_back(std::move(deletion));
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& left, const Event& right) {
    return left.kv.modified < right.kv.modified;
  });
  return events;
}

}  // namespace

PrefixWatch::PrefixWatch(meta::MetaStore* store, task::Scheduler* scheduler, std::string prefix,
                         OnChange on_change)
    : store_(store),
      scheduler_(scheduler),
      prefix_(std::move(prefix)),
      on_change_(std::move(on_change)) {}

PrefixWatch::~PrefixWatch() {
  Stop();
}

template <typename F>
auto PrefixWatch::Guard(F f) {
  return [current = generation_, generation = *generation_, f = std::move(f)](auto&&... arguments) {
    if (*current == generation) {
      f(std::forward<decltype(arguments)>(arguments)...);
    }
  };
}

void PrefixWatch::Start() {
  if (!started_) {
    started_ = true;
    Read();
  }
}

void PrefixWatch::Stop() {
  ++*generation_;
  watch_.reset();
  started_ = false;
  synced_ = false;
}

void PrefixWatch::Read() {
  store_->List(prefix_, Guard([this](StatusOr<meta::GetResult> result) {
                 TakeRead(std::move(result));
               }));
}

void PrefixWatch::TakeRead(StatusOr<meta::GetResult> result) {
  if (!result.ok()) {
    return ReadLater(result.status());
  }
  std::map<std::string, KeyValue> kvs;
  for (KeyValue& kv : result->kvs) {
    std::string key = kv.key;
    kvs.emplace(std::move(key), std::move(kv));
  }
  const std::vector<Event> events = Difference(kvs_, kvs, result->revision);
  kvs_ = std::move(kvs);
  revision_ = result->revision;
  const bool first = !std::exchange(synced_, true);
  Follow();
  if (first || !events.empty()) {
    on_change_(events);
  }
}

void PrefixWatch::Follow() {
  watch_ = store_->Watch(
      prefix_, revision_ + 1,
      Guard([this](const std::vector<Event>& events, meta::Revision revision) {
        TakeEvents(events, revision);
      }),
      Guard([this](const Status& status) { ReadLater(status); }));
}

void PrefixWatch::TakeEvents(const std::vector<Event>& events, meta::Revision revision) {
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kPut) {
      kvs_.insert_or_assign(event.kv.key, event.kv);
    } else {
      kvs_.erase(event.kv.key);
    }
  }
  revision_ = revision;
  on_change_(events);
}

void PrefixWatch::ReadLater(const Status& status) {
  log::Debug("reading the metadata again", {{"prefix", prefix_}, {"reason", status}});
  scheduler_->PostAfter(kRetryMs, Guard([this] { Read(); }));
}

}  // namespace weir::cluster
