#include "tests/sim/mutations.h"

#include <map>

#include "common/base/mutation.h"

namespace weir::sim {
namespace {

const std::map<std::string, Mutation, std::less<>>& ByName() {
  static const std::map<std::string, Mutation, std::less<>> kByName = {
      {"no-sync", Mutation::kNoSync},
      {"no-identity-check", Mutation::kNoIdentityCheck},
      {"no-epoch-check", Mutation::kNoEpochCheck},
      {"no-closed-check", Mutation::kNoClosedCheck},
      {"split-checkpoint", Mutation::kSplitCheckpoint},
      {"forget-judged", Mutation::kForgetJudged},
  };
  return kByName;
}

}  // namespace

std::vector<std::string> MutationNames() {
  std::vector<std::string> names;
  for (const auto& [name, mutation] : ByName()) {
    names.push_back(name);
  }
  return names;
}

bool SetMutation(std::string_view name) {
  const auto found = ByName().find(name);
  if (found == ByName().end() && !name.empty()) {
    return false;
  }
  active_mutation = found == ByName().end() ? Mutation::kNone : found->second;
  return true;
}

}  // namespace weir::sim
