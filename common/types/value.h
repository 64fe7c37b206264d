// One cell of a row: null, a single value or a multivalue of one type. A Value is 16 bytes, trivially
// copyable and owns nothing: strings, ips and lists point into an Arena, an input buffer or a
// constant that outlives it. What must live longer is encoded (coding.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/arena.h"
#include "common/types/data_type.h"

namespace weir {

class Value {
 public:
  // Null. Typed null does not exist at run time: a column's type is known from its plan.
  constexpr Value() : size_(0), type_(DataType::kNull), multi_(false), integer_(0) {}

  static Value Null() { return {}; }
  static Value Boolean(bool value) { return FromInteger(DataType::kBoolean, value ? 1 : 0); }
  static Value Integer(int32_t value) { return FromInteger(DataType::kInteger, value); }
  static Value Long(int64_t value) { return FromInteger(DataType::kLong, value); }
  static Value UnsignedLong(uint64_t value) {
    return FromInteger(DataType::kUnsignedLong, static_cast<int64_t>(value));
  }
  static Value Double(double value) {
    Value result;
    result.type_ = DataType::kDouble;
    result.double_ = value;
    return result;
  }
  static Value Datetime(int64_t millis) { return FromInteger(DataType::kDatetime, millis); }
  static Value TimeDuration(int64_t millis) { return FromInteger(DataType::kTimeDuration, millis); }
  // months in the upper, days in the lower 32 bits
  static Value DatePeriod(int32_t months, int32_t days) {
    return FromInteger(DataType::kDatePeriod, (static_cast<int64_t>(months) << 32) |
                                                  static_cast<uint32_t>(days));
  }
  // kKeyword; text of every other string type is made with String(type, text).
  static Value Keyword(std::string_view text) { return String(DataType::kKeyword, text); }
  static Value String(DataType type, std::string_view text) {
    Value result;
    result.type_ = type;
    result.size_ = static_cast<uint32_t>(text.size());
    result.text_ = text.data();
    return result;
  }
  // REQUIRES: bytes points to 16 bytes.
  static Value Ip(const char* bytes) { return String(DataType::kIp, {bytes, 16}); }
  // REQUIRES: items.size() >= 2, all non-null and of one type. One item is not a multivalue, none is
  // null: see MakeMulti.
  static Value Multi(std::span<const Value> items) {
    Value result;
    result.type_ = items.front().type_;
    result.multi_ = true;
    result.size_ = static_cast<uint32_t>(items.size());
    result.items_ = items.data();
    return result;
  }
  // Null for none, the item itself for one, else a multivalue copied to the arena.
  static Value MakeMulti(std::span<const Value> items, Arena* arena);

  bool is_null() const { return type_ == DataType::kNull; }
  bool is_multi() const { return multi_; }
  // The type of the value, or of each item of a multivalue; kNull for null.
  DataType type() const { return type_; }
  // 0 for null, 1 for a single value, else the number of items.
  std::size_t count() const { return is_null() ? 0 : multi_ ? size_ : 1; }
  // A view of the items; of a single value, the value itself; empty for null. Valid while *this is.
  std::span<const Value> items() const {
    if (multi_) {
      return {items_, size_};
    }
    return {this, count()};
  }

  // Accessors REQUIRE a single value of the matching type.
  bool boolean() const { return integer_ != 0; }
  int64_t integer() const { return integer_; }  // integer, long, datetime, time_duration, boolean
  uint64_t unsigned_long() const { return static_cast<uint64_t>(integer_); }
  double number() const { return double_; }
  std::string_view text() const { return {text_, size_}; }  // keyword, text, version, ip bytes
  int32_t period_months() const { return static_cast<int32_t>(integer_ >> 32); }
  int32_t period_days() const { return static_cast<int32_t>(integer_ & 0xffffffff); }
  // Any numeric type as double.
  double AsDouble() const;

 private:
  static Value FromInteger(DataType type, int64_t value) {
    Value result;
    result.type_ = type;
    result.integer_ = value;
    return result;
  }

  uint32_t size_;
  DataType type_;
  bool multi_;
  union {
    int64_t integer_;
    double double_;
    const char* text_;
    const Value* items_;
  };
};
static_assert(sizeof(Value) == 16);

// Total order and equality of two non-null single values of the same type (keyword and text count as
// one): numbers by value, strings by bytes, false before true, versions by their parts.
int CompareValues(const Value& left, const Value& right);
// Equality of whole cells: null equals null, multivalues item by item in order.
bool CellsEqual(const Value& left, const Value& right);

// Text as ES|QL's TO_STRING gives it: Java's form for doubles ("1.0", "5.7E7"), ISO dates with
// milliseconds, canonical ips. A multivalue is printed "[a, b]", null as "null".
std::string ValueToString(const Value& value);
void AppendJavaDouble(double number, std::string* out);

// Parses a textual IPv4 or IPv6 address into 16 bytes; false when it is none.
bool ParseIp(std::string_view text, char* bytes);
std::string FormatIp(std::string_view bytes);

}  // namespace weir
