// What commands that test rules have in common: their files, and the cases of their reports.
#pragma once

#include <string>
#include <vector>

#include "common/backtest/expectation.h"
#include "common/base/status.h"

namespace weir::cli {

// NotFound and FailedPrecondition name the file.
StatusOr<std::string> ReadTextFile(const std::string& path);
Status WriteTextFile(const std::string& path, const std::string& text);

// A case for each expectation, and one for alerts that none takes; names begin with prefix. The
// time is that of all together, and stands at the first.
std::vector<backtest::TestCase> CasesOf(const std::string& prefix,
                                        const backtest::Comparison& comparison, double seconds);

}  // namespace weir::cli
