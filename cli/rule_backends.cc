#include "cli/rule_backends.h"

#include <chrono>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

#include "cli/role_options.h"

namespace weir::cli {
namespace {

using cluster::RuleSetTexts;

constexpr auto kPublishTimeout = std::chrono::seconds(10);

StatusOr<RuleSetTexts> ReadStored(state::StateStore* store, RuleSetVersion version) {
  std::vector<worker::RuleFile> files;
  plan::CompileOptions options;
  WEIR_RETURN_IF_ERROR(worker::RuleStore(store).Read(version, &files, &options));
  RuleSetTexts texts;
  texts.version = version;
  texts.mode = options.mode.has_value() ? plan::JudgeModeName(*options.mode) : "";
  texts.alerts = options.alerts.has_value() ? plan::AlertModeName(*options.alerts) : "";
  texts.lateness_ms = options.lateness_ms;
  texts.evidence = plan::EvidenceName(options.evidence);
  for (worker::RuleFile& file : files) {
    texts.files.push_back({std::move(file.path), std::move(file.text)});
  }
  return texts;
}

plan::RuleSetPtr CompileTexts(const RuleSetTexts& rules,
                              std::vector<std::vector<rule::Finding>>* findings) {
  return worker::CompileRuleFiles(FilesOf(rules), CompileOptionsOf(rules), rules.version, findings);
}

class LocalRuleBackend final : public coordinator::RuleBackend {
 public:
  explicit LocalRuleBackend(LocalRules rules) : rules_(std::move(rules)) {}

  StatusOr<RuleSetTexts> Newest() override { return NewestStored(rules_.store); }
  StatusOr<RuleSetTexts> Get(RuleSetVersion version) override {
    return ReadStored(rules_.store, version);
  }
  StatusOr<std::vector<RuleSetVersion>> Versions() override {
    return worker::RuleStore(rules_.store).Versions();
  }

  StatusOr<RuleSetVersion> Publish(RuleSetTexts rules, RuleSetVersion before) override {
    const std::lock_guard lock(mutex_);
    WEIR_ASSIGN_OR_RETURN(const RuleSetVersion newest, worker::RuleStore(rules_.store).Newest());
    if (newest != before) {
      return Aborted("rule set {} was made meanwhile: look at it and try again", newest);
    }
    std::vector<std::vector<rule::Finding>> findings;
    WEIR_ASSIGN_OR_RETURN(
        const plan::RuleSetPtr compiled,
        rules_.worker->ActivateRules(FilesOf(rules), CompileOptionsOf(rules), &findings));
    rules_.on_rules(compiled);
    return compiled->version;
  }

  UnixMillis ActiveFrom() override { return Now(); }
  UnixMillis Now() override { return rules_.clock->Now(); }
  plan::RuleSetPtr Compile(const RuleSetTexts& rules,
                           std::vector<std::vector<rule::Finding>>* findings) override {
    return CompileTexts(rules, findings);
  }
  coordinator::WorkersStatus Workers() override { return {rules_.worker->GetStatus(), {}}; }

 private:
  const LocalRules rules_;
  std::mutex mutex_;
};

class ClusterRuleBackend final : public coordinator::RuleBackend {
 public:
  explicit ClusterRuleBackend(ClusterRules rules) : rules_(std::move(rules)) {}

  StatusOr<RuleSetTexts> Newest() override {
    StatusOr<RuleSetTexts> newest = rules_.history->Get(RuleSetVersion());
    if (!newest.ok()) {
      return rules_.empty;
    }
    return newest;
  }
  StatusOr<RuleSetTexts> Get(RuleSetVersion version) override {
    return rules_.history->Get(version);
  }
  StatusOr<std::vector<RuleSetVersion>> Versions() override { return rules_.history->Versions(); }

  StatusOr<RuleSetVersion> Publish(RuleSetTexts rules, RuleSetVersion before) override {
    auto published = std::make_shared<std::promise<StatusOr<RuleSetVersion>>>();
    std::future<StatusOr<RuleSetVersion>> answer = published->get_future();
    rules_.scheduler->Run([&] {
      coordinator::Leader* leader = rules_.leader();
      if (leader == nullptr) {
        published->set_value(Unavailable("the coordinator is starting or stopping"));
        return;
      }
      leader->PublishRules(std::move(rules), before,
                           [published](const StatusOr<RuleSetVersion>& version) {
                             published->set_value(version);
                           });
    });
    if (answer.wait_for(kPublishTimeout) != std::future_status::ready) {
      return Unavailable("the metadata store does not answer: the change may yet become version {}; "
                         "`weir rules history` shows it",
                         before.value + 1);
    }
    StatusOr<RuleSetVersion> version = answer.get();
    // Whoever asks now sees it.
    const auto until = std::chrono::steady_clock::now() + kPublishTimeout;
    while (version.ok() && !rules_.history->Get(*version).ok() &&
           std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return version;
  }

  UnixMillis ActiveFrom() override { return Now() + rules_.activation_delay_ms; }
  UnixMillis Now() override { return rules_.clock->Now(); }
  plan::RuleSetPtr Compile(const RuleSetTexts& rules,
                           std::vector<std::vector<rule::Finding>>* findings) override {
    return CompileTexts(rules, findings);
  }
  coordinator::WorkersStatus Workers() override { return rules_.workers(); }

 private:
  const ClusterRules rules_;
};

}  // namespace

StatusOr<RuleSetTexts> NewestStored(state::StateStore* store) {
  WEIR_ASSIGN_OR_RETURN(const RuleSetVersion newest, worker::RuleStore(store).Newest());
  if (newest.value == 0) {
    return RuleSetTexts();
  }
  return ReadStored(store, newest);
}

std::unique_ptr<coordinator::RuleBackend> MakeLocalRuleBackend(LocalRules rules) {
  return std::make_unique<LocalRuleBackend>(std::move(rules));
}

void RuleHistory::Add(const RuleSetTexts& rules) {
  const std::lock_guard lock(mutex_);
  versions_[rules.version] = rules;
  while (versions_.size() > cluster::kRuleSetsKept) {
    versions_.erase(versions_.begin());
  }
}

StatusOr<RuleSetTexts> RuleHistory::Get(RuleSetVersion version) const {
  const std::lock_guard lock(mutex_);
  const auto found = version.value == 0 && !versions_.empty() ? std::prev(versions_.end())
                                                              : versions_.find(version);
  if (found == versions_.end()) {
    return NotFound("rule set {} is not known, or older than the {} that are kept", version,
                    cluster::kRuleSetsKept);
  }
  return found->second;
}

std::vector<RuleSetVersion> RuleHistory::Versions() const {
  const std::lock_guard lock(mutex_);
  std::vector<RuleSetVersion> versions;
  for (const auto& [version, rules] : versions_) {
    versions.push_back(version);
  }
  return versions;
}

std::unique_ptr<coordinator::RuleBackend> MakeClusterRuleBackend(ClusterRules rules) {
  return std::make_unique<ClusterRuleBackend>(std::move(rules));
}

}  // namespace weir::cli
