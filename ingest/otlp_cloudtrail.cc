// CloudTrail records that the Collector's awslogs encoding has taken apart: one table says where each
// member went, and the record is put together again. What the encoding drops stays lost.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "ingest/json_text.h"
#include "ingest/otlp_decoder.h"

namespace weir::ingest {
namespace {

using Kind = MessageValue::Kind;
using Entries = std::vector<MessageEntry>;

// How the attribute says it.
enum class Form : uint8_t {
  kSame,        // as the record did
  kText,        // the record has a text where the attribute has a bool
  kTlsVersion,  // without "TLSv"
  kResources,   // a list of maps with other keys
};

struct Member {
  std::string_view path;        // in the record; those of one object stand together
  std::string_view attribute;
  std::string_view other;       // what other versions of the encoding call it; may be empty
  Form form = Form::kSame;
};

constexpr std::string_view kIdentity = "aws.user_identity.";

constexpr std::array<Member, 42> kMembers{{
    {"eventVersion", "aws.cloudtrail.event_version", ""},
    {"eventID", "aws.cloudtrail.event_id", ""},
    {"apiVersion", "aws.cloudtrail.api_version", ""},
    {"eventName", "rpc.method", ""},
    {"eventSource", "rpc.service", ""},
    {"eventType", "rpc.system", ""},
    {"eventCategory", "aws.event.category", ""},
    {"readOnly", "aws.event.read_only", ""},
    {"managementEvent", "aws.event.management", ""},
    {"awsRegion", "cloud.region", ""},
    {"recipientAccountId", "cloud.account.id", ""},
    {"requestID", "aws.request_id", ""},
    {"sharedEventID", "aws.shared_event_id", ""},
    {"errorCode", "aws.error.code", ""},
    {"errorMessage", "aws.error.message", ""},
    {"sourceIPAddress", "source.address", ""},
    {"userAgent", "user_agent.original", ""},
    {"requestParameters", "aws.request.parameters", ""},
    {"responseElements", "aws.response.elements", ""},
    {"additionalEventData", "aws.cloudtrail.additional_event_data", ""},
    {"insightDetails", "aws.insight_details", ""},
    {"resources", "aws.resources", "", Form::kResources},
    {"sessionCredentialFromConsole", "aws.session.console", "", Form::kText},
    {"tlsDetails.tlsVersion", "tls.protocol.version", "", Form::kTlsVersion},
    {"tlsDetails.cipherSuite", "tls.cipher", ""},
    {"tlsDetails.clientProvidedHostHeader", "server.address", ""},
    {"userIdentity.userId", "user.id", ""},
    {"userIdentity.userName", "user.name", ""},
    {"userIdentity.principalId", "aws.principal.id", "principal.id"},
    {"userIdentity.arn", "aws.principal.arn", "principal.arn"},
    {"userIdentity.type", "aws.principal.type", "principal.type"},
    {"userIdentity.accessKeyId", "aws.access_key.id", "access_key.id"},
    {"userIdentity.accountId", "aws.user_identity.account_id", ""},
    {"userIdentity.invokedBy", "aws.user_identity.invoked_by", ""},
    {"userIdentity.identityStoreArn", "aws.identity_store.arn", "identity_store.arn"},
    {"userIdentity.sessionContext.attributes.creationDate",
     "aws.user_identity.session_context.attributes.creation_date", ""},
    {"userIdentity.sessionContext.attributes.mfaAuthenticated",
     "aws.user_identity.session_context.attributes.mfa_authenticated", "", Form::kText},
    {"userIdentity.sessionContext.sessionIssuer.type",
     "aws.user_identity.session_context.issuer.type", ""},
    {"userIdentity.sessionContext.sessionIssuer.principalId",
     "aws.user_identity.session_context.issuer.principal_id", ""},
    {"userIdentity.sessionContext.sessionIssuer.arn",
     "aws.user_identity.session_context.issuer.arn", ""},
    {"userIdentity.sessionContext.sessionIssuer.accountId",
     "aws.user_identity.session_context.issuer.account_id", ""},
    {"userIdentity.sessionContext.sessionIssuer.userName",
     "aws.user_identity.session_context.issuer.user_name", ""},
}};

const MessageEntry* FindLast(const Entries& entries, std::string_view key) {
  const auto found = std::find_if(entries.rbegin(), entries.rend(),
                                  [key](const MessageEntry& entry) { return entry.key == key; });
  return found == entries.rend() ? nullptr : &*found;
}

const MessageEntry* FindMember(const Entries& attributes, const Member& member) {
  const MessageEntry* found = FindLast(attributes, member.attribute);
  if (found == nullptr && !member.other.empty()) {
    found = FindLast(attributes, std::string(kIdentity) + std::string(member.other));
  }
  return found;
}

// Writes members whose paths come grouped by object.
class PathWriter {
 public:
  // Leaves the text ready for the member's value.
  void Member(std::string_view path) {
    std::size_t same = 0;   // objects that stay open
    while (same < open_.size() && path.substr(0, open_[same].size() + 1) == open_[same] + ".") {
      ++same;
    }
    Close(same);
    for (std::size_t dot = path.find('.', same == 0 ? 0 : open_.back().size() + 1);
         dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
      Key(path.substr(0, dot));
      text.push_back('{');
      first_ = true;
      open_.emplace_back(path.substr(0, dot));
    }
    Key(path);
  }
  std::string Finish() {
    Close(0);
    text.push_back('}');
    return std::move(text);
  }

