// What a user agent's text says of itself, for the programs that call AWS: its command line, SDKs and
// tools, and the browsers that its console is used with.
#pragma once

#include <string_view>

namespace weir::source {

// Views of the text or of constants.
struct UserAgent {
  std::string_view name = "Other";
  std::string_view version;       // empty: not said
  std::string_view os_name;       // empty: not said
  std::string_view device_name = "Other";
};

UserAgent ParseUserAgent(std::string_view text);

}  // namespace weir::source
