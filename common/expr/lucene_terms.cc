#include "common/expr/lucene_terms_internal.h"

#include <algorithm>

namespace weir::expr {

LuceneTerms::LuceneTerms() {
  terms_.push_back({Kind::kNone, false, {}});
  terms_.push_back({Kind::kEmpty, true, {}});
  terms_.push_back({Kind::kNot, true, {kNone}});
  known_[{Kind::kNot, {kNone}}] = kAll;
}

TermId LuceneTerms::Intern(Kind kind, bool nullable, std::vector<TermId> parts) {
  const auto id = static_cast<TermId>(terms_.size());
  const auto [known, is_new] = known_.try_emplace({kind, parts}, id);
  if (is_new) {
    size_ += parts.size() + 1;
    terms_.push_back({kind, nullable, std::move(parts)});
  }
  return known->second;
}

TermId LuceneTerms::Set(CodePoints ranges) {
  std::sort(ranges.begin(), ranges.end());
  CodePoints merged;
  for (const auto& [first, last] : ranges) {
    if (!merged.empty() && first <= merged.back().second + 1) {
      merged.back().second = std::max(merged.back().second, last);
    } else {
      merged.emplace_back(first, last);
    }
  }
  if (merged.empty()) {
    return kNone;
  }
  const auto known = known_sets_.find(merged);
  if (known != known_sets_.end()) {
    return known->second;
  }
  const TermId id =
      Intern(Kind::kSet, false, {static_cast<TermId>(sets_.size())});
  sets_.push_back(merged);
  known_sets_.emplace(std::move(merged), id);
  return id;
}

TermId LuceneTerms::Concat(TermId first, TermId second) {
  if (first == kNone || second == kNone) {
    return kNone;
  }
  if (first == kEmpty) {
    return second;
  }
  if (second == kEmpty) {
    return first;
  }
  if (terms_[first].kind == Kind::kConcat) {
    const TermId head = terms_[first].parts[0];
    const TermId rest = terms_[first].parts[1];
    return Concat(head, Concat(rest, second));
  }
  return Intern(Kind::kConcat, nullable(first) && nullable(second), {first, second});
}

std::vector<TermId> LuceneTerms::Flatten(Kind kind, const std::vector<TermId>& terms) const {
  std::vector<TermId> flat;
  for (const TermId term : terms) {
    if (terms_[term].kind == kind) {
      flat.insert(flat.end(), terms_[term].parts.begin(), terms_[term].parts.end());
    } else {
      flat.push_back(term);
    }
  }
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  return flat;
}

TermId LuceneTerms::Union(std::vector<TermId> terms) {
  terms = Flatten(Kind::kUnion, terms);
  std::erase(terms, kNone);
  if (std::find(terms.begin(), terms.end(), kAll) != terms.end()) {
    return kAll;
  }
  if (terms.size() <= 1) {
    return terms.empty() ? kNone : terms.front();
  }
  const bool is_nullable = std::any_of(terms.begin(), terms.end(),
                                       [this](TermId term) { return nullable(term); });
  return Intern(Kind::kUnion, is_nullable, std::move(terms));
}

TermId LuceneTerms::Intersection(std::vector<TermId> terms) {
  terms = Flatten(Kind::kIntersection, terms);
  std::erase(terms, kAll);
  if (std::find(terms.begin(), terms.end(), kNone) != terms.end()) {
    return kNone;
  }
  if (terms.size() <= 1) {
    return terms.empty() ? kAll : terms.front();
  }
  const bool is_nullable = std::all_of(terms.begin(), terms.end(),
                                       [this](TermId term) { return nullable(term); });
  return Intern(Kind::kIntersection, is_nullable, std::move(terms));
}

TermId LuceneTerms::Not(TermId term) {
  if (terms_[term].kind == Kind::kNot) {
    return terms_[term].parts[0];
  }
  return Intern(Kind::kNot, !nullable(term), {term});
}

TermId LuceneTerms::Star(TermId term) {
  if (term == kNone || term == kEmpty) {
    return kEmpty;
  }
  if (terms_[term].kind == Kind::kStar) {
    return term;
  }
  return Intern(Kind::kStar, true, {term});
}

TermId LuceneTerms::Repeat(TermId term, int least, int most) {
  TermId result = most < 0 ? Star(term) : kEmpty;
  for (int i = least; i < most && size_ <= kBuiltMax; ++i) {
    result = Union({kEmpty, Concat(term, result)});
  }
  for (int i = 0; i < least && size_ <= kBuiltMax; ++i) {
    result = Concat(term, result);
  }
  return result;
}

TermId LuceneTerms::Derivative(TermId term, uint32_t code_point) {
  const auto known = derivatives_.find({term, code_point});
  if (known != derivatives_.end()) {
    return known->second;
  }
  const Term copy = terms_[term];   // interning may move it
  std::vector<TermId> parts;
  TermId result = kNone;
  switch (copy.kind) {
    case Kind::kNone:
    case Kind::kEmpty:
      break;
    case Kind::kSet: {
      const CodePoints& ranges = sets_[copy.parts[0]];
      const bool holds = std::any_of(ranges.begin(), ranges.end(), [code_point](const auto& range) {
        return range.first <= code_point && code_point <= range.second;
      });
      result = holds ? kEmpty : kNone;
      break;
    }
    case Kind::kConcat:
      result = Concat(Derivative(copy.parts[0], code_point), copy.parts[1]);
      if (nullable(copy.parts[0])) {
        result = Union({result, Derivative(copy.parts[1], code_point)});
      }
      break;
    case Kind::kUnion:
    case Kind::kIntersection:
      for (const TermId part : copy.parts) {
        parts.push_back(Derivative(part, code_point));
      }
      result = copy.kind == Kind::kUnion ? Union(std::move(parts)) : Intersection(std::move(parts));
      break;
    case Kind::kNot:
      result = Not(Derivative(copy.parts[0], code_point));
      break;
    case Kind::kStar:
      result = Concat(Derivative(copy.parts[0], code_point), term);
      break;
  }
  derivatives_[{term, code_point}] = result;
  return result;
}

std::vector<uint32_t> LuceneTerms::Boundaries() const {
  std::vector<uint32_t> starts = {0};
  for (const CodePoints& set : sets_) {
    for (const auto& [first, last] : set) {
      starts.push_back(first);
      if (last < kLastCodePoint) {
        starts.push_back(last + 1);
      }
    }
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

}  // namespace weir::expr
