// weir-demo-events: writes the demo's day of logs, and checks the alerts it must lead to.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "deploy/demo_events/check.h"
#include "deploy/demo_events/delivery.h"
#include "deploy/demo_events/scenario.h"

namespace weir::demo {
namespace {

constexpr uint64_t kSeed = 20260310;

constexpr char kUsage[] =
    "weir-demo-events FOLDER                         write FOLDER/events/ and FOLDER/expected.json\n"
    "weir-demo-events --check EXPECTED.json ALERTS   compare alerts (json or ndjson)\n";

StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) {
    return NotFound("cannot read {}", path);
  }
  return text;
}

Status Generate(const std::string& folder) {
  Random random(kSeed);
  Day day;
  AddNoise(&random, &day);
  const std::vector<ExpectedAlert> expected = AddAttacks(&random, &day);
  const std::vector<DeliveryFile> files = Deliver(day, &random);
  WEIR_RETURN_IF_ERROR(WriteFiles(files, folder + "/events"));
  WEIR_RETURN_IF_ERROR(WriteFile(folder + "/expected.json", ExpectedToJson(expected)));
  int64_t delivered = 0;
  for (const DeliveryFile& file : files) {
    delivered += file.records;
  }
  fmt::print("{} events, delivered as {} records in {} files; {} alerts expected\n",
             day.records.size(), delivered, files.size(), expected.size());
  return OkStatus();
}

StatusOr<bool> Check(const std::string& expected_path, const std::string& alerts_path) {
  WEIR_ASSIGN_OR_RETURN(const std::string expected_text, ReadFile(expected_path));
  WEIR_ASSIGN_OR_RETURN(const std::vector<ExpectedAlert> expected, ExpectedFromJson(expected_text));
  WEIR_ASSIGN_OR_RETURN(const std::string alerts, ReadFile(alerts_path));
  WEIR_ASSIGN_OR_RETURN(const CheckResult result, CheckAlerts(expected, alerts));
  fmt::print("{}", result.report);
  return result.passed;
}

int Fail(const Status& status) {
  fmt::print(stderr, "weir-demo-events: {}\n", Message(status));
  return 1;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && !arguments[0].starts_with("-")) {
    const Status status = Generate(arguments[0]);
    return status.ok() ? 0 : Fail(status);
  }
  if (arguments.size() == 3 && arguments[0] == "--check") {
    const StatusOr<bool> passed = Check(arguments[1], arguments[2]);
    if (!passed.ok()) {
      return Fail(passed.status());
    }
    return *passed ? 0 : 1;
  }
  fmt::print(stderr, "{}", kUsage);
  return 2;
}

}  // namespace
}  // namespace weir::demo

int main(int argc, char** argv) {
  return weir::demo::Main(std::vector<std::string>(argv + 1, argv + argc));
}
