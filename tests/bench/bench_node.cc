#include "tests/bench/bench_node.h"

#include "common/config/config.h"

namespace weir::bench {

StatusOr<std::unique_ptr<cli::Node>> StartNode(const std::string& rules, const std::string& data_dir,
                                               const std::vector<std::string>& settings,
                                               const std::vector<std::string>& replay_producers) {
  config::Sources sources;
  sources.flags = {{"listen", "127.0.0.1:0"}, {"data_dir", data_dir}, {"rules", rules}};
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return InvalidArgument("a setting is KEY=VALUE, not '{}'", setting);
    }
    sources.flags.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  if (!replay_producers.empty()) {
    sources.flags.emplace_back("clock", "replay");
  }
  for (const std::string& name : replay_producers) {
    sources.flags.emplace_back("replay.producers", name);
  }
  const config::LoadResult loaded = config::Load(sources);
  if (!loaded.problems.empty()) {
    return InvalidArgument("{}", loaded.problems.front().Render());
  }
  return cli::Node::Start(loaded.config, nullptr, nullptr);
}

Status CheckTaken(const LoadResult& result) {
  const Answers& answers = result.answers;
  if (answers.accepted != result.sent ||
      answers.repeated + answers.late + answers.future + answers.rejected != 0) {
    return Internal(
        "{} events ({} matching) sent; acknowledged: accepted={} matched={} repeated={} late={} "
        "future={} rejected={}",
        result.sent, result.sent_matching, answers.accepted, answers.matched, answers.repeated,
        answers.late, answers.future, answers.rejected);
  }
  return OkStatus();
}

Status CheckAnswers(const LoadResult& result) {
  WEIR_RETURN_IF_ERROR(CheckTaken(result));
  if (result.answers.matched != result.sent_matching) {
    return Internal("{} events matched a rule, {} were made to", result.answers.matched,
                    result.sent_matching);
  }
  return OkStatus();
}

double PerSecond(uint64_t events, double seconds) {
  return seconds > 0 ? static_cast<double>(events) / seconds : 0;
}

double MicrosPerEvent(uint64_t events, double seconds) {
  return seconds * 1e6 / static_cast<double>(events);
}

}  // namespace weir::bench
