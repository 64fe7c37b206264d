#include "common/regex/backtracking_regex.h"

#include <mutex>

#include <oniguruma.h>

namespace weir::regex {

namespace {

constexpr unsigned int kStackEntriesMax = 1'000'000;

const UChar* Bytes(const char* text) {
  return reinterpret_cast<const UChar*>(text);
}

// What a search needs, kept per thread.
struct Scratch {
  Scratch() : region(onig_region_new()), limits(onig_new_match_param()) {
    onig_initialize_match_param(limits);
    onig_set_match_stack_limit_size_of_match_param(limits, kStackEntriesMax);
  }
  ~Scratch() {
    onig_region_free(region, 1);
    onig_free_match_param(limits);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  OnigRegion* region;
  OnigMatchParam* limits;
};

// Oniguruma's dialects lack some of what Java and PCRE have: named groups beside numbered ones,
// \x{...}, and look-behind of any bounded length.
OnigSyntaxType Extended(OnigSyntaxType* base) {
  OnigSyntaxType syntax;
  onig_copy_syntax(&syntax, base);
  onig_set_syntax_op(&syntax, onig_get_syntax_op(&syntax) | ONIG_SYN_OP_ESC_X_BRACE_HEX8);
  onig_set_syntax_op2(&syntax, onig_get_syntax_op2(&syntax) | ONIG_SYN_OP2_QMARK_LT_NAMED_GROUP |
                                   ONIG_SYN_OP2_ESC_K_NAMED_BACKREF |
                                   ONIG_SYN_OP2_QMARK_CAPITAL_P_NAME);
  const unsigned int behavior =
      onig_get_syntax_behavior(&syntax) & ~static_cast<unsigned int>(ONIG_SYN_CAPTURE_ONLY_NAMED_GROUP);
  onig_set_syntax_behavior(&syntax, behavior | ONIG_SYN_DIFFERENT_LEN_ALT_LOOK_BEHIND |
                                        ONIG_SYN_VARIABLE_LEN_LOOK_BEHIND);
  return syntax;
}

OnigSyntaxType* SyntaxOf(Syntax syntax) {
  static OnigSyntaxType java = Extended(ONIG_SYNTAX_JAVA);
  static OnigSyntaxType perl = Extended(ONIG_SYNTAX_PERL_NG);
  switch (syntax) {
    case Syntax::kJava:
      return &java;
    case Syntax::kPerl:
      return &perl;
    case Syntax::kRuby:
      break;
  }
  return ONIG_SYNTAX_RUBY;
}

OnigOptionType OptionsOf(Syntax syntax) {
  return syntax == Syntax::kRuby ? ONIG_OPTION_NONE
                                 : ONIG_OPTION_WORD_IS_ASCII | ONIG_OPTION_DIGIT_IS_ASCII |
                                       ONIG_OPTION_SPACE_IS_ASCII | ONIG_OPTION_POSIX_IS_ASCII;
}

}  // namespace

StatusOr<std::unique_ptr<BacktrackingRegex>> BacktrackingRegex::Compile(std::string_view pattern,
                                                                        Syntax syntax) {
  static std::once_flag once;
  std::call_once(once, [] {
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
  });
  OnigRegexType* compiled = nullptr;
  OnigErrorInfo info{};
  const int result = onig_new(&compiled, Bytes(pattern.data()),
                              Bytes(pattern.data() + pattern.size()), OptionsOf(syntax),
                              ONIG_ENCODING_UTF8, SyntaxOf(syntax), &info);
  if (result != ONIG_NORMAL) {
    UChar message[ONIG_MAX_ERROR_MESSAGE_LEN];
    const int size = onig_error_code_to_str(message, result, &info);
    return InvalidArgument("{}", std::string_view(reinterpret_cast<const char*>(message),
                                                  static_cast<std::size_t>(size)));
  }
  return std::make_unique<BacktrackingRegex>(compiled);
}

BacktrackingRegex::~BacktrackingRegex() {
  onig_free(compiled_);
}

Outcome BacktrackingRegex::Search(std::string_view text, std::size_t from, uint64_t steps_max,
                                  std::span<std::string_view> groups) const {
  thread_local Scratch scratch;
  onig_set_retry_limit_in_match_of_match_param(scratch.limits, steps_max);
  onig_set_retry_limit_in_search_of_match_param(scratch.limits, steps_max);
  const UChar* begin = Bytes(text.data());
  const UChar* end = begin + text.size();
  // A search that goes on from an earlier one need not look at the whole text again.
  const OnigOptionType options =
      from == 0 ? ONIG_OPTION_CHECK_VALIDITY_OF_STRING : ONIG_OPTION_NONE;
  const int result = onig_search_with_param(compiled_, begin, end, begin + from, end,
                                            scratch.region, options, scratch.limits);
  if (result < 0) {
    const bool none = result == ONIG_MISMATCH || result == ONIGERR_INVALID_WIDE_CHAR_VALUE;
    return none ? Outcome::kNoMatch : Outcome::kStopped;
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const bool took_part =
        i < static_cast<std::size_t>(scratch.region->num_regs) && scratch.region->beg[i] >= 0;
    groups[i] = {};
    if (took_part) {
      const auto start = static_cast<std::size_t>(scratch.region->beg[i]);
      groups[i] = text.substr(start, static_cast<std::size_t>(scratch.region->end[i]) - start);
    }
  }
  return Outcome::kMatch;
}

int BacktrackingRegex::group_count() const {
  return onig_number_of_captures(compiled_);
}

int BacktrackingRegex::GroupNamed(std::string_view name) const {
  int* numbers = nullptr;
  const int count = onig_name_to_group_numbers(compiled_, Bytes(name.data()),
                                               Bytes(name.data() + name.size()), &numbers);
  return count > 0 ? numbers[count - 1] : -1;
}

}  // namespace weir::regex
