#include "common/types/value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/time.h"

namespace weir {

namespace {

template <typename T>
int ThreeWay(T left, T right) {
  return left < right ? -1 : right < left ? 1 : 0;
}

int CompareText(std::string_view left, std::string_view right) {
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A real version starts with a digit and holds dot-separated parts; other text sorts after all of them.
bool IsRealVersion(std::string_view text) {
  return !text.empty() && IsDigit(text.front());
}

// Semantic-version order: numeric parts as numbers, a pre-release (after '-') before its release.
int CompareVersions(std::string_view left, std::string_view right) {
  if (IsRealVersion(left) != IsRealVersion(right)) {
    return IsRealVersion(left) ? -1 : 1;
  }
  if (!IsRealVersion(left)) {
    return CompareText(left, right);
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.size() && j < right.size()) {
    if (IsDigit(left[i]) && IsDigit(right[j])) {
      const std::size_t left_start = std::min(left.find_first_not_of('0', i), left.size());
      const std::size_t right_start = std::min(right.find_first_not_of('0', j), right.size());
      std::size_t left_end = std::max(left_start, i);
      std::size_t right_end = std::max(right_start, j);
      while (left_end < left.size() && IsDigit(left[left_end])) {
        ++left_end;
      }
      while (right_end < right.size() && IsDigit(right[right_end])) {
        ++right_end;
      }
      if (left_end - left_start != right_end - right_start) {
        return ThreeWay(left_end - left_start, right_end - right_start);
      }
      const int order = CompareText(left.substr(left_start, left_end - left_start),
                                    right.substr(right_start, right_end - right_start));
      if (order != 0) {
        return order;
      }
      i = left_end;
      j = right_end;
      continue;
    }
    if (left[i] != right[j]) {
      if (left[i] == '-' || right[j] == '-') {
        return left[i] == '-' ? -1 : 1;
      }
      return ThreeWay(static_cast<unsigned char>(left[i]), static_cast<unsigned char>(right[j]));
    }
    ++i;
    ++j;
  }
  if (i == left.size() && j == right.size()) {
    return CompareText(left, right);
  }
  if (i == left.size()) {
    return right[j] == '-' ? 1 : -1;
  }
  return left[i] == '-' ? -1 : 1;
}

void AppendSingle(const Value& value, std::string* out) {
  switch (value.type()) {
    case DataType::kNull:
    case DataType::kUnsupported:
      out->append("null");
      break;
    case DataType::kBoolean:
      out->append(value.boolean() ? "true" : "false");
      break;
    case DataType::kInteger:
    case DataType::kLong:
      out->append(fmt::format_int(value.integer()).str());
      break;
    case DataType::kUnsignedLong:
      out->append(fmt::format_int(value.unsigned_long()).str());
      break;
    case DataType::kDouble:
      AppendJavaDouble(value.number(), out);
      break;
    case DataType::kKeyword:
    case DataType::kText:
    case DataType::kVersion:
      out->append(value.text());
      break;
    case DataType::kDatetime:
      AppendTime(value.integer(), out);
      break;
    case DataType::kIp:
      out->append(FormatIp(value.text()));
      break;
    case DataType::kDatePeriod:
      out->append(fmt::format("P{}M{}D", value.period_months(), value.period_days()));
      break;
    case DataType::kTimeDuration:
      out->append(fmt::format("PT{}S", static_cast<double>(value.integer()) / 1000.0));
      break;
  }
}

}  // namespace

Value Value::MakeMulti(std::span<const Value> items, Arena* arena) {
  if (items.empty()) {
    return Null();
  }
  if (items.size() == 1) {
    return items.front();
  }
  auto* copy = arena->AllocateArray<Value>(items.size());
  std::copy(items.begin(), items.end(), copy);
  return Multi({copy, items.size()});
}

double Value::AsDouble() const {
  switch (type_) {
    case DataType::kDouble:
      return double_;
    case DataType::kUnsignedLong:
      return static_cast<double>(unsigned_long());
    default:
      return static_cast<double>(integer_);
  }
}

int CompareValues(const Value& left, const Value& right) {
  switch (left.type()) {
    case DataType::kDouble:
      return ThreeWay(left.number(), right.number());
    case DataType::kUnsignedLong:
      return ThreeWay(left.unsigned_long(), right.unsigned_long());
    case DataType::kKeyword:
    case DataType::kText:
      return CompareText(left.text(), right.text());
    case DataType::kIp: {
      const int order = std::memcmp(left.text().data(), right.text().data(), 16);
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    case DataType::kVersion:
      return CompareVersions(left.text(), right.text());
    default:
      return ThreeWay(left.integer(), right.integer());
  }
}

bool CellsEqual(const Value& left, const Value& right) {
  if (left.count() != right.count()) {
    return false;
  }
  const auto left_items = left.items();
  const auto right_items = right.items();
  for (std::size_t i = 0; i < left_items.size(); ++i) {
    const bool both_text = IsString(left_items[i].type()) && IsString(right_items[i].type());
    if (!both_text && left_items[i].type() != right_items[i].type()) {
      return false;
    }
    if (CompareValues(left_items[i], right_items[i]) != 0) {
      return false;
    }
  }
  return true;
}

std::string ValueToString(const Value& value) {
  std::string out;
  if (!value.is_multi()) {
    AppendSingle(value, &out);
    return out;
  }
  out.push_back('[');
  for (const Value& item : value.items()) {
    if (out.size() > 1) {
      out.append(", ");
    }
    AppendSingle(item, &out);
  }
  out.push_back(']');
  return out;
}

// The form of java.lang.Double.toString: decimal between 1e-3 and 1e7, else d.dddE±n, shortest digits
// that read back the same, at least one digit after the point.
void AppendJavaDouble(double number, std::string* out) {
  if (std::isnan(number)) {
    out->append("NaN");
    return;
  }
  if (std::isinf(number)) {
    out->append(number < 0 ? "-Infinity" : "Infinity");
    return;
  }
  if (number == 0) {
    out->append(std::signbit(number) ? "-0.0" : "0.0");
    return;
  }
  char buffer[40];
  const auto result =
      std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(number), std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(result.ptr - buffer));
  const std::size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) {
    digits.append(text.substr(2, e - 2));
  }
  int exponent = 0;
  const char* exponent_text = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_text, text.data() + text.size(), exponent);
  if (number < 0) {
    out->push_back('-');
  }
  const double magnitude = std::fabs(number);
  if (magnitude >= 1e-3 && magnitude < 1e7) {
    if (exponent < 0) {
      out->append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
      return;
    }
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) {
      digits.append(whole - digits.size(), '0').append(".0");
    } else {
      digits.insert(whole, ".");
    }
    out->append(digits);
    return;
  }
  digits.insert(1, ".");
  if (digits.size() == 2) {
    digits.push_back('0');
  }
  out->append(digits).append(fmt::format("E{}", exponent));
}

