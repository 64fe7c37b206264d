// What the list `sinks` takes, and what it reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/config.h"

namespace weir::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

LoadResult LoadText(const std::string& text) {
  Sources sources;
  sources.file_path = "weir.yaml";
  sources.file_text = text;
  return Load(sources);
}

std::vector<std::string> Problems(const std::string& text) {
  std::vector<std::string> lines;
  for (const Problem& problem : LoadText(text).problems) {
    lines.push_back(problem.Render());
  }
  return lines;
}

TEST(SinksTest, ReadsEveryKey) {
  const LoadResult result = LoadText(
      "tenant: acme\n"
      "sinks:\n"
      "  - {name: disk, type: file, path: /a, rotate_size: 1MiB, rotate_age: 1d, rotate_keep: 3, "
      "sync: false}\n"
      "  - name: siem\n"
      "    type: webhook\n"
      "    url: https://es:9200\n"
      "    format: elastic-bulk\n"
      "    index: weir\n"
      "    token_env: TOKEN\n"
      "    timeout: 3s\n"
      "    severity: high\n"
      "    rules: [a*, b]\n");
  ASSERT_THAT(result.problems, IsEmpty());
  EXPECT_EQ(result.config.tenant, "acme");
  ASSERT_THAT(result.config.sinks, SizeIs(2));
  const SinkConfig& disk = result.config.sinks[0];
  EXPECT_EQ(disk.path, "/a");
  EXPECT_EQ(disk.rotate_bytes, 1U << 20);
  EXPECT_EQ(disk.rotate_age_ms, 24 * 3600 * 1000);
  EXPECT_EQ(disk.rotate_keep, 3);
  EXPECT_FALSE(disk.sync);
  const SinkConfig& siem = result.config.sinks[1];
  EXPECT_EQ(siem.format, "elastic-bulk");
  EXPECT_EQ(siem.timeout_ms, 3000);
  EXPECT_EQ(siem.severity_min, "high");
  EXPECT_THAT(siem.rules, ElementsAre("a*", "b"));
  EXPECT_THAT(EffectiveYaml(result.config),
              HasSubstr("  - name: siem\n    type: webhook\n    url: https://es"));
}

TEST(SinksTest, ReportsEveryMistakeWithItsPlace) {
  EXPECT_THAT(Problems("sinks: 5\n"),
              ElementsAre(HasSubstr("weir.yaml:1:8: 'sinks' takes a list")));
  EXPECT_THAT(Problems("sinks:\n  - name: a\n    type: webhook\n    urll: x\n"),
              ElementsAre(HasSubstr("weir.yaml:4:5: a sink has no key 'urll'; did you mean 'url'?"),
                          HasSubstr("a sink of type webhook needs 'url'")));
  EXPECT_THAT(Problems("sinks:\n  - {name: a, type: file, path: /x, url: 'http://h'}\n"),
              ElementsAre(HasSubstr("a sink of type file has no 'url'")));
  EXPECT_THAT(Problems("sinks:\n  - {name: a, type: mail}\n"),
              ElementsAre(HasSubstr("'type': expected one of file, webhook, got 'mail'")));
  EXPECT_THAT(Problems("sinks:\n  - {name: A/b, type: file, path: x}\n"),
              ElementsAre(HasSubstr("'name'")));
  EXPECT_THAT(
      Problems("sinks:\n  - {name: a, type: file, path: x}\n  - {name: a, type: file, path: y}\n"),
      ElementsAre(HasSubstr("weir.yaml:3:5: two sinks have the name 'a'")));
  EXPECT_THAT(
      Problems("sinks:\n  - {name: a, type: webhook, url: u, secret_env: X, secret_file: y}\n"),
      ElementsAre(HasSubstr("give secret_file or secret_env, not both")));
  EXPECT_THAT(Problems("sinks:\n  - {name: a, type: webhook, url: u, format: elastic-bulk}\n"),
              ElementsAre(HasSubstr("a sink of format elastic-bulk needs 'index'")));
  EXPECT_THAT(
      Problems("sinks:\n  - {name: a, type: file, path: x, rotate_keep: many, linger: 5}\n"),
      ElementsAre(HasSubstr("'rotate_keep': expected a number"), HasSubstr("'linger'")));
  EXPECT_THAT(Problems("sinks:\n  - {name: a, type: file, path: x, rules: b}\n"),
              ElementsAre(HasSubstr("'rules' takes a list")));
}

}  // namespace
}  // namespace weir::config
