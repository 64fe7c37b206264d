#include "common/rule/detection_schedule_internal.h"

#include <charconv>
#include <optional>
#include <vector>

namespace weir::rule {

namespace {

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kIntervalsMax = 1000;
constexpr int64_t kCountMax = 1'000'000;

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      return words;
    }
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 0 && number <= kCountMax ? std::optional(number) : std::nullopt;
}

// One field of a cron line: every step-th unit, or one of them.
struct CronField {
  std::optional<int64_t> step;
  std::optional<int64_t> at;
};

std::optional<CronField> ParseCronField(std::string_view text, int64_t units) {
  if (text == "*") {
    return CronField{1, std::nullopt};
  }
  const bool stepped = text.starts_with("*/");
  const std::optional<int64_t> number = Number(stepped ? text.substr(2) : text);
  if (!number.has_value() || (stepped ? *number == 0 || units % *number != 0 : *number >= units)) {
    return std::nullopt;
  }
  return stepped ? CronField{number, std::nullopt} : CronField{std::nullopt, number};
}

struct Cron {
  int64_t interval_ms = 0;
  int64_t phase_ms = 0;   // behind the multiples of the interval
};

StatusOr<Cron> ParseCron(std::string_view text) {
  const std::vector<std::string_view> words = Words(text);
  const bool daily = words.size() == 5 && words[2] == "*" && words[3] == "*" && words[4] == "*";
  const auto minute = daily ? ParseCronField(words[0], 60) : std::nullopt;
  const auto hour = daily ? ParseCronField(words[1], 24) : std::nullopt;
  const bool every_hour = hour.has_value() && hour->step == 1;
  if (!minute.has_value() || !hour.has_value() || (minute->step.has_value() && !every_hour)) {
    return InvalidArgument("[{}] is not at equal distances within a day: minutes and hours may be *, */n "
                           "with n a part of 60 or 24, or one number, and days *",
                           text);
  }
  if (minute->step.has_value()) {
    return Cron{*minute->step * kMinuteMs, 0};
  }
  if (hour->step.has_value()) {
    return Cron{*hour->step * kHourMs, *minute->at * kMinuteMs};
  }
  return Cron{kDayMs, *hour->at * kHourMs + *minute->at * kMinuteMs};
}

std::optional<int64_t> UnitMs(std::string_view name) {
  if (name == "s" || name == "sec" || name == "second" || name == "seconds") {
    return kSecondMs;
  }
  if (name == "m" || name == "min" || name == "minute" || name == "minutes") {
    return kMinuteMs;
  }
  if (name == "h" || name == "hr" || name == "hour" || name == "hours") {
    return kHourMs;
  }
  if (name == "d" || name == "day" || name == "days") {
    return kDayMs;
  }
  if (name == "w" || name == "week" || name == "weeks") {
    return 7 * kDayMs;
  }
  return std::nullopt;
}

// How far before a run "-70m@m" is. The part after @ cuts down to a unit.
StatusOr<int64_t> ParseLag(std::string_view text, const Cron& cron) {
  const auto bad = [text] {
    return InvalidArgument("[{}] is no time before the run: -70m@m, -1d, now", text);
  };
  std::string_view rest = text == "now" ? std::string_view() : text;
  const std::size_t cut_at = std::min(rest.find('@'), rest.size());
  const std::string_view offset = rest.substr(0, cut_at);
  int64_t lag = 0;
  if (!offset.empty()) {
    const std::size_t unit_at = offset.find_first_not_of("0123456789", 1);
    const bool has_unit = unit_at != std::string_view::npos;
    const std::optional<int64_t> count =
        has_unit ? Number(offset.substr(1, unit_at - 1)) : std::nullopt;
    const std::optional<int64_t> unit = has_unit ? UnitMs(offset.substr(unit_at)) : std::nullopt;
    if (offset[0] != '-' || !count.has_value() || !unit.has_value()) {
      return bad();
    }
    lag = *count * *unit;
  }
  if (cut_at == rest.size()) {
    return text.empty() ? StatusOr<int64_t>(bad()) : lag;
  }
  const std::optional<int64_t> unit = UnitMs(rest.substr(cut_at + 1));
  if (!unit.has_value()) {
    return bad();
  }
  if (cron.interval_ms % *unit != 0) {
    return InvalidArgument("[{}] is not as long before every run: its unit is no part of the interval",
                           text);
  }
  const int64_t behind = (cron.phase_ms - lag) % *unit;
  return lag + (behind < 0 ? behind + *unit : behind);
}

}  // namespace

StatusOr<DetectionSchedule> ParseDetectionSchedule(std::string_view cron, std::string_view earliest,
                                                   std::string_view latest) {
  WEIR_ASSIGN_OR_RETURN(const Cron runs, ParseCron(cron));
  WEIR_ASSIGN_OR_RETURN(const int64_t from, ParseLag(earliest, runs));
  WEIR_ASSIGN_OR_RETURN(const int64_t to, ParseLag(latest, runs));
  if (from <= to) {
    return InvalidArgument("the range from [{}] to [{}] is empty", earliest, latest);
  }
  if (from - to > kIntervalsMax * runs.interval_ms) {
    return InvalidArgument("the range from [{}] to [{}] is longer than {} intervals", earliest, latest,
                           kIntervalsMax);
  }
  const int64_t moved = runs.phase_ms > to ? runs.interval_ms - runs.phase_ms : -runs.phase_ms;
  return DetectionSchedule{runs.interval_ms, from + moved, to + moved};
}

}  // namespace weir::rule
