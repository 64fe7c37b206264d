#include "common/grok/matcher_internal.h"

#include <cstring>
#include <mutex>
#include <string>

#include <oniguruma.h>
#include <re2/re2.h>

#include "common/base/check.h"

namespace weir::grok {

namespace {

// Back-tracking steps of one search, over all positions of the text: some ten milliseconds.
constexpr unsigned long kStepsMax = 1'000'000;
constexpr unsigned int kStackEntriesMax = 1'000'000;
constexpr std::size_t kGroupsOnStack = 16;
// How many places of a leading literal are tried one by one before the rest is searched at once.
constexpr int kAnchoredTriesMax = 4;

bool IsAscii(std::string_view text) {
  const char* next = text.data();
  std::size_t left = text.size();
  for (; left >= 8; next += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, next, 8);
    if ((word & 0x8080808080808080u) != 0) {
      return false;
    }
  }
  for (; left > 0; ++next, --left) {
    if (static_cast<uint8_t>(*next) >= 0x80) {
      return false;
    }
  }
  return true;
}

const UChar* Bytes(const char* text) {
  return reinterpret_cast<const UChar*>(text);
}

// What a search needs, kept per thread.
struct OnigScratch {
  OnigScratch() : region(onig_region_new()), limits(onig_new_match_param()) {
    onig_initialize_match_param(limits);
    onig_set_retry_limit_in_match_of_match_param(limits, kStepsMax);
    onig_set_retry_limit_in_search_of_match_param(limits, kStepsMax);
    onig_set_match_stack_limit_size_of_match_param(limits, kStackEntriesMax);
  }
  ~OnigScratch() {
    onig_region_free(region, 1);
    onig_free_match_param(limits);
  }
  OnigScratch(const OnigScratch&) = delete;
  OnigScratch& operator=(const OnigScratch&) = delete;

  OnigRegion* region;
  OnigMatchParam* limits;
};

class OnigRegex {
 public:
  static StatusOr<std::unique_ptr<OnigRegex>> Compile(std::string_view whole,
                                                      std::string_view regex) {
    static std::once_flag once;
    std::call_once(once, [] {
      OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
      onig_initialize(encodings, 1);
    });
    OnigRegexType* compiled = nullptr;
    OnigErrorInfo info{};
    const int result =
        onig_new(&compiled, Bytes(regex.data()), Bytes(regex.data() + regex.size()),
                 ONIG_OPTION_NONE, ONIG_ENCODING_UTF8, ONIG_SYNTAX_RUBY, &info);
    if (result != ONIG_NORMAL) {
      UChar message[ONIG_MAX_ERROR_MESSAGE_LEN];
      const int size = onig_error_code_to_str(message, result, &info);
      return InvalidArgument("Invalid pattern [{}] for grok: {}", whole,
                             std::string_view(reinterpret_cast<const char*>(message),
                                              static_cast<std::size_t>(size)));
    }
    return std::make_unique<OnigRegex>(compiled);
  }

  explicit OnigRegex(OnigRegexType* compiled) : compiled_(compiled) {}
  ~OnigRegex() { onig_free(compiled_); }
  OnigRegex(const OnigRegex&) = delete;
  OnigRegex& operator=(const OnigRegex&) = delete;

  Outcome Search(std::string_view text, std::span<std::string_view> groups) const {
    thread_local OnigScratch scratch;
    const UChar* begin = Bytes(text.data());
    const UChar* end = begin + text.size();
    const int result =
        onig_search_with_param(compiled_, begin, end, begin, end, scratch.region,
                               ONIG_OPTION_CHECK_VALIDITY_OF_STRING, scratch.limits);
    if (result < 0) {
      const bool none = result == ONIG_MISMATCH || result == ONIGERR_INVALID_WIDE_CHAR_VALUE;
      return none ? Outcome::kNoMatch : Outcome::kStopped;
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const bool took_part =
          i + 1 < static_cast<std::size_t>(scratch.region->num_regs) && scratch.region->beg[i + 1] >= 0;
      groups[i] = {};
      if (took_part) {
        const auto from = static_cast<std::size_t>(scratch.region->beg[i + 1]);
        groups[i] = text.substr(from, static_cast<std::size_t>(scratch.region->end[i + 1]) - from);
      }
    }
    return Outcome::kMatch;
  }

