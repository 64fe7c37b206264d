#include "common/rule/attack_names.h"

#include <algorithm>
#include <utility>

namespace weir::rule {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"T1020", "Automated Exfiltration"},
    {"T1021", "Remote Services"},
    {"T1021.004", "SSH"},
    {"T1021.007", "Cloud Services"},
    {"T1021.008", "Direct Cloud VM Connections"},
    {"T1059", "Command and Scripting Interpreter"},
    {"T1069", "Permission Groups Discovery"},
    {"T1069.003", "Cloud Groups"},
    {"T1078", "Valid Accounts"},
    {"T1078.004", "Cloud Accounts"},
    {"T1087", "Account Discovery"},
    {"T1087.004", "Cloud Account"},
    {"T1098", "Account Manipulation"},
    {"T1098.001", "Additional Cloud Credentials"},
    {"T1098.003", "Additional Cloud Roles"},
    {"T1110", "Brute Force"},
    {"T1110.001", "Password Guessing"},
    {"T1110.003", "Password Spraying"},
    {"T1110.004", "Credential Stuffing"},
    {"T1119", "Automated Collection"},
    {"T1136", "Create Account"},
    {"T1136.003", "Cloud Account"},
    {"T1185", "Browser Session Hijacking"},
    {"T1201", "Password Policy Discovery"},
    {"T1204", "User Execution"},
    {"T1204.003", "Malicious Image"},
    {"T1485", "Data Destruction"},
    {"T1485.001", "Lifecycle-Triggered Deletion"},
    {"T1486", "Data Encrypted for Impact"},
    {"T1490", "Inhibit System Recovery"},
    {"T1526", "Cloud Service Discovery"},
    {"T1530", "Data from Cloud Storage"},
    {"T1535", "Unused/Unsupported Cloud Regions"},
    {"T1537", "Transfer Data to Cloud Account"},
    {"T1538", "Cloud Service Dashboard"},
    {"T1548", "Abuse Elevation Control Mechanism"},
    {"T1550", "Use Alternate Authentication Material"},
    {"T1552", "Unsecured Credentials"},
    {"T1552.005", "Cloud Instance Metadata API"},
    {"T1555", "Credentials from Password Stores"},
    {"T1555.006", "Cloud Secrets Management Stores"},
    {"T1556", "Modify Authentication Process"},
    {"T1556.006", "Multi-Factor Authentication"},
    {"T1562", "Impair Defenses"},
    {"T1562.001", "Disable or Modify Tools"},
    {"T1562.007", "Disable or Modify Cloud Firewall"},
    {"T1562.008", "Disable or Modify Cloud Logs"},
    {"T1578", "Modify Cloud Compute Infrastructure"},
    {"T1578.005", "Modify Cloud Compute Configurations"},
    {"T1580", "Cloud Infrastructure Discovery"},
    {"T1586", "Compromise Accounts"},
    {"T1586.003", "Cloud Accounts"},
    {"T1621", "Multi-Factor Authentication Request Generation"},
    {"T1651", "Cloud Administration Command"},
    {"T1685", "Disable or Modify Tools"},
    {"T1685.002", "Disable or Modify Cloud Log"},
    {"T1686", "Disable or Modify System Firewall"},
    {"T1686.001", "Cloud Firewall"},
};

}  // namespace

std::string_view AttackTechniqueName(std::string_view id) {
  const auto* found = std::lower_bound(
      std::begin(kNames), std::end(kNames), id,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return found != std::end(kNames) && found->first == id ? found->second : std::string_view();
}

}  // namespace weir::rule
