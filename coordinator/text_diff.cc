#include "coordinator/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace weir::coordinator {
namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kCellsMax = 9'000'000;   // of the table of common subsequences

using Lines = std::vector<std::string_view>;

Lines Split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

struct Edit {
  char kind = ' ';   // ' ', '-', '+'
  std::string_view line;
};

// The edits that turn lines [from, a_end) of one text into [from, b_end) of the other.
void AddMiddle(const Lines& a, const Lines& b, std::size_t from, std::size_t a_end,
               std::size_t b_end, std::vector<Edit>* edits) {
  const std::size_t rows = a_end - from;
  const std::size_t columns = b_end - from;
  std::vector<uint32_t> common;   // of the rests of both
  const bool compared = rows * columns <= kCellsMax;
  if (compared) {
    common.assign((rows + 1) * (columns + 1), 0);
    for (std::size_t i = rows; i-- > 0;) {
      for (std::size_t j = columns; j-- > 0;) {
        common[i * (columns + 1) + j] =
            a[from + i] == b[from + j]
                ? common[(i + 1) * (columns + 1) + j + 1] + 1
                : std::max(common[(i + 1) * (columns + 1) + j], common[i * (columns + 1) + j + 1]);
      }
    }
  }
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < rows || j < columns) {
    if (compared && i < rows && j < columns && a[from + i] == b[from + j]) {
      edits->push_back({' ', a[from + i]});
      ++i;
      ++j;
    } else if (i < rows && (j == columns || !compared ||
                            common[(i + 1) * (columns + 1) + j] >=
                                common[i * (columns + 1) + j + 1])) {
      edits->push_back({'-', a[from + i++]});
    } else {
      edits->push_back({'+', b[from + j++]});
    }
  }
}

std::vector<Edit> EditsOf(const Lines& a, const Lines& b) {
  std::size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) {
    ++head;
  }
  std::size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < head; ++i) {
    edits.push_back({' ', a[i]});
  }
  AddMiddle(a, b, head, a.size() - tail, b.size() - tail, &edits);
  for (std::size_t i = a.size() - tail; i < a.size(); ++i) {
    edits.push_back({' ', a[i]});
  }
  return edits;
}

std::string RangeText(std::size_t before, std::size_t count) {
  return fmt::format("{},{}", count == 0 ? before : before + 1, count);
}

}  // namespace

std::string UnifiedDiff(std::string_view before_name, std::string_view before,
                        std::string_view after_name, std::string_view after) {
  if (before == after) {
    return "";
  }
  const std::vector<Edit> edits = EditsOf(Split(before), Split(after));
  std::string out = fmt::format("--- {}\n+++ {}\n", before_name.empty() ? "/dev/null" : before_name,
                                after_name.empty() ? "/dev/null" : after_name);
  std::size_t line_before = 0;
  std::size_t line_after = 0;
  std::size_t told = 0;   // edits that are behind
  const auto pass = [&](std::size_t until) {
    for (; told < until; ++told) {
      line_before += edits[told].kind == '+' ? 0 : 1;
      line_after += edits[told].kind == '-' ? 0 : 1;
    }
  };
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].kind == ' ') {
      continue;
    }
    std::size_t end = i + 1;   // behind the hunk's last change
    for (std::size_t next = end; next < edits.size() && next <= end + 2 * kContext; ++next) {
      end = edits[next].kind == ' ' ? end : next + 1;
    }
    const std::size_t first = i - std::min(i, kContext);
    const std::size_t last = std::min(edits.size(), end + kContext);
    pass(first);
    const auto count = [&](char other) {
      return static_cast<std::size_t>(
          std::count_if(edits.begin() + static_cast<std::ptrdiff_t>(first),
                        edits.begin() + static_cast<std::ptrdiff_t>(last),
                        [other](const Edit& edit) { return edit.kind != other; }));
    };
    out += fmt::format("@@ -{} +{} @@\n", RangeText(line_before, count('+')),
                       RangeText(line_after, count('-')));
    for (std::size_t edit = first; edit < last; ++edit) {
      out += fmt::format("{}{}\n", edits[edit].kind, edits[edit].line);
    }
    pass(last);
    i = last - 1;
  }
  return out;
}

}  // namespace weir::coordinator
