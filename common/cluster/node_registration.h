// Keeps a node's key in the metadata store: puts it with the lease of the session when no other process
// has it, and again after the lease was lost. A second process with the same id waits until the first
// one's lease has ended. All calls and callbacks are tasks of the store's scheduler.
//
// The revision at which the key was created is the node's fence: a transaction that compares it fails
// once this process has lost the key, however long it was paused.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/cluster/keys.h"
#include "common/cluster/node.h"
#include "common/cluster/prefix_watch.h"
#include "common/meta/session.h"

namespace weir::cluster {

class NodeRegistration final : private meta::Session::Listener {
 public:
  using OnRegistered = std::function<void(meta::Revision fence)>;
  using OnLost = std::function<void(const Status&)>;

  // Callbacks may be null. store, scheduler and session outlive the registration. It opens the session
  // and opens it again whenever it is lost, for all who use it.
  NodeRegistration(meta::MetaStore* store, task::Scheduler* scheduler, meta::Session* session,
                   const NodeName& name, NodeInfo info, OnRegistered on_registered, OnLost on_lost);
  ~NodeRegistration() override;   // stops
  NodeRegistration(const NodeRegistration&) = delete;
  NodeRegistration& operator=(const NodeRegistration&) = delete;

  void Start();
  // No callback after it. The key stays until the session is closed or its lease ends.
  void Stop();

  // Has the key, and the lease surely lives.
  bool registered() const { return fence_ != 0 && session_->alive(); }
  // 0 when not registered.
  meta::Revision fence() const { return registered() ? fence_ : 0; }
  // Holds while the node has the key that it has now. REQUIRES: registered().
  meta::Compare Fence() const { return meta::Compare::CreatedAt(key_, fence_); }

  // Says which rule set the node knows.
  void SetRules(RuleSetVersion rules);

 private:
  void OnSessionOpen(meta::LeaseId lease) override;
  void OnSessionLost(const Status& status) override;

  // Looks at what is known and does what is due.
  void Step();
  void Put();
  void TakePut(const StatusOr<meta::TxnResult>& result, const std::string& value);
  void Update();
  void Register(meta::Revision fence);
  void Lose(const Status& status);
  void LogOther(const meta::KeyValue& other);
  void StepLater();
  // Calls f unless the registration was stopped, or the session lost meanwhile.
  template <typename F>
  auto Guard(F f);

  meta::MetaStore* const store_;
  task::Scheduler* const scheduler_;
  meta::Session* const session_;
  const std::string key_;
  NodeInfo info_;
  const OnRegistered on_registered_;
  const OnLost on_lost_;
  bool started_ = false;
  bool putting_ = false;         // a transaction is under way
  meta::Revision fence_ = 0;     // not 0: registered
  std::string put_value_;        // what the key has, as far as known
  meta::LeaseId logged_other_;   // whose lease the log has told of
  PrefixWatch watch_;            // of the key, and of longer ones
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(0);
};

}  // namespace weir::cluster
