#include "common/expr/lucene_automaton.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "common/expr/conversion_internal.h"
#include "common/expr/lucene_regex.h"
#include "common/expr/lucene_terms_internal.h"
#include "common/expr/utf8_internal.h"

namespace weir::expr {

namespace {

// As many as Lucene itself takes on when it makes an automaton of a pattern.
constexpr std::size_t kStatesMax = 10'000;
constexpr std::size_t kTermsMax = 1'000'000;
constexpr std::size_t kTransitionsMax = 2'000'000;
constexpr int kRepeatMax = 1'000;
constexpr int kDepthMax = 200;
constexpr uint32_t kReplacement = 0xfffd;   // stands for bytes that are no UTF-8

// The code point of the bytes between two places that NextCodePoint gives.
uint32_t DecodeCodePoint(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  if (lead < 0x80) {
    return lead;
  }
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
  if (bytes.size() != size) {
    return kReplacement;
  }
  uint32_t code_point = lead & (0xffu >> (size + 1));
  for (const char c : bytes.substr(1)) {
    code_point = code_point << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  }
  return code_point;
}

CodePoints Complement(CodePoints ranges) {
  std::sort(ranges.begin(), ranges.end());
  CodePoints rest;
  uint32_t next = 0;
  for (const auto& [first, last] : ranges) {
    if (first > next) {
      rest.emplace_back(next, first - 1);
    }
    next = std::max(next, last + 1);
  }
  if (next <= LuceneTerms::kLastCodePoint) {
    rest.emplace_back(next, LuceneTerms::kLastCodePoint);
  }
  return rest;
}

// The ranges of \d, \s and \w; their capitals are the complements. Empty for other letters.
CodePoints Shorthand(char c) {
  switch (c) {
    case 'd':
    case 'D':
      return {{'0', '9'}};
    case 's':
    case 'S':
      return {{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}};
    case 'w':
    case 'W':
      return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    default:
      return {};
  }
}

}  // namespace

// Reads a pattern into terms, from the loosest operator to the tightest, and makes the automaton.
class LuceneAutomatonBuilder {
 public:
  LuceneAutomatonBuilder(std::string_view pattern, bool ignore_case)
      : pattern_(pattern), ignore_case_(ignore_case) {}

  StatusOr<std::shared_ptr<const LuceneAutomaton>> Build() {
    WEIR_ASSIGN_OR_RETURN(const TermId start, ReadUnion());
    if (position_ < pattern_.size()) {
      return InvalidArgument("unmatched ')' at offset {}", position_);
    }
    return MakeAutomaton(start);
  }

 private:
  bool At(char c) const { return position_ < pattern_.size() && pattern_[position_] == c; }
  bool Take(char c) {
    const bool there = At(c);
    position_ += there ? 1 : 0;
    return there;
  }
  bool EndsConcat() const {
    return position_ >= pattern_.size() || At('|') || At('&') || At(')');
  }

  StatusOr<TermId> ReadUnion() {
    if (++depth_ > kDepthMax) {
      return InvalidArgument("nested more than {} deep at offset {}", kDepthMax, position_);
    }
    std::vector<TermId> terms;
    do {
      WEIR_ASSIGN_OR_RETURN(const TermId term, ReadIntersection());
      terms.push_back(term);
    } while (Take('|'));
    --depth_;
    return terms_.Union(std::move(terms));
  }

  StatusOr<TermId> ReadIntersection() {
    std::vector<TermId> terms;
    do {
      WEIR_ASSIGN_OR_RETURN(const TermId term, ReadConcat());
      terms.push_back(term);
    } while (Take('&'));
    return terms_.Intersection(std::move(terms));
  }

  StatusOr<TermId> ReadConcat() {
    std::vector<TermId> terms;
    while (!EndsConcat()) {
      WEIR_ASSIGN_OR_RETURN(const TermId term, ReadRepeat());
      terms.push_back(term);
      if (terms_.size() > LuceneTerms::kBuiltMax) {
        return InvalidArgument("the pattern is too large at offset {}", position_);
      }
    }
    return Chain(terms);
  }

  TermId Chain(const std::vector<TermId>& terms) {
    TermId all = LuceneTerms::kEmpty;
    for (std::size_t i = terms.size(); i-- > 0;) {
      all = terms_.Concat(terms[i], all);
    }
    return all;
  }

