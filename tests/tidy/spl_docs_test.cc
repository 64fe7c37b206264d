// docs/spl.md against the tables it describes: every command, aggregate, function and column is named.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "common/expr/function_table.h"
#include "common/source/cim_internal.h"
#include "common/source/cim_view.h"
#include "common/spl/aggregates.h"
#include "common/spl/commands.h"
#include "common/spl/functions.h"

namespace weir::tidy {
namespace {

std::string ReadDocs() {
  std::ifstream file(WEIR_SOURCE_DIR "/docs/spl.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A row of a table whose first cell is the name.
bool HasRow(const std::string& docs, std::string_view name) {
  return docs.find(fmt::format("\n| `{}` |", name)) != std::string::npos;
}

TEST(SplDocsTest, HaveARowForEveryName) {
  const std::string docs = ReadDocs();
  ASSERT_FALSE(docs.empty());
  for (const spl::CommandRow& row : spl::Commands()) {
    EXPECT_TRUE(HasRow(docs, row.name)) << row.name;
  }
  for (const spl::AggregateRow& row : spl::Aggregates()) {
    EXPECT_TRUE(HasRow(docs, row.name)) << row.name;
  }
  for (const spl::FunctionRow& row : spl::Functions()) {
    EXPECT_TRUE(HasRow(docs, row.name)) << row.name;
  }
  for (const spl::RefusedFunction& row : spl::RefusedFunctions()) {
    EXPECT_TRUE(HasRow(docs, row.name)) << row.name;
  }
  for (const source::FieldRow& row : source::cloudtrail::CimRows()) {
    const std::string_view name = row.field.substr(row.field.find(':') + 1);
    EXPECT_TRUE(name == "*" || HasRow(docs, name)) << name;
  }
  EXPECT_NE(docs.find(fmt::format("version {} ", source::kCimViewVersion)), std::string::npos);
}

TEST(SplDocsTest, EveryPrimitiveExists) {
  for (const spl::FunctionRow& row : spl::Functions()) {
    const bool levels = row.name == "mvfilter" || row.name == "mvmap";
    EXPECT_TRUE(row.primitive.empty() ||
                expr::FindFunction(fmt::format("{}{}", row.primitive, levels ? "0" : "")) != nullptr)
        << row.name;
  }
}

}  // namespace
}  // namespace weir::tidy
