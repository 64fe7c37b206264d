#include "common/cluster/rule_feed.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/hash.h"
#include "common/cluster/keys.h"
#include "common/cluster/prefix_watch.h"
#include "common/telemetry/log.h"

namespace weir::cluster {
namespace {

using meta::Compare;
using meta::Op;
using meta::TxnResult;
using Kvs = std::map<std::string, meta::KeyValue>;
using Published = std::function<void(StatusOr<RuleSetVersion>)>;

// Begins the value of a rule set that lies in parts; others begin with their own format version.
// stored: do not change
constexpr uint8_t kInParts = 2;   // no version of RuleSetTexts
constexpr std::size_t kPartBytes = 512 * 1024;
constexpr std::size_t kPartsMax = 100;
constexpr std::size_t kForgottenMax = 20;   // versions that one transaction takes away

std::string EncodeInParts(std::string_view texts, std::size_t parts) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(kInParts);
  writer.Varint(parts);
  writer.Fixed64BigEndian(Hash64(texts));
  return bytes;
}

StatusOr<std::string> JoinParts(const Kvs& kvs, RuleSetVersion version, std::string_view value) {
  ByteReader reader(value.substr(1));
  const uint64_t parts = reader.Varint();
  const uint64_t hash = reader.Fixed64BigEndian();
  if (!reader.ok() || !reader.done() || parts > kPartsMax) {
    return DataLoss("damaged list of parts");
  }
  std::string texts;
  for (std::size_t i = 0; i < parts; ++i) {
    const auto part = kvs.find(RuleSetPartKey(version, i));
    if (part == kvs.end()) {
      return DataLoss("part {} is missing", i);
    }
    texts += part->second.value;
  }
  if (Hash64(texts) != hash) {
    return DataLoss("its parts have another hash than it says");
  }
  return texts;
}

StatusOr<RuleSetTexts> ReadRuleSet(const Kvs& kvs, RuleSetVersion version,
                                   const std::string& value) {
  std::string texts = value;
  if (!value.empty() && static_cast<uint8_t>(value.front()) == kInParts) {
    WEIR_ASSIGN_OR_RETURN(texts, JoinParts(kvs, version, value));
  }
  WEIR_ASSIGN_OR_RETURN(RuleSetTexts rules, DecodeRuleSetTexts(texts));
  if (rules.version != version) {
    return DataLoss("it says that it is version {}", rules.version);
  }
  return rules;
}

// A rule set on its way into the store: its parts one by one, then the key that makes it one.
struct Upload {
  RuleSetVersion version;
  std::string texts;
  std::size_t parts = 0;           // 0: the key holds the texts
  std::vector<Compare> compares;   // the fence, and what was written already
  Published done;
};

}  // namespace

class RuleFeed::Impl : public std::enable_shared_from_this<RuleFeed::Impl> {
 public:
  Impl(meta::MetaStore* store, task::Scheduler* scheduler,
       std::function<void(const RuleSetTexts&)> on_rules)
      : store_(store),
        scheduler_(scheduler),
        on_rules_(std::move(on_rules)),
        watch_(store, scheduler, std::string(kRulesPrefix),
               [this](const std::vector<meta::Event>&) { Tell(); }) {}

  void Start() { watch_.Start(); }
  void Stop() {
    stopped_ = true;
    watch_.Stop();
  }
  void Later(std::function<void()> f) {
    scheduler_->Post([weak = weak_from_this(), f = std::move(f)] {
      const std::shared_ptr<Impl> self = weak.lock();
      if (self != nullptr && !self->stopped_) {
        f();
      }
    });
  }
  bool synced() const { return watch_.synced(); }
  const RuleSetTexts* newest() const { return newest_.has_value() ? &*newest_ : nullptr; }

  Status Publish(RuleSetTexts rules, std::vector<Compare> fence, Published done) {
    if (!watch_.synced()) {
      return Unavailable("the cluster's rule sets have not been read yet");
    }
    rules.version = RuleSetVersion(told_.value + 1);
    if (newest_.has_value()) {
      rules.active_from_ms = std::max(rules.active_from_ms, newest_->active_from_ms + 1);
    }
    auto upload = std::make_shared<Upload>();
    upload->version = rules.version;
    upload->texts = EncodeRuleSetTexts(rules);
    upload->parts = upload->texts.size() <= kPartBytes
                        ? 0
                        : (upload->texts.size() + kPartBytes - 1) / kPartBytes;
    if (upload->parts > kPartsMax) {
      return InvalidArgument("rule set of {} bytes; at most {} are allowed", upload->texts.size(),
                             kPartBytes * kPartsMax);
    }
    upload->compares = std::move(fence);
    upload->compares.push_back(Compare::Absent(RuleSetKey(rules.version)));
    upload->done = std::move(done);
    PutPart(upload, 0);
    return OkStatus();
  }

