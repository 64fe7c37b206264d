#include "common/meta/meta_store.h"

#include <algorithm>
#include <set>

namespace weir::meta {
namespace {

Status CheckOverlaps(const Txn& txn, const std::set<std::string_view>& puts) {
  for (const Op& op : txn.ops) {
    if (op.kind == Op::Kind::kPut) {
      continue;
    }
    const auto position = puts.lower_bound(op.key);
    const bool overlaps = position != puts.end() && (op.kind == Op::Kind::kDelete
                                                         ? *position == op.key
                                                         : position->starts_with(op.key));
    if (overlaps) {
      return InvalidArgument("transaction puts and deletes key '{}'", *position);
    }
  }
  return OkStatus();
}

}  // namespace

Status ValidateKey(std::string_view key) {
  if (key.empty()) {
    return InvalidArgument("empty key");
  }
  if (key.size() > kKeyBytesMax) {
    return InvalidArgument("key of {} bytes; at most {} are allowed", key.size(), kKeyBytesMax);
  }
  return OkStatus();
}

Status ValidateTxn(const Txn& txn) {
  if (txn.compares.size() > kTxnPartsMax || txn.ops.size() > kTxnPartsMax) {
    return InvalidArgument("transaction of {} compares and {} operations; at most {} are allowed",
                           txn.compares.size(), txn.ops.size(), kTxnPartsMax);
  }
  std::size_t bytes = 0;
  for (const Compare& compare : txn.compares) {
    WEIR_RETURN_IF_ERROR(ValidateKey(compare.key));
    bytes += compare.key.size() + compare.value.size();
  }
  std::set<std::string_view> puts;
  for (const Op& op : txn.ops) {
    WEIR_RETURN_IF_ERROR(ValidateKey(op.key));
    bytes += op.key.size() + op.value.size();
    if (op.kind == Op::Kind::kPut && !puts.insert(op.key).second) {
      return InvalidArgument("transaction puts key '{}' twice", op.key);
    }
  }
  if (bytes > kTxnBytesMax) {
    return InvalidArgument("transaction of {} bytes; at most {} are allowed", bytes, kTxnBytesMax);
  }
  return CheckOverlaps(txn, puts);
}

std::string PrefixRangeEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) {
    end.pop_back();
  }
  if (!end.empty()) {
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  }
  return end;
}

}  // namespace weir::meta
