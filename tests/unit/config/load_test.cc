// What loading a configuration accepts, what it reports, and that docs/config.md is what the code says.
#include "common/config/config.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/options.h"

namespace weir::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Rendered(const std::vector<Problem>& problems) {
  std::vector<std::string> lines;
  for (const Problem& problem : problems) {
    lines.push_back(problem.Render());
  }
  return lines;
}

Sources File(const std::string& text) {
  Sources sources;
  sources.file_path = "weir.yaml";
  sources.file_text = text;
  return sources;
}

TEST(LoadTest, DefaultsAreValid) {
  const LoadResult result = Load({});
  EXPECT_THAT(Rendered(result.problems), IsEmpty());
  EXPECT_EQ(result.config.listen, "127.0.0.1:7431");
  EXPECT_EQ(result.config.shards, 256);
  EXPECT_EQ(result.config.lateness_ms, 3600 * 1000);
  EXPECT_EQ(result.config.worker_table_memory_bytes, 192ULL << 20);
}

TEST(LoadTest, FlagsWinOverEnvironmentOverFile) {
  Sources sources = File("tenant: a\nshards: 8\nworker:\n  executors: 3\nrules: [x, y]\n");
  sources.environment = {{"WEIR_SHARDS", "16"}, {"WEIR_WORKER_EXECUTORS", "4"}, {"HOME", "/"}};
  sources.flags = {{"worker.executors", "5"}, {"rules", "p"}, {"rules", "q"}};
  const LoadResult result = Load(sources);
  ASSERT_THAT(Rendered(result.problems), IsEmpty());
  EXPECT_EQ(result.config.tenant, "a");
  EXPECT_EQ(result.config.shards, 16);
  EXPECT_EQ(result.config.worker_executors, 5);
  EXPECT_THAT(result.config.rules, ElementsAre("p", "q"));
  EXPECT_EQ(result.config.origins.at("tenant"), "weir.yaml:1:1");
  EXPECT_EQ(result.config.origins.at("shards"), "environment WEIR_SHARDS");
  EXPECT_EQ(result.config.origins.at("worker.executors"), "--worker-executors");
}

TEST(LoadTest, ReportsEveryProblemAtOnceWithItsPosition) {
  Sources sources = File(
      "listn: 127.0.0.1:1\n"
      "lateness: 60\n"
      "worker:\n"
      "  executers: 2\n"
      "  table_memory: 1GB\n"
      "shards: many\n"
      "log:\n"
      "  level: loud\n");
  sources.environment = {{"WEIR_LISTEN", "nowhere"}};
  sources.flags = {{"ingest.threads", "-1"}};
  EXPECT_THAT(
      Rendered(Load(sources).problems),
      ElementsAre(
          "weir.yaml:1:1: unknown key 'listn'; did you mean 'listen'?",
          "weir.yaml:2:1: 'lateness': expected a duration with a unit such as 500ms, 10s, 5m or 1h, "
          "got '60'",
          "weir.yaml:4:3: unknown key 'worker.executers'; did you mean 'worker.executors'?",
          "weir.yaml:5:3: 'worker.table_memory': expected a size with a unit such as 64KiB, 16MiB or "
          "1GiB, got '1GB'",
          "weir.yaml:6:1: 'shards': expected a whole number, got 'many'",
          "weir.yaml:8:3: 'log.level': expected one of debug, info, warn, error, got 'loud'",
          "environment WEIR_LISTEN: 'listen': expected HOST:PORT with a port of 0 to 65535, got "
          "'nowhere'",
          "--ingest-threads: 'ingest.threads': expected 0 to 256, got -1"));
}

TEST(LoadTest, SuggestsTheSectionOfAKeyWithoutOne) {
  EXPECT_THAT(Rendered(Load(File("checkpoint_interval: 5s\n")).problems),
              ElementsAre("weir.yaml:1:1: unknown key 'checkpoint_interval'; did you mean "
                          "'worker.checkpoint_interval'?"));
}

TEST(LoadTest, ReportsMalformedFiles) {
  struct Case {
    std::string text;
    std::string expected;
  };
  const Case cases[] = {
      {"listen: [", "not YAML"},
      {"- a\n- b\n", "weir.yaml:1:1: expected keys and values"},
      {"worker: 3\n", "weir.yaml:1:1: 'worker' is a section"},
      {"shards:\n  a: 1\n", "weir.yaml:1:1: 'shards' takes a value"},
      {"shards:\n", "weir.yaml:1:1: 'shards' has no value"},
      {"shards: [1, 2]\n", "weir.yaml:1:1: 'shards': expected one number, got 2 values"},
      {"tenant: a\ntenant: b\n", "weir.yaml:2:1: key 'tenant' is given twice"},
      {"tenant: Not Good\n", "weir.yaml:1:1: 'tenant': expected 1 to 64 of"},
      {"rules: [[a]]\n", "items of 'rules' must be plain values"},
  };
  for (const Case& item : cases) {
    EXPECT_THAT(Rendered(Load(File(item.text)).problems), ElementsAre(HasSubstr(item.expected)))
        << item.text;
  }
}

TEST(LoadTest, EmptyFileGivesDefaults) {
  EXPECT_THAT(Rendered(Load(File("")).problems), IsEmpty());
  EXPECT_THAT(Rendered(Load(File("# nothing\nworker:\n")).problems), IsEmpty());
}