  StatusOr<TermId> ReadRepeat() {
    WEIR_ASSIGN_OR_RETURN(TermId term, ReadComplement());
    while (position_ < pattern_.size()) {
      if (Take('?')) {
        term = terms_.Repeat(term, 0, 1);
      } else if (Take('*')) {
        term = terms_.Star(term);
      } else if (Take('+')) {
        term = terms_.Repeat(term, 1, -1);
      } else if (At('{')) {
        WEIR_ASSIGN_OR_RETURN(term, ReadCounts(term));
      } else {
        break;
      }
    }
    return term;
  }

  // {n}, {n,} and {n,m}.
  StatusOr<TermId> ReadCounts(TermId term) {
    const std::size_t open = position_;
    const std::size_t close = pattern_.find('}', open);
    if (close == std::string_view::npos) {
      return InvalidArgument("unclosed '{{' at offset {}", open);
    }
    const std::string_view counts = pattern_.substr(open + 1, close - open - 1);
    const std::size_t comma = counts.find(',');
    const auto least = ParseWhole(counts.substr(0, comma));
    const bool endless = comma != std::string_view::npos && comma + 1 == counts.size();
    const auto most = comma == std::string_view::npos ? least : ParseWhole(counts.substr(comma + 1));
    if (!least.has_value() || *least < 0 || (!endless && !most.has_value())) {
      return InvalidArgument("malformed repetition at offset {}", open);
    }
    if (*least > kRepeatMax || (!endless && *most > kRepeatMax)) {
      return InvalidArgument("repetition of more than {} at offset {}", kRepeatMax, open);
    }
    position_ = close + 1;
    return terms_.Repeat(term, static_cast<int>(*least), endless ? -1 : static_cast<int>(*most));
  }

  StatusOr<TermId> ReadComplement() {
    std::size_t signs = 0;
    while (Take('~')) {
      ++signs;
    }
    if (signs > 0 && EndsConcat()) {
      return InvalidArgument("nothing to complement at offset {}", position_);
    }
    WEIR_ASSIGN_OR_RETURN(const TermId term, ReadSimple());
    return signs % 2 == 0 ? term : terms_.Not(term);
  }

  StatusOr<TermId> ReadSimple() {
    const char c = pattern_[position_];
    switch (c) {
      case '.':
        ++position_;
        return terms_.Set({{0, LuceneTerms::kLastCodePoint}});
      case '@':
        ++position_;
        return LuceneTerms::kAll;
      case '#':
        ++position_;
        return LuceneTerms::kNone;
      case '(':
        return ReadParentheses();
      case '"':
        return ReadQuoted();
      case '<':
        return ReadRange();
      case '[':
        return ReadClass();
      case '\\':
        return ReadEscape();
      default:
        return CodePoint(TakeCodePoint());
    }
  }

  StatusOr<TermId> ReadParentheses() {
    const std::size_t open = position_++;
    WEIR_ASSIGN_OR_RETURN(const TermId term, ReadUnion());
    if (!Take(')')) {
      return InvalidArgument("unclosed '(' at offset {}", open);
    }
    return term;
  }

  StatusOr<TermId> ReadQuoted() {
    const std::size_t open = position_++;
    const std::size_t close = pattern_.find('"', position_);
    if (close == std::string_view::npos) {
      return InvalidArgument("unclosed '\"' at offset {}", open);
    }
    std::vector<TermId> characters;
    while (position_ < close) {
      characters.push_back(CodePoint(TakeCodePoint()));
    }
    ++position_;
    return Chain(characters);
  }

  StatusOr<TermId> ReadRange() {
    WEIR_ASSIGN_OR_RETURN(const std::string range, TakeLuceneRange(pattern_, &position_));
    LuceneAutomatonBuilder inner(range, false);
    std::swap(inner.terms_, terms_);
    StatusOr<TermId> term = inner.ReadUnion();
    std::swap(inner.terms_, terms_);
    return term;
  }

  StatusOr<TermId> ReadClass() {
    const std::size_t open = position_++;
    const bool negated = Take('^');
    CodePoints ranges;
    bool first = true;
    while (position_ < pattern_.size() && (first || !At(']'))) {
      first = false;
      if (At('\\') && position_ + 1 < pattern_.size()) {
        ++position_;
        if (AddShorthand(&ranges)) {
          continue;
        }
      }
      const uint32_t from = TakeCodePoint();
      uint32_t to = from;
      if (At('-') && position_ + 1 < pattern_.size() && pattern_[position_ + 1] != ']') {
        ++position_;
        Take('\\');
        if (position_ >= pattern_.size()) {
          break;
        }
        to = TakeCodePoint();
      }
      if (to < from) {
        return InvalidArgument("range out of order in the class at offset {}", open);
      }
      AddRange(from, to, &ranges);
    }
    if (!Take(']')) {
      return InvalidArgument("unclosed '[' at offset {}", open);
    }
    return terms_.Set(negated ? Complement(std::move(ranges)) : std::move(ranges));
  }

