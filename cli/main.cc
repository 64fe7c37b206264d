// The weir binary.
#include <csignal>

#include "cli/cli.h"

int main(int argc, char** argv) {
  // A closed pipe or connection is an error of a call, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  return weir::cli::Run(argc, argv);
}
