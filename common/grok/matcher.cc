#include "common/grok/matcher_internal.h"

#include <algorithm>
#include <cstring>
#include <string>

#include <re2/re2.h>

#include "common/base/check.h"

namespace weir::grok {

namespace {

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

using regex::BacktrackingRegex;

class EngineMatcher final : public Matcher {
 public:
  EngineMatcher(const Translation& translation, std::unique_ptr<RE2> re2,
                std::unique_ptr<BacktrackingRegex> onig)
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
    return SearchOnig(text, arena, groups);
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

  Outcome SearchOnig(std::string_view text, Arena* arena,
                     std::span<std::string_view> groups) const {
    std::string_view on_stack[kGroupsOnStack + 1];
    std::string_view* matches = on_stack;
    if (groups.size() > kGroupsOnStack) {
      matches = arena->AllocateArray<std::string_view>(groups.size() + 1);
    }
    const Outcome outcome =
        onig_->Search(text, 0, regex::kStepsMax, std::span(matches, groups.size() + 1));
    if (outcome == Outcome::kMatch) {
      std::copy_n(matches + 1, groups.size(), groups.begin());
    }
    return outcome;
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
  const std::unique_ptr<BacktrackingRegex> onig_;
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
  auto onig = BacktrackingRegex::Compile(translation.onig, regex::Syntax::kRuby);
  if (!onig.ok()) {
    return InvalidArgument("Invalid pattern [{}] for grok: {}", whole, Message(onig.status()));
  }
  std::unique_ptr<RE2> re2 = CompileRe2(translation);
  return std::make_unique<EngineMatcher>(translation, std::move(re2), *std::move(onig));
}

}  // namespace weir::grok
