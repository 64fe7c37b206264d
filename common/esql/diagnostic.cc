#include "common/esql/diagnostic.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/esql/names.h"

namespace weir::esql {
namespace {

constexpr std::size_t kSuggestionsMax = 3;
// Errors, and warnings, that a list tells before it says that there are more.
constexpr std::size_t kListedMax = 100;
// Of a longer line only the surroundings of the finding are shown.
constexpr std::size_t kExcerptBytesMax = 240;
constexpr std::size_t kExcerptBytesBefore = 80;

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Bytes that begin a code point; in broken UTF-8, any count is as good.
uint32_t CountCodePoints(std::string_view text) {
  return static_cast<uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

// What is shown of a line, and the column it begins at.
struct Excerpt {
  std::string_view before;
  std::string_view text;
  std::string_view after;
  int column = 1;
};

Excerpt ExcerptOf(std::string_view line, int column) {
  if (line.size() <= kExcerptBytesMax) {
    return {"", line, "", 1};
  }
  std::size_t at = 0;
  for (int seen = 0; at < line.size(); ++at) {
    seen += IsContinuation(line[at]) ? 0 : 1;
    if (seen == column) {
      break;
    }
  }
  std::size_t begin = at - std::min(at, kExcerptBytesBefore);
  while (begin < at && IsContinuation(line[begin])) {
    ++begin;
  }
  std::size_t end = std::min(begin + kExcerptBytesMax, line.size());
  while (end > begin && end < line.size() && IsContinuation(line[end])) {
    --end;
  }
  return {begin > 0 ? "..." : "", line.substr(begin, end - begin), end < line.size() ? "..." : "",
          static_cast<int>(CountCodePoints(line.substr(0, begin))) + 1};
}

// Edit distance where swapping two neighbours is one step, or bound + 1 if it is above the bound.
std::size_t EditDistance(std::string_view left, std::string_view right, std::size_t bound) {
  const std::size_t gap =
      left.size() > right.size() ? left.size() - right.size() : right.size() - left.size();
  if (gap > bound) {
    return bound + 1;
  }
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> previous(right.size() + 1);
  std::vector<std::size_t> current(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) {
    previous[j] = j;
  }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replace = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return std::min(previous[right.size()], bound + 1);
}

std::string_view LastPart(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

Source::Source(std::string text, std::string name, int line_offset)
    : text_(std::move(text)), name_(std::move(name)), line_offset_(line_offset) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') {
      line_starts_.push_back(static_cast<uint32_t>(i + 1));
    }
  }
}

void Source::Locate(uint32_t offset, int* line, int* column) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const uint32_t start = *(next - 1);
  *line = static_cast<int>(next - line_starts_.begin());
  *column = static_cast<int>(CountCodePoints(Slice({start, offset}))) + 1;
}

std::string_view Source::Line(int line) const {
  if (line < 1 || static_cast<std::size_t>(line) > line_starts_.size()) {
    return {};
  }
  const auto index = static_cast<std::size_t>(line - 1);
  const uint32_t begin = line_starts_[index];
  const uint32_t end = index + 1 < line_starts_.size() ? line_starts_[index + 1] - 1
                                                       : static_cast<uint32_t>(text_.size());
  std::string_view text = Slice({begin, end});
  if (!text.empty() && text.back() == '\r') {
    text.remove_suffix(1);
  }
  return text;
}

