#include "common/base/units.h"

#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <utility>

namespace weir {

namespace {

template <typename T, std::size_t N>
StatusOr<T> ParseWithUnit(std::string_view text, std::string_view kind,
                          const std::array<std::pair<std::string_view, T>, N>& units) {
  T number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest == text.data() || number < 0) {
    return InvalidArgument("cannot read {} \"{}\": it must be a whole number and a unit, as in \"{}{}\"",
                           kind, text, 10, units[1].first);
  }
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  for (const auto& [name, factor] : units) {
    if (unit == name) {
      if (number > std::numeric_limits<T>::max() / factor) {
        return InvalidArgument("{} \"{}\" is too large", kind, text);
      }
      return number * factor;
    }
  }
  std::string known;
  for (const auto& [name, factor] : units) {
    known.append(known.empty() ? "" : ", ").append(name);
  }
  return InvalidArgument("{} \"{}\" {}: use one of {}", kind, text,
                         unit.empty() ? "has no unit" : "has an unknown unit", known);
}

constexpr std::array<std::pair<std::string_view, int64_t>, 6> kDurationUnits = {{
    {"ms", 1},
    {"s", 1000},
    {"m", 60 * 1000},
    {"h", 3600 * 1000},
    {"d", 24 * 3600 * 1000},
    {"w", 7LL * 24 * 3600 * 1000},
}};

constexpr std::array<std::pair<std::string_view, uint64_t>, 5> kSizeUnits = {{
    {"B", 1},
    {"KiB", 1ULL << 10},
    {"MiB", 1ULL << 20},
    {"GiB", 1ULL << 30},
    {"TiB", 1ULL << 40},
}};

template <typename T, std::size_t N>
std::string FormatWithUnit(T value, const std::array<std::pair<std::string_view, T>, N>& units) {
  for (std::size_t i = N; i-- > 1;) {
    if (value != 0 && value % units[i].second == 0) {
      return fmt::format("{}{}", value / units[i].second, units[i].first);
    }
  }
  return fmt::format("{}{}", value, units[0].first);
}

}  // namespace

StatusOr<int64_t> ParseDuration(std::string_view text) {
  return ParseWithUnit<int64_t>(text, "duration", kDurationUnits);
}

std::string FormatDuration(int64_t millis) {
  return FormatWithUnit<int64_t>(millis, kDurationUnits);
}

std::string HumanDuration(int64_t millis) {
  struct Unit {
    std::string_view name;
    int64_t millis;
  };
  constexpr Unit kUnits[] = {{"d", 24 * 3600 * 1000}, {"h", 3600 * 1000}, {"m", 60 * 1000}, {"s", 1000}};
  if (millis < 1000) {
    return fmt::format("{}ms", millis);
  }
  if (millis < 60 * 1000) {
    const int64_t tenths = millis % 1000 / 100;
    return tenths == 0 ? fmt::format("{}s", millis / 1000) : fmt::format("{}.{}s", millis / 1000, tenths);
  }
  for (std::size_t i = 0; i + 1 < std::size(kUnits); ++i) {
    // Up to two days are told in hours.
    if (millis >= kUnits[i].millis * (i == 0 ? 2 : 1)) {
      const int64_t rest = millis % kUnits[i].millis / kUnits[i + 1].millis;
      const std::string whole = fmt::format("{}{}", millis / kUnits[i].millis, kUnits[i].name);
      return rest == 0 ? whole : fmt::format("{} {}{}", whole, rest, kUnits[i + 1].name);
    }
  }
  return "";   // not reached: the last but one unit is a minute
}

StatusOr<uint64_t> ParseByteSize(std::string_view text) {
  return ParseWithUnit<uint64_t>(text, "size", kSizeUnits);
}

std::string FormatByteSize(uint64_t bytes) {
  return FormatWithUnit<uint64_t>(bytes, kSizeUnits);
}

}  // namespace weir
