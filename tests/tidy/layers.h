// Who may include whom. One list of edges between libraries, and one of third-party headers that stay
// where they are wrapped; nothing else in the build stops an include upwards, as all share one root.
#pragma once

#include "tests/tidy/repository.h"

namespace weir::tidy {

// The library a file belongs to: its folder below common/, or its top folder.
std::string LibraryOf(std::string_view path);

// Includes of the project's own files against the edges.
Findings CheckEdges(const Files& files);

// Includes of gRPC, protobuf, RocksDB and the like against the places that may know them.
Findings CheckThirdParty(const Files& files);

// Cycles in the list of edges itself, and names in it that it does not define.
Findings CheckEdgeList();

}  // namespace weir::tidy
