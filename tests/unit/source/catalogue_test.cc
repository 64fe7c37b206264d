// The types of fields that rules read.
#include <algorithm>

#include <gtest/gtest.h>

#include "common/source/decoder.h"

namespace weir::source {
namespace {

TEST(CatalogueTest, KnowsTypesWhereverFieldsStand) {
  struct Case {
    std::string_view field;
    std::optional<DataType> type;
  };
  constexpr Case kCases[] = {
      {"source.ip", DataType::kIp},
      {"destination.as.number", DataType::kLong},
      {"process.parent.pid", DataType::kLong},
      {"process.parent.code_signature.trusted", DataType::kBoolean},
      {"file.hash.sha256", DataType::kKeyword},
      {"event.ingested", DataType::kDatetime},
      {"event.code", DataType::kKeyword},
      {"http.response.status_code", DataType::kLong},
      {"error.message", DataType::kText},
      {"host.os.type", DataType::kKeyword},
      {"okta.security_context.is_proxy", DataType::kBoolean},
      {"gen_ai.usage.output_tokens", DataType::kLong},
      {"azure.signinlogs.properties.status.error_code", DataType::kLong},
      {"gen_ai.policy.match_detail.score", DataType::kDouble},
      // Flattened: the last parts are the event's own.
      {"aws.cloudtrail.flattened.request_parameters.ipPermissions.items.fromPort", DataType::kKeyword},
      {"winlog.event_data.TargetImage", DataType::kKeyword},
      {"winlog.event_data.", std::nullopt},
      {"no.such.field", std::nullopt},
      {"source", std::nullopt},
  };
  for (const Case& item : kCases) {
    EXPECT_EQ(Catalogue().TypeOf(item.field), item.type) << item.field;
  }
}

TEST(CatalogueTest, NamesAreSortedAndEachHasAType) {
  const std::vector<std::string>& names = Catalogue().Names();
  EXPECT_GT(names.size(), 1500U);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  for (const std::string& name : names) {
    EXPECT_TRUE(Catalogue().TypeOf(name).has_value()) << name;
    EXPECT_EQ(name.find_first_of(": "), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace weir::source
