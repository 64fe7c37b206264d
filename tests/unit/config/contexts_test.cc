#include "common/config/contexts.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> ProblemsOf(const std::string& text) {
  std::vector<std::string> rendered;
  for (const Problem& problem : ParseContexts("c.yaml", text).problems) {
    rendered.push_back(problem.Render());
  }
  return rendered;
}

TEST(ContextsTest, WhatIsWrittenIsReadBack) {
  Contexts contexts;
  contexts.current = "prod";
  contexts.contexts.push_back({"lab", "127.0.0.1:7431", "", "", "", "", "", ""});
  contexts.contexts.push_back(
      {"prod", "[::1]:443", "/etc/ca.pem", "me.pem", "me-key.pem", "s3:cr#t \"x\"", "", "acme"});
  const ContextsResult read = ParseContexts("c.yaml", ContextsYaml(contexts));
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_EQ(read.contexts.current, "prod");
  ASSERT_EQ(read.contexts.contexts.size(), 2U);
  EXPECT_THAT(read.contexts.Names(), ElementsAre("lab", "prod"));
  const Context& prod = *read.contexts.Find("prod");
  for (const ContextKey& key : ContextKeys()) {
    EXPECT_EQ(prod.*key.member, contexts.contexts[1].*key.member) << key.name;
  }
  EXPECT_EQ(read.contexts.Find("other"), nullptr);
}

TEST(ContextsTest, AnEmptyFileHasNone) {
  EXPECT_THAT(ProblemsOf(""), IsEmpty());
  EXPECT_THAT(ProblemsOf("contexts:\n"), IsEmpty());
  EXPECT_THAT(ParseContexts("c.yaml", "# nothing\n").contexts.contexts, IsEmpty());
}

TEST(ContextsTest, EveryProblemIsNamedWithItsPlace) {
  EXPECT_THAT(ProblemsOf("curent: prod\n"
                         "contexts:\n"
                         "  prod:\n"
                         "    adress: a:1\n"
                         "    ca: [a]\n"
                         "  lab: text\n"
                         "  lab: {}\n"
                         "  not/a/name: {}\n"),
              ElementsAre("c.yaml:1:1: unknown key 'curent' of the file; did you mean 'current'?",
                          "c.yaml:4:5: unknown key 'adress' of context 'prod'; did you mean 'address'?",
                          "c.yaml:5:9: 'ca' takes a text",
                          "c.yaml:6:8: context 'lab': expected keys and values",
                          "c.yaml:7:3: key 'lab' is given twice",
                          "c.yaml:8:3: 'not/a/name' is no name of a context: 1 to 64 letters, digits, '-', "
                          "'_' and '.'"));
  EXPECT_THAT(ProblemsOf("current: prd\ncontexts:\n  prod: {}\n"),
              ElementsAre("c.yaml:1:10: current names 'prd', which is none of the contexts; did you mean "
                          "'prod'?"));
  EXPECT_THAT(ProblemsOf("contexts: [a\n").size(), 1U);
}

TEST(ContextsTest, KeysThatDoNotGoTogetherAreRefused) {
  const auto problem = [](const std::string& keys) {
    const std::vector<std::string> problems = ProblemsOf("contexts:\n  p: {" + keys + "}\n");
    return problems.size() == 1 ? problems.front() : std::to_string(problems.size()) + " problems";
  };
  EXPECT_EQ(problem("address: host"), "c.yaml:2:3: context 'p': address: expected HOST:PORT, got 'host'");
  EXPECT_EQ(problem("address: 'host:70000'"),
            "c.yaml:2:3: context 'p': address: expected HOST:PORT, got 'host:70000'");
  EXPECT_EQ(problem("ca: a, cert: b"), "c.yaml:2:3: context 'p': cert and key go together, and one is missing");
  EXPECT_EQ(problem("ca: a, token: b, token_file: c"),
            "c.yaml:2:3: context 'p': token and token_file are both given");
  EXPECT_EQ(problem("token: b"),
            "c.yaml:2:3: context 'p': a certificate or token is shown over TLS only, and there is no ca");
}

}  // namespace
}  // namespace weir::config
