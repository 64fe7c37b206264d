#include "common/meta/durable_map_internal.h"

#include "common/base/bytes.h"

namespace weir::meta {
namespace {

constexpr state::Family kFamily = state::Family::kMeta;
constexpr char kRevisionKey[] = "meta/revision";
constexpr std::string_view kKeyPrefix = "meta/kv/";
constexpr uint8_t kVersion = 1;

bool DecodeKeyValue(std::string_view key, std::string_view bytes, KeyValue* kv) {
  ByteReader reader(bytes);
  kv->key = key.substr(kKeyPrefix.size());
  kv->created = static_cast<Revision>(reader.Varint());
  kv->modified = static_cast<Revision>(reader.Varint());
  kv->value.assign(reader.position(), reader.remaining());
  return reader.ok() && !kv->key.empty() && kv->created > 0 && kv->modified >= kv->created;
}

}  // namespace

Status DurableMap::Load(std::map<std::string, KeyValue, std::less<>>* kvs, Revision* revision) {
  *revision = 0;
  if (store_ == nullptr) {
    return OkStatus();
  }
  std::string header;
  const Status found = store_->Get(kFamily, kRevisionKey, &header);
  if (found.code() == StatusCode::kNotFound) {
    return OkStatus();
  }
  WEIR_RETURN_IF_ERROR(found);
  ByteReader reader(header);
  const uint8_t version = reader.U8();
  if (reader.ok() && version != kVersion) {
    return FailedPrecondition("metadata is of version {}; this program reads version {}", version,
                              kVersion);
  }
  *revision = static_cast<Revision>(reader.Varint());
  if (!reader.ok() || !reader.done() || *revision < 0) {
    return DataLoss("cannot read the metadata's revision");
  }
  Status bad;
  WEIR_RETURN_IF_ERROR(store_->Scan(
      kFamily, kKeyPrefix, state::PrefixEnd(kKeyPrefix),
      [&](std::string_view key, std::string_view value) {
        KeyValue kv;
        if (!DecodeKeyValue(key, value, &kv) || kv.modified > *revision) {
          bad = DataLoss("cannot read metadata key '{}'", key.substr(kKeyPrefix.size()));
          return false;
        }
        std::string name = kv.key;
        kvs->insert_or_assign(std::move(name), std::move(kv));
        return true;
      }));
  return bad;
}

Status DurableMap::Write(const std::vector<Event>& events, Revision revision) {
  if (store_ == nullptr || !failed_.ok()) {
    return failed_;
  }
  const std::unique_ptr<state::WriteBatch> batch = store_->NewBatch();
  std::string bytes;
  for (const Event& event : events) {
    const std::string key = std::string(kKeyPrefix) + event.kv.key;
    if (event.kind == Event::Kind::kDelete || event.kv.lease != LeaseId()) {
      batch->Delete(kFamily, key);
      continue;
    }
    bytes.clear();
    ByteWriter writer(&bytes);
    writer.Varint(static_cast<uint64_t>(event.kv.created));
    writer.Varint(static_cast<uint64_t>(event.kv.modified));
    writer.Raw(event.kv.value);
    batch->Put(kFamily, key, bytes);
  }
  bytes.clear();
  ByteWriter writer(&bytes);
  writer.U8(kVersion);
  writer.Varint(static_cast<uint64_t>(revision));
  batch->Put(kFamily, kRevisionKey, bytes);
  const Status written = store_->Write(batch.get(), true);
  if (!written.ok()) {
    failed_ = Internal("metadata cannot be written any more: {}", written);
  }
  return failed_;
}

}  // namespace weir::meta
