#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "common/alert/text_internal.h"
#include "common/base/bytes.h"
#include "common/base/utf8.h"
#include "common/types/coding.h"

namespace weir::alert {

namespace {

constexpr std::string_view kEllipsis = "…";

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool InRanges(char32_t code_point, const Range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

// Control characters, line and paragraph separators, and the marks that change writing direction.
constexpr Range kUnsafe[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
                             {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}};
constexpr Range kCombining[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},
                                {0x064b, 0x065f}, {0x200b, 0x200d}, {0x20d0, 0x20ff},
                                {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef}};
constexpr Range kWide[] = {{0x1100, 0x115f},   {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                           {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                           {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f900, 0x1faff},
                           {0x20000, 0x3fffd}};

std::size_t WidthOf(char32_t code_point) {
  if (code_point < 0x300) {
    return 1;
  }
  if (InRanges(code_point, kCombining)) {
    return 0;
  }
  return InRanges(code_point, kWide) ? 2 : 1;
}

// The longest beginning of text that fits; at least one code point when at_least_one.
std::size_t BytesThatFit(std::string_view text, std::size_t width, bool at_least_one) {
  std::string_view rest = text;
  std::size_t used = 0;
  while (!rest.empty()) {
    std::string_view after = rest;
    const std::size_t next = WidthOf(TakeCodePoint(&after));
    const bool first = rest.size() == text.size();
    if (used + next > width && !(first && at_least_one)) {
      break;
    }
    used += next;
    rest = after;
  }
  return text.size() - rest.size();
}

}  // namespace

Value CellValue(const NamedCell& cell, Arena* arena) {
  ByteReader reader(cell.encoded);
  const Value value = DecodeValue(&reader, arena);
  return reader.ok() && reader.done() ? value : Value::Null();
}

std::string SafeText(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const char32_t code_point = TakeCodePoint(&text);
    if (!InRanges(code_point, kUnsafe)) {
      AppendCodePoint(code_point, &safe);
    } else if (code_point == '\n') {
      safe.append("\\n");
    } else if (code_point == '\t') {
      safe.append("\\t");
    } else if (code_point < 0x100) {
      fmt::format_to(std::back_inserter(safe), "\\x{:02x}", static_cast<uint32_t>(code_point));
    } else {
      fmt::format_to(std::back_inserter(safe), "\\u{:04x}", static_cast<uint32_t>(code_point));
    }
  }
  return safe;
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    width += WidthOf(TakeCodePoint(&text));
  }
  return width;
}

std::string FitText(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) {
    return std::string(text);
  }
  if (width == 0) {
    return {};
  }
  std::string cut(text.substr(0, BytesThatFit(text, width - 1, false)));
  cut.erase(cut.find_last_not_of(' ') + 1);
  cut.append(kEllipsis);
  return cut;
}

void AppendWrapped(std::string_view text, std::size_t width, std::size_t first_used,
                   std::size_t indent, std::string* out) {
  if (width == 0) {
    out->append(text).push_back('\n');
    return;
  }
  indent = indent < width ? indent : 0;
  std::size_t used = first_used;
  bool line_empty = true;   // nothing of text stands on this line yet
  const auto break_line = [&] {
    out->push_back('\n');
    out->append(indent, ' ');
    used = indent;
    line_empty = true;
  };
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
    const std::size_t gap = line_empty ? 0 : 1;
    if (used + gap + DisplayWidth(word) > width && !(line_empty && used <= indent)) {
      break_line();
    } else {
      out->append(gap, ' ');
      used += gap;
    }
    while (used + DisplayWidth(word) > width) {
      const std::size_t bytes = BytesThatFit(word, width - used, true);
      out->append(word.substr(0, bytes));
      word.remove_prefix(bytes);
      if (word.empty()) {
        break;
      }
      break_line();
    }
    out->append(word);
    used += DisplayWidth(word);
    line_empty = false;
  }
  out->push_back('\n');
}

std::string ShortTime(UnixMillis time_ms) {
  std::string text = FormatTime(time_ms);
  text.resize(text.size() - std::string_view(".000Z").size());
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

// arn:partition:service:region:account:resource. "root" alone says nothing without its account.
std::string_view ShortenArn(std::string_view text) {
  if (!text.starts_with("arn:")) {
    return text;
  }
  std::string_view account;
  std::string_view rest = text;
  for (int i = 0; i < 5; ++i) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) {
      return text;
    }
    account = rest;
    rest.remove_prefix(colon + 1);
  }
  if (rest.empty()) {
    return text;
  }
  return rest == "root" ? account : rest;
}

std::string ValueText(const Value& value, const ValueTextOptions& options) {
  const auto single = [&](const Value& item) {
    if (IsString(item.type())) {
      return SafeText(options.shorten ? ShortenArn(item.text()) : item.text());
    }
    if (item.type() == DataType::kDatetime && options.shorten) {
      return ShortTime(item.integer());
    }
    return SafeText(ValueToString(item));
  };
  if (value.is_null()) {
    return "null";
  }
  const std::size_t count = value.count();
  const std::size_t shown =
      options.items_max == 0 || count <= options.items_max ? count : options.items_max;
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    text.append(i == 0 ? "" : ", ").append(single(value.items()[i]));
  }
  if (shown < count) {
    text.append(fmt::format(", {} {} more", kEllipsis, count - shown));
  }
  return text;
}

std::string ShortGroup(const Alert& alert) {
  std::string group;
  Arena arena;
  for (const NamedCell& cell : alert.group) {
    std::string_view name = cell.name;
    const std::size_t last_dot = name.rfind('.');
    if (last_dot != std::string_view::npos && last_dot > 0) {
      const std::size_t dot = name.rfind('.', last_dot - 1);
      name.remove_prefix(dot == std::string_view::npos ? 0 : dot + 1);
    }
    if (name.starts_with("Esql.")) {
      name.remove_prefix(5);
    }
    group.append(group.empty() ? "" : ", ").append(SafeText(name)).append("=");
    group.append(ValueText(CellValue(cell, &arena), {.shorten = true, .items_max = 3}));
  }
  return group;
}

std::string Coloured(rule::Severity severity, std::string_view text) {
  std::string_view code = "36";
  switch (severity) {
    case rule::Severity::kLow:
      break;
    case rule::Severity::kMedium:
      code = "33";
      break;
    case rule::Severity::kHigh:
      code = "31";
      break;
    case rule::Severity::kCritical:
      code = "1;31";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace weir::alert
