#include "cli/completion.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "cli/command_reference.h"
#include "cli/completion_values_internal.h"

namespace weir::cli {
namespace {

// Where the words before the last one lead.
struct Position {
  const CLI::App* command = nullptr;
  std::string path;                       // "alerts list"
  const CLI::Option* waiting = nullptr;   // the option whose value comes next
  std::size_t positionals = 0;            // given so far
};

bool TakesValue(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

const CLI::Option* FindOption(const CLI::App& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (const CLI::Option* option : command.get_options()) {
    if (option->check_name(name)) {
      return option;
    }
  }
  return nullptr;
}

const CLI::App* FindCommand(const CLI::App& command, const std::string& name) {
  const auto found = command.get_subcommands(
      [&](const CLI::App* sub) { return sub->get_name() == name && !sub->get_group().empty(); });
  return found.empty() ? nullptr : found.front();
}

Position Walk(const CLI::App& root, const std::vector<std::string>& words) {
  Position position;
  position.command = &root;
  bool only_positionals = false;   // behind "--"
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (position.waiting != nullptr) {
      position.waiting = nullptr;
    } else if (word == "--") {
      only_positionals = true;
    } else if (!only_positionals && word.size() > 1 && word.front() == '-') {
      const CLI::Option* option = FindOption(*position.command, word);
      const bool has_value = word.find('=') != std::string::npos;
      position.waiting = option != nullptr && TakesValue(*option) && !has_value ? option : nullptr;
    } else if (const CLI::App* sub = FindCommand(*position.command, word); sub != nullptr) {
      position.command = sub;
      position.path += (position.path.empty() ? "" : " ") + word;
      position.positionals = 0;
    } else {
      ++position.positionals;
    }
  }
  return position;
}

// The first of "--address X" and "--address=X" among the words.
std::string ValueOf(const std::vector<std::string>& words, const std::string& name) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == name) {
      return words[i + 1];
    }
    if (words[i].rfind(name + "=", 0) == 0) {
      return words[i].substr(name.size() + 1);
    }
  }
  return "";
}

const CLI::Option* PositionalAt(const CLI::App& command, std::size_t index) {
  const CLI::Option* last = nullptr;
  std::size_t at = 0;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) {
      continue;
    }
    last = option;
    if (at++ == index) {
      return option;
    }
  }
  return last != nullptr && last->get_items_expected_max() > 1 ? last : nullptr;
}

std::string OneLine(const std::string& text) {
  return text.substr(0, std::min(text.find('\n'), text.size()));
}

void AddCommands(const CLI::App& command, Completions* completions) {
  for (const CLI::App* sub : command.get_subcommands(
           [](const CLI::App* app) { return !app->get_group().empty(); })) {
    completions->candidates.push_back({sub->get_name(), OneLine(sub->get_description())});
  }
}

void AddOptions(const CLI::App& command, Completions* completions) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() && !option->get_group().empty()) {
      completions->candidates.push_back({option->get_name(), OneLine(option->get_description())});
    }
  }
}

// Behind an option's "--name=", which every candidate then begins with.
void AddValues(const CLI::App& command, const std::string& path, const CLI::Option& option,
               const ValueRequest& request, const std::string& before, Completions* completions) {
  Completions values;
  for (const std::string& choice : ChoicesOf(option)) {
    values.candidates.push_back({choice, ""});
  }
  if (values.candidates.empty()) {
    values = CompleteValue(command, path, option, request);
  }
  completions->files = completions->files || (values.files && before.empty());
  for (Completions::Candidate& value : values.candidates) {
    completions->candidates.push_back({before + value.text, std::move(value.about)});
  }
}

}  // namespace

Completions Complete(const CLI::App& root, const std::vector<std::string>& words) {
  Completions completions;
  if (words.empty()) {
    return completions;
  }
  const std::string& last = words.back();
  const Position position = Walk(root, words);
  const CLI::App& command = *position.command;
  ValueRequest request;
  request.address = ValueOf(words, "--address");
  request.context = ValueOf(words, "--context");
  request.begun = last;
  const std::size_t equals = last.find('=');
  if (position.waiting != nullptr) {
    AddValues(command, position.path, *position.waiting, request, "", &completions);
  } else if (last.rfind("--", 0) == 0 && equals != std::string::npos) {
    if (const CLI::Option* option = FindOption(command, last); option != nullptr && TakesValue(*option)) {
      request.begun = last.substr(equals + 1);
      AddValues(command, position.path, *option, request, last.substr(0, equals + 1), &completions);
    }
  } else if (!last.empty() && last.front() == '-') {
    AddOptions(command, &completions);
  } else {
    if (position.positionals == 0) {
      AddCommands(command, &completions);
    }
    if (const CLI::Option* positional = PositionalAt(command, position.positionals); positional != nullptr) {
      AddValues(command, position.path, *positional, request, "", &completions);
    }
  }
  std::erase_if(completions.candidates, [&](const Completions::Candidate& candidate) {
    return candidate.text.rfind(last, 0) != 0;
  });
  return completions;
}

std::string CompletionLines(const Completions& completions) {
  std::string lines;
  for (const Completions::Candidate& candidate : completions.candidates) {
    lines += candidate.text + "\t" + candidate.about + "\n";
  }
  return lines + (completions.files ? ":files\n" : "");
}

}  // namespace weir::cli
