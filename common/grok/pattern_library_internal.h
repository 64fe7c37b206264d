// The named patterns that %{NAME} refers to, in Oniguruma's syntax.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir::grok {

struct NamedPattern {
  std::string_view name;
  std::string_view regex;
};

// Sorted by name.
std::span<const NamedPattern> PatternLibrary();

// As PatternLibrary, of whole lines as products write them.
std::span<const NamedPattern> ProductPatterns();

// As ProductPatterns, of firewalls; of Nagios, Zeek and Rails; of Bacula.
std::span<const NamedPattern> NetworkPatterns();
std::span<const NamedPattern> MonitoringPatterns();
std::span<const NamedPattern> BackupPatterns();

// In any. Null for an unknown name.
const NamedPattern* FindPattern(std::string_view name);

// The library's name with the least edit distance, empty when none is near.
std::string_view NearestPatternName(std::string_view name);

}  // namespace weir::grok