 private:
  OnigRegexType* const compiled_;
};

class EngineMatcher final : public Matcher {
 public:
  EngineMatcher(const Translation& translation, std::unique_ptr<RE2> re2,
                std::unique_ptr<OnigRegex> onig)
      : re2_(std::move(re2)),
        onig_(std::move(onig)),
        ascii_only_(translation.ascii_only),
        literal_(translation.literal),
        literal_is_prefix_(translation.literal_is_prefix) {}

  Outcome Search(std::string_view text, Arena* arena,
                 std::span<std::string_view> groups) const override {
    if (text.data() == nullptr) {
      text = "";
    }
    std::size_t start = 0;
    if (!literal_.empty()) {
      start = text.find(literal_);
      if (start == std::string_view::npos) {
        return Outcome::kNoMatch;
      }
    }
    if (re2_ != nullptr && (!ascii_only_ || IsAscii(text))) {
      return SearchRe2(text, start, arena, groups);
    }
    return onig_->Search(text, groups);
  }

  bool uses_re2() const override { return re2_ != nullptr; }

 private:
  // literal_at is where the required literal first stands.
  Outcome SearchRe2(std::string_view text, std::size_t literal_at, Arena* arena,
                    std::span<std::string_view> groups) const {
    re2::StringPiece on_stack[kGroupsOnStack + 1];
    re2::StringPiece* matches = on_stack;
    if (groups.size() > kGroupsOnStack) {
      matches = arena->AllocateArray<re2::StringPiece>(groups.size() + 1);
    }
    if (!FindRe2(text, literal_at, matches, static_cast<int>(groups.size() + 1))) {
      return Outcome::kNoMatch;
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      groups[i] = {matches[i + 1].data(), matches[i + 1].size()};
    }
    return Outcome::kMatch;
  }

  // A match that begins with the literal can only begin where the literal stands. RE2 is several
  // times faster from a fixed start, and a bounded number of tries keeps the whole linear.
  bool FindRe2(std::string_view text, std::size_t literal_at, re2::StringPiece* matches,
               int count) const {
    const re2::StringPiece piece(text.data(), text.size());
    if (literal_.empty() || !literal_is_prefix_) {
      return re2_->Match(piece, 0, text.size(), RE2::UNANCHORED, matches, count);
    }
    for (int i = 0; i < kAnchoredTriesMax; ++i) {
      if (re2_->Match(piece, literal_at, text.size(), RE2::ANCHOR_START, matches, count)) {
        return true;
      }
      literal_at = text.find(literal_, literal_at + 1);
      if (literal_at == std::string_view::npos) {
        return false;
      }
    }
    return re2_->Match(piece, literal_at, text.size(), RE2::UNANCHORED, matches, count);
  }

  const std::unique_ptr<RE2> re2_;
  // Also there beside RE2, for text that is not ASCII, when RE2 agrees on ASCII only.
  const std::unique_ptr<OnigRegex> onig_;
  const bool ascii_only_;
  const std::string literal_;
  const bool literal_is_prefix_;
};

std::unique_ptr<RE2> CompileRe2(const Translation& translation) {
  if (translation.re2.empty()) {
    return nullptr;
  }
  RE2::Options options;
  options.set_log_errors(false);
  // In Oniguruma's Ruby syntax ^ and $ always match at lines.
  auto regex = std::make_unique<RE2>("(?m:" + translation.re2 + ")", options);
  const bool usable = regex->ok() && regex->NumberOfCapturingGroups() ==
                                         static_cast<int>(translation.captures.size());
  return usable ? std::move(regex) : nullptr;
}

}  // namespace

StatusOr<std::unique_ptr<Matcher>> CompileMatcher(std::string_view whole,
                                                  const Translation& translation) {
  // Oniguruma judges every pattern, so that what is an error does not depend on the engine used.
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<OnigRegex> onig,
                        OnigRegex::Compile(whole, translation.onig));
  std::unique_ptr<RE2> re2 = CompileRe2(translation);
  return std::make_unique<EngineMatcher>(translation, std::move(re2), std::move(onig));
}

}  // namespace weir::grok
