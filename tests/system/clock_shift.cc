// Preloaded into a process, it shifts the process's time of day by the milliseconds that the text in the file
// WEIR_CLOCK_SHIFT_FILE says at the moment. Only the time of day: timers and timeouts go by other clocks.
// Without allocation, because allocators ask for the time, too.
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::size_t kTextBytes = 16;
constexpr int64_t kMillion = 1'000'000;

const char* MapFile() {
  const char* const path = std::getenv("WEIR_CLOCK_SHIFT_FILE");   // NOLINT(concurrency-mt-unsafe)
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return nullptr;
  }
  void* const mapped = ::mmap(nullptr, kTextBytes, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<const char*>(mapped);
}

int64_t ShiftMillis() {
  static const char* const text = MapFile();
  if (text == nullptr) {
    return 0;
  }
  int64_t value = 0;
  for (std::size_t i = text[0] == '-' ? 1 : 0; i < kTextBytes && text[i] >= '0' && text[i] <= '9'; ++i) {
    value = value * 10 + (text[i] - '0');
  }
  return text[0] == '-' ? -value : value;
}

timespec Shifted(timespec now) {
  const int64_t nanos = now.tv_nsec + ShiftMillis() % 1000 * kMillion + 1000 * kMillion;
  now.tv_sec += ShiftMillis() / 1000 + nanos / (1000 * kMillion) - 1;
  now.tv_nsec = nanos % (1000 * kMillion);
  return now;
}

timespec Real(clockid_t clock) {
  timespec now = {};
  ::syscall(SYS_clock_gettime, clock, &now);
  return now;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  *time = clock == CLOCK_REALTIME ? Shifted(Real(clock)) : Real(clock);
  return 0;
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  const timespec now = Shifted(Real(CLOCK_REALTIME));
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* seconds) noexcept {
  const time_t now = Shifted(Real(CLOCK_REALTIME)).tv_sec;
  if (seconds != nullptr) {
    *seconds = now;
  }
  return now;
}

}  // extern "C"
