// Regular expressions as interned terms, so that equal ones are one number, and their derivatives
// (J. A. Brzozowski, "Derivatives of Regular Expressions", 1964), by which complement and intersection
// are as easy as union.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace weir::expr {

using TermId = uint32_t;

// Inclusive ranges of code points.
using CodePoints = std::vector<std::pair<uint32_t, uint32_t>>;

class LuceneTerms {
 public:
  static constexpr uint32_t kLastCodePoint = 0x10ffff;
  // Of a pattern, before derivatives: recursion goes as deep as a chain of terms is long.
  static constexpr std::size_t kBuiltMax = 10'000;
  static constexpr TermId kNone = 0;     // matches nothing
  static constexpr TermId kEmpty = 1;    // matches the empty text
  static constexpr TermId kAll = 2;      // matches every text

  LuceneTerms();

  TermId Set(CodePoints ranges);
  TermId Concat(TermId first, TermId second);
  TermId Union(std::vector<TermId> terms);
  TermId Intersection(std::vector<TermId> terms);
  TermId Not(TermId term);
  TermId Star(TermId term);
  // Between least and most times; most < 0 is without end. Ends early when size() passes kBuiltMax.
  TermId Repeat(TermId term, int least, int most);

  bool nullable(TermId term) const { return terms_[term].nullable; }
  // What must follow a code point of a class that no set divides. REQUIRES: code_point stands for it.
  TermId Derivative(TermId term, uint32_t code_point);

  // Terms and their parts, as a measure of memory.
  std::size_t size() const { return size_; }
  // Every code point at which some set begins or has just ended, with 0; sorted.
  std::vector<uint32_t> Boundaries() const;

 private:
  enum class Kind : uint8_t { kNone, kEmpty, kSet, kConcat, kUnion, kIntersection, kNot, kStar };
  struct Term {
    Kind kind;
    bool nullable;
    std::vector<TermId> parts;   // of a set: its number
  };

  TermId Intern(Kind kind, bool nullable, std::vector<TermId> parts);
  // Adds the parts of terms of that kind themselves, sorted and once.
  std::vector<TermId> Flatten(Kind kind, const std::vector<TermId>& terms) const;

  std::vector<Term> terms_;
  std::size_t size_ = 0;
  std::vector<CodePoints> sets_;
  std::map<CodePoints, TermId> known_sets_;
  std::map<std::pair<Kind, std::vector<TermId>>, TermId> known_;
  std::map<std::pair<TermId, uint32_t>, TermId> derivatives_;
};

}  // namespace weir::expr