namespace {

// Four numbers up to 255 without leading zeros, as inet_pton takes them; nearly every address is one.
bool ParseIpV4(std::string_view text, char* bytes) {
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at >= text.size() || text[at++] != '.')) {
      return false;
    }
    const std::size_t begin = at;
    unsigned number = 0;
    for (; at < text.size() && at < begin + 3 && text[at] >= '0' && text[at] <= '9'; ++at) {
      number = number * 10 + static_cast<unsigned>(text[at] - '0');
    }
    if (at == begin || number > 255 || (text[begin] == '0' && at > begin + 1)) {
      return false;
    }
    bytes[part] = static_cast<char>(number);
  }
  return at == text.size();
}

}  // namespace

bool ParseIp(std::string_view text, char* bytes) {
  char v4[4];
  if (ParseIpV4(text, v4)) {
    std::memset(bytes, 0, 10);
    std::memset(bytes + 10, 0xff, 2);
    std::memcpy(bytes + 12, v4, 4);
    return true;
  }
  char buffer[64];
  if (text.empty() || text.size() >= sizeof(buffer)) {
    return false;
  }
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  in6_addr v6{};
  if (inet_pton(AF_INET6, buffer, &v6) != 1) {
    return false;
  }
  std::memcpy(bytes, &v6, 16);
  return true;
}

std::string FormatIp(std::string_view bytes) {
  WEIR_CHECK(bytes.size() == 16);
  static constexpr char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
  char buffer[INET6_ADDRSTRLEN];
  if (std::memcmp(bytes.data(), kMapped, 12) == 0) {
    inet_ntop(AF_INET, bytes.data() + 12, buffer, sizeof(buffer));
  } else {
    inet_ntop(AF_INET6, bytes.data(), buffer, sizeof(buffer));
  }
  return buffer;
}

}  // namespace weir
