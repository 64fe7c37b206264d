// The classes of a rule set in the order in which they came, to be kept with its texts: a class never
// changes while rules are in it, so the next set starts from this list and no rule that stays moves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/plan/plan.h"

namespace weir::plan {

// Sorted key texts of each class of kind kKeys; the other kinds do not depend on what else there is.
using ClassList = std::vector<std::vector<std::string>>;

// Like CompileRules of plan.h. A rule is in the first class of `live` whose keys are among its own; only
// when there is none, classes are made for it and others like it, and they come after those of `live`.
CompileResult CompileRules(const std::vector<rule::Rule>& rules, const CompileOptions& options,
                           const FieldCatalogue& catalogue, RuleSetVersion version,
                           const ClassList& live);

// What the next set is compiled with: the classes that have rules.
ClassList ClassesOf(const RuleSet& rules);

// As text: a class a line, its keys separated by tabs. stored
std::string EncodeClassList(const ClassList& classes);
// InvalidArgument names the line.
StatusOr<ClassList> DecodeClassList(std::string_view text);

}  // namespace weir::plan
