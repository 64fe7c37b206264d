// Between the interface's types and etcd's messages.
#pragma once

#include <string>

#include "common/meta/meta_store.h"
#include "etcdserverpb/rpc.pb.h"

namespace weir::meta {

// Sets key and range_end to all keys with the prefix.
template <typename Message>
void SetPrefixRange(const std::string& prefix, Message* message) {
  const std::string end = PrefixRangeEnd(prefix);
  // etcd's spelling of "from the first key" and "to the last": one zero byte.
  message->set_key(prefix.empty() ? std::string(1, '\0') : prefix);
  message->set_range_end(end.empty() ? std::string(1, '\0') : end);
}

etcdserverpb::TxnRequest ToRequest(const Txn& txn, const std::string& key_prefix);

// Without the first bytes of the key.
KeyValue ToKeyValue(const etcdserverpb::KeyValue& kv, std::size_t key_prefix_bytes);
Event ToEvent(const etcdserverpb::Event& event, std::size_t key_prefix_bytes);

}  // namespace weir::meta
