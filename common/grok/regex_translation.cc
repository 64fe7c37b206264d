// Reads the regular expression once, item by item, and writes it for both engines. Whatever is not
// known to mean the same in RE2 sends the whole pattern to Oniguruma.
#include "common/grok/regex_translation_internal.h"

#include <algorithm>
#include <charconv>

#include "common/grok/pattern_expansion_internal.h"

namespace weir::grok {

namespace {

// Oniguruma's \s includes the vertical tab, RE2's does not.
constexpr std::string_view kSpaceItems = R"(\t\n\v\f\r )";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsAsciiPunctuation(char c) {
  return c > ' ' && c < '\x7f' && !IsDigit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
}

class Translator {
 public:
  Translator(std::string_view whole, Expansion expansion)
      : whole_(whole), expansion_(std::move(expansion)), text_(expansion_.regex) {}

  StatusOr<Translation> Run();

 private:
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  // Writes the same to both, and moves on.
  void Copy(std::size_t count) {
    out_.onig.append(text_.substr(position_, count));
    out_.re2.append(text_.substr(position_, count));
    position_ += count;
  }
  // Writes the input to Oniguruma and something else to RE2.
  void CopyAs(std::size_t count, std::string_view re2) {
    out_.onig.append(text_.substr(position_, count));
    out_.re2.append(re2);
    position_ += count;
  }

  void ReadEscape();
  void ReadBackReference();
  void ReadClass();
  void ReadClassEscape();
  Status ReadGroup();
  Status ReadNamedGroup();
  void ReadOptions();
  // Reads {n}, {n,}, {n,m} or {,m}; false when the brace is a plain character.
  bool ReadBraces();
  void ReadLiteral();

  // What the required literal is made of: runs of plain characters outside groups.
  void EndRun();
  void DropLastOfRun();
  void KeepRun();

