// Where an address is and whose network it belongs to, from MaxMind databases (GeoLite2, GeoIP2) when
// they are configured. Any thread; the files stay mapped while it lives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace weir::source {

// What is known of an address. Texts are empty where nothing is; they live as long as the database.
struct GeoAnswer {
  std::string_view continent_name;
  std::string_view country_iso_code;
  std::string_view country_name;
  std::string_view region_code;      // within the country: "MN"
  std::string_view region_name;
  std::string_view city_name;
  std::string_view timezone;
  std::optional<double> latitude;    // degrees
  std::optional<double> longitude;   // degrees
  std::optional<uint32_t> as_number;
  std::string_view as_organization;
};

class GeoDatabase {
 public:
  // Opens a City (or Country) and an ASN database; an empty path leaves one out. NOT_FOUND when a file
  // is not there, INVALID_ARGUMENT when it is no such database.
  static StatusOr<std::shared_ptr<const GeoDatabase>> Open(const std::string& city_path,
                                                           const std::string& asn_path);
  virtual ~GeoDatabase() = default;

  // An empty answer for what is no address, and for addresses that the databases do not know.
  virtual GeoAnswer Lookup(std::string_view address) const = 0;
};

}  // namespace weir::source
