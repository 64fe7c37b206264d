// What the roles take from the configuration, and the rule files that it names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/cluster/rule_feed.h"
#include "common/config/config.h"
#include "common/overlay/overlay.h"
#include "common/plan/plan.h"
#include "common/rule/rule.h"
#include "common/state/state_store.h"
#include "ingest/collect_reactor.h"
#include "ingest/pipeline.h"
#include "weir/cluster/v1/cluster.pb.h"
#include "worker/worker.h"

namespace weir::cli {

StatusOr<std::unique_ptr<state::StateStore>> OpenStore(const config::Config& config);
worker::WorkerOptions MakeWorkerOptions(const config::Config& config);
// Opens the geo databases that are configured.
StatusOr<ingest::PipelineOptions> MakePipelineOptions(const config::Config& config);
ingest::CollectOptions MakeCollectOptions(const config::Config& config);
// How often it is looked which sources are silent, in milliseconds.
int64_t SourceWatchInterval(const config::Config& config);
plan::CompileOptions MakeCompileOptions(const config::Config& config);

struct LoadedRules {
  std::vector<rule::LoadResult> loaded;
  std::vector<worker::RuleFile> files;   // those that could be read as rules, and overlays
  std::vector<std::size_t> file_of;      // by loaded: position in files, or SIZE_MAX
  std::vector<overlay::Overlay> overlays;   // their texts are in files, too, behind the rules
};
StatusOr<LoadedRules> LoadRuleFiles(const config::Config& config);
// What became of each file, rules and overlays. findings: one list per file.
std::vector<weir::cluster::v1::RuleFileStatus> StatusesOf(
    const LoadedRules& rules, const std::vector<std::vector<rule::Finding>>& findings,
    const plan::RuleSet& compiled);
std::size_t CountRefused(const std::vector<weir::cluster::v1::RuleFileStatus>& files);

// A rule set on its way through the metadata store.
cluster::RuleSetTexts TextsOf(const LoadedRules& rules, const config::Config& config);
std::vector<worker::RuleFile> FilesOf(const cluster::RuleSetTexts& texts);
plan::CompileOptions CompileOptionsOf(const cluster::RuleSetTexts& texts);

}  // namespace weir::cli