  const std::string_view whole_;
  const Expansion expansion_;
  const std::string_view text_;
  std::size_t position_ = 0;
  int depth_ = 0;
  bool re2_agrees_ = true;
  bool ignores_case_ = false;
  // Alternatives outside groups, case folding, comments or free spacing: no plain run is required.
  bool has_no_literal_ = false;
  std::string run_;
  bool run_is_prefix_ = true;
  Translation out_;
};

void Translator::KeepRun() {
  if (run_.size() > out_.literal.size()) {
    out_.literal = run_;
    out_.literal_is_prefix = run_is_prefix_;
  }
}

void Translator::EndRun() {
  KeepRun();
  run_.clear();
  run_is_prefix_ = false;
}

// The last character is optional or repeated: it is not part of the run.
void Translator::DropLastOfRun() {
  while (!run_.empty() && (static_cast<uint8_t>(run_.back()) & 0xc0) == 0x80) {
    run_.pop_back();
  }
  if (!run_.empty()) {
    run_.pop_back();
  }
  EndRun();
}

void Translator::ReadLiteral() {
  if (depth_ == 0) {
    run_.push_back(text_[position_]);
  }
  Copy(1);
}

void Translator::ReadEscape() {
  const char c = At(position_ + 1);
  if (IsAsciiPunctuation(c)) {
    if (depth_ == 0) {
      run_.push_back(c);
    }
    Copy(2);
    return;
  }
  EndRun();
  switch (c) {
    case 's':
      out_.ascii_only = true;
      CopyAs(2, fmt::format("[{}]", kSpaceItems));
      return;
    case 'S':
      out_.ascii_only = true;
      CopyAs(2, fmt::format("[^{}]", kSpaceItems));
      return;
    case 'd':
    case 'D':
    case 'w':
    case 'W':
    case 'b':
    case 'B':
      out_.ascii_only = true;
      Copy(2);
      return;
    case 'A':
    case 'z':
    case 'n':
    case 'r':
    case 't':
    case 'f':
    case 'v':
    case 'a':
      Copy(2);
      return;
    case 'k':
      ReadBackReference();
      return;
    default:
      re2_agrees_ = false;
      Copy(2);
      return;
  }
}

void Translator::ReadBackReference() {
  re2_agrees_ = false;
  const std::size_t close = text_.find('>', position_);
  if (At(position_ + 2) != '<' || close == std::string_view::npos) {
    Copy(2);
    return;
  }
  const std::string_view name = text_.substr(position_ + 3, close - position_ - 3);
  for (std::size_t i = out_.captures.size(); i-- > 0;) {
    if (out_.captures[i].column == name) {
      out_.onig.append(fmt::format("\\k<g{}>", i));
      position_ = close + 1;
      return;
    }
  }
  Copy(2);
}

void Translator::ReadClassEscape() {
  const char c = At(position_ + 1);
  if (IsAsciiPunctuation(c)) {
    Copy(2);
    return;
  }
  switch (c) {
    case 's':
      out_.ascii_only = true;
      CopyAs(2, kSpaceItems);
      return;
    case 'd':
    case 'D':
    case 'w':
    case 'W':
      out_.ascii_only = true;
      Copy(2);
      return;
    case 'n':
    case 'r':
    case 't':
    case 'f':
    case 'v':
    case 'a':
      Copy(2);
      return;
    default:
      re2_agrees_ = false;
      Copy(2);
      return;
  }
}

void Translator::ReadClass() {
  int nesting = 0;
  do {
    if (text_.compare(position_, 2, "[:") == 0 && nesting > 0) {
      const std::size_t close = text_.find(":]", position_);
      if (close != std::string_view::npos) {
        out_.ascii_only = true;
        Copy(close + 2 - position_);
        continue;
      }
    }
    const char c = At(position_);
    if (c == '\\') {
      ReadClassEscape();
    } else if (c == '[') {
      // A class in a class is a set for Oniguruma, a plain bracket for RE2.
      re2_agrees_ = re2_agrees_ && nesting == 0;
      ++nesting;
      Copy(1);
      if (At(position_) == '^') {
        Copy(1);
      }
      if (At(position_) == ']') {
        re2_agrees_ = false;
        Copy(1);
      }
    } else {
      re2_agrees_ = re2_agrees_ && text_.compare(position_, 2, "&&") != 0;
      nesting -= c == ']' ? 1 : 0;
      Copy(1);
    }
  } while (nesting > 0 && position_ < text_.size());
}

Status Translator::ReadNamedGroup() {
  const char closing = At(position_ + 2) == '<' ? '>' : '\'';
  const std::size_t close = text_.find(closing, position_ + 3);
  if (close == std::string_view::npos) {
    return InvalidArgument("Invalid pattern [{}] for grok: group name without [{}]", whole_, closing);
  }
  const std::string_view name = text_.substr(position_ + 3, close - position_ - 3);
  Capture capture;
  if (!name.empty() && name.front() == kCaptureMark) {
    std::size_t index = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), index);
    capture = expansion_.captures[index];
  } else if (IsColumnName(name)) {
    capture.column = name;
  } else {
    return InvalidArgument("Invalid pattern [{}] for grok: bad column name [{}]", whole_, name);
  }
  out_.onig.append(fmt::format("(?<g{}>", out_.captures.size()));
  out_.re2.push_back('(');
  out_.captures.push_back(std::move(capture));
  position_ = close + 1;
  return OkStatus();
}

// (?i) and (?i:...), with m for dotall, as Ruby's syntax has it.
void Translator::ReadOptions() {
  const std::size_t end = text_.find_first_not_of("imx-", position_ + 2);
  const char after = end == std::string_view::npos ? '\0' : text_[end];
  if (after != ':' && after != ')') {
    re2_agrees_ = false;
    ++depth_;
    Copy(2);
    return;
  }
  std::string options(text_.substr(position_ + 2, end - position_ - 2));
  ignores_case_ = ignores_case_ || options.find('i') != std::string::npos;
  re2_agrees_ = re2_agrees_ && options.find('x') == std::string::npos;
  has_no_literal_ = has_no_literal_ || options.find_first_of("ix") != std::string::npos;
  if (after == ')') {
    // Switched on in the middle, the engines differ in how far it reaches over alternatives.
    re2_agrees_ = re2_agrees_ && position_ == 0;
  } else {
    ++depth_;
  }
  std::replace(options.begin(), options.end(), 'm', 's');
  CopyAs(end + 1 - position_, fmt::format("(?{}{}", options, after));
}