 private:
  void PutPart(const std::shared_ptr<Upload>& upload, std::size_t part) {
    if (part == upload->parts) {
      return PutKey(upload);
    }
    const std::string key = RuleSetPartKey(upload->version, part);
    Op put = Op::Put(key, upload->texts.substr(part * kPartBytes, kPartBytes));
    Commit(upload, {std::move(put)}, [upload, part, key](Impl* self, meta::Revision revision) {
      upload->compares.push_back(Compare::ModifiedAt(key, revision));
      self->PutPart(upload, part + 1);
    });
  }

  void PutKey(const std::shared_ptr<Upload>& upload) {
    std::string value =
        upload->parts == 0 ? upload->texts : EncodeInParts(upload->texts, upload->parts);
    std::vector<Op> ops = TooOld(upload->version);
    ops.push_back(Op::Put(RuleSetKey(upload->version), std::move(value)));
    Commit(upload, std::move(ops), [upload](Impl*, meta::Revision) { upload->done(upload->version); });
  }

  // Takes away versions, with their parts, that are too old when this one is there; some at a time.
  std::vector<Op> TooOld(RuleSetVersion newest) const {
    std::vector<Op> ops;
    for (const auto& [key, kv] : watch_.kvs()) {
      const StatusOr<RuleSetVersion> version = RuleSetVersionOfKey(key);
      if (version.ok() && (version->value + kRuleSetsKept > newest.value || ops.size() == kForgottenMax)) {
        break;
      }
      if (version.ok()) {
        ops.push_back(Op::DeletePrefix(key));
      }
    }
    return ops;
  }

  template <typename Next>
  void Commit(const std::shared_ptr<Upload>& upload, std::vector<Op> ops, Next next) {
    store_->Commit({upload->compares, std::move(ops)},
                   [weak = weak_from_this(), upload, next](const StatusOr<TxnResult>& result) {
                     const std::shared_ptr<Impl> self = weak.lock();
                     if (self == nullptr || self->stopped_) {
                       return;
                     }
                     if (!result.ok()) {
                       upload->done(Annotate(result.status(), "publishing a rule set"));
                     } else if (!result->succeeded) {
                       upload->done(Aborted("publishing rule set {}: another was published "
                                            "meanwhile, or this node does not lead any more",
                                            upload->version));
                     } else {
                       next(self.get(), result->revision);
                     }
                   });
  }

  void Tell() {
    const std::string first = RuleSetKey(RuleSetVersion(told_.value + 1));
    for (auto kv = watch_.kvs().lower_bound(first); kv != watch_.kvs().end(); ++kv) {
      const StatusOr<RuleSetVersion> version = RuleSetVersionOfKey(kv->first);
      if (!version.ok()) {
        continue;   // a part
      }
      told_ = *version;
      StatusOr<RuleSetTexts> rules = ReadRuleSet(watch_.kvs(), *version, kv->second.value);
      if (!rules.ok()) {
        log::Error("cannot read a rule set; it is left out",
                   {{"version", version->value}, {"error", rules.status()}});
        continue;
      }
      newest_ = *std::move(rules);
      on_rules_(*newest_);
    }
  }

  meta::MetaStore* const store_;
  task::Scheduler* const scheduler_;
  const std::function<void(const RuleSetTexts&)> on_rules_;
  bool stopped_ = false;
  RuleSetVersion told_;   // or left out
  std::optional<RuleSetTexts> newest_;
  PrefixWatch watch_;
};

RuleFeed::RuleFeed(meta::MetaStore* store, task::Scheduler* scheduler,
                   std::function<void(const RuleSetTexts&)> on_rules)
    : impl_(std::make_shared<Impl>(store, scheduler, std::move(on_rules))) {}

RuleFeed::~RuleFeed() {
  impl_->Stop();
}

void RuleFeed::Start() {
  impl_->Start();
}

bool RuleFeed::synced() const {
  return impl_->synced();
}

const RuleSetTexts* RuleFeed::newest() const {
  return impl_->newest();
}

void RuleFeed::Publish(RuleSetTexts rules, std::vector<meta::Compare> fence,
                       std::function<void(StatusOr<RuleSetVersion>)> done) {
  const Status status = impl_->Publish(std::move(rules), std::move(fence), done);
  if (!status.ok()) {
    impl_->Later([done = std::move(done), status] { done(status); });
  }
}

}  // namespace weir::cluster