std::string_view Source::Slice(SourceRange range) const {
  const std::string_view text = text_;
  const std::size_t begin = std::min<std::size_t>(range.begin, text.size());
  const std::size_t end = std::min<std::size_t>(range.end, text.size());
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

void Diagnostics::Error(SourceRange range, std::string message, std::string hint) {
  Add(Severity::kError, range, std::move(message), std::move(hint));
}

void Diagnostics::Warning(SourceRange range, std::string message, std::string hint) {
  Add(Severity::kWarning, range, std::move(message), std::move(hint));
}

void Diagnostics::Add(Severity severity, SourceRange range, std::string message,
                      std::string hint) {
  std::size_t& listed = severity == Severity::kError ? listed_errors_ : listed_warnings_;
  if (listed > kListedMax) {
    error_count_ += severity == Severity::kError ? 1 : 0;
    return;
  }
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  source_->Locate(range.begin, &diagnostic.line, &diagnostic.column);
  std::string_view text = source_->Slice(range);
  text = text.substr(0, text.find_first_of("\r\n"));
  diagnostic.length = std::max(CountCodePoints(text), 1U);
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  const bool known = std::any_of(list_.begin(), list_.end(), [&](const Diagnostic& other) {
    return other.severity == severity && other.line == diagnostic.line &&
           other.column == diagnostic.column && other.message == diagnostic.message;
  });
  if (known) {
    return;
  }
  if (listed == kListedMax) {
    diagnostic.message = fmt::format("{} {} are listed above, the rest is left out", kListedMax,
                                     severity == Severity::kError ? "errors" : "warnings");
    diagnostic.hint.clear();
  }
  ++listed;
  error_count_ += severity == Severity::kError ? 1 : 0;
  list_.push_back(std::move(diagnostic));
}

std::string Render(const Source& source, const Diagnostic& diagnostic) {
  std::string result;
  if (!source.name().empty()) {
    result = source.name() + ":";
  }
  const Excerpt excerpt = ExcerptOf(source.Line(diagnostic.line), diagnostic.column);
  result += fmt::format("{}:{}: {}: {}\n  {}{}{}\n  ", diagnostic.line + source.line_offset(),
                        diagnostic.column,
                        diagnostic.severity == Severity::kError ? "error" : "warning",
                        diagnostic.message, excerpt.before, excerpt.text, excerpt.after);
  result.append(excerpt.before.size(), ' ');
  // Tabs are copied so that the caret stands under its text.
  int column = excerpt.column;
  for (std::size_t i = 0; i < excerpt.text.size() && column < diagnostic.column; ++i) {
    if (!IsContinuation(excerpt.text[i])) {
      result.push_back(excerpt.text[i] == '\t' ? '\t' : ' ');
      ++column;
    }
  }
  result.append(static_cast<std::size_t>(std::max(diagnostic.column - column, 0)), ' ');
  result.push_back('^');
  result.append(std::min<std::size_t>(diagnostic.length, kExcerptBytesMax) - 1, '~');
  result.push_back('\n');
  if (!diagnostic.hint.empty()) {
    result += "  hint: " + diagnostic.hint + "\n";
  }
  return result;
}

std::string RenderAll(const Source& source, const std::vector<Diagnostic>& diagnostics) {
  std::string result;
  for (const Diagnostic& diagnostic : diagnostics) {
    result += Render(source, diagnostic);
  }
  return result;
}

std::vector<std::string> NearestNames(std::string_view name,
                                      const std::vector<std::string>& candidates) {
  const std::string wanted = ToLowerAscii(name);
  const std::size_t bound = std::max<std::size_t>(1, wanted.size() / 3);
  std::vector<std::pair<std::size_t, std::string>> near;
  std::vector<const std::string*> same_ending;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = EditDistance(wanted, ToLowerAscii(candidate), bound);
    // A distance of the whole length would suggest any other one-letter name.
    if (distance <= bound && (distance == 0 || distance < wanted.size())) {
      near.emplace_back(distance, candidate);
    } else if (EqualsIgnoreCase(LastPart(wanted), LastPart(candidate))) {
      same_ending.push_back(&candidate);
    }
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> result;
  for (std::size_t i = 0; i < near.size() && i < kSuggestionsMax; ++i) {
    result.push_back(std::move(near[i].second));
  }
  if (same_ending.size() == 1 && result.size() < kSuggestionsMax) {
    result.push_back(*same_ending.front());
  }
  return result;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::vector<std::string> names = NearestNames(name, candidates);
  if (names.empty()) {
    return "";
  }
  return fmt::format("did you mean {}[{}]?", names.size() > 1 ? "any of " : "",
                     fmt::join(names, ", "));
}

}  // namespace weir::esql
