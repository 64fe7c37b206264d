// Analytic stories: what the detections that name them have in common, in a file of its own.
#pragma once

#include <string>
#include <vector>

#include "common/base/status.h"

namespace weir::rule {

struct Story {
  std::string path;
  std::string id;
  std::string name;
  int version = 0;
  std::string description;
  std::string narrative;                  // why it matters
  std::vector<std::string> references;
  std::vector<std::string> categories;
};

// The stories in *.yml files of folders called `stories`, below the paths or beside or above them, by
// name. Files that are no stories are passed over; NotFound for a path that does not exist.
StatusOr<std::vector<Story>> LoadStories(const std::vector<std::string>& paths);

}  // namespace weir::rule
