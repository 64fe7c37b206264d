#include "tests/testing/etcd_process.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/check.h"

namespace weir::testing {
namespace {

constexpr int64_t kStartTimeoutMs = 30 * 1000;

std::string FindProgram(const std::string& name) {
  const char* const path = std::getenv("PATH");   // NOLINT(concurrency-mt-unsafe): nobody sets it
  std::istringstream folders(path == nullptr ? "/usr/bin" : path);
  std::string folder;
  while (std::getline(folders, folder, ':')) {
    const std::string file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) {
      return file;
    }
  }
  return "";
}

pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : 0;
}

std::string TailOf(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  return all.substr(all.size() - std::min<std::size_t>(all.size(), 2000));
}

}  // namespace

// Not one that the system chooses: it gives those to outgoing connections too, before etcd listens.
int FreePort() {
  constexpr int kFirst = 20000;
  constexpr int kCount = 12000;
  static int next = static_cast<int>(::getpid()) * 31 % kCount;
  for (int i = 0; i < kCount; ++i) {
    const int port = kFirst + next;
    next = (next + 1) % kCount;
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const int bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::close(socket);
    if (bound == 0) {
      return port;
    }
  }
  WEIR_CHECK(false, "no free port");
  return 0;
}

std::unique_ptr<EtcdProcess> EtcdProcess::Make() {
  std::vector<std::unique_ptr<EtcdProcess>> cluster = MakeCluster(1);
  return cluster.empty() ? nullptr : std::move(cluster.front());
}

std::vector<std::unique_ptr<EtcdProcess>> EtcdProcess::MakeCluster(int members) {
  std::vector<std::unique_ptr<EtcdProcess>> cluster;
  if (FindProgram("etcd").empty() || FindProgram("etcdctl").empty()) {
    std::printf("WEIR_TEST_SKIPPED: etcd and etcdctl are not installed; deploy/setup does that\n");
    return cluster;
  }
  std::string all;
  for (int i = 0; i < members; ++i) {
    std::string folder = (std::filesystem::temp_directory_path() / "weir-etcd-XXXXXX").string();
    WEIR_CHECK(::mkdtemp(folder.data()) != nullptr);
    auto process = std::unique_ptr<EtcdProcess>(new EtcdProcess());
    process->folder_ = folder;
    process->name_ = fmt::format("test{}", i);
    process->client_port_ = FreePort();
    process->peer_port_ = FreePort();
    all += fmt::format("{}{}={}", all.empty() ? "" : ",", process->name_, process->PeerUrl());
    cluster.push_back(std::move(process));
  }
  for (const auto& process : cluster) {
    process->token_ = cluster.front()->folder_.filename().string();
    process->members_ = all;
  }
  return cluster;
}

std::unique_ptr<EtcdProcess> EtcdProcess::MakeTls() {
  if (FindProgram("openssl").empty()) {
    std::printf("WEIR_TEST_SKIPPED: openssl is not installed\n");
    return nullptr;
  }
  std::unique_ptr<EtcdProcess> process = Make();
  if (process != nullptr) {
    const Status made = process->MakeCertificates();
    WEIR_CHECK(made.ok(), "{}", made);
    process->tls_ = true;
  }
  return process;
}

// Two CAs; a key and certificate of the first for the server and a client, of the second for a stranger.
Status EtcdProcess::MakeCertificates() {
  const std::string folder = folder_.string();
  const std::string log = folder + "/openssl-log";
  const auto run = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {FindProgram("openssl")};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const pid_t pid = Spawn(command, log);
    int result = 0;
    return pid != 0 && ::waitpid(pid, &result, 0) == pid && result == 0
               ? OkStatus()
               : Unavailable("openssl {}: {}", fmt::join(arguments, " "), TailOf(log));
  };
  const std::vector<std::string> key = {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                        "-nodes"};
  const auto request = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), key.begin(), key.end());
    arguments.insert(arguments.begin(), "req");
    return run(arguments);
  };
  std::ofstream(folder + "/extensions") << "subjectAltName=IP:127.0.0.1\n"
                                           "extendedKeyUsage=serverAuth,clientAuth\n";
  for (const std::string ca : {"ca", "other-ca"}) {
    WEIR_RETURN_IF_ERROR(request({"-x509", "-days", "2", "-subj", "/CN=" + ca, "-keyout",
                                  folder + "/" + ca + "-key.pem", "-out", folder + "/" + ca + ".pem"}));
  }
  for (const auto& [name, ca] : std::vector<std::pair<std::string, std::string>>{
           {"server", "ca"}, {"client", "ca"}, {"other", "other-ca"}}) {
    const std::string base = folder + "/" + name;
    WEIR_RETURN_IF_ERROR(
        request({"-subj", "/CN=" + name, "-keyout", base + "-key.pem", "-out", base + ".csr"}));
    WEIR_RETURN_IF_ERROR(run({"x509", "-req", "-in", base + ".csr", "-CA", folder + "/" + ca + ".pem",
                              "-CAkey", folder + "/" + ca + "-key.pem", "-CAcreateserial", "-days", "2",
                              "-extfile", folder + "/extensions", "-out", base + ".pem"}));
  }
  return OkStatus();
}

