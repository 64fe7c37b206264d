#include "common/meta/etcd/messages_internal.h"

namespace weir::meta {

namespace pb = etcdserverpb;

namespace {

void SetCompare(const Compare& compare, const std::string& key_prefix, pb::Compare* message) {
  message->set_key(key_prefix + compare.key);
  message->set_result(pb::Compare::EQUAL);
  switch (compare.kind) {
    case Compare::Kind::kExists:
      message->set_result(pb::Compare::GREATER);
      [[fallthrough]];
    case Compare::Kind::kAbsent:
      message->set_target(pb::Compare::CREATE);
      message->set_create_revision(0);
      return;
    // An absent key has revision 0 for etcd; for us it has none.
    case Compare::Kind::kCreatedAt:
      message->set_target(pb::Compare::CREATE);
      message->set_create_revision(compare.revision > 0 ? compare.revision : -1);
      return;
    case Compare::Kind::kModifiedAt:
      message->set_target(pb::Compare::MOD);
      message->set_mod_revision(compare.revision > 0 ? compare.revision : -1);
      return;
    case Compare::Kind::kValueIs:
      message->set_target(pb::Compare::VALUE);
      message->set_value(compare.value);
      return;
  }
}

void SetOp(const Op& op, const std::string& key_prefix, pb::RequestOp* message) {
  const std::string key = key_prefix + op.key;
  switch (op.kind) {
    case Op::Kind::kPut:
      message->mutable_request_put()->set_key(key);
      message->mutable_request_put()->set_value(op.value);
      message->mutable_request_put()->set_lease(op.lease.value);
      return;
    case Op::Kind::kDelete:
      message->mutable_request_delete_range()->set_key(key);
      return;
    case Op::Kind::kDeletePrefix:
      SetPrefixRange(key, message->mutable_request_delete_range());
      return;
  }
}

}  // namespace

pb::TxnRequest ToRequest(const Txn& txn, const std::string& key_prefix) {
  pb::TxnRequest request;
  for (const Compare& compare : txn.compares) {
    SetCompare(compare, key_prefix, request.add_compare());
  }
  for (const Op& op : txn.ops) {
    SetOp(op, key_prefix, request.add_success());
  }
  return request;
}

KeyValue ToKeyValue(const pb::KeyValue& kv, std::size_t key_prefix_bytes) {
  return {kv.key().substr(std::min(key_prefix_bytes, kv.key().size())), kv.value(),
          kv.create_revision(), kv.mod_revision(), LeaseId(kv.lease())};
}

Event ToEvent(const pb::Event& event, std::size_t key_prefix_bytes) {
  return {event.type() == pb::Event::DELETE ? Event::Kind::kDelete : Event::Kind::kPut,
          ToKeyValue(event.kv(), key_prefix_bytes)};
}

}  // namespace weir::meta
