#include "common/backtest/trial.h"

#include <map>
#include <utility>

#include "common/backtest/pass_internal.h"

namespace weir::backtest {

class Trial::Impl final : public shard::Environment {
 public:
  Impl(const Options& options, plan::RuleSetPtr rules)
      : file_(options.files.front()),
        rules_(std::move(rules)),
        router_(rules_, RouterOptionsOf(options)),
        folding_(options, this) {}

  StatusOr<plan::RuleSetPtr> RulesOf(RuleSetVersion) override { return rules_; }
  void OnAlert(const alert::Alert& alert) override { alerts_.insert_or_assign(alert.id, alert); }

  Status Fold(const Options& options) {
    Result result;
    WEIR_ASSIGN_OR_RETURN(const std::vector<TimedRows> rows, ReadRows(options, rules_, &result));
    return folding_.Fold(rows);
  }

  StatusOr<std::vector<shard::EventFate>> Find(source::Event& event, uint64_t record,
                                               uint64_t event_in_record) {
    router_.Add(event, 0, IdentityOfPlace(file_, record, event_in_record));
    const exec::Frame frame = router_.Take();
    std::vector<shard::EventFate> fates;
    for (const exec::FramePart& part : frame.parts) {
      WEIR_ASSIGN_OR_RETURN(std::vector<shard::EventFate> found,
                            folding_.shard()->FindEvents(RuleSetVersion(1), true, part.bytes, 0));
      for (shard::EventFate& fate : found) {
        for (shard::RowFate& row : fate.rows) {
          AddHits(event.timestamp_ms(), &row);
        }
        fates.push_back(std::move(fate));
      }
    }
    return fates;
  }

 private:
  // Of rules whose groups do not tell.
  void AddHits(UnixMillis time_ms, shard::RowFate* row) const {
    if (row->hits_known) {
      return;
    }
    row->hits_known = true;
    const plan::CompiledRule& rule = *rules_->FindRule(row->rule_id);
    const std::vector<std::string> cells = shard::CellsOf(rules_->windows[rule.window_index], row->key);
    for (const auto& [id, alert] : alerts_) {
      if (alert.rule_id != row->rule_id) {
        continue;
      }
      if (const auto hit = shard::HitOf(rule, cells, time_ms, alert); hit.has_value()) {
        row->hits.push_back(*hit);
      }
    }
  }

  const std::string file_;
  const plan::RuleSetPtr rules_;
  exec::Router router_;
  std::map<Hash128, alert::Alert> alerts_;
  Folding folding_;
};

Trial::Trial(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Trial::~Trial() = default;

StatusOr<std::unique_ptr<Trial>> Trial::Make(const Options& options, plan::RuleSetPtr rules) {
  auto impl = std::make_unique<Impl>(options, std::move(rules));
  WEIR_RETURN_IF_ERROR(impl->Fold(options));
  return std::unique_ptr<Trial>(new Trial(std::move(impl)));
}

StatusOr<std::vector<shard::EventFate>> Trial::Find(source::Event& event, uint64_t record,
                                                    uint64_t event_in_record) {
  return impl_->Find(event, record, event_in_record);
}

}  // namespace weir::backtest
