#include "tests/integration/overlay_world.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/shard/record.h"
#include "common/types/coding.h"

namespace weir::integration {
namespace {

std::string CellText(const alert::NamedCell& cell) {
  ByteReader reader(cell.encoded);
  Arena arena;
  return ValueToString(DecodeValue(&reader, &arena));
}

}  // namespace

OverlayWorld::OverlayWorld(WorldOptions options)
    : options_(std::move(options)), store_(state::MakeMemoryStore()) {
  Restart(false);
}
OverlayWorld::~OverlayWorld() = default;

void OverlayWorld::Restart(bool with_checkpoint) {
  if (with_checkpoint) {
    const auto batch = store_->NewBatch();
    ASSERT_TRUE(shard_->Checkpoint(batch.get()).ok());
    ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  }
  shard::ShardOptions options;
  options.replay = true;
  options.whole = true;
  alerts_.clear();   // what is stored is told again
  shard_ = std::make_unique<shard::Shard>(options, store_.get(), this);
  ASSERT_TRUE(shard_->Load().ok());
  for (auto next = log_.upper_bound(shard_->applied().value); next != log_.end(); ++next) {
    shard::ApplyOutcome outcome;
    const Status status = shard_->Apply(LogNumber(next->first), next->second, &outcome);
    ASSERT_TRUE(status.ok()) << status;
  }
}

void OverlayWorld::Spill() {
  const auto batch = store_->NewBatch();
  ASSERT_TRUE(shard_->Checkpoint(batch.get()).ok());
  ASSERT_TRUE(store_->Write(batch.get(), true).ok());
  shard_->Evict(0);
  ASSERT_EQ(shard_->groups_in_memory(), 0U);
}

void OverlayWorld::Append(std::string record) {
  const LogNumber number(shard_->applied().value + 1);
  shard::ApplyOutcome outcome;
  const Status status = shard_->Apply(number, record, &outcome);
  ASSERT_TRUE(status.ok()) << status;
  log_[number.value] = std::move(record);
  ++records_;
  if (options_.records_per_restart != 0 && records_ % options_.records_per_restart == 0) {
    Restart(records_ / options_.records_per_restart % 2 == 0);
  }
}

void OverlayWorld::Activate(const std::vector<worker::RuleFile>& files) {
  const RuleSetVersion version(versions_.size() + 1);
  versions_[version] =
      worker::CompileRuleFiles(files, options_.compile, version, &findings_);
  source::Options decoder;
  decoder.ingested = source::Options::Ingested::kTimestamp;
  decoder.reject_without_timestamp = true;
  decoder_ = std::make_unique<source::Decoder>(versions_[version]->fields, decoder);
  exec::RouterOptions router;
  router.shard_count = 1;
  router.replay = true;
  router_ = std::make_unique<exec::Router>(versions_[version], router);
  shard::RecordHeader header;
  header.kind = shard::RecordKind::kActivate;
  header.version = version;
  header.closed_ms = shard_->closed_ms();
  Append(shard::RecordWriter(header).Finish());
}

void OverlayWorld::OnEvent(source::Event& event) {
  router_->Add(event, events_, HashBytes128(fmt::format("event {}", events_)));
}

void OverlayWorld::OnReject(const source::Reject& reject) {
  ADD_FAILURE() << reject.message;
}

void OverlayWorld::FeedRecord(const std::vector<Document>& documents) {
  for (const Document& document : documents) {
    std::string text = fmt::format(
        "{{\"@timestamp\":\"{}\",\"event.id\":\"e{}\",\"data_stream\":{{\"dataset\":\"x.y\"}}{}{}}}",
        FormatTime(document.time_ms), events_, document.members.empty() ? "" : ",", document.members);
    const std::size_t size = text.size();
    text.append(source::Decoder::kPadding, '\0');
    decoder_->Decode(std::string_view(text).substr(0, size), 0, 0, this);
    ++events_;
  }
  const exec::Frame frame = router_->Take();
  for (const exec::ExceptedRows& excepted : frame.excepted) {
    excepted_[excepted.exception] += excepted.rows;
  }
  shard::RecordHeader header;
  header.version = versions_.rbegin()->first;
  header.closed_ms = std::max(shard_->closed_ms(), documents.front().time_ms - 1);
  shard::RecordWriter writer(header);
  for (const exec::FramePart& part : frame.parts) {
    writer.Add({0, true, part.bytes});
  }
  Append(writer.Finish());
}

void OverlayWorld::Feed(const std::vector<Document>& documents) {
  for (std::size_t begin = 0; begin < documents.size(); begin += options_.events_per_record) {
    const std::size_t end = std::min(documents.size(), begin + options_.events_per_record);
    FeedRecord({documents.begin() + static_cast<std::ptrdiff_t>(begin),
                documents.begin() + static_cast<std::ptrdiff_t>(end)});
  }
}

void OverlayWorld::Close(UnixMillis closed_ms) {
  shard::RecordHeader header;
  header.version = versions_.rbegin()->first;
  header.closed_ms = closed_ms;
  Append(shard::RecordWriter(header).Finish());
}

StatusOr<plan::RuleSetPtr> OverlayWorld::RulesOf(RuleSetVersion version) {
  return versions_.at(version);
}

std::vector<alert::Alert> OverlayWorld::Alerts() const {
  std::vector<alert::Alert> all;
  for (const auto& [id, alert] : alerts_) {
    all.push_back(alert);
  }
  std::sort(all.begin(), all.end(), [](const alert::Alert& a, const alert::Alert& b) {
    return std::tuple(a.episode_start_ms, GroupText(a), a.id) <
           std::tuple(b.episode_start_ms, GroupText(b), b.id);
  });
  return all;
}

std::string OverlayWorld::GroupText(const alert::Alert& alert) {
  std::string text;
  for (const alert::NamedCell& cell : alert.group) {
    text += (text.empty() ? "" : ",") + cell.name + "=" + CellText(cell);
  }
  return text;
}

std::string OverlayWorld::ColumnText(const alert::Alert& alert, const std::string& name) {
  for (const alert::NamedCell& cell : alert.columns) {
    if (cell.name == name) {
      return CellText(cell);
    }
  }
  return "no such column";
}

}  // namespace weir::integration
