// The cluster's small, consistent memory: who is alive, who leads, which shard is whose. An ordered map
// with one revision that counts its changes, transactions, leases and watches; the model is etcd's, cut
// to what Weir uses. Implementations: embedded (embedded_store.h) and etcd (etcd/etcd_store.h); one
// suite tests both (tests/testing/meta_store_suite.h).
//
// Threads: a store has one task::Scheduler. Calls come from its tasks; every callback runs as a task of
// it, never within the call, exactly once (watches: until cancelled or lost). A store that is destroyed
// drops the callbacks that are still due. Nothing blocks; every call ends within the store's deadline.
//
// Errors:
//   kUnavailable         not reached, or no answer in time: try again. A Commit, GrantLease or Revoke
//                        that ends so may have happened or may still happen: read before repeating it.
//   kInvalidArgument     the call breaks a rule below; nothing was done.
//   kNotFound            the lease is gone (expired, revoked, or never was).
//   kOutOfRange          on_lost only: the history from that revision on is no longer kept.
//   kFailedPrecondition  the endpoints belong to another cluster than before.
//   kDataLoss            the store has forgotten revisions that it had answered with.
//   kPermissionDenied, kUnauthenticated, kResourceExhausted, kInternal   as the store says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/status.h"

namespace weir::meta {

// Counts the transactions that changed something; grows by one with each. 0 is before all.
using Revision = int64_t;
// 0 is none.
using LeaseId = StrongId<struct LeaseIdTag, int64_t>;

// Limits of one transaction, and of one key.
inline constexpr std::size_t kTxnPartsMax = 128;            // compares, and as many operations
inline constexpr std::size_t kTxnBytesMax = 1024 * 1024;    // keys and values together
inline constexpr std::size_t kKeyBytesMax = 1024;

struct KeyValue {
  std::string key;
  std::string value;
  Revision created = 0;    // when the key came to be; a key that is deleted and put again is new
  Revision modified = 0;   // of the last put
  LeaseId lease;           // the key is deleted with it

  bool operator==(const KeyValue&) const = default;
};

// A condition on one key.
struct Compare {
  enum class Kind { kExists, kAbsent, kCreatedAt, kModifiedAt, kValueIs };

  Kind kind = Kind::kExists;
  std::string key;
  Revision revision = 0;   // of kCreatedAt and kModifiedAt; 0 there never holds
  std::string value;       // of kValueIs; does not hold for an absent key

  static Compare Exists(std::string key) { return {Kind::kExists, std::move(key), 0, {}}; }
  static Compare Absent(std::string key) { return {Kind::kAbsent, std::move(key), 0, {}}; }
  static Compare CreatedAt(std::string key, Revision revision) {
    return {Kind::kCreatedAt, std::move(key), revision, {}};
  }
  static Compare ModifiedAt(std::string key, Revision revision) {
    return {Kind::kModifiedAt, std::move(key), revision, {}};
  }
  static Compare ValueIs(std::string key, std::string value) {
    return {Kind::kValueIs, std::move(key), 0, std::move(value)};
  }
};

// A change.
struct Op {
  enum class Kind { kPut, kDelete, kDeletePrefix };

  Kind kind = Kind::kPut;
  std::string key;     // or the prefix, which is not empty
  std::string value;   // of kPut
  LeaseId lease;       // of kPut; it replaces the one that the key had

  static Op Put(std::string key, std::string value, LeaseId lease = LeaseId()) {
    return {Kind::kPut, std::move(key), std::move(value), lease};
  }
  static Op Delete(std::string key) { return {Kind::kDelete, std::move(key), {}, LeaseId()}; }
  static Op DeletePrefix(std::string prefix) {
    return {Kind::kDeletePrefix, std::move(prefix), {}, LeaseId()};
  }
};

// Applies all of ops if all of compares hold, else nothing. A key is put at most once, and a key that is
// put is not deleted by the same transaction. Deleting what is not there is no change.
struct Txn {
  std::vector<Compare> compares;
  std::vector<Op> ops;
};

struct TxnResult {
  bool succeeded = false;   // whether the compares held
  // The revision of the changes if there were any: what was put has it as `modified` and, if it is new,
  // as `created`. Else the store's revision when it looked.
  Revision revision = 0;
};

struct GetResult {
  std::vector<KeyValue> kvs;   // in order of keys
  Revision revision = 0;       // of the store when it was read; a watch goes on at revision + 1
};

struct Lease {
  LeaseId id;
  int64_t ttl_ms = 0;   // may be longer than asked for, never shorter
};

struct Event {
  enum class Kind { kPut, kDelete };

  Kind kind = Kind::kPut;
  KeyValue kv;   // of a deletion: the key and, as modified, the revision of the deletion

  bool operator==(const Event&) const = default;
};

// Cancels its watch when destroyed: no callback of it runs after that. Must not outlive the store's
// scheduler; may outlive the store.
class WatchHandle {
 public:
  virtual ~WatchHandle() = default;
};

class MetaStore {
 public:
  using GetDone = std::function<void(StatusOr<GetResult>)>;
  using CommitDone = std::function<void(StatusOr<TxnResult>)>;
  using LeaseDone = std::function<void(StatusOr<Lease>)>;
  using Done = std::function<void(Status)>;
  // Events in the order of revisions, whole transactions only, each once; within a transaction a key
  // occurs once. revision: that of the last event.
  using OnEvents = std::function<void(std::vector<Event> events, Revision revision)>;
  // The watch is over; what happened meanwhile is unknown. The caller reads again.
  using OnLost = std::function<void(Status)>;

  virtual ~MetaStore() = default;

  // One key; no kvs when it is absent. Sees every change that was answered before the call.
  virtual void Get(std::string key, GetDone done) = 0;
  // All keys with the prefix ("" for all), at one revision.
  virtual void List(std::string prefix, GetDone done) = 0;

  // A lease that is gone fails the transaction with kNotFound.
  virtual void Commit(Txn txn, CommitDone done) = 0;

  // Tells changes of keys with the prefix from revision `from` on; 0: those after some moment between
  // the call and the first event, which only suits callers that can miss the beginning. A store that is
  // not reached is no reason for on_lost: the watch goes on when it is reached again.
  [[nodiscard]] virtual std::unique_ptr<WatchHandle> Watch(std::string prefix, Revision from,
                                                           OnEvents on_events, OnLost on_lost) = 0;

  // A lease ends ttl_ms after the store last heard of it, a little later but not earlier, and its keys
  // are deleted then. ttl_ms > 0.
  virtual void GrantLease(int64_t ttl_ms, LeaseDone done) = 0;
  // Begins the lease's time anew.
  virtual void KeepAlive(LeaseId lease, Done done) = 0;
  // Ends the lease and deletes its keys.
  virtual void Revoke(LeaseId lease, Done done) = 0;
};

// The rules of keys and transactions, which implementations check before anything else.
Status ValidateKey(std::string_view key);
Status ValidateTxn(const Txn& txn);

// The end of the range of keys with a prefix, "" if there is none (then the range is open).
std::string PrefixRangeEnd(std::string_view prefix);

}  // namespace weir::meta