TEST(LoadTest, ReportsContradictions) {
  struct Case {
    std::string text;
    std::string expected;
  };
  const Case cases[] = {
      {"clock: replay\n", "weir.yaml:1:1: clock is replay, but replay.producers names nobody"},
      {"replay:\n  producers: [a]\n", "weir.yaml:2:3: replay.producers is given, but clock is wall"},
      {"clock: replay\nreplay: {producers: [a, a]}\n", "names a producer twice"},
      {"mode: continuous\nalerts: parity\n", "weir.yaml:2:1: alerts is parity"},
      {"cluster: {metadata_ca: a, metadata_cert: b}\n",
       "cluster.metadata_cert and cluster.metadata_key go together"},
      {"cluster: {metadata_cert: b, metadata_key: c}\n", "cluster.metadata_ca names no CA"},
      {"listen: 0.0.0.0:7431\n", "weir.yaml:1:1: listen is 0.0.0.0:7431, which other machines reach"},
      {"listen: 127.example.org:7431\n", "listen is 127.example.org:7431, which other machines reach"},
      {"listen: 0.0.0.0:1\ntls: {cert: c, key: k}\n", "callers are not asked who they are"},
      {"tls: {cert: c}\n", "tls.cert and tls.key go together"},
      {"tls: {cert: c, key: k, client_certificates: required}\n", "tls.ca names no CA"},
      {"auth: {file: a}\n", "callers are to be known, but tls.cert is not given"},
      {"tls: {cert: c, key: k}\ncluster: {metadata: [e:1]}\n",
       "tls.ca names no CA that the other processes are known by"},
      {"ingest: {record_bytes_max: 40MiB}\n", "ingest.record_bytes_max (40MiB) is above"},
      {"ingest:\n  inflight_bytes: 16MiB\n", "weir.yaml:2:3: ingest.batch_bytes_max (32MiB) is above"},
  };
  for (const Case& item : cases) {
    EXPECT_THAT(Rendered(Load(File(item.text)).problems), ElementsAre(HasSubstr(item.expected)))
        << item.text;
  }
}

TEST(LoadTest, OtherMachinesReachOnlyWhoKnowsItsCallersOrIsToldSo) {
  for (const char* text : {"listen: 0.0.0.0:1\ninsecure_listen: allowed\n",
                           "listen: 0.0.0.0:1\ntls: {cert: c, key: k}\nauth: {file: a}\n",
                           "listen: 0.0.0.0:1\ntls: {cert: c, key: k, ca: a, client_certificates: "
                           "required}\n",
                           "listen: \"[::1]:1\"\n", "listen: localhost:1\n",
                           "listen: 127.0.0.9:1\nhealth: {listen: 0.0.0.0:2}\n"}) {
    EXPECT_THAT(Rendered(Load(File(text)).problems), IsEmpty()) << text;
  }
}

TEST(LoadTest, EnvironmentListsAreCommaSeparated) {
  Sources sources;
  sources.environment = {{"WEIR_RULES", "a,b,,c"}};
  EXPECT_THAT(Load(sources).config.rules, ElementsAre("a", "b", "c"));
}

TEST(LoadTest, UnknownVariablesAreWarningsExceptThoseOfKubernetes) {
  Sources sources;
  sources.environment = {{"WEIR_SERVICE_HOST", "10.0.0.1"},
                         {"WEIR_PORT", "tcp://10.0.0.1:7431"},
                         {"WEIR_CONFIG", "weir.yaml"},
                         {"WEIR_LISTENN", "x"}};
  const LoadResult result = Load(sources);
  EXPECT_THAT(Rendered(result.problems), IsEmpty());
  EXPECT_THAT(Rendered(result.warnings),
              ElementsAre("environment WEIR_LISTENN: names no option and is ignored; did you mean "
                          "WEIR_LISTEN?"));
}

TEST(DescribeTest, DefaultsLoadAgainAsTheDefaults) {
  const LoadResult result = Load(File(DefaultsYaml()));
  ASSERT_THAT(Rendered(result.problems), IsEmpty());
  const Config defaults = Load({}).config;
  for (const Option& option : Options()) {
    EXPECT_EQ(ValueText(option, result.config), ValueText(option, defaults)) << option.key;
    EXPECT_THAT(result.config.origins.at(std::string(option.key)), HasSubstr("weir.yaml:"))
        << option.key;
  }
}

TEST(DescribeTest, EffectiveConfigurationLoadsAgain) {
  Sources sources;
  sources.flags = {{"rules", "a b\"c"}, {"rules", "- x"}, {"tenant", "t"}};
  const Config config = Load(sources).config;
  const std::string text = EffectiveYaml(config);
  EXPECT_THAT(text, HasSubstr("tenant: t  # --tenant\n"));
  const LoadResult again = Load(File(text));
  ASSERT_THAT(Rendered(again.problems), IsEmpty());
  EXPECT_THAT(again.config.rules, ElementsAre("a b\"c", "- x"));
}

TEST(DescribeTest, ReferencePageIsUpToDate) {
  std::ifstream file(WEIR_SOURCE_DIR "/docs/config.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), ReferenceMarkdown()) << "run: weir config defaults --markdown > docs/config.md";
}

TEST(JsonSchemaTest, NamesEveryKeyInItsSectionOnce) {
  const std::string schema = JsonSchema();
  for (const Option& option : Options()) {
    const std::size_t dot = option.key.find('.');
    const std::string name(option.key.substr(dot == std::string_view::npos ? 0 : dot + 1));
    EXPECT_THAT(schema, HasSubstr("\"" + name + "\":{\"description\":")) << option.key;
  }
  EXPECT_THAT(schema, HasSubstr(R"("shards":{"description":"Number of virtual shards. Fixed when the )"
                                R"(data directory is created.","type":"integer","minimum":1,"maximum":4096})"));
  EXPECT_THAT(schema, HasSubstr(R"("worker":{"type":"object","additionalProperties":false,"properties":{)"));
  EXPECT_EQ(schema.find("\"worker\":"), schema.rfind("\"worker\":"));
}

}  // namespace
}  // namespace weir::config
