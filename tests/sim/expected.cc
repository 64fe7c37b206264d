#include "tests/sim/expected.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "common/backtest/backtest.h"
#include "common/base/arena.h"
#include "common/types/coding.h"

namespace weir::sim {
namespace {

std::string CellsText(const std::vector<alert::NamedCell>& cells) {
  std::string text;
  for (const alert::NamedCell& cell : cells) {
    Arena arena;
    ByteReader reader(cell.encoded);
    text += fmt::format(" {}={}", cell.name, ValueToString(DecodeValue(&reader, &arena)));
  }
  return text;
}

// A file that is gone with its holder.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("weir_sim_{}_{}", getpid(), name)) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

}  // namespace

// Of a continuous rule the order of arrival decides how an episode got its id and how far its columns had
// come when it was looked at; the episode itself it does not decide.
std::string Fingerprint(const alert::Alert& alert, bool at_ticks) {
  std::string text = fmt::format("{}{} {}..{} {} suppressed {}", alert.rule_id, CellsText(alert.group),
                                 FormatTime(alert.episode_start_ms),
                                 FormatTime(alert.episode_end_ms),
                                 alert::AlertStatusName(alert.status), alert.suppressed_count);
  if (at_ticks) {
    text += " id " + alert.id.ToHex() + CellsText(alert.columns);
  }
  return text;
}

StatusOr<std::vector<std::string>> ExpectedAlerts(const SimRule& rule, const std::vector<Event>& events,
                                                  const std::vector<UnixMillis>& arrivals_ms) {
  std::string records;
  for (std::size_t i = 0; i < events.size(); ++i) {
    records += ToRecord(events[i], arrivals_ms[i]) + "\n";
  }
  const TemporaryFile rule_file("rule.toml", rule.file);
  const TemporaryFile event_file("events.ndjson", records);
  backtest::Options options;
  options.rule_paths = {rule_file.path()};
  options.files = {event_file.path()};
  WEIR_ASSIGN_OR_RETURN(const backtest::Result result, backtest::Run(options));
  if (result.rules_loaded != 1 || result.rejected != 0 || result.events != events.size()) {
    return Internal("the backtest loaded {} rules, rejected {} records, read {} events{}",
                    result.rules_loaded, result.rejected, result.events,
                    result.findings.empty() ? "" : ": " + result.findings.front().rendered);
  }
  std::vector<std::string> texts;
  for (const alert::Alert& alert : result.alerts) {
    texts.push_back(Fingerprint(alert, rule.at_ticks));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace weir::sim
