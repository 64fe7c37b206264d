#include "common/source/cim_view.h"

#include <algorithm>

#include "common/source/cim_internal.h"

namespace weir::source::cloudtrail {
namespace {

constexpr double kMillis = 1000;

// Appends the scalars at a path as a search names them: a part is a key, which may hold dots, and {}
// behind it is every element of the array there.
void Collect(const Element& element, std::string_view path, std::vector<Element>* leaves) {
  if (path.empty()) {
    if (!IsObject(element) && !IsArray(element) && element.type() != JsonType::NULL_VALUE) {
      leaves->push_back(element);
    }
    return;
  }
  if (path.starts_with("{}")) {
    if (IsArray(element)) {
      for (const Element& item : ArrayOf(element)) {
        Collect(item, path.substr(2), leaves);
      }
    }
    return;
  }
  if (!IsObject(element)) {
    return;
  }
  path.remove_prefix(path.front() == '.' ? 1 : 0);
  for (const auto& member : ObjectOf(element)) {
    const std::string_view key = member.key;
    if (key.empty() || !path.starts_with(key)) {
      continue;
    }
    const std::string_view rest = path.substr(key.size());
    if (rest.empty() || rest.front() == '.' || rest.starts_with("{}")) {
      Collect(member.value, rest, leaves);
    }
  }
}

// The field of the name behind the prefix.
Value CimRawValue(RecordView& record, const Binding& binding) {
  return RawValue(record, binding.rest, binding.type);
}

// An alias: the raw field of the argument.
Value CimAliasValue(RecordView& record, const Binding& binding) {
  return RawValue(record, binding.argument, binding.type);
}

// "a|b": the first that is there.
Value CimFirstValue(RecordView& record, const Binding& binding) {
  const std::string_view paths = binding.argument;
  const std::size_t bar = paths.find('|');
  const Value first = RawValue(record, paths.substr(0, bar), binding.type);
  return first.is_null() ? RawValue(record, paths.substr(bar + 1), binding.type) : first;
}

Value CimFoldedValue(RecordView& record, const Binding& binding) {
  const Value cell = RawValue(record, binding.rest, binding.type);
  std::vector<Value> items;
  for (const Value& item : cell.items()) {
    std::string lower(item.text());
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    items.push_back(Value::String(binding.type, record.arena.Copy(lower)));
  }
  return Value::MakeMulti(items, &record.arena);
}

Value CimTimeValue(RecordView& record, const Binding& binding) {
  const double seconds = static_cast<double>(record.timestamp_ms) / kMillis;
  return binding.type == DataType::kDouble ? Value::Double(seconds) : Value::Null();
}

// Version 1. A row whose last part is * takes what no row before it has.
constexpr FieldRow kRows[] = {
    {"cloudtrail:_time", CimTimeValue},
    {"cloudtrail:_raw", OriginalValue},
    {"cloudtrail:sourcetype", ConstantValue, "aws:cloudtrail"},
    {"cloudtrail:date_hour", CimTimePartValue, "hour"},
    {"cloudtrail:date_minute", CimTimePartValue, "minute"},
    {"cloudtrail:date_second", CimTimePartValue, "second"},
    {"cloudtrail:date_mday", CimTimePartValue, "mday"},
    {"cloudtrail:date_wday", CimTimePartValue, "wday"},
    {"cloudtrail:date_month", CimTimePartValue, "month"},
    {"cloudtrail:date_year", CimTimePartValue, "year"},
    {"cloudtrail:date_zone", ConstantValue, "0"},

    {"cloudtrail:start_time", CimAliasValue, "eventTime"},
    {"cloudtrail:signature", CimAliasValue, "eventName"},
    {"cloudtrail:command", CimAliasValue, "eventName"},
    {"cloudtrail:dvc", CimAliasValue, "eventSource"},
    {"cloudtrail:src", CimAliasValue, "sourceIPAddress"},
    {"cloudtrail:src_ip", CimAliasValue, "sourceIPAddress"},
    {"cloudtrail:user_agent", CimAliasValue, "userAgent"},
    {"cloudtrail:region", CimAliasValue, "awsRegion"},
    {"cloudtrail:vendor_region", CimAliasValue, "awsRegion"},
    {"cloudtrail:user_group_id", CimAliasValue, "userIdentity.accountId"},
    {"cloudtrail:user_access_key", CimAliasValue, "userIdentity.accessKeyId"},
    {"cloudtrail:app", CimAliasValue, "eventType"},
    {"cloudtrail:result_id", CimAliasValue, "errorCode"},
    {"cloudtrail:result", CimAliasValue, "errorMessage"},
    {"cloudtrail:reason", CimAliasValue, "errorMessage"},

    {"cloudtrail:vendor_account", CimFirstValue, "userIdentity.accountId|recipientAccountId"},
    {"cloudtrail:vendor_product", ConstantValue, "AWS CloudTrail"},
    {"cloudtrail:vendor", ConstantValue, "Amazon Web Services"},
    {"cloudtrail:product", ConstantValue, "CloudTrail"},
    {"cloudtrail:aws_account_id", CimAccountValue},
    {"cloudtrail:dest", CimDestValue},
    {"cloudtrail:user", CimUserValue},
    {"cloudtrail:user_name", CimUserNameValue},
    {"cloudtrail:userName", CimUserNameRawValue},
    {"cloudtrail:user_arn", CimUserArnValue},
    {"cloudtrail:user_type", CimUserTypeValue},
    {"cloudtrail:errorCode", CimErrorCodeValue},
    {"cloudtrail:msg", CimMessageValue},
    {"cloudtrail:action", CimActionValue},
    {"cloudtrail:status", CimStatusValue},
    {"cloudtrail:change_type", CimChangeTypeValue},

    {"cloudtrail-folded:*", CimFoldedValue},
    {"cloudtrail:*", CimRawValue},
};

}  // namespace

std::span<const FieldRow> CimRows() {
  return kRows;
}

Value RawValue(RecordView& record, std::string_view path, DataType type) {
  record.leaves.clear();
  Collect(record.root, path, &record.leaves);
  std::vector<Value> values;
  for (const Element& leaf : record.leaves) {
    if (const Value value = ScalarToValue(leaf, type, &record.arena); !value.is_null()) {
      values.push_back(value);
    }
  }
  return Value::MakeMulti(values, &record.arena);
}

std::string_view RawText(RecordView& record, std::string_view path) {
  const Value value = RawValue(record, path, DataType::kKeyword);
  return value.is_null() ? std::string_view() : value.items().front().text();
}

}  // namespace weir::source::cloudtrail
