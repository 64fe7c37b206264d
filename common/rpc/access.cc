#include "common/rpc/access.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include "common/telemetry/log.h"

namespace weir::rpc {
namespace {

constexpr std::string_view kRoleNames[kRoleCount] = {"ingest", "read", "admin", "node"};
constexpr std::string_view kRefusalNames[kRefusalCount] = {
    "no_credentials", "bad_token", "unknown_certificate", "wrong_role", "unknown_method"};
constexpr int64_t kLogEveryMs = 1000;
constexpr std::size_t kSecretBytesMin = 16;

// The one table of what may be called by whom. Services whose methods differ name each, so that a new method
// is refused until it stands here.
constexpr MethodRule kMethods[] = {
    {"/grpc.health.v1.Health/", std::nullopt},
    {"/grpc.reflection.v1alpha.ServerReflection/", Role::kRead},
    {"/weir.ingest.v1.IngestService/", Role::kIngest},
    {"/opentelemetry.proto.collector.logs.v1.LogsService/", Role::kIngest},
    {"/vector.Vector/", Role::kIngest},
    {"/weir.alert.v1.AlertService/BatchUpdateAlerts", Role::kAdmin},
    {"/weir.alert.v1.AlertService/GetAlert", Role::kRead},
    {"/weir.alert.v1.AlertService/ListAlerts", Role::kRead},
    {"/weir.alert.v1.AlertService/WatchAlerts", Role::kRead},
    {"/weir.cluster.v1.ClusterService/", Role::kRead},
    {"/weir.cluster.v1.IngestStatusService/", Role::kNode},
    {"/weir.explain.v1.ExplainService/", Role::kRead},
    {"/weir.group.v1.GroupService/", Role::kRead},
    {"/weir.sink.v1.SinkService/ListDeadLetters", Role::kRead},
    {"/weir.sink.v1.SinkService/ListSinks", Role::kRead},
    {"/weir.sink.v1.SinkService/RetryDeadLetters", Role::kAdmin},
    {"/weir.rule.v1.RuleService/ApplyRules", Role::kAdmin},
    {"/weir.rule.v1.RuleService/DeleteRule", Role::kAdmin},
    {"/weir.rule.v1.RuleService/GetRule", Role::kRead},
    {"/weir.rule.v1.RuleService/GetRuleSetVersion", Role::kRead},
    {"/weir.rule.v1.RuleService/ListRules", Role::kRead},
    {"/weir.rule.v1.RuleService/ListRuleSetVersions", Role::kRead},
    {"/weir.rule.v1.RuleService/RollBackRules", Role::kAdmin},
    {"/weir.rule.v1.RuleService/SetRuleEnabled", Role::kAdmin},
    {"/weir.worker.v1.WorkerService/", Role::kNode},
};

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

UnixMillis WallMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::vector<std::string_view> SplitOn(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool TakePrefix(std::string_view prefix, std::string_view* text) {
  if (!text->starts_with(prefix)) {
    return false;
  }
  text->remove_prefix(prefix.size());
  return true;
}

std::array<unsigned char, 32> Sha256(std::string_view text) {
  std::array<unsigned char, 32> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

int HexValue(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
       : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Status ParseDigest(std::string_view hex, std::array<unsigned char, 32>* digest) {
  if (hex.size() != 2 * digest->size()) {
    return InvalidArgument("sha256: takes 64 hexadecimal digits, there are {}", hex.size());
  }
  for (std::size_t i = 0; i < digest->size(); ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      return InvalidArgument("sha256: takes 64 hexadecimal digits, digit {} is none", 2 * i + 1);
    }
    (*digest)[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return OkStatus();
}

Status ParseSecret(std::string_view secret, std::array<unsigned char, 32>* digest) {
  if (TakePrefix("sha256:", &secret)) {
    return ParseDigest(secret, digest);
  }
  if (TakePrefix("plain:", &secret)) {
    if (secret.size() < kSecretBytesMin) {
      return InvalidArgument("a token of less than {} bytes can be guessed", kSecretBytesMin);
    }
    *digest = Sha256(secret);
    return OkStatus();
  }
  return InvalidArgument("the third word of a token is sha256:HEX or plain:SECRET");
}

Status ParseRoles(std::string_view names, Roles* roles) {
  for (const std::string_view name : SplitOn(names, ",")) {
    const auto* const found = std::find(std::begin(kRoleNames), std::end(kRoleNames), name);
    if (found == std::end(kRoleNames)) {
      return InvalidArgument("role '{}' is none of ingest, read, admin and node", name);
    }
    roles->Add(static_cast<Role>(found - std::begin(kRoleNames)));
  }
  return OkStatus();
}

// The key=value words of a line.
Status ParseAttributes(const std::vector<std::string_view>& words, std::size_t first, bool is_token,
                       Caller* caller) {
  for (std::size_t i = first; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (TakePrefix("tenant=", &word)) {
      caller->tenant = word;
    } else if (TakePrefix("roles=", &word)) {
      WEIR_RETURN_IF_ERROR(ParseRoles(word, &caller->roles));
    } else if (is_token && TakePrefix("expires=", &word)) {
      const std::optional<UnixMillis> time = ParseTime(word);
      if (!time.has_value()) {
        return InvalidArgument("expires= takes a time as 2030-01-31T00:00:00Z");
      }
      caller->expires_ms = *time;
    } else {
      // The word may be a misplaced secret: it is not repeated.
      return InvalidArgument("word {} is none of tenant=, roles={}", i + 1,
                             is_token ? " and expires=" : "");
    }
  }
  if (caller->tenant.empty() || caller->roles.empty()) {
    return InvalidArgument("tenant= and roles= are needed");
  }
  return OkStatus();
}

}  // namespace

std::string_view RoleName(Role role) {
  return kRoleNames[static_cast<int>(role)];
}

std::string_view RefusalName(Refusal refusal) {
  return kRefusalNames[static_cast<int>(refusal)];
}

bool Roles::Allow(Role role) const {
  const auto has = [this](Role one) { return (bits_ >> static_cast<unsigned>(one) & 1U) != 0; };
  return has(role) || (role == Role::kRead && (has(Role::kAdmin) || has(Role::kNode)));
}

const MethodRule* FindMethodRule(std::string_view path) {
  for (const MethodRule& rule : kMethods) {
    if (rule.prefix.ends_with('/') ? path.starts_with(rule.prefix) : path == rule.prefix) {
      return &rule;
    }
  }
  return nullptr;
}

StatusOr<AccessList> AccessList::Parse(std::string_view text, std::string_view tenant) {
  AccessList list;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (const Status status = list.AddLine(line, tenant); !status.ok()) {
      return Annotate(status, "line " + std::to_string(number));
    }
  }
  if (list.size() == 0) {
    return InvalidArgument("it names nobody, so that nobody could call");
  }
  return list;
}

Status AccessList::AddLine(std::string_view line, std::string_view tenant) {
  const std::vector<std::string_view> words = SplitOn(line, " \t\r");
  if (words.empty() || words[0].starts_with('#')) {
    return OkStatus();
  }
  const bool is_token = words[0] == "token";
  if (!is_token && words[0] != "certificate") {
    return InvalidArgument("a line begins with token or certificate");
  }
  const std::size_t named = is_token ? 3 : 2;
  if (words.size() < named) {
    return InvalidArgument("a {} needs {}", words[0], is_token ? "a name and a secret" : "a name");
  }
  Token token{};
  token.caller.name = words[1];
  if (is_token) {
    WEIR_RETURN_IF_ERROR(ParseSecret(words[2], &token.digest));
  }
  WEIR_RETURN_IF_ERROR(ParseAttributes(words, named, is_token, &token.caller));
  if (token.caller.tenant != tenant) {
    return InvalidArgument("tenant '{}' is not served here: this cluster is tenant '{}''s alone",
                           token.caller.tenant, tenant);
  }
  if (is_token) {
    tokens_.push_back(std::move(token));
  } else {
    certificates_.push_back(std::move(token.caller));
  }
  return OkStatus();
}

const Caller* AccessList::FindToken(std::string_view token) const {
  const Digest digest = Sha256(token);
  const Caller* found = nullptr;
  for (const Token& known : tokens_) {
    if (CRYPTO_memcmp(known.digest.data(), digest.data(), digest.size()) == 0) {
      found = &known.caller;
    }
  }
  return found;
}

const Caller* AccessList::FindCertificate(std::string_view name) const {
  for (const Caller& caller : certificates_) {
    if (caller.name == name) {
      return &caller;
    }
  }
  return nullptr;
}

StatusOr<std::shared_ptr<AccessControl>> AccessControl::Load(std::string path, std::string tenant,
                                                             int64_t reload_ms) {
  std::shared_ptr<AccessControl> control(
      new AccessControl(std::move(path), std::move(tenant), reload_ms));
  control->stamp_ = StampOf(control->path_).value_or(Stamp());
  WEIR_ASSIGN_OR_RETURN(AccessList list, control->Read());
  control->list_ = std::make_shared<const AccessList>(std::move(list));
  control->looked_ms_ = SteadyMs();
  return control;
}

std::optional<AccessControl::Stamp> AccessControl::StampOf(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    return std::nullopt;
  }
  Stamp stamp;
  stamp.modified_ns = static_cast<int64_t>(file.st_mtim.tv_sec) * 1000000000 + file.st_mtim.tv_nsec;
  stamp.inode = file.st_ino;
  stamp.size = file.st_size;
  return stamp;
}

StatusOr<AccessList> AccessControl::Read() const {
  std::ifstream in(path_, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) {
    return InvalidArgument("the access file '{}' cannot be read", path_);
  }
  auto list = AccessList::Parse(text.str(), tenant_);
  if (!list.ok()) {
    return Annotate(list.status(), "the access file '" + path_ + "'");
  }
  return list;
}

// The newest list that could be used.
std::shared_ptr<const AccessList> AccessControl::Current() {
  const std::lock_guard lock(mutex_);
  const int64_t now = SteadyMs();
  if (now - looked_ms_ < reload_ms_) {
    return list_;
  }
  looked_ms_ = now;
  const std::optional<Stamp> stamp = StampOf(path_);
  if (stamp == stamp_) {
    return list_;
  }
  stamp_ = stamp.value_or(Stamp());
  ++counts_.list_loads;
  auto list = Read();
  if (list.ok()) {
    list_ = std::make_shared<const AccessList>(*std::move(list));
    log::Info("access file read again", {{"path", path_}, {"callers", list_->size()}});
  } else {
    ++counts_.list_failures;
    log::Error("the changed access file cannot be used; the old one counts on",
               {{"reason", std::string(Message(list.status()))}});
  }
  return list_;
}

Status AccessControl::Check(std::string_view method, const Credentials& credentials) {
  const MethodRule* rule = FindMethodRule(method);
  if (rule != nullptr && !rule->role.has_value()) {
    return OkStatus();
  }
  Refusal refusal = Refusal::kUnknownMethod;
  Status status = rule == nullptr
                      ? MakeError(StatusCode::kPermissionDenied, "this method is not served here")
                      : Judge(*Current(), *rule, method, credentials, &refusal);
  if (!status.ok()) {
    LogRefusal(method, refusal);
  }
  return status;
}

Status AccessControl::Judge(const AccessList& list, const MethodRule& rule, std::string_view method,
                            const Credentials& credentials, Refusal* refusal) const {
  const Caller* caller = nullptr;
  if (!credentials.authorization.empty()) {
    std::string_view token = credentials.authorization;
    *refusal = Refusal::kBadToken;
    if (!TakePrefix("Bearer ", &token) && !TakePrefix("bearer ", &token)) {
      return Error(StatusCode::kUnauthenticated,
                   "the authorization metadata is not of the form 'Bearer TOKEN'");
    }
    caller = list.FindToken(token);
    if (caller == nullptr) {
      return Error(StatusCode::kUnauthenticated,
                   "the bearer token is not known: ask the cluster's operator for one");
    }
    if (caller->expires_ms != 0 && WallMs() >= caller->expires_ms) {
      return Error(StatusCode::kUnauthenticated, "token '{}' expired at {}: ask for a new one",
                   caller->name, FormatTime(caller->expires_ms));
    }
  } else if (!credentials.certificate_names.empty()) {
    for (const std::string_view name : credentials.certificate_names) {
      caller = caller == nullptr ? list.FindCertificate(name) : caller;
    }
    if (caller == nullptr) {
      *refusal = Refusal::kUnknownCertificate;
      return Error(StatusCode::kUnauthenticated,
                   "no name of the client certificate is in the access file, and there is no bearer "
                   "token");
    }
  } else {
    *refusal = Refusal::kNoCredentials;
    return Error(StatusCode::kUnauthenticated,
                 "send a bearer token (metadata 'authorization: Bearer TOKEN') or show a client "
                 "certificate");
  }
  if (!caller->roles.Allow(*rule.role)) {
    *refusal = Refusal::kWrongRole;
    return Error(StatusCode::kPermissionDenied, "'{}' lacks the role {} that {} needs", caller->name,
                 RoleName(*rule.role), method);
  }
  return OkStatus();
}

void AccessControl::LogRefusal(std::string_view method, Refusal refusal) {
  const std::lock_guard lock(mutex_);
  ++counts_.refused[static_cast<std::size_t>(refusal)];
  const int64_t now = SteadyMs();
  if (logged_ms_ != 0 && now - logged_ms_ < kLogEveryMs) {
    ++unlogged_;
    return;
  }
  logged_ms_ = now;
  log::Warn("call refused", {{"method", method.substr(0, 200)},
                             {"reason", RefusalName(refusal)},
                             {"others", unlogged_}});
  unlogged_ = 0;
}

CallCounts AccessControl::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace weir::rpc
