// docs/esql.md against the tables it describes: every function, aggregate and GROK pattern is named.
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/agg/aggregate.h"
#include "common/expr/function_table.h"
#include "common/grok/pattern_library_internal.h"

namespace weir::tidy {
namespace {

std::string ReadDocs() {
  std::ifstream file(WEIR_SOURCE_DIR "/docs/esql.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A name in backquotes, alone or as a call.
bool Names(const std::string& docs, std::string_view name) {
  return docs.find(fmt::format("`{}`", name)) != std::string::npos ||
         docs.find(fmt::format("`{}(", name)) != std::string::npos;
}

TEST(EsqlDocsTest, NameEveryFunction) {
  const std::string docs = ReadDocs();
  ASSERT_FALSE(docs.empty());
  for (const expr::FunctionRow& row : expr::FunctionRows()) {
    EXPECT_TRUE(Names(docs, row.name)) << row.name;
    EXPECT_FALSE(row.doc.empty()) << row.name;
  }
  for (const agg::FunctionInfo& info : agg::Functions()) {
    EXPECT_TRUE(Names(docs, info.name)) << info.name;
    EXPECT_TRUE(expr::IsAggregateName(info.name)) << info.name;
  }
}

TEST(EsqlDocsTest, NameEveryGrokPattern) {
  const std::string docs = ReadDocs();
  for (const grok::NamedPattern& pattern : grok::PatternLibrary()) {
    EXPECT_TRUE(Names(docs, pattern.name)) << pattern.name;
  }
  for (const auto& patterns : {grok::ProductPatterns(), grok::NetworkPatterns(),
                               grok::MonitoringPatterns(), grok::BackupPatterns()}) {
    for (const grok::NamedPattern& pattern : patterns) {
      EXPECT_TRUE(Names(docs, pattern.name)) << pattern.name;
    }
  }
}

}  // namespace
}  // namespace weir::tidy
