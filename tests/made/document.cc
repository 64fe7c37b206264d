#include "tests/made/document.h"

#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "common/base/json_writer.h"
#include "common/base/time.h"

namespace weir::made {
namespace {

// An object in the making: either values or members.
struct Tree {
  std::vector<Datum> values;
  std::map<std::string, std::unique_ptr<Tree>> members;
  bool is_list = false;   // an array, though it has one element

  Tree& At(std::string_view path) {
    const std::size_t dot = path.find('.');
    std::unique_ptr<Tree>& member = members[std::string(path.substr(0, dot))];
    if (member == nullptr) {
      member = std::make_unique<Tree>();
    }
    return dot == std::string_view::npos ? *member : member->At(path.substr(dot + 1));
  }
};

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendJsonString(text, &quoted);
  return quoted;
}

std::string DatumJson(const Datum& datum) { return datum.quoted ? Quoted(datum.text) : datum.text; }

std::string ValuesJson(const std::vector<Datum>& values) {
  if (values.size() == 1) {
    return DatumJson(values[0]);
  }
  std::string json = "[";
  for (const Datum& datum : values) {
    json += (json.size() > 1 ? "," : "") + DatumJson(datum);
  }
  return json + "]";
}

std::string TreeJson(const Tree& tree) {
  std::string json;
  if (tree.members.empty()) {
    json = ValuesJson(tree.values);
  } else {
    json = "{";
    for (const auto& [name, member] : tree.members) {
      json += (json.size() > 1 ? "," : "") + Quoted(name) + ":" + TreeJson(*member);
    }
    json += "}";
  }
  return tree.is_list ? "[" + json + "]" : json;
}

std::string TimeOf(const Document& document) {
  return FormatTime(kFirstEventMs + document.offset_ms);
}

// Where a normalised field stands in a CloudTrail record; "" is a field that is derived by itself.
const std::map<std::string, std::string>& RecordPlaces() {
  static const std::map<std::string, std::string> kPlaces = {
      {"aws.cloudtrail.error_code", "errorCode"},
      {"aws.cloudtrail.error_message", "errorMessage"},
      {"aws.cloudtrail.recipient_account_id", "recipientAccountId"},
      {"aws.cloudtrail.resources.arn", "resources.ARN"},
      {"aws.cloudtrail.user_identity.access_key_id", "userIdentity.accessKeyId"},
      {"aws.cloudtrail.user_identity.arn", "userIdentity.arn"},
      {"aws.cloudtrail.user_identity.invoked_by", "userIdentity.invokedBy"},
      {"aws.cloudtrail.user_identity.type", "userIdentity.type"},
      {"aws.cloudtrail.user_identity.session_context.session_issuer.arn",
       "userIdentity.sessionContext.sessionIssuer.arn"},
      {"cloud.account.id", "recipientAccountId"},
      {"cloud.region", "awsRegion"},
      {"data_stream.dataset", ""},
      {"data_stream.namespace", ""},
      {"data_stream.type", ""},
      {"event.action", "eventName"},
      {"event.category", ""},
      {"event.dataset", ""},
      {"event.id", "eventID"},
      {"event.outcome", ""},
      {"event.provider", "eventSource"},
      {"event.type", ""},
      {"source.address", "sourceIPAddress"},
      {"source.ip", "sourceIPAddress"},
      {"tls.client.server_name", "tlsDetails.clientProvidedHostHeader"},
      {"user.id", "userIdentity.principalId"},
      {"user.target.name", "requestParameters.userName"},
      {"user_agent.original", "userAgent"},
  };
  return kPlaces;
}

// "{a=b, c=[d]}" as the object that is printed so.
void ParametersOf(std::string_view text, Tree* parameters) {
  if (text.starts_with("{") && text.ends_with("}")) {
    text = text.substr(1, text.size() - 2);
  }
  int unnamed = 0;
  while (!text.empty()) {
    const std::size_t end = text.find(", ");
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    const std::size_t equals = piece.find('=');
    const bool named = equals != std::string_view::npos && equals > 0;
    const std::string name =
        named ? std::string(piece.substr(0, equals)) : fmt::format("made{}", unnamed++);
    std::string value(named ? piece.substr(equals + 1) : piece);
    Tree& place = parameters->At(name);
    if (value.starts_with("[") && value.ends_with("]")) {
      place.values = {{value.substr(1, value.size() - 2), true}};
      place.is_list = true;
    } else {
      place.values = {{value.empty() ? "made" : value, true}};
    }
  }
}

bool IsFailure(const Document& document) {
  const auto outcome = document.fields.find("event.outcome");
  return outcome != document.fields.end() && outcome->second[0].text == "failure";
}

// Whether the field found its place.
bool Place(const std::string& field, const std::vector<Datum>& values, Tree* record) {
  constexpr std::string_view kFlattened = "aws.cloudtrail.flattened.";
  static const std::map<std::string, std::string> kObjects = {
      {"aws.cloudtrail.request_parameters", "requestParameters"},
      {"aws.cloudtrail.response_elements", "responseElements"},
      {"aws.cloudtrail.additional_eventdata", "additionalEventData"},
  };
  if (const auto object = kObjects.find(field); object != kObjects.end()) {
    ParametersOf(values[0].text, &record->At(object->second));
    return values.size() == 1;
  }
  if (field.starts_with(kFlattened)) {
    const std::string_view rest = std::string_view(field).substr(kFlattened.size());
    const std::size_t dot = rest.find('.');
    const auto object = kObjects.find(fmt::format("aws.cloudtrail.{}", rest.substr(0, dot)));
    if (object == kObjects.end() || dot == std::string_view::npos) {
      return false;
    }
    record->At(object->second).At(rest.substr(dot + 1)).values = values;
    return true;
  }
  const auto place = RecordPlaces().find(field);
  if (place == RecordPlaces().end()) {
    return false;
  }
  if (!place->second.empty()) {
    Tree& at = record->At(place->second);
    if (!at.values.empty() && !(at.values == values)) {
      return false;
    }
    at.values = values;
  }
  return true;
}

void Default(std::string_view path, const char* value, Tree* record) {
  Tree& place = record->At(path);
  if (place.values.empty() && place.members.empty()) {
    place.values = {{value, true}};
  }
}

}  // namespace

