#include "common/source/user_agent_internal.h"

#include <algorithm>
#include <cctype>

namespace weir::source {

namespace {

constexpr auto kNone = std::string_view::npos;

// A token that is followed by a version, and the agent's name. Earlier rows win: browsers name others
// that they resemble.
struct AgentRow {
  std::string_view token;
  std::string_view name;
};

constexpr AgentRow kAgents[] = {
    {"Boto3/", "Boto3"},
    {"Boto/", "Boto"},
    {"JetS3t/", "JetS3t"},
    {"aws-cli/", "aws-cli"},
    {"aws-sdk-cpp/", "aws-sdk-cpp"},
    {"aws-sdk-go/", "aws-sdk-go"},
    {"aws-sdk-java/", "aws-sdk-java"},
    {"aws-sdk-nodejs/", "aws-sdk-nodejs"},
    {"aws-sdk-ruby2/", "aws-sdk-ruby2"},
    {"aws-sdk-ruby/", "aws-sdk-ruby"},
    {"aws-sdk-dotnet-core/", "aws-sdk-dotnet-core"},
    {"aws-sdk-dotnet-45/", "aws-sdk-dotnet-45"},
    {"aws-sdk-dotnet-35/", "aws-sdk-dotnet-35"},
    {"s3fs/", "s3fs"},
    {"FxiOS/", "Firefox iOS"},
    {"CriOS/", "Chrome Mobile iOS"},
    {"EdgiOS/", "Edge Mobile"},
    {"EdgA/", "Edge Mobile"},
    {"Edg/", "Edge"},
    {"Edge/", "Edge"},
    {"OPR/", "Opera"},
    {"Vivaldi/", "Vivaldi"},
    {"SamsungBrowser/", "Samsung Internet"},
    {"Firefox/", "Firefox"},
    {"HeadlessChrome/", "HeadlessChrome"},
    {"Chromium/", "Chromium"},
    {"Chrome/", "Chrome"},
    {"python-requests/", "Python Requests"},
    {"Go-http-client/", "Go-http-client"},
    {"Apache-HttpClient/", "Apache-HttpClient"},
    {"okhttp/", "okhttp"},
    {"curl/", "curl"},
    {"Wget/", "Wget"},
    {"PostmanRuntime/", "PostmanRuntime"},
};

// The token where it begins a word.
std::size_t FindToken(std::string_view text, std::string_view token) {
  for (std::size_t at = text.find(token); at != kNone; at = text.find(token, at + 1)) {
    const bool inside = at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 ||
                                   text[at - 1] == '_');
    if (!inside) {
      return at;
    }
  }
  return kNone;
}

// "2.17.60" at the text's begin: at most three numbers.
std::string_view LeadingVersion(std::string_view text) {
  std::size_t size = 0;
  for (int numbers = 0; numbers < 3; ++numbers) {
    const std::size_t begin = numbers == 0 ? 0 : size + 1;
    if (numbers > 0 && (size >= text.size() || text[size] != '.')) {
      break;
    }
    std::size_t end = begin;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') {
      ++end;
    }
    if (end == begin) {
      break;
    }
    size = end;
  }
  return text.substr(0, size);
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != kNone;
}

std::string_view OsOf(std::string_view text) {
  return Has(text, "Windows") || Has(text, "windows") ? "Windows"
         : Has(text, "iPhone") || Has(text, "iPad")   ? "iOS"
         : Has(text, "Mac OS X") || Has(text, "macOS") || Has(text, "Darwin/") ? "Mac OS X"
         : Has(text, "Android")                       ? "Android"
         : Has(text, "CrOS")                          ? "Chrome OS"
         : Has(text, "Ubuntu")                        ? "Ubuntu"
         : Has(text, "Linux") || Has(text, "linux")   ? "Linux"
                                                      : "";
}

std::string_view DeviceOf(std::string_view text, std::string_view name) {
  return name == "Boto3" || name == "Boto" ? "Spider"
         : Has(text, "iPhone")             ? "iPhone"
         : Has(text, "iPad")               ? "iPad"
         : Has(text, "Macintosh")          ? "Mac"
                                           : "Other";
}

}  // namespace

UserAgent ParseUserAgent(std::string_view text) {
  UserAgent agent;
  for (const AgentRow& row : kAgents) {
    const std::size_t at = FindToken(text, row.token);
    const std::string_view version =
        at == kNone ? std::string_view() : LeadingVersion(text.substr(at + row.token.size()));
    if (!version.empty()) {
      agent.name = row.name;
      agent.version = version;
      break;
    }
  }
  // Safari's version stands apart from its name, and engines of others call themselves Safari too.
  if (const std::size_t at = text.find("Version/");
      agent.name == "Other" && at != kNone && Has(text, "Safari/")) {
    agent.name = Has(text, "Mobile/") ? "Mobile Safari" : "Safari";
    agent.version = LeadingVersion(text.substr(at + std::string_view("Version/").size()));
  }
  if (agent.name == "Chrome" && Has(text, "Mobile")) {
    agent.name = "Chrome Mobile";
  } else if (agent.name == "Firefox" && Has(text, "Mobile;")) {
    agent.name = "Firefox Mobile";
  }
  agent.os_name = OsOf(text);
  agent.device_name = DeviceOf(text, agent.name);
  return agent;
}

}  // namespace weir::source
