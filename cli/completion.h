// What may come next on a command line, for the shells that `weir completion` makes scripts for.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command_internal.h"

namespace weir::cli {

struct Completions {
  struct Candidate {
    std::string text;
    std::string about;   // one line; may be empty
  };
  std::vector<Candidate> candidates;
  bool files = false;    // files may stand here, too
};

// words: what stands behind `weir`, the last of them unfinished, perhaps empty. Alert and rule ids are asked
// of the cluster that the words, the environment and the contexts name; without an answer within a second
// there are none.
Completions Complete(const CLI::App& root, const std::vector<std::string>& words);

// As the scripts read it: a line "text<tab>about" for each, and ":files" where files may stand.
std::string CompletionLines(const Completions& completions);

// Declares weir completion.
void AddCompletionCommand(CLI::App* app, Action* action);

// The script of bash, zsh or fish; empty for another shell.
std::string CompletionScript(const std::string& shell);

}  // namespace weir::cli
