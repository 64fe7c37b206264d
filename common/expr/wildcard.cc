#include "common/expr/wildcard.h"

#include "common/expr/utf8_internal.h"

namespace weir::expr {

namespace {

using Token = Wildcard::Token;

void AddLiteral(std::string_view text, std::vector<Token>* tokens) {
  if (tokens->empty() || tokens->back().kind != Token::Kind::kLiteral) {
    tokens->push_back({Token::Kind::kLiteral, ""});
  }
  tokens->back().text.append(text);
}

}  // namespace

Wildcard Wildcard::FromLike(std::string_view pattern) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size() &&
        (pattern[i + 1] == '*' || pattern[i + 1] == '?' || pattern[i + 1] == '\\')) {
      ++i;
      AddLiteral(pattern.substr(i, 1), &tokens);
    } else if (c == '*') {
      tokens.push_back({Token::Kind::kAnyRun, ""});
    } else if (c == '?') {
      tokens.push_back({Token::Kind::kAnyOne, ""});
    } else {
      AddLiteral(pattern.substr(i, 1), &tokens);
    }
  }
  return Wildcard(tokens);
}

Wildcard::Wildcard(const std::vector<Token>& tokens) {
  segments_.emplace_back();
  bool any_one = false;
  for (const Token& token : tokens) {
    Segment& segment = segments_.back();
    switch (token.kind) {
      case Token::Kind::kLiteral:
        if (!segment.parts.empty() && segment.parts.back().any_after == 0) {
          segment.parts.back().text.append(token.text);
        } else {
          segment.parts.push_back({token.text, 0});
        }
        segment.code_points += CountCodePoints(token.text);
        break;
      case Token::Kind::kAnyOne:
        any_one = true;
        if (segment.parts.empty()) {
          segment.parts.push_back({"", 0});
        }
        ++segment.parts.back().any_after;
        ++segment.code_points;
        break;
      case Token::Kind::kAnyRun:
        segments_.emplace_back();
        break;
    }
  }
  // Drops empty stretches between neighbouring runs; the first and last stay as anchors.
  for (std::size_t i = 1; i + 1 < segments_.size();) {
    if (segments_[i].parts.empty()) {
      segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  const auto text_of = [this](std::size_t i) {
    return segments_[i].parts.empty() ? std::string() : segments_[i].parts[0].text;
  };
  const std::size_t count = segments_.size();
  if (any_one) {
    form_ = Form::kGeneral;
  } else if (count == 1) {
    form_ = Form::kExact;
    literal_ = text_of(0);
  } else if (count == 2 && segments_[1].parts.empty()) {
    literal_ = text_of(0);
    form_ = literal_.empty() ? Form::kAll : Form::kPrefix;
  } else if (count == 2 && segments_[0].parts.empty()) {
    form_ = Form::kSuffix;
    literal_ = text_of(1);
  } else if (count == 3 && segments_[0].parts.empty() && segments_[2].parts.empty()) {
    form_ = Form::kContains;
    literal_ = text_of(1);
  } else {
    form_ = Form::kGeneral;
  }
}

bool Wildcard::Matches(std::string_view text) const {
  switch (form_) {
    case Form::kAll:
      return true;
    case Form::kExact:
      return text == literal_;
    case Form::kPrefix:
      return text.starts_with(literal_);
    case Form::kSuffix:
      return text.ends_with(literal_);
    case Form::kContains:
      return text.find(literal_) != std::string_view::npos;
    case Form::kGeneral:
      return MatchesGeneral(text);
  }
  return false;
}

bool Wildcard::MatchAt(const Segment& segment, std::string_view text, std::size_t* end) {
  std::size_t position = 0;
  for (const Part& part : segment.parts) {
    if (text.compare(position, part.text.size(), part.text) != 0) {
      return false;
    }
    position += part.text.size();
    for (uint32_t i = 0; i < part.any_after; ++i) {
      if (position >= text.size()) {
        return false;
      }
      position = NextCodePoint(text, position);
    }
  }
  *end = position;
  return true;
}

// The first stretch is anchored at the start, the last at the end, and each other is taken at its
// first occurrence after the one before: with runs between them no later choice can do better.
bool Wildcard::MatchesGeneral(std::string_view text) const {
  std::size_t end = 0;
  if (!MatchAt(segments_.front(), text, &end)) {
    return false;
  }
  if (segments_.size() == 1) {
    return end == text.size();
  }
  text.remove_prefix(end);
  for (std::size_t i = 1; i + 1 < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    const std::string& anchor = segment.parts.front().text;
    std::size_t start = 0;
    bool found = false;
    while (!found) {
      if (!anchor.empty()) {
        start = text.find(anchor, start);
      }
      if (start == std::string_view::npos || start > text.size()) {
        return false;
      }
      found = MatchAt(segment, text.substr(start), &end);
      if (!found) {
        if (start == text.size()) {
          return false;
        }
        start = NextCodePoint(text, start);
      }
    }
    text.remove_prefix(start + end);
  }
  const Segment& last = segments_.back();
  std::size_t start = text.size();
  for (std::size_t i = 0; i < last.code_points; ++i) {
    if (start == 0) {
      return false;
    }
    start = PreviousCodePoint(text, start);
  }
  return MatchAt(last, text.substr(start), &end) && start + end == text.size();
}

}  // namespace weir::expr
