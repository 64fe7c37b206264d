// Runs the checks of tests/tidy: over made-up files, to know that each finds what it is for, and over
// this repository, where none may find anything.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tidy/docs_check.h"
#include "tests/tidy/layers.h"
#include "tests/tidy/proto_check.h"
#include "tests/tidy/repository.h"
#include "tests/tidy/text_check.h"

namespace weir::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Files& Repository() {
  static const Files kFiles = LoadRepository(WEIR_ROOT);
  return kFiles;
}

void ExpectNone(const Findings& findings) {
  EXPECT_TRUE(findings.empty()) << fmt::format("{}", fmt::join(findings, "\n"));
}

Findings Includes(std::string_view path, std::string_view header) {
  const Files files = {MakeFile(std::string(path), fmt::format("#include {}\n", header))};
  Findings findings = CheckEdges(files);
  const Findings third_party = CheckThirdParty(files);
  findings.insert(findings.end(), third_party.begin(), third_party.end());
  return findings;
}

TEST(RepositoryTest, IsRead) {
  EXPECT_GT(Repository().size(), 50U);
}

TEST(LayersTest, KnowsTheLibraryOfAFile) {
  EXPECT_EQ(LibraryOf("common/state/state_store.h"), "state");
  EXPECT_EQ(LibraryOf("common/state/rocksdb/rocksdb_store.cc"), "state_rocksdb");
  EXPECT_EQ(LibraryOf("worker/worker.h"), "worker");
  EXPECT_EQ(LibraryOf("tests/unit/esql/parser_test.cc"), "tests");
}

TEST(LayersTest, AllowsDownwardsAndRefusesUpwards) {
  EXPECT_THAT(Includes("common/shard/a.cc", "\"common/window/b.h\""), IsEmpty());
  EXPECT_THAT(Includes("common/shard/a.cc", "\"common/types/value.h\""), IsEmpty());
  EXPECT_THAT(Includes("common/state/a.cc", "\"common/base/status.h\""), IsEmpty());
  EXPECT_THAT(Includes("common/types/a.cc", "\"common/esql/ast.h\""),
              ElementsAre(StartsWith("common/types/a.cc:1: types may not include")));
  EXPECT_THAT(Includes("common/agg/a.cc", "\"common/telemetry/log.h\""), testing::SizeIs(1));
  EXPECT_THAT(Includes("common/plan/a.cc", "\"tests/testing/a.h\""), testing::SizeIs(1));
  EXPECT_THAT(Includes("common/fresh/a.cc", "<vector>"),
              ElementsAre(HasSubstr("'fresh' has no line")));
}

TEST(LayersTest, LetsRolesMeetOnlyAtTheWorkersInterface) {
  EXPECT_THAT(Includes("ingest/a.cc", "\"worker/worker.h\""), IsEmpty());
  EXPECT_THAT(Includes("ingest/a.cc", "\"worker/shard_owner.h\""), testing::SizeIs(1));
  EXPECT_THAT(Includes("coordinator/a.cc", "\"ingest/a.h\""), testing::SizeIs(1));
  EXPECT_THAT(Includes("worker/a.cc", "\"coordinator/a.h\""), testing::SizeIs(1));
}

