// Events made for rules: fields by their ECS names, written as a normalised document or, where every
// field has a place in one, as the CloudTrail record that gives them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir::made {

struct Datum {
  std::string text;
  bool quoted = true;   // a JSON string; else a number or boolean
  bool operator<(const Datum& other) const { return text < other.text; }
  bool operator==(const Datum& other) const { return text == other.text; }
};

struct Document {
  std::map<std::string, std::vector<Datum>> fields;
  int64_t offset_ms = 0;   // behind the common beginning of all made events
};

// 2026-01-15T10:00:01Z
inline constexpr int64_t kFirstEventMs = 1'768'471'201'000;

enum class Shape : uint8_t { kNested, kDotted };

// One line of JSON. serial tells events apart that are otherwise equal.
std::string ToEcs(const Document& document, Shape shape, int serial);

// Empty where a field cannot be had from a CloudTrail record.
std::optional<std::string> ToCloudTrail(const Document& document, int serial);

}  // namespace weir::made
