// Who acts in the demo's account. Everything is invented; the account number and the addresses are
// those that documentation uses.
#pragma once

#include <string>

namespace weir::demo {

inline constexpr char kAccount[] = "111122223333";

struct Principal {
  enum class Kind { kUser, kRole, kService };

  Kind kind = Kind::kUser;
  std::string name;        // of the user or role; of a service its host name
  std::string session;     // of a role
  std::string id;          // AIDA... or AROA...
  std::string access_key;  // AKIA... or ASIA...
  std::string address;
  std::string agent;

  std::string arn() const {
    const std::string account = kAccount;
    return kind == Kind::kUser ? "arn:aws:iam::" + account + ":user/" + name
                               : "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session;
  }
};

}  // namespace weir::demo