TEST(LayersTest, KeepsThirdPartyHeadersWhereTheyAreWrapped) {
  EXPECT_THAT(Includes("ingest/export_service.cc", "<grpcpp/grpcpp.h>"), IsEmpty());
  EXPECT_THAT(Includes("ingest/push_reactor_internal.h", "<grpcpp/grpcpp.h>"), IsEmpty());
  EXPECT_THAT(Includes("ingest/router.cc", "<grpcpp/grpcpp.h>"), testing::SizeIs(1));
  EXPECT_THAT(Includes("common/wire/alert.cc", "\"weir/alert/v1/alert.pb.h\""), IsEmpty());
  EXPECT_THAT(Includes("common/wire/alert.cc", "\"weir/alert/v1/alert.grpc.pb.h\""),
              ElementsAre(HasSubstr("gRPC is known only to")));
  EXPECT_THAT(Includes("common/shard/a.cc", "\"weir/alert/v1/alert.pb.h\""), testing::SizeIs(2));
  EXPECT_THAT(Includes("common/state/rocksdb/a.cc", "<rocksdb/db.h>"), IsEmpty());
  EXPECT_THAT(Includes("common/state/a.cc", "<rocksdb/db.h>"), testing::SizeIs(1));
  EXPECT_THAT(Includes("cli/a.cc", "<yaml-cpp/yaml.h>"), testing::SizeIs(1));
  EXPECT_THAT(Includes("common/plan/a.cc", "<simdjson.h>"), testing::SizeIs(1));
  EXPECT_THAT(Includes("common/plan/a.cc", "<toml++/toml.h>"), testing::SizeIs(1));
  EXPECT_THAT(Includes("worker/a.cc", "<spdlog/spdlog.h>"), testing::SizeIs(1));
}

TEST(LayersTest, HasNoCycle) {
  ExpectNone(CheckEdgeList());
}

TEST(LayersTest, HoldInThisRepository) {
  ExpectNone(CheckEdges(Repository()));
  ExpectNone(CheckThirdParty(Repository()));
}

TEST(SizesTest, FindLongFiles) {
  std::string text;
  for (std::size_t i = 0; i < kSourceLinesMax; ++i) {
    text += "int a;\n";
  }
  EXPECT_THAT(CheckSizes({MakeFile("common/a/a.cc", text)}), IsEmpty());
  EXPECT_THAT(CheckSizes({MakeFile("common/a/a.cc", text + "int b;\n")}),
              ElementsAre(HasSubstr("601 lines")));
  EXPECT_THAT(CheckSizes({MakeFile("docs/long.md", text + "b\n")}), IsEmpty());
}

TEST(SizesTest, HoldInThisRepository) {
  ExpectNone(CheckSizes(Repository()));
}

TEST(OpeningsTest, FindMissingCommentsAndPragmas) {
  EXPECT_THAT(CheckOpenings({MakeFile("a.h", "// What.\n#pragma once\n")}), IsEmpty());
  EXPECT_THAT(CheckOpenings({MakeFile("a.h", "#pragma once\n")}),
              ElementsAre(StartsWith("a.h:1: must open with a comment")));
  EXPECT_THAT(CheckOpenings({MakeFile("a.h", "// What.\n#include <a>\n#pragma once\n")}),
              ElementsAre(StartsWith("a.h:2: a header's first line")));
}

TEST(OpeningsTest, HoldInThisRepository) {
  ExpectNone(CheckOpenings(Repository()));
}

TEST(WordsTest, FindPromisesButNotPartsOfWords) {
  const std::string word = std::string("TO") + "DO";
  EXPECT_THAT(CheckWords({MakeFile("docs/a.md", "fine\n" + word + ": later\n")}),
              ElementsAre(StartsWith("docs/a.md:2: ")));
  EXPECT_THAT(CheckWords({MakeFile("deploy/a", "mktemp -d weir." + std::string(6, 'X'))}),
              IsEmpty());
}

TEST(WordsTest, HoldInThisRepository) {
  ExpectNone(CheckWords(Repository()));
}

TEST(BlanksTest, FindTabsAndTrailingBlanks) {
  EXPECT_THAT(CheckBlanks({MakeFile("a.cc", "int a;\n\tint b;\nint c; \n")}),
              ElementsAre(StartsWith("a.cc:2: has a tab"), StartsWith("a.cc:3: ends in a blank")));
}

TEST(BlanksTest, HoldInThisRepository) {
  ExpectNone(CheckBlanks(Repository()));
}

