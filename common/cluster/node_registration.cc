#include "common/cluster/node_registration.h"

#include <utility>

#include "common/telemetry/log.h"

namespace weir::cluster {

using meta::Compare;
using meta::KeyValue;
using meta::Op;
using meta::TxnResult;

NodeRegistration::NodeRegistration(meta::MetaStore* store, task::Scheduler* scheduler,
                                   meta::Session* session, const NodeName& name, NodeInfo info,
                                   OnRegistered on_registered, OnLost on_lost)
    : store_(store),
      scheduler_(scheduler),
      session_(session),
      key_(NodeKey(name.role, name.id)),
      info_(std::move(info)),
      on_registered_(std::move(on_registered)),
      on_lost_(std::move(on_lost)),
      watch_(store, scheduler, key_, [this](const std::vector<meta::Event>&) { Step(); }) {}

NodeRegistration::~NodeRegistration() {
  Stop();
}

template <typename F>
auto NodeRegistration::Guard(F f) {
  return [current = generation_, generation = *generation_, f = std::move(f)](auto&&... arguments) {
    if (*current == generation) {
      f(std::forward<decltype(arguments)>(arguments)...);
    }
  };
}

void NodeRegistration::Start() {
  if (started_) {
    return;
  }
  started_ = true;
  session_->AddListener(this);
  session_->Open();
  watch_.Start();
}

void NodeRegistration::Stop() {
  if (!started_) {
    return;
  }
  started_ = false;
  ++*generation_;
  session_->RemoveListener(this);
  watch_.Stop();
  putting_ = false;
  fence_ = 0;
}

void NodeRegistration::SetRules(RuleSetVersion rules) {
  info_.rules = rules;
  Step();
}

void NodeRegistration::OnSessionOpen(meta::LeaseId) {
  Step();
}

void NodeRegistration::OnSessionLost(const Status& status) {
  ++*generation_;
  putting_ = false;
  session_->Open();
  Lose(status);
}

void NodeRegistration::Step() {
  if (!started_ || putting_ || !watch_.synced() || !session_->alive()) {
    return;
  }
  const auto known = watch_.kvs().find(key_);
  const KeyValue* kv = known == watch_.kvs().end() ? nullptr : &known->second;
  if (fence_ != 0) {
    // The watch may not have told of this process's own put yet.
    if (watch_.revision() >= fence_ && (kv == nullptr || kv->created != fence_)) {
      Lose(Aborted("the node's key '{}' was {}", key_, kv == nullptr ? "deleted" : "taken"));
      return StepLater();
    }
    return Update();
  }
  if (kv == nullptr) {
    Put();
  } else if (kv->lease == session_->lease()) {
    put_value_ = kv->value;   // of a put whose answer was lost
    Register(kv->created);
  } else {
    LogOther(*kv);
  }
}

void NodeRegistration::Put() {
  std::string value = EncodeNodeInfo(info_);
  putting_ = true;
  store_->Commit({{Compare::Absent(key_)}, {Op::Put(key_, value, session_->lease())}},
                 Guard([this, value](const StatusOr<TxnResult>& result) { TakePut(result, value); }));
}

void NodeRegistration::TakePut(const StatusOr<TxnResult>& result, const std::string& value) {
  putting_ = false;
  if (result.ok() && result->succeeded && session_->alive()) {
    put_value_ = value;
    return Register(result->revision);
  }
  StepLater();
}

// Says what changed of the node, without losing the key's creation.
void NodeRegistration::Update() {
  std::string value = EncodeNodeInfo(info_);
  if (value == put_value_) {
    return;
  }
  putting_ = true;
  store_->Commit({{Fence()}, {Op::Put(key_, value, session_->lease())}},
                 Guard([this, value](const StatusOr<TxnResult>& result) {
                   putting_ = false;
                   if (result.ok() && result->succeeded) {
                     put_value_ = value;
                     Step();
                   } else {
                     StepLater();
                   }
                 }));
}

void NodeRegistration::Register(meta::Revision fence) {
  fence_ = fence;
  logged_other_ = meta::LeaseId();
  log::Info("registered the node", {{"key", key_}, {"revision", fence}});
  const uint64_t generation = *generation_;
  const std::shared_ptr<uint64_t> current = generation_;
  if (on_registered_ != nullptr) {
    on_registered_(fence);
  }
  if (*current == generation) {
    Step();
  }
}

void NodeRegistration::Lose(const Status& status) {
  if (std::exchange(fence_, 0) == 0) {
    return;
  }
  log::Warn("lost the node's key", {{"key", key_}, {"reason", status}});
  if (on_lost_ != nullptr) {
    on_lost_(status);
  }
}

void NodeRegistration::LogOther(const KeyValue& other) {
  if (std::exchange(logged_other_, other.lease) == other.lease) {
    return;
  }
  const StatusOr<NodeInfo> info = DecodeNodeInfo(other.value);
  const bool mine = info.ok() && info->incarnation == info_.incarnation;
  log::Warn(mine ? "waiting for the end of this process's earlier lease"
                 : "another process has the id of this node, or had it just now: waiting for the end of "
                   "its lease",
            {{"key", key_}, {"address", info.ok() ? info->address : "?"}});
}

void NodeRegistration::StepLater() {
  scheduler_->PostAfter(kRetryMs, Guard([this] { Step(); }));
}

}  // namespace weir::cluster