  StatusOr<TermId> ReadEscape() {
    if (++position_ >= pattern_.size()) {
      return InvalidArgument("lone '\\' at the end");
    }
    CodePoints ranges;
    if (AddShorthand(&ranges)) {
      return terms_.Set(std::move(ranges));
    }
    return CodePoint(TakeCodePoint());
  }

  // Takes a letter of \d and the like; false when there is none.
  bool AddShorthand(CodePoints* ranges) {
    CodePoints named = Shorthand(pattern_[position_]);
    if (named.empty()) {
      return false;
    }
    const bool capital = pattern_[position_] < 'a';
    named = capital ? Complement(std::move(named)) : std::move(named);
    ranges->insert(ranges->end(), named.begin(), named.end());
    ++position_;
    return true;
  }

  uint32_t TakeCodePoint() {
    const std::size_t end = NextCodePoint(pattern_, position_);
    const uint32_t code_point = DecodeCodePoint(pattern_.substr(position_, end - position_));
    position_ = end;
    return code_point;
  }

  void AddRange(uint32_t from, uint32_t to, CodePoints* ranges) const {
    ranges->emplace_back(from, to);
    if (!ignore_case_) {
      return;
    }
    for (const auto& [letter, other] : {std::pair<char, char>{'a', 'A'}, {'A', 'a'}}) {
      const auto base = static_cast<uint32_t>(letter);
      const uint32_t low = std::max(from, base);
      const uint32_t high = std::min(to, base + 25);
      if (low <= high) {
        ranges->emplace_back(low - base + static_cast<uint32_t>(other),
                             high - base + static_cast<uint32_t>(other));
      }
    }
  }

  TermId CodePoint(uint32_t code_point) {
    CodePoints ranges;
    AddRange(code_point, code_point, &ranges);
    return terms_.Set(std::move(ranges));
  }

  static Status TooLarge() {
    return InvalidArgument("the pattern needs an automaton of more than {} states", kStatesMax);
  }

  StatusOr<std::shared_ptr<const LuceneAutomaton>> MakeAutomaton(TermId start) {
    auto automaton = std::make_shared<LuceneAutomaton>();
    automaton->class_starts_ = terms_.Boundaries();
    const std::vector<uint32_t>& classes = automaton->class_starts_;
    for (uint32_t c = 0; c < 128; ++c) {
      automaton->ascii_classes_[c] = static_cast<uint32_t>(
          std::upper_bound(classes.begin(), classes.end(), c) - classes.begin() - 1);
    }
    std::unordered_map<TermId, uint32_t> states = {{start, 0}};
    std::deque<TermId> open = {start};
    while (!open.empty()) {
      const TermId term = open.front();
      open.pop_front();
      automaton->accepts_.push_back(terms_.nullable(term));
      for (const uint32_t representative : classes) {
        const TermId next = terms_.Derivative(term, representative);
        const auto [state, is_new] =
            states.try_emplace(next, static_cast<uint32_t>(states.size()));
        if (is_new) {
          open.push_back(next);
        }
        automaton->next_.push_back(state->second);
      }
      if (states.size() > kStatesMax || terms_.size() > kTermsMax ||
          automaton->next_.size() > kTransitionsMax) {
        return TooLarge();
      }
    }
    return std::shared_ptr<const LuceneAutomaton>(std::move(automaton));
  }

  const std::string_view pattern_;
  const bool ignore_case_;
  std::size_t position_ = 0;
  int depth_ = 0;
  LuceneTerms terms_;
};

StatusOr<std::shared_ptr<const LuceneAutomaton>> LuceneAutomaton::Compile(std::string_view pattern,
                                                                          bool ignore_case) {
  return LuceneAutomatonBuilder(pattern, ignore_case).Build();
}

uint32_t LuceneAutomaton::ClassOf(uint32_t code_point) const {
  return static_cast<uint32_t>(
      std::upper_bound(class_starts_.begin(), class_starts_.end(), code_point) -
      class_starts_.begin() - 1);
}

bool LuceneAutomaton::Matches(std::string_view text) const {
  std::size_t state = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    uint32_t char_class = 0;
    if (c < 128) {
      char_class = ascii_classes_[c];
      ++i;
    } else {
      const std::size_t end = NextCodePoint(text, i);
      char_class = ClassOf(DecodeCodePoint(text.substr(i, end - i)));
      i = end;
    }
    state = next_[state * class_starts_.size() + char_class];
  }
  return accepts_[state];
}

}  // namespace weir::expr
