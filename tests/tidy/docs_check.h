// Rules about documents: links inside the repository lead somewhere, tests that are named exist.
#pragma once

#include "tests/tidy/repository.h"

namespace weir::tidy {

// Relative links of every .md file against the files (and folders) there are.
Findings CheckLinks(const Files& files);

// Names of tests ("Suite.Name" in backquotes) in docs/pains.md against the tests there are, and rows of its
// table that name none.
Findings CheckPains(const Files& files);

}  // namespace weir::tidy