EtcdProcess::~EtcdProcess() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string EtcdProcess::endpoint() const {
  return fmt::format("127.0.0.1:{}", client_port_);
}

std::string EtcdProcess::ClientUrl() const {
  return fmt::format("{}://127.0.0.1:{}", tls_ ? "https" : "http", client_port_);
}

std::string EtcdProcess::PeerUrl() const {
  return fmt::format("http://127.0.0.1:{}", peer_port_);
}

Status EtcdProcess::Start() {
  WEIR_RETURN_IF_ERROR(Launch());
  return WaitReady();
}

Status EtcdProcess::Launch() {
  WEIR_CHECK(pid_ == 0);
  std::vector<std::string> command;
  // Ends it when the test dies without a word.
  if (const std::string setpriv = FindProgram("setpriv"); !setpriv.empty()) {
    command = {setpriv, "--pdeathsig", "KILL"};
  }
  const std::string client = ClientUrl();
  const std::string peer = PeerUrl();
  for (const std::string& argument : std::vector<std::string>{
           FindProgram("etcd"), "--name=" + name_, "--data-dir=" + (folder_ / "data").string(),
           "--listen-client-urls=" + client, "--advertise-client-urls=" + client,
           "--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
           "--initial-cluster=" + members_,
           fmt::format("--initial-cluster-token={}-{}", token_, cluster_),
           // Short, so that leases may be short and restarts quick.
           "--heartbeat-interval=20", "--election-timeout=200"}) {
    command.push_back(argument);
  }
  if (tls_) {
    command.insert(command.end(), {"--cert-file=" + TlsFile("server.pem"),
                                   "--key-file=" + TlsFile("server-key.pem"), "--client-cert-auth",
                                   "--trusted-ca-file=" + TlsFile("ca.pem")});
  }
  pid_ = Spawn(command, (folder_ / "log").string());
  return pid_ == 0 ? Unavailable("cannot start {}", command.front()) : OkStatus();
}

Status EtcdProcess::WaitReady() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kStartTimeoutMs);
  while (std::chrono::steady_clock::now() < deadline && Running()) {
    if (Control("endpoint health") == 0) {
      return OkStatus();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return Unavailable("etcd did not start: {}", TailOf(folder_ / "log"));
}

bool EtcdProcess::Running() {
  if (pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
    pid_ = 0;
  }
  return pid_ != 0;
}

void EtcdProcess::Kill() {
  if (Running()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
}

void EtcdProcess::Pause() {
  WEIR_CHECK(Running());
  ::kill(pid_, SIGSTOP);
}

void EtcdProcess::Resume() {
  WEIR_CHECK(pid_ != 0);
  ::kill(pid_, SIGCONT);
}

void EtcdProcess::Wipe(bool new_cluster) {
  WEIR_CHECK(pid_ == 0);
  std::filesystem::remove_all(folder_ / "data");
  cluster_ += new_cluster ? 1 : 0;
}

void EtcdProcess::Compact(int64_t revision) {
  WEIR_CHECK(Control(fmt::format("compaction {}", revision)) == 0);
}

int EtcdProcess::Control(const std::string& arguments) {
  std::vector<std::string> command = {FindProgram("etcdctl"), "--endpoints=" + ClientUrl(),
                                      "--command-timeout=2s"};
  if (tls_) {
    command.insert(command.end(), {"--cacert=" + TlsFile("ca.pem"), "--cert=" + TlsFile("client.pem"),
                                   "--key=" + TlsFile("client-key.pem")});
  }
  std::istringstream words(arguments);
  for (std::string word; words >> word;) {
    command.push_back(word);
  }
  const pid_t pid = Spawn(command, (folder_ / "control-log").string());
  int result = 0;
  if (pid == 0 || ::waitpid(pid, &result, 0) != pid) {
    return -1;
  }
  return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

}  // namespace weir::testing
