// Lookups in databases that the test writes itself, in MaxMind's format.
#include "common/source/geo_database.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/source/event_fields.h"

namespace weir::source {
namespace {

using ::testing::HasSubstr;

// Values of the data section: a control byte with type and size, then the bytes.
std::string Sized(int type, const std::string& bytes, std::size_t size) {
  if (size >= 29) {   // REQUIRES: below 29 + 256, and not an extended type
    return std::string{static_cast<char>(type << 5 | 29), static_cast<char>(size - 29)} + bytes;
  }
  return type < 8 ? std::string(1, static_cast<char>(type << 5 | static_cast<int>(size))) + bytes
                  : std::string{static_cast<char>(size), static_cast<char>(type - 7)} + bytes;
}
std::string Text(const std::string& text) { return Sized(2, text, text.size()); }
std::string Unsigned(int type, uint64_t number) {
  std::string bytes;
  for (; number > 0; number >>= 8) {
    bytes.insert(bytes.begin(), static_cast<char>(number & 0xff));
  }
  return Sized(type, bytes, bytes.size());
}
std::string Double(double number) {
  uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(bits >> shift & 0xff));
  }
  return Sized(3, bytes, 8);
}
std::string Map(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string bytes;
  for (const auto& [key, value] : members) {
    bytes += Text(key) + value;
  }
  return Sized(7, bytes, members.size());
}
std::string Array(const std::vector<std::string>& items) {
  std::string bytes;
  for (const std::string& item : items) {
    bytes += item;
  }
  return Sized(11, bytes, items.size());
}

// A database that knows one thing of 203.0.113.0/24 and nothing of other addresses.
std::string MakeDatabase(const std::string& type, const std::string& data) {
  constexpr uint32_t kNetwork = 0xcb0071;
  constexpr uint32_t kNodes = 24;
  std::string bytes;
  const auto append = [&bytes](uint32_t record) {
    for (int shift = 16; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(record >> shift & 0xff));
    }
  };
  for (uint32_t node = 0; node < kNodes; ++node) {
    const uint32_t next = node + 1 < kNodes ? node + 1 : kNodes + 16;
    const bool one = (kNetwork >> (kNodes - 1 - node) & 1) != 0;
    append(one ? kNodes : next);
    append(one ? next : kNodes);
  }
  bytes += std::string(16, '\0') + data + "\xab\xcd\xefMaxMind.com";
  return bytes + Map({{"node_count", Unsigned(6, kNodes)},
                      {"record_size", Unsigned(5, 24)},
                      {"ip_version", Unsigned(5, 4)},
                      {"database_type", Text(type)},
                      {"languages", Array({Text("en")})},
                      {"binary_format_major_version", Unsigned(5, 2)},
                      {"binary_format_minor_version", Unsigned(5, 0)},
                      {"build_epoch", Unsigned(9, 1'700'000'000)},
                      {"description", Map({{"en", Text("test")}})}});
}

class GeoDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "weir-geo-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(GeoDatabaseTest, FillsSourceGeoAndSourceAs) {
  const auto named = [](const std::string& name) { return Map({{"en", Text(name)}}); };
  const std::string city = Write(
      "city.mmdb",
      MakeDatabase("GeoLite2-City",
                   Map({{"city", Map({{"names", named("Lindholm")}})},
                        {"continent", Map({{"names", named("Europe")}})},
                        {"country", Map({{"iso_code", Text("SE")}, {"names", named("Sweden")}})},
                        {"location", Map({{"latitude", Double(57.5)},
                                          {"longitude", Double(-11.25)},
                                          {"time_zone", Text("Europe/Stockholm")}})},
                        {"subdivisions",
                         Array({Map({{"iso_code", Text("O")}, {"names", named("Vaster")}})})}})));
  const std::string asn = Write(
      "asn.mmdb", MakeDatabase("GeoLite2-ASN",
                               Map({{"autonomous_system_number", Unsigned(6, 64500)},
                                    {"autonomous_system_organization", Text("Example Net")}})));
  const auto geo = GeoDatabase::Open(city, asn);
  ASSERT_TRUE(geo.ok()) << geo.status();
  Options options;
  options.geo = *geo;
  const std::string record =
      R"({"eventVersion":"1","eventName":"X","sourceIPAddress":"203.0.113.9"})";
  EXPECT_EQ(FieldOf(record, "source.as.organization.name", options), "Example Net");
  EXPECT_EQ(FieldOf(record, "source.as.number", options), "64500");
  EXPECT_EQ(FieldOf(record, "source.geo.country_iso_code", options), "SE");
  EXPECT_EQ(FieldOf(record, "source.geo.region_iso_code", options), "SE-O");
  EXPECT_EQ(FieldOf(record, "source.geo.city_name", options), "Lindholm");
  EXPECT_THAT(DocumentOf(record, options), HasSubstr(R"("location":{"lat":57.5,"lon":-11.25})"));
  EXPECT_THAT(DocumentOf(record, options), HasSubstr(R"("as":{"number":64500,)"));
  for (const char* address : {"198.51.100.1", "2001:db8::1", "signin.amazonaws.com"}) {
    EXPECT_EQ(FieldOf(fmt::format(
                          R"({{"eventVersion":"1","eventName":"X","sourceIPAddress":"{}"}})", address),
                      "source.geo.country_name", options),
              "<absent>");
  }
  EXPECT_EQ(FieldOf(record, "source.geo.country_name"), "<absent>");
}

TEST_F(GeoDatabaseTest, SaysWhichFileCannotBeRead) {
  EXPECT_THAT(std::string(Message(GeoDatabase::Open("/no/such.mmdb", "").status())),
              HasSubstr("'/no/such.mmdb' does not exist"));
  const std::string path = Write("text", "no database");
  EXPECT_THAT(std::string(Message(GeoDatabase::Open("", path).status())), HasSubstr(path));
}

}  // namespace
}  // namespace weir::source
