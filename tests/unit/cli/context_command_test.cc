// Contexts, as they are kept, and what counts when flags, the environment and contexts disagree.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "tests/unit/cli/run_command.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ContextCommandTest : public ::testing::Test {
 protected:
  ContextCommandTest()
      : folder_(std::filesystem::temp_directory_path() / fmt::format("weir_context_test_{}", getpid())),
        path_((folder_ / "weir" / "config.yaml").string()) {
    std::filesystem::create_directories(folder_);
    setenv("WEIR_CLIENT_CONFIG", path_.c_str(), 1);
  }
  ~ContextCommandTest() override {
    unsetenv("WEIR_CLIENT_CONFIG");
    unsetenv("WEIR_CLIENT_CONTEXT");
    unsetenv("WEIR_ADDRESS");
    std::filesystem::remove_all(folder_);
  }
  static Outcome Context(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "context");
    return RunCommand(arguments);
  }
  // The address that a command asked.
  static std::string Asked(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"alerts", "list"});
    const Outcome outcome = RunCommand(arguments);
    EXPECT_EQ(outcome.exit_code, kExitUnreachable) << outcome.err;
    const std::size_t begin = outcome.err.find("no answer from ") + 15;
    return outcome.err.substr(begin, outcome.err.find(": ", begin) - begin);
  }
  void WriteFile(const std::string& text, mode_t mode) {
    std::filesystem::create_directories(folder_ / "weir");
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }
  std::string FileText() const {
    std::ifstream file(path_);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const std::filesystem::path folder_;
  const std::string path_;
};

TEST_F(ContextCommandTest, TheyAreMadeUsedShownAndDeleted) {
  EXPECT_EQ(Context({"list"}).out, "no contexts\n");
  EXPECT_EQ(Context({"set", "lab", "--address", "127.0.0.1:1"}).out,
            fmt::format("context lab is kept in {}, and current\n", path_));
  EXPECT_EQ(Context({"set", "prod", "--address", "127.0.0.1:2", "--tenant", "acme"}).exit_code, kExitOk);
  EXPECT_EQ(Context({"list"}).out,
            "CURRENT  NAME  ADDRESS      TLS  TOKEN  TENANT\n"
            "*        lab   127.0.0.1:1  no   -      -\n"
            "         prod  127.0.0.1:2  no   -      acme\n");
  EXPECT_EQ(Context({"use", "prod"}).out, "current context: prod\n");
  EXPECT_THAT(Context({"show"}).out, HasSubstr("address: \"127.0.0.1:2\"\n"));
  EXPECT_EQ(Context({"set", "prod", "--tenant", ""}).exit_code, kExitOk);
  EXPECT_THAT(Context({"show", "prod"}).out, Not(HasSubstr("tenant")));
  EXPECT_EQ(Context({"delete", "prod"}).out, "context prod deleted; no context is current now\n");
  EXPECT_EQ(Context({"show"}).exit_code, kExitNotFound);
  const Outcome unknown = Context({"use", "lba"});
  EXPECT_EQ(unknown.exit_code, kExitNotFound);
  EXPECT_THAT(unknown.err, HasSubstr("no context 'lba' in '" + path_ + "'; did you mean 'lab'?"));
  EXPECT_EQ(Context({"set", "a/b"}).exit_code, kExitUsage);
  EXPECT_EQ(Context({"set", "lab", "--address", "nowhere"}).exit_code, kExitUsage);
}

TEST_F(ContextCommandTest, TokensAreReadableByTheirOwnerOnly) {
  EXPECT_EQ(Context({"set", "lab", "--address", "127.0.0.1:1"}).exit_code, kExitOk);
  struct stat info{};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);

  const std::string text = "contexts:\n  p: {address: '127.0.0.1:1', ca: ca.pem, token: s3cret}\n";
  WriteFile(text, 0644);
  const Outcome open = RunCommand({"alerts", "list", "--context", "p"});
  EXPECT_EQ(open.exit_code, kExitUsage);
  EXPECT_THAT(open.err, HasSubstr("holds a token, and others may read it: chmod 600 " + path_));
  WriteFile(text, 0600);
  EXPECT_THAT(Context({"show", "p"}).out, Not(HasSubstr("s3cret")));
  EXPECT_THAT(Context({"list", "--format", "json"}).out, Not(HasSubstr("s3cret")));
  EXPECT_THAT(FileText(), HasSubstr("s3cret"));

  std::ofstream(folder_ / "weir" / "token") << "s3cret\n";
  chmod((folder_ / "weir" / "token").c_str(), 0640);
  WriteFile("current: p\ncontexts:\n  p: {ca: ca.pem, token_file: token}\n", 0644);
  const Outcome file = RunCommand({"alerts", "list"});
  EXPECT_EQ(file.exit_code, kExitUsage);
  EXPECT_THAT(file.err, HasSubstr("weir/token' holds a token, and others may read it"));
}

TEST_F(ContextCommandTest, FlagsCountBeforeTheEnvironmentBeforeContexts) {
  EXPECT_EQ(Context({"set", "a", "--address", "127.0.0.1:2"}).exit_code, kExitOk);
  EXPECT_EQ(Context({"set", "b", "--address", "127.0.0.1:3"}).exit_code, kExitOk);
  EXPECT_EQ(Asked({}), "127.0.0.1:2");
  EXPECT_EQ(Asked({"--context", "b"}), "127.0.0.1:3");
  setenv("WEIR_CLIENT_CONTEXT", "b", 1);
  EXPECT_EQ(Asked({}), "127.0.0.1:3");
  EXPECT_EQ(Asked({"--context", "a"}), "127.0.0.1:2");
  setenv("WEIR_ADDRESS", "127.0.0.1:4", 1);
  EXPECT_EQ(Asked({}), "127.0.0.1:4");
  EXPECT_EQ(Asked({"--context", "a"}), "127.0.0.1:4");
  EXPECT_EQ(Asked({"--address", "127.0.0.1:5"}), "127.0.0.1:5");
}

TEST_F(ContextCommandTest, AFileThatIsWrongIsNamedWithLineAndColumn) {
  WriteFile("current: lab\ncontexts:\n  lab:\n    adres: x:1\n", 0600);
  const Outcome outcome = RunCommand({"cluster", "status"});
  EXPECT_EQ(outcome.exit_code, kExitUsage);
  EXPECT_EQ(outcome.err, fmt::format("weir: {}:4:5: unknown key 'adres' of context 'lab'; did you mean "
                                     "'address'?\n",
                                     path_));
  EXPECT_EQ(RunCommand({"version"}).exit_code, kExitOk);
  const Outcome unknown = RunCommand({"cluster", "status", "--context", "x"});
  EXPECT_EQ(unknown.exit_code, kExitUsage);
  WriteFile("contexts: {lab: {address: 'x:1'}}\n", 0600);
  EXPECT_EQ(RunCommand({"cluster", "status", "--context", "lub"}).exit_code, kExitNotFound);
}

}  // namespace
}  // namespace weir::cli
