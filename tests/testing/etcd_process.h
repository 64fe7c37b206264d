// A real member of an etcd cluster, of one mostly, for a test: on free ports, in a folder of its own, gone
// with the test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/base/status.h"

namespace weir::testing {

class EtcdProcess {
 public:
  // Chooses ports and a folder; does not start yet. Null, after saying why, when there is no etcd.
  static std::unique_ptr<EtcdProcess> Make();
  // The same for the members of one cluster; empty when there is no etcd. They answer when most of them
  // have been launched.
  static std::vector<std::unique_ptr<EtcdProcess>> MakeCluster(int members);
  // One member that takes clients over TLS only, and only those that show a certificate of its CA. Null,
  // after saying why, also when there is no openssl.
  static std::unique_ptr<EtcdProcess> MakeTls();
  ~EtcdProcess();   // kills it
  EtcdProcess(const EtcdProcess&) = delete;
  EtcdProcess& operator=(const EtcdProcess&) = delete;

  // Starts it, with the data that it had, and waits until it answers.
  Status Start();
  // The two halves of Start.
  Status Launch();
  Status WaitReady();
  // As kill -9.
  void Kill();
  // Stops it from running, and lets it go on.
  void Pause();
  void Resume();
  // Removes its data. new_cluster: the next start makes a cluster with another id, too. REQUIRES: killed;
  // the only member.
  void Wipe(bool new_cluster);
  // Makes it forget the history before the revision.
  void Compact(int64_t revision);

  // HOST:PORT of the client API.
  std::string endpoint() const;
  // A file of MakeTls: "ca.pem", "client.pem" and "client-key.pem"; "other-ca.pem", "other.pem" and
  // "other-key.pem" are of a CA that etcd does not know.
  std::string TlsFile(const std::string& name) const { return (folder_ / name).string(); }

 private:
  EtcdProcess() = default;
  bool Running();
  // The exit code of etcdctl with these arguments.
  int Control(const std::string& arguments);

  Status MakeCertificates();
  std::string ClientUrl() const;
  std::string PeerUrl() const;

  std::filesystem::path folder_;
  std::string name_ = "test";
  std::string token_;            // differs between clusters
  std::string members_;          // as etcd's --initial-cluster
  int client_port_ = 0;
  int peer_port_ = 0;
  int cluster_ = 1;
  bool tls_ = false;
  pid_t pid_ = 0;
};

// A port of this host that nobody listens on.
int FreePort();

}  // namespace weir::testing
