// Who may call what. Callers show a bearer token or a client certificate; one file maps both to a tenant
// and roles, one table maps the methods to the role they need.
//
// The file has one line per caller; blank lines and lines that begin with # are skipped:
//
//   token NAME sha256:HEX tenant=TENANT roles=ROLE[,ROLE...] [expires=TIME]
//   token NAME plain:SECRET tenant=TENANT roles=...
//   certificate NAME tenant=TENANT roles=...
//
// The NAME of a token is for logs and messages; that of a certificate is one of its subject alternative
// names or its common name. Roles: ingest (send events), read (ask), admin (read, and change alerts), node
// (what processes of the cluster ask of each other, and read).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/base/time.h"

namespace weir::rpc {

enum class Role : uint8_t { kIngest, kRead, kAdmin, kNode };
inline constexpr int kRoleCount = 4;
std::string_view RoleName(Role role);   // "ingest", "read", "admin", "node"

// Roles of a caller, as bits.
class Roles {
 public:
  void Add(Role role) { bits_ |= 1U << static_cast<unsigned>(role); }
  // Whether one who has these may do what needs the role.
  bool Allow(Role role) const;
  bool empty() const { return bits_ == 0; }

 private:
  unsigned bits_ = 0;
};

// What a method needs.
struct MethodRule {
  std::string_view prefix;      // of the path: "/package.Service/" for all its methods, or one method
  std::optional<Role> role;     // empty: open to everybody
};
// The rule of a method ("/package.Service/Method"); null: a method of none of our services.
const MethodRule* FindMethodRule(std::string_view path);

struct Caller {
  std::string name;
  std::string tenant;
  Roles roles;
  UnixMillis expires_ms = 0;    // of a token; 0: never
};

// The content of such a file.
class AccessList {
 public:
  // InvalidArgument names the line, and never its secret; also for a line of a tenant other than this one,
  // since a cluster has one.
  static StatusOr<AccessList> Parse(std::string_view text, std::string_view tenant);

  // Null: nobody's. The time it takes does not depend on how much of a token is right.
  const Caller* FindToken(std::string_view token) const;
  const Caller* FindCertificate(std::string_view name) const;
  std::size_t size() const { return tokens_.size() + certificates_.size(); }

 private:
  using Digest = std::array<unsigned char, 32>;   // SHA-256
  struct Token {
    Digest digest;
    Caller caller;
  };
  Status AddLine(std::string_view line, std::string_view tenant);

  std::vector<Token> tokens_;
  std::vector<Caller> certificates_;
};

// Why a call was refused before it began.
enum class Refusal : uint8_t {
  kNoCredentials,
  kBadToken,             // unknown or expired
  kUnknownCertificate,
  kWrongRole,
  kUnknownMethod,
};
inline constexpr int kRefusalCount = 5;
std::string_view RefusalName(Refusal refusal);   // "no_credentials", ...

// Since the start.
struct CallCounts {
  std::array<uint64_t, kRefusalCount> refused{};
  uint64_t list_loads = 0;       // of a changed file
  uint64_t list_failures = 0;    // of these, those that could not be used
};

// Judges calls by a file that may change while the process runs. Thread safe.
class AccessControl {
 public:
  // Looks for changes of the file at most every reload_ms. InvalidArgument when it cannot be used.
  static StatusOr<std::shared_ptr<AccessControl>> Load(std::string path, std::string tenant,
                                                       int64_t reload_ms);

  // What a call shows.
  struct Credentials {
    std::string_view authorization;                    // of the metadata; empty: none
    std::vector<std::string_view> certificate_names;   // of a verified certificate
  };
  // OK, Unauthenticated, or PermissionDenied: says what to do. Refusals are counted, and logged at most
  // once a second.
  Status Check(std::string_view method, const Credentials& credentials);

  CallCounts counts() const;

 private:
  struct Stamp {   // of the file
    int64_t modified_ns = 0;
    uint64_t inode = 0;
    int64_t size = 0;
    bool operator==(const Stamp&) const = default;
  };

  AccessControl(std::string path, std::string tenant, int64_t reload_ms)
      : path_(std::move(path)), tenant_(std::move(tenant)), reload_ms_(reload_ms) {}
  static std::optional<Stamp> StampOf(const std::string& path);
  StatusOr<AccessList> Read() const;
  std::shared_ptr<const AccessList> Current();
  Status Judge(const AccessList& list, const MethodRule& rule, std::string_view method,
               const Credentials& credentials, Refusal* refusal) const;
  void LogRefusal(std::string_view method, Refusal refusal);

  const std::string path_;
  const std::string tenant_;
  const int64_t reload_ms_;
  mutable std::mutex mutex_;
  std::shared_ptr<const AccessList> list_;
  Stamp stamp_;
  int64_t looked_ms_ = 0;        // steady clock
  int64_t logged_ms_ = 0;
  uint64_t unlogged_ = 0;
  CallCounts counts_;
};

}  // namespace weir::rpc
