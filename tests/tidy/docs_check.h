// Rules about documents: links inside the repository lead somewhere.
#pragma once

#include "tests/tidy/repository.h"

namespace weir::tidy {

// Relative links of every .md file against the files (and folders) there are.
Findings CheckLinks(const Files& files);

}  // namespace weir::tidy
