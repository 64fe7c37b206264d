#include "common/source/geo_database.h"

#include <cerrno>
#include <filesystem>

#include <maxminddb.h>

namespace weir::source {

namespace {

class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (open_) {
      MMDB_close(&database_);
    }
  }

  Status Open(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      return NotFound("geo database '{}' does not exist", path);
    }
    const int result = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database_);
    if (result != MMDB_SUCCESS) {
      return InvalidArgument("geo database '{}' cannot be read: {}", path, MMDB_strerror(result));
    }
    open_ = true;
    return OkStatus();
  }

  std::optional<MMDB_entry_s> Find(const std::string& address) const {
    if (!open_) {
      return std::nullopt;
    }
    int address_error = 0;
    int error = MMDB_SUCCESS;
    const MMDB_lookup_result_s found =
        MMDB_lookup_string(&database_, address.c_str(), &address_error, &error);
    if (address_error != 0 || error != MMDB_SUCCESS || !found.found_entry) {
      return std::nullopt;
    }
    return found.entry;
  }

 private:
  MMDB_s database_{};
  bool open_ = false;
};

template <typename... Path>
std::optional<MMDB_entry_data_s> Get(MMDB_entry_s entry, uint32_t type, Path... path) {
  MMDB_entry_data_s data{};
  const int result = MMDB_get_value(&entry, &data, path..., static_cast<const char*>(nullptr));
  return result == MMDB_SUCCESS && data.has_data && data.type == type ? std::optional(data)
                                                                      : std::nullopt;
}

template <typename... Path>
std::string_view Text(MMDB_entry_s entry, Path... path) {
  const auto data = Get(entry, MMDB_DATA_TYPE_UTF8_STRING, path...);
  return data ? std::string_view(data->utf8_string, data->data_size) : std::string_view();
}

template <typename... Path>
std::optional<double> Number(MMDB_entry_s entry, Path... path) {
  const auto data = Get(entry, MMDB_DATA_TYPE_DOUBLE, path...);
  return data ? std::optional(data->double_value) : std::nullopt;
}

class MaxMindDatabase final : public GeoDatabase {
 public:
  Status Open(const std::string& city_path, const std::string& asn_path) {
    if (!city_path.empty()) {
      WEIR_RETURN_IF_ERROR(city_.Open(city_path));
    }
    return asn_path.empty() ? OkStatus() : asn_.Open(asn_path);
  }

  GeoAnswer Lookup(std::string_view address) const override {
    const std::string text(address);
    GeoAnswer answer;
    if (const auto city = city_.Find(text)) {
      answer.continent_name = Text(*city, "continent", "names", "en");
      answer.country_iso_code = Text(*city, "country", "iso_code");
      answer.country_name = Text(*city, "country", "names", "en");
      answer.region_code = Text(*city, "subdivisions", "0", "iso_code");
      answer.region_name = Text(*city, "subdivisions", "0", "names", "en");
      answer.city_name = Text(*city, "city", "names", "en");
      answer.timezone = Text(*city, "location", "time_zone");
      answer.latitude = Number(*city, "location", "latitude");
      answer.longitude = Number(*city, "location", "longitude");
    }
    if (const auto network = asn_.Find(text)) {
      if (const auto number = Get(*network, MMDB_DATA_TYPE_UINT32, "autonomous_system_number")) {
        answer.as_number = number->uint32;
      }
      answer.as_organization = Text(*network, "autonomous_system_organization");
    }
    return answer;
  }

 private:
  File city_;
  File asn_;
};

}  // namespace

StatusOr<std::shared_ptr<const GeoDatabase>> GeoDatabase::Open(const std::string& city_path,
                                                               const std::string& asn_path) {
  auto database = std::make_shared<MaxMindDatabase>();
  WEIR_RETURN_IF_ERROR(database->Open(city_path, asn_path));
  return std::shared_ptr<const GeoDatabase>(std::move(database));
}

}  // namespace weir::source
