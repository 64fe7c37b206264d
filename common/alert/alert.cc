#include "common/alert/alert.h"

namespace weir::alert {

std::string_view AlertStatusName(AlertStatus status) {
  switch (status) {
    case AlertStatus::kOpen:
      return "open";
    case AlertStatus::kAcknowledged:
      return "acknowledged";
    case AlertStatus::kClosed:
      return "closed";
    case AlertStatus::kRecovered:
      return "recovered";
  }
  return "unknown";
}

std::string_view ChangeFieldName(Change::Field field) {
  return field == Change::Field::kAssignee ? "assignee" : "status";
}

std::vector<std::string_view> AlertFlagNames(uint32_t flags) {
  static constexpr std::pair<AlertFlag, std::string_view> kNames[] = {
      {kLate, "late"},       {kPartial, "partial"},     {kApproximate, "approximate"},
      {kWarming, "warming"}, {kContinues, "continues"},
  };
  std::vector<std::string_view> names;
  for (const auto& [flag, name] : kNames) {
    if ((flags & flag) != 0) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace weir::alert