constexpr char kGoodProto[] = R"(syntax = "proto3";
package weir.alert.v1;
import "a.proto";
// Asks.
service AlertService {
  // Lists. Fails with NOT_FOUND.
  rpc ListAlerts(ListAlertsRequest)
      returns (ListAlertsResponse);
  rpc GetAlert(A) returns (B) {}  // Gets.
}
// A message.
message ListAlertsRequest {
  reserved 4;
  // How many; 0 means 100.
  int32 limit = 1;
  oneof choice {
    // One.
    string one = 2 [
      deprecated = true
    ];
  }
  // By name.
  map<string, int64> counts = 3;
  // Where.
  enum AlertState {
    // Absent.
    ALERT_STATE_UNSPECIFIED = 0;
    // Open.
    ALERT_STATE_OPEN = 1;
  }
}
)";

Findings Proto(std::string_view what, std::string_view with) {
  std::string text = kGoodProto;
  text.replace(text.find(what), what.size(), with);
  return CheckProtos({MakeFile("proto/weir/alert/v1/alert.proto", text)});
}

TEST(ProtosTest, FindMissingCommentsAndWrongNames) {
  ExpectNone(Proto("// A message.", "// A message."));
  EXPECT_THAT(Proto("weir.alert.v1", "weir.alert"), ElementsAre(HasSubstr("weir.alert.v1")));
  EXPECT_THAT(Proto("  // How many; 0 means 100.\n", ""),
              ElementsAre(StartsWith("proto/weir/alert/v1/alert.proto:14: field limit")));
  EXPECT_THAT(Proto("  // Lists. Fails with NOT_FOUND.\n", ""), ElementsAre(HasSubstr("rpc List")));
  EXPECT_THAT(Proto("  // Gets.", ""), ElementsAre(HasSubstr("rpc GetAlert")));
  EXPECT_THAT(Proto("    // One.\n", ""), ElementsAre(HasSubstr("field one")));
  EXPECT_THAT(Proto("  // By name.\n", ""), ElementsAre(HasSubstr("field counts")));
  EXPECT_THAT(Proto("ALERT_STATE_OPEN", "OPEN"), ElementsAre(HasSubstr("start with ALERT_STATE_")));
  EXPECT_THAT(Proto("ALERT_STATE_UNSPECIFIED", "ALERT_STATE_NONE"),
              ElementsAre(HasSubstr("ALERT_STATE_UNSPECIFIED")));
}

TEST(ProtosTest, HoldInThisRepository) {
  ExpectNone(CheckProtos(Repository()));
}

TEST(LinksTest, FindLinksToNowhere) {
  const std::string text =
      "[a](docs/a.md#part) [b](missing.md) [c](https://example.com) `[d](code)` [e](docs/)\n"
      "```\n[f](fenced.md)\n```\n";
  EXPECT_THAT(CheckLinks({MakeFile("README.md", text), MakeFile("docs/a.md", "[up](../README.md)\n")}),
              ElementsAre(StartsWith("README.md:1: link to missing.md")));
}

TEST(LinksTest, HoldInThisRepository) {
  ExpectNone(CheckLinks(Repository()));
}

TEST(PainsTest, FindTestsThatAreNotThere) {
  const SourceFile test = MakeFile("tests/unit/x/a_test.cc",
                                   "TEST(ATest, Holds) {}\nTEST_F(BTest,\n       AlsoHolds) {\n}\n");
  const auto check = [&](std::string_view table) {
    return CheckPains({test, MakeFile("docs/pains.md", table)});
  };
  constexpr char kHead[] = "| A | B | C |\n| --- | --- | --- |\n";
  EXPECT_THAT(check(fmt::format("{}| a | b | `ATest.Holds`, `BTest.AlsoHolds` |\n", kHead)), IsEmpty());
  EXPECT_THAT(check(fmt::format("{}| a | b | `ATest.Hold` |\n", kHead)),
              ElementsAre(HasSubstr("docs/pains.md:3: no test ATest.Hold")));
  EXPECT_THAT(check(fmt::format("{}| a | b | none |\n", kHead)),
              ElementsAre(HasSubstr("docs/pains.md:3: names no test")));
  EXPECT_THAT(CheckPains({test}), ElementsAre(HasSubstr("docs/pains.md is missing")));
}

TEST(PainsTest, HoldInThisRepository) {
  ExpectNone(CheckPains(Repository()));
}

}  // namespace
}  // namespace weir::tidy
