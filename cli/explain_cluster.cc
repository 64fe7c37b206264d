// What `weir explain event` asks a cluster: its rules, and which events came at a wrong time.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/cluster_call_internal.h"
#include "cli/explain_internal.h"
#include "common/base/time.h"
#include "common/cluster/rule_change.h"
#include "common/overlay/overlay.h"
#include "common/wire/time.h"
#include "weir/cluster/v1/cluster.grpc.pb.h"
#include "weir/rule/v1/rule.grpc.pb.h"
#include "worker/rule_store.h"

namespace weir::cli {
namespace {

namespace rule_pb = weir::rule::v1;
namespace cluster_pb = weir::cluster::v1;

// The newest rule set, with what was switched on and off.
bool ReadRules(const std::string& address, cluster::RuleSetTexts* texts) {
  rule_pb::ListRulesResponse list;
  if (CallCluster<rule_pb::RuleService>(address, &rule_pb::RuleService::Stub::ListRules,
                                        rule_pb::ListRulesRequest(), &list) != kExitOk) {
    return false;
  }
  rule_pb::GetRuleSetVersionRequest request;
  request.set_version(list.version());
  rule_pb::GetRuleSetVersionResponse set;
  if (CallCluster<rule_pb::RuleService>(address, &rule_pb::RuleService::Stub::GetRuleSetVersion,
                                        request, &set) != kExitOk) {
    return false;
  }
  texts->version = RuleSetVersion(list.version());
  for (const rule_pb::RuleFile& file : set.files()) {
    texts->files.push_back({file.kind() == rule_pb::FILE_KIND_OVERLAY
                                ? overlay::NameInRuleSet(file.path())
                                : file.path(),
                            file.text()});
  }
  cluster::RuleChange change;
  for (const rule_pb::RuleInfo& rule : list.rules()) {
    if (rule.switched()) {
      change.switches[rule.rule_id()] = rule.state() == rule_pb::RULE_STATE_ENABLED;
    }
  }
  cluster::SetChange(change, texts);
  return true;
}

}  // namespace

std::optional<ClusterView> ReadCluster(const std::string& address) {
  cluster::RuleSetTexts texts;
  cluster_pb::GetStatusResponse status;
  if (!ReadRules(address, &texts) ||
      CallCluster<cluster_pb::ClusterService>(address, &cluster_pb::ClusterService::Stub::GetStatus,
                                              cluster_pb::GetStatusRequest(), &status) != kExitOk) {
    return std::nullopt;
  }
  std::vector<worker::RuleFile> files;
  for (cluster::RuleSetTexts::File& file : texts.files) {
    files.push_back({std::move(file.path), std::move(file.text)});
  }
  ClusterView view;
  std::vector<std::vector<rule::Finding>> findings;
  view.rules = worker::CompileRuleFiles(files, plan::CompileOptions(), texts.version, &findings);
  view.tenant = status.tenant();
  for (const cluster_pb::DeadLetter& letter : status.dead_letters()) {
    view.refused[letter.event_id()] = fmt::format(
        "not counted: it came {} at {}",
        letter.reason() == cluster_pb::DEAD_LETTER_REASON_FUTURE ? "ahead of the clock" : "too late",
        FormatTime(wire::TimeFromProto(letter.arrived())));
  }
  return view;
}

}  // namespace weir::cli
