// Outcome, categories and the related.* gatherings of CloudTrail events.
#include <algorithm>

#include "common/source/cloudtrail_actions_internal.h"
#include "common/source/cloudtrail_internal.h"

namespace weir::source::cloudtrail {

namespace {

constexpr std::string_view kAwsDomain = ".amazonaws.com";

// The value as text, for related.* which hold texts only.
std::string_view ScalarText(RecordView& record, const Element& element) {
  const Value value = ScalarToValue(element, DataType::kKeyword, &record.arena);
  return value.is_null() ? std::string_view() : value.text();
}

std::string_view TextAt(RecordView& record, Path root, std::string_view path) {
  const Element* element = record.Known(root);
  Element found;
  if (element == nullptr || !FindPath(*element, path, &found) ||
      IsEmpty(found, Empties::kMarkers)) {
    return {};
  }
  return ScalarText(record, found);
}

bool IsInstanceId(std::string_view text) {
  return text.starts_with("i-") && text.size() >= 10;
}

// In the shapes that calls have: one id, a list of ids, a list of objects.
void AddInstanceIds(RecordView& record, Path root, std::vector<std::string_view>* hosts) {
  const Element* element = record.Known(root);
  if (element == nullptr) {
    return;
  }
  const auto add = [hosts](const Element& id) {
    if (IsInstanceId(TextOrEmpty(id))) {
      hosts->push_back(TextOf(id));
    }
  };
  Element found;
  for (const std::string_view key : {"instanceId", "target", "resourceId"}) {
    if (FindPath(*element, key, &found)) {
      add(found);
    }
  }
  if (FindPath(*element, "instanceIds", &found) && IsArray(found)) {
    for (const Element& id : ArrayOf(found)) {
      add(id);
    }
  }
  if (FindPath(*element, "instancesSet.items", &found) && IsArray(found)) {
    for (const Element& item : ArrayOf(found)) {
      if (Element id; FindPath(item, "instanceId", &id)) {
        add(id);
      }
    }
  }
}

}  // namespace

bool HasValidSourceIp(const RecordView& record) {
  char bytes[16];
  return ParseIp(record.KnownText(kSourceIp), bytes);
}

Value OutcomeValue(RecordView& record, const Binding& binding) {
  if (record.KnownText(kEventName) == "ConsoleLogin") {
    if (const std::string_view result = record.KnownText(kConsoleLogin); !result.empty()) {
      std::string lower(result);
      std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      return TextToValue(record.arena.Copy(lower), binding.type, &record.arena);
    }
  }
  const bool failed =
      record.Known(kErrorCode) != nullptr || record.Known(kErrorMessage) != nullptr;
  return TextToValue(failed ? "failure" : "success", binding.type, &record.arena);
}

Value CategoryValue(RecordView& record, const Binding& binding) {
  const std::string_view category = ClassifyAction(record.KnownText(kEventName)).category;
  return category.empty() ? Value::Null() : TextToValue(category, binding.type, &record.arena);
}

Value TypeValue(RecordView& record, const Binding& binding) {
  return TextsValue(record, ClassifyAction(record.KnownText(kEventName)).types, binding.type);
}

Value RelatedUserValue(RecordView& record, const Binding& binding) {
  const std::string_view session = SessionName(record);
  const std::size_t at = session.find('@');
  const std::string_view users[] = {
      session,
      at == std::string_view::npos ? std::string_view() : session.substr(0, at),
      TextAt(record, kRequestParameters, "userName"),
      TextAt(record, kRequestParameters, "newUserName"),
      TextAt(record, kResponseElements, "user.userId"),
      UserId(record),
      UserName(record),
      record.KnownText(kOnBehalfOfUserId),
  };
  return TextsValue(record, users, binding.type);
}

Value RelatedIpValue(RecordView& record, const Binding& binding) {
  const std::string_view candidates[] = {record.KnownText(kSourceIp),
                                         record.KnownText(kServiceSourceIp)};
  std::vector<std::string_view> ips;
  for (const std::string_view candidate : candidates) {
    char bytes[16];
    if (ParseIp(candidate, bytes)) {
      ips.push_back(candidate);
    }
  }
  return TextsValue(record, ips, binding.type);
}

Value RelatedHostsValue(RecordView& record, const Binding& binding) {
  std::vector<std::string_view> hosts;
  const std::string_view server = record.KnownText(kTlsServerName);
  if (!server.ends_with(kAwsDomain) && record.KnownText(kTlsVersion) != "tlsVersion") {
    hosts.push_back(server);
  }
  const std::string_view address = record.KnownText(kSourceIp);
  if (!HasValidSourceIp(record) && address.find('.') != std::string_view::npos &&
      address.find(' ') == std::string_view::npos && !address.ends_with(kAwsDomain)) {
    hosts.push_back(address);
  }
  hosts.push_back(TextAt(record, kRequestParameters, "computerName"));
  if (const Element* resources = record.Known(kResources)) {
    record.leaves.clear();
    CollectLeaves(*resources, "ARN", SameKey, &record.leaves);
    for (const Element& leaf : record.leaves) {
      const std::string_view arn = TextOrEmpty(leaf);
      const std::string_view last = arn.substr(arn.rfind('/') + 1);
      if (arn.find(":instance/") != std::string_view::npos && IsInstanceId(last)) {
        hosts.push_back(last);
      }
    }
  }
  AddInstanceIds(record, kRequestParameters, &hosts);
  AddInstanceIds(record, kResponseElements, &hosts);
  return TextsValue(record, hosts, binding.type);
}

}  // namespace weir::source::cloudtrail
