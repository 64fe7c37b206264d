// weir completion: the scripts that make shells ask `weir __complete`.
#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/completion.h"
#include "cli/terminal.h"

namespace weir::cli {
namespace {

// Words are taken from the line, because bash cuts them at ':' and '=' as well; what it has of the last
// word already is left out of the answers.
constexpr char kBash[] = R"sh(# bash completion of weir: source <(weir completion bash)
_weir() {
  local line=${COMP_LINE:0:COMP_POINT} words=() full tail candidate about files=
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  full=${words[${#words[@]}-1]}
  tail=$full
  [[ $COMP_WORDBREAKS == *:* ]] && tail=${tail##*:}
  [[ $COMP_WORDBREAKS == *=* ]] && tail=${tail##*=}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate about; do
    if [[ $candidate == :files ]]; then
      files=1
    else
      COMPREPLY+=("${candidate#"${full%"$tail"}"}")
    fi
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  [[ -n $files ]] || compopt +o default 2>/dev/null
}
complete -o default -F _weir weir
)sh";

constexpr char kZsh[] = R"sh(#compdef weir
# zsh completion of weir: source <(weir completion zsh), or as _weir in a folder of $fpath
_weir() {
  local -a candidates
  local line files=0
  for line in "${(@f)$(${(Q)words[1]} __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      files=1
    elif [[ -n $line ]]; then
      candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done
  (( $#candidates )) && _describe -V 'weir' candidates
  (( files )) && _files
}
if [[ ${funcstack[1]} == _weir ]]; then
  _weir "$@"
else
  compdef _weir weir
fi
)sh";

constexpr char kFish[] = R"sh(# fish completion of weir: weir completion fish | source
function __weir_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (command $words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c weir -f -a '(__weir_complete)'
)sh";

}  // namespace

std::string CompletionScript(const std::string& shell) {
  return shell == "bash" ? kBash : shell == "zsh" ? kZsh : shell == "fish" ? kFish : "";
}

void AddCompletionCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand(
      "completion", "Print a script that makes a shell complete weir's commands, options and ids");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([action, shell] {
    *action = [shell] {
      Print(CompletionScript(*shell));
      return kExitOk;
    };
  });
}

}  // namespace weir::cli
