// Runs a fuzz target without libFuzzer: every file of the corpus folders given as arguments as it is,
// then a fixed number of mutations of them (or of a few bytes of text), the same in every run. It finds
// less than a fuzzer, but in every build; a crash prints its input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size);

namespace {

constexpr int kMutations = 20000;
constexpr std::size_t kSizeMax = 4096;

// The input under test, for the signal handler.
const std::string* current_input = nullptr;

void OnCrash(int signal) {
  // Only async-signal-safe calls from here on.
  constexpr char kNotice[] = "\nthe input of the crash, as is:\n";
  (void)!write(STDERR_FILENO, kNotice, sizeof(kNotice) - 1);
  if (current_input != nullptr) {
    (void)!write(STDERR_FILENO, current_input->data(), current_input->size());
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Run(const std::string& input) {
  current_input = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  current_input = nullptr;
}

std::vector<std::string> ReadCorpus(int argc, char** argv) {
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) {
        paths.push_back(entry.path());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const std::filesystem::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  explicit Mutator(std::vector<std::string> corpus) : corpus_(std::move(corpus)) {
    corpus_.emplace_back("");
    corpus_.emplace_back("{\"a\":[1,2.5e3,null,\"x\"]}");
    corpus_.emplace_back("FROM a* | WHERE b == \"c\" | STATS n = COUNT(*) BY d");
  }

  std::string Next() {
    std::string input = corpus_[Below(corpus_.size())];
    for (std::size_t changes = 1 + Below(6); changes > 0; --changes) {
      Change(&input);
    }
    input.resize(std::min(input.size(), kSizeMax));
    return input;
  }

 private:
  std::size_t Below(std::size_t limit) { return random_() % limit; }

  void Change(std::string* input) {
    const std::size_t at = Below(input->size() + 1);
    switch (Below(5)) {
      case 0:
        input->insert(at, 1, static_cast<char>(Below(256)));
        break;
      case 1:
        input->erase(at, 1 + Below(8));
        break;
      case 2:
        if (at < input->size()) {
          (*input)[at] = static_cast<char>((*input)[at] ^ (1 << Below(8)));
        }
        break;
      case 3:
        input->insert(at, input->substr(Below(input->size() + 1), 1 + Below(32)));
        break;
      default: {
        const std::string& other = corpus_[Below(corpus_.size())];
        input->insert(at, other.substr(Below(other.size() + 1), 1 + Below(64)));
      }
    }
  }

  std::vector<std::string> corpus_;
  std::mt19937_64 random_{1};
};

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal, OnCrash);
  }
  const std::vector<std::string> corpus = ReadCorpus(argc, argv);
  for (const std::string& input : corpus) {
    Run(input);
  }
  Mutator mutator(corpus);
  for (int i = 0; i < kMutations; ++i) {
    Run(mutator.Next());
  }
  std::printf("%zu inputs of the corpus, %d mutations\n", corpus.size(), kMutations);
  return 0;
}