Status Translator::ReadGroup() {
  EndRun();
  if (At(position_ + 1) != '?') {
    ++depth_;
    CopyAs(1, "(?:");
    return OkStatus();
  }
  const char kind = At(position_ + 2);
  if (kind == ':') {
    ++depth_;
    Copy(3);
    return OkStatus();
  }
  const char next = At(position_ + 3);
  if ((kind == '<' && next != '=' && next != '!') || kind == '\'') {
    ++depth_;
    return ReadNamedGroup();
  }
  if (kind == '#') {
    re2_agrees_ = false;
    has_no_literal_ = true;
    const std::size_t close = text_.find(')', position_);
    Copy((close == std::string_view::npos ? text_.size() : close + 1) - position_);
    return OkStatus();
  }
  if (kind == 'i' || kind == 'm' || kind == 'x' || kind == '-') {
    ReadOptions();
    return OkStatus();
  }
  // Look-around, atomic groups, conditions, absence.
  re2_agrees_ = false;
  ++depth_;
  Copy(3);
  return OkStatus();
}

bool Translator::ReadBraces() {
  std::size_t i = position_ + 1;
  const bool low = IsDigit(At(i));
  while (IsDigit(At(i))) {
    ++i;
  }
  const bool comma = At(i) == ',';
  i += comma ? 1 : 0;
  const bool high = IsDigit(At(i));
  while (comma && IsDigit(At(i))) {
    ++i;
  }
  if (At(i) != '}' || (!low && !high)) {
    return false;
  }
  // {,m} is text for RE2; {n}? makes the item optional for Oniguruma, lazy for RE2.
  re2_agrees_ = re2_agrees_ && low && (comma || At(i + 1) != '?');
  Copy(i + 1 - position_);
  return true;
}

StatusOr<Translation> Translator::Run() {
  while (position_ < text_.size()) {
    switch (text_[position_]) {
      case '\\':
        ReadEscape();
        break;
      case '[':
        EndRun();
        ReadClass();
        break;
      case '(':
        WEIR_RETURN_IF_ERROR(ReadGroup());
        break;
      case ')':
        EndRun();
        --depth_;
        Copy(1);
        break;
      case '|':
        EndRun();
        has_no_literal_ = has_no_literal_ || depth_ <= 0;
        Copy(1);
        break;
      case '*':
      case '+':
      case '?':
        DropLastOfRun();
        Copy(1);
        break;
      case '{':
        if (ReadBraces()) {
          DropLastOfRun();
        } else {
          ReadLiteral();
        }
        break;
      case '.':
      case '^':
      case '$':
        EndRun();
        Copy(1);
        break;
      default:
        ReadLiteral();
    }
  }
  EndRun();
  const bool ascii_pattern =
      std::all_of(text_.begin(), text_.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
  if (ignores_case_) {
    out_.ascii_only = true;
    re2_agrees_ = re2_agrees_ && ascii_pattern;
  }
  if (has_no_literal_ || depth_ != 0) {
    out_.literal.clear();
  }
  if (!re2_agrees_) {
    out_.re2.clear();
    out_.ascii_only = false;
  }
  return std::move(out_);
}

}  // namespace

StatusOr<Translation> TranslatePattern(std::string_view pattern) {
  WEIR_ASSIGN_OR_RETURN(Expansion expansion, ExpandPattern(pattern));
  return Translator(pattern, std::move(expansion)).Run();
}

}  // namespace weir::grok
