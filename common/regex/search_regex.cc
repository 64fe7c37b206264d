#include "common/regex/search_regex.h"

#include <algorithm>

#include <re2/re2.h>

#include "common/regex/dialect_translation_internal.h"

namespace weir::regex {

namespace {

// The first try of a search. A search that is stopped is tried again with sixteen times as many while
// the budget lasts, so that what it is charged is near what it took.
constexpr uint64_t kFirstSteps = 64;
constexpr uint64_t kStepsGrowth = 16;

std::unique_ptr<re2::RE2> CompileRe2(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

bool EndsALine(std::string_view text) {
  return text.ends_with('\n') || text.ends_with('\r') || text.ends_with("\xc2\x85") ||
         text.ends_with("\xe2\x80\xa8") || text.ends_with("\xe2\x80\xa9");
}

std::size_t NextCharacter(std::string_view text, std::size_t position) {
  do {
    ++position;
  } while (position < text.size() && (static_cast<uint8_t>(text[position]) & 0xc0) == 0x80);
  return position;
}

}  // namespace

SearchRegex::~SearchRegex() = default;

StatusOr<std::shared_ptr<const SearchRegex>> SearchRegex::Compile(std::string_view pattern,
                                                                  Dialect dialect) {
  const DialectTranslation translation = TranslateDialect(pattern, dialect);
  std::unique_ptr<re2::RE2> re2 = CompileRe2(translation.re2);
  const bool re2_runs_it = re2->ok() && translation.re2_agrees;
  std::shared_ptr<SearchRegex> regex(new SearchRegex());
  if (!re2_runs_it || translation.ends_at_line) {
    auto onig = BacktrackingRegex::Compile(
        translation.onig, dialect == Dialect::kJava ? Syntax::kJava : Syntax::kPerl);
    if (!onig.ok() && !re2_runs_it) {
      return re2->ok() ? onig.status() : InvalidArgument("{}", re2->error());
    }
    if (onig.ok()) {
      regex->onig_ = *std::move(onig);
    }
  }
  if (re2_runs_it) {
    regex->re2_ = std::move(re2);
  }
  regex->group_count_ = std::min(regex->re2_ != nullptr ? regex->re2_->NumberOfCapturingGroups()
                                                        : regex->onig_->group_count(),
                                 kGroupsMax - 1);
  return std::shared_ptr<const SearchRegex>(std::move(regex));
}

Outcome SearchRegex::Find(std::string_view text, std::size_t from, StepBudget* budget,
                          std::span<std::string_view> groups) const {
  if (re2_ != nullptr && (onig_ == nullptr || !EndsALine(text))) {
    re2::StringPiece pieces[kGroupsMax];
    const std::size_t count = std::min<std::size_t>(groups.size(), kGroupsMax);
    if (!re2_->Match(re2::StringPiece(text.data(), text.size()), from, text.size(),
                     re2::RE2::UNANCHORED, pieces, static_cast<int>(count))) {
      return Outcome::kNoMatch;
    }
    for (std::size_t i = 0; i < count; ++i) {
      groups[i] = {pieces[i].data(), pieces[i].size()};
    }
    return Outcome::kMatch;
  }
  Outcome outcome = Outcome::kStopped;
  for (uint64_t steps = kFirstSteps; outcome == Outcome::kStopped && budget->left_ > 0;
       steps *= kStepsGrowth) {
    const uint64_t granted = std::min(steps, budget->left_);
    outcome = onig_->Search(text, from, granted, groups);
    budget->left_ -= granted;
  }
  return outcome;
}

int SearchRegex::GroupNamed(std::string_view name) const {
  int number = -1;
  if (re2_ != nullptr) {
    const auto found = re2_->NamedCapturingGroups().find(std::string(name));
    number = found == re2_->NamedCapturingGroups().end() ? -1 : found->second;
  } else {
    number = onig_->GroupNamed(name);
  }
  return number > group_count_ ? -1 : number;
}

Replaced ReplaceAll(const SearchRegex& regex, std::string_view text, const MatchAppender& append,
                    std::string* out) {
  std::string_view storage[SearchRegex::kGroupsMax];
  const std::span<std::string_view> groups(storage,
                                           static_cast<std::size_t>(regex.group_count()) + 1);
  if (text.data() == nullptr) {
    text = "";
  }
  StepBudget budget(text.size());
  std::string result;
  std::size_t copied = 0;
  std::size_t position = 0;
  bool changed = false;
  while (position <= text.size()) {
    const Outcome outcome = regex.Find(text, position, &budget, groups);
    if (outcome == Outcome::kStopped) {
      return Replaced::kStopped;
    }
    if (outcome == Outcome::kNoMatch) {
      break;
    }
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    result.append(text.substr(copied, begin - copied));
    if (!append(groups, &result)) {
      return Replaced::kBadTemplate;
    }
    changed = true;
    copied = begin + groups[0].size();
    position = groups[0].empty() ? NextCharacter(text, copied) : copied;
  }
  if (!changed) {
    return Replaced::kUnchanged;
  }
  result.append(text.substr(copied));
  *out = std::move(result);
  return Replaced::kChanged;
}

}  // namespace weir::regex