  std::string text = "{";

 private:
  void Close(std::size_t keep) {
    for (; open_.size() > keep; open_.pop_back()) {
      text.push_back('}');
      first_ = false;
    }
  }
  void Key(std::string_view path) {
    if (!first_) {
      text.push_back(',');
    }
    first_ = false;
    AppendJsonText(path.substr(path.rfind('.') + 1), &text);
    text.push_back(':');
  }

  std::vector<std::string> open_;
  bool first_ = true;
};

// The encoding's newer key for a resource's member.
std::string_view ResourceKey(std::string_view key) {
  return key == "account.id" ? "accountId" : key == "arn" ? "ARN" : key;
}

bool AppendResources(const MessageValue& list, ValueWriter* writer, std::string* out) {
  Entries items;   // the list's items are not entries, so they are read one by one
  out->push_back('[');
  bool first = true;
  bool whole = ReadItems(list.bytes, [&](std::string_view item) {
    items.clear();
    const MessageValue map = ReadOtlpValue(item);
    if (map.kind != Kind::kMap || !ReadEntries(map.bytes, 1, &items)) {
      return true;   // no resource
    }
    for (MessageEntry& entry : items) {
      entry.key = ResourceKey(entry.key);
    }
    if (!first) {
      out->push_back(',');
    }
    first = false;
    return writer->AppendObject(items, out);
  });
  out->push_back(']');
  return whole;
}

bool AppendValue(const MessageValue& value, Form form, ValueWriter* writer, std::string* out) {
  if (form == Form::kText && value.kind == Kind::kBool) {
    AppendJsonText(value.integer != 0 ? "true" : "false", out);
    return true;
  }
  if (form == Form::kTlsVersion && value.kind == Kind::kText) {
    AppendJsonText("TLSv" + std::string(value.bytes), out);
    return true;
  }
  if (form == Form::kResources && value.kind == Kind::kList) {
    return AppendResources(value, writer, out);
  }
  return writer->Append(value, out);
}

}  // namespace

std::string RebuildCloudTrail(const Entries& attributes, int64_t time_ms) {
  const MessageEntry* format = FindLast(attributes, "encoding.format");
  const bool named = format != nullptr && ReadOtlpValue(format->value).bytes == "aws.cloudtrail";
  if (!named && FindLast(attributes, "aws.cloudtrail.event_id") == nullptr) {
    return "";
  }
  ValueWriter writer(ReadOtlpValue, ValueLimits());
  writer.Begin();
  PathWriter record;
  record.Member("eventTime");
  AppendJsonText(FormatTime(time_ms).substr(0, 19) + "Z", &record.text);
  for (const Member& member : kMembers) {
    const MessageEntry* found = FindMember(attributes, member);
    if (found == nullptr) {
      continue;
    }
    record.Member(member.path);
    if (!AppendValue(ReadOtlpValue(found->value), member.form, &writer, &record.text)) {
      return "";
    }
  }
  return record.Finish();
}

}  // namespace weir::ingest
