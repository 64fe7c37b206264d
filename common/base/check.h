// Assertions for programmer errors. They stay on in release builds: a broken invariant must not go on
// counting. Operating errors (disk, network, input) are Status, never CHECK.
#pragma once

#include <string>

#include <fmt/format.h>

namespace weir::internal {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const std::string& message);

}  // namespace weir::internal

// Dies with file, line, condition and an optional formatted message when the condition is false.
#define WEIR_CHECK(condition, ...)                                             \
  do {                                                                         \
    if (!(condition)) [[unlikely]] {                                           \
      ::weir::internal::CheckFailed(__FILE__, __LINE__, #condition,            \
                                    ::fmt::format("" __VA_ARGS__));            \
    }                                                                          \
  } while (false)

#ifdef NDEBUG
#define WEIR_DCHECK(condition, ...) \
  do {                              \
  } while (false)
#else
#define WEIR_DCHECK(condition, ...) WEIR_CHECK(condition, __VA_ARGS__)
#endif