std::string ToEcs(const Document& document, Shape shape, int serial) {
  Document whole = document;
  whole.fields.insert({"event.id", {{fmt::format("made-{}", serial), true}}});
  whole.fields["@timestamp"] = {{TimeOf(document), true}};
  if (shape == Shape::kDotted) {
    std::string json = "{";
    for (const auto& [field, values] : whole.fields) {
      json += (json.size() > 1 ? "," : "") + Quoted(field) + ":" + ValuesJson(values);
    }
    return json + "}";
  }
  Tree root;
  for (const auto& [field, values] : whole.fields) {
    root.At(field).values = values;
  }
  return TreeJson(root);
}

std::optional<std::string> ToCloudTrail(const Document& document, int serial) {
  const auto dataset = document.fields.find("data_stream.dataset");
  if (dataset == document.fields.end() || dataset->second[0].text != "aws.cloudtrail") {
    return std::nullopt;
  }
  Tree record;
  for (const auto& [field, values] : document.fields) {
    if (values.empty() || !Place(field, values, &record)) {
      return std::nullopt;
    }
  }
  const auto action = document.fields.find("event.action");
  const bool login =
      action != document.fields.end() && action->second[0].text == "ConsoleLogin";
  if (login) {
    Default("responseElements.ConsoleLogin", IsFailure(document) ? "Failure" : "Success", &record);
  } else if (IsFailure(document)) {
    Default("errorCode", "AccessDenied", &record);
  } else if (document.fields.contains("aws.cloudtrail.error_code") &&
             document.fields.contains("event.outcome")) {
    return std::nullopt;   // a success with an error code: no such record
  }
  Default("eventVersion", "1.09", &record);
  Default("eventSource", "made.amazonaws.com", &record);
  Default("eventName", "MadeForTests", &record);
  Default("awsRegion", "eu-central-1", &record);
  Default("recipientAccountId", "111122223333", &record);
  record.At("userIdentity.accountId").values = record.At("recipientAccountId").values;
  Default("userIdentity.type", "IAMUser", &record);
  if (const auto resources = record.members.find("resources"); resources != record.members.end()) {
    resources->second->is_list = true;
  }
  record.At("eventTime").values = {{TimeOf(document), true}};
  if (!document.fields.contains("event.id")) {
    record.At("eventID").values = {{fmt::format("made-{}", serial), true}};
  }
  return TreeJson(record);
}

}  // namespace weir::made
