// source.geo.* and source.as.*: what the configured databases know of the caller's address.
#include <fmt/format.h>

#include "common/source/cloudtrail_internal.h"
#include "common/source/document_internal.h"

namespace weir::source::cloudtrail {

namespace {

const GeoAnswer& PlaceOf(RecordView& record) {
  if (!record.place) {
    record.place = record.options.geo != nullptr && HasValidSourceIp(record)
                       ? record.options.geo->Lookup(record.KnownText(kSourceIp))
                       : GeoAnswer();
  }
  return *record.place;
}

// Names below source.geo and source.as, and their values as text; empty when they are not known.
constexpr std::string_view kGeoFields[] = {"continent_name", "country_iso_code", "country_name",
                                           "region_iso_code", "region_name", "city_name",
                                           "timezone"};
constexpr std::string_view kAsFields[] = {"number", "organization.name"};

std::string FieldText(const GeoAnswer& place, std::string_view field) {
  if (field == "region_iso_code") {
    return place.region_code.empty() || place.country_iso_code.empty()
               ? std::string()
               : fmt::format("{}-{}", place.country_iso_code, place.region_code);
  }
  if (field == "number") {
    return place.as_number ? std::to_string(*place.as_number) : std::string();
  }
  return std::string(field == "continent_name"      ? place.continent_name
                     : field == "country_iso_code"  ? place.country_iso_code
                     : field == "country_name"      ? place.country_name
                     : field == "region_name"       ? place.region_name
                     : field == "city_name"         ? place.city_name
                     : field == "timezone"          ? place.timezone
                     : field == "organization.name" ? place.as_organization
                                                    : std::string_view());
}

}  // namespace

Value GeoValue(RecordView& record, const Binding& binding) {
  const GeoAnswer& place = PlaceOf(record);
  if (binding.rest == "location" && place.latitude && place.longitude) {
    record.text = fmt::format("{},{}", *place.latitude, *place.longitude);
    return TextToValue(record.arena.Copy(record.text), binding.type, &record.arena);
  }
  return OptionalText(record, binding, record.arena.Copy(FieldText(place, binding.rest)));
}

void GeoSubtree(RecordView& record, const Binding& binding, Document* document) {
  const GeoAnswer& place = PlaceOf(record);
  const auto put = [&](std::string_view field) {
    const std::string text = FieldText(place, field);
    std::string json;
    AppendValueJson(Value::Keyword(text), &json);
    if (!text.empty()) {
      document->Put(fmt::format("{}.{}", binding.rest, field), field == "number" ? text : json);
    }
  };
  if (binding.rest == "source.as") {
    for (const std::string_view field : kAsFields) {
      put(field);
    }
    return;
  }
  for (const std::string_view field : kGeoFields) {
    put(field);
  }
  if (place.latitude && place.longitude) {
    document->Put("source.geo.location",
                  fmt::format(R"({{"lat":{},"lon":{}}})", *place.latitude, *place.longitude));
  }
}

}  // namespace weir::source::cloudtrail
