// Functions on text. Positions are 1-based and count code points.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "common/expr/functions_internal.h"
#include "common/expr/text_case.h"
#include "common/expr/utf8_internal.h"
#include "common/regex/backtracking_regex.h"

namespace weir::expr {

namespace {

constexpr int64_t kRepeatBytesMax = 1 << 20;

// Java's Character.isWhitespace, as far as it is ASCII.
bool IsBlank(char c) {
  return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31);
}

std::string_view TrimLeft(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// A test of one text against another: specialised for a constant second argument.
template <typename Holds>
ExprPtr MakeTextTest(Call& call, Holds holds) {
  if (const Value* constant = call.constant(1)) {
    return MakeTest(call.site(), call.arg(0),
                    [holds, literal = std::string(constant->text())](const Value& value) {
                      return holds(value.text(), std::string_view(literal));
                    });
  }
  return call.Make(DataType::kBoolean, [holds](const Frame&, Args args) {
    return Value::Boolean(holds(args[0].text(), args[1].text()));
  });
}

Value Substring(const Frame& frame, Args args) {
  const std::string_view text = args[0].text();
  const int64_t start = args[1].integer();
  if (args.size() > 2 && args[2].integer() < 0) {
    return frame.Fail(fmt::format(
        "java.lang.IllegalArgumentException: Length parameter cannot be negative, found [{}]",
        args[2].integer()));
  }
  int64_t first = start > 0 ? start - 1 : 0;
  if (start < 0) {
    first = std::max<int64_t>(static_cast<int64_t>(CountCodePoints(text)) + start, 0);
  }
  const std::string_view rest =
      text.substr(OffsetOfCodePoint(text, static_cast<std::size_t>(first)));
  if (args.size() < 3) {
    return Value::Keyword(rest);
  }
  return Value::Keyword(
      rest.substr(0, OffsetOfCodePoint(rest, static_cast<std::size_t>(args[2].integer()))));
}

Value Concat(const Frame& frame, Args args) {
  std::size_t size = 0;
  for (const Value& part : args) {
    size += part.text().size();
  }
  char* out = frame.arena().Allocate(size);
  char* end = out;
  for (const Value& part : args) {
    std::memcpy(end, part.text().data(), part.text().size());
    end += part.text().size();
  }
  return Value::Keyword({out, size});
}

Value Repeat(const Frame& frame, std::string_view text, int64_t count) {
  if (count < 0) {
    return frame.Fail(fmt::format(
        "java.lang.IllegalArgumentException: Number parameter cannot be negative, found [{}]",
        count));
  }
  if (!text.empty() && count > kRepeatBytesMax / static_cast<int64_t>(text.size())) {
    return frame.Fail(fmt::format("java.lang.IllegalArgumentException: Creating repeated strings "
                                  "with more than [{}] bytes is not supported",
                                  kRepeatBytesMax));
  }
  const std::size_t size = text.size() * static_cast<std::size_t>(count);
  char* out = frame.arena().Allocate(size);
  for (std::size_t i = 0; i < size; i += text.size()) {
    std::memcpy(out + i, text.data(), text.size());
  }
  return Value::Keyword({out, size});
}

Value Split(const Frame& frame, Args args) {
  const std::string_view text = args[0].text();
  const std::string_view delimiter = args[1].text();
  std::size_t count = 1;
  for (std::size_t at = 0; !delimiter.empty() &&
                           (at = text.find(delimiter, at)) != std::string_view::npos;
       at += delimiter.size()) {
    ++count;
  }
  if (count == 1) {
    return Value::Keyword(text);
  }
  auto* items = frame.arena().AllocateArray<Value>(count);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = std::min(text.find(delimiter, begin), text.size());
    items[i] = Value::Keyword(text.substr(begin, end - begin));
    begin = end + delimiter.size();
  }
  return Value::Multi({items, count});
}

Value Locate(Args args) {
  const std::string_view text = args[0].text();
  const int64_t start = args.size() > 2 ? std::max<int64_t>(args[2].integer(), 1) : 1;
  const std::size_t from = OffsetOfCodePoint(text, static_cast<std::size_t>(start - 1));
  const std::size_t found = text.find(args[1].text(), from);
  if (found == std::string_view::npos) {
    return Value::Integer(0);
  }
  return Value::Integer(static_cast<int32_t>(CountCodePoints(text.substr(0, found))) + 1);
}

// The offset after the character at position as people see it: with its marks, its modifiers, and
// what is joined to it. Text that is no UTF-8 has code points only.
class Graphemes {
 public:
  explicit Graphemes(std::string_view text) : text_(text) {
    const bool ascii = std::none_of(text.begin(), text.end(),
                                    [](char c) { return static_cast<uint8_t>(c) >= 0x80; });
    marks_ = !ascii && Match(0) != 0;
  }

  std::size_t Next(std::size_t position) const {
    const std::size_t size = marks_ ? Match(position) : 0;
    return size > 0 ? position + size : NextCodePoint(text_, position);
  }

 private:
  // The size of the character; 0 when there is none.
  std::size_t Match(std::size_t position) const {
    static const auto kGrapheme =
        *regex::BacktrackingRegex::Compile("\\X", regex::Syntax::kRuby);
    std::string_view match[1];
    const bool found = kGrapheme->Search(text_, position, regex::kStepsMax, match) ==
                           regex::Outcome::kMatch &&
                       match[0].data() == text_.data() + position;
    return found ? match[0].size() : 0;
  }

  const std::string_view text_;
  bool marks_ = false;
};

Value Reverse(const Frame& frame, Args args) {
  const std::string_view text = args[0].text();
  const Graphemes graphemes(text);
  char* out = frame.arena().Allocate(text.size());
  char* place = out + text.size();
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t next = graphemes.Next(i);
    place -= next - i;
    std::memcpy(place, text.data() + i, next - i);
    i = next;
  }
  return Value::Keyword({out, text.size()});
}

}  // namespace

ExprPtr MakeLength(Call& call) {
  return call.Make(DataType::kInteger, [](const Frame&, Args args) {
    return Value::Integer(static_cast<int32_t>(CountCodePoints(args[0].text())));
  });
}

ExprPtr MakeByteLength(Call& call) {
  return call.Make(DataType::kInteger, [](const Frame&, Args args) {
    return Value::Integer(static_cast<int32_t>(args[0].text().size()));
  });
}

ExprPtr MakeBitLength(Call& call) {
  return call.Make(DataType::kInteger, [](const Frame&, Args args) {
    return Value::Integer(static_cast<int32_t>(args[0].text().size() * 8));
  });
}

ExprPtr MakeSubstring(Call& call) {
  return call.Make(DataType::kKeyword, Substring);
}

ExprPtr MakeLeft(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args args) {
    const std::string_view text = args[0].text();
    const auto count = static_cast<std::size_t>(std::max<int64_t>(args[1].integer(), 0));
    return Value::Keyword(text.substr(0, OffsetOfCodePoint(text, count)));
  });
}

ExprPtr MakeRight(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args args) {
    const std::string_view text = args[0].text();
    const auto count = static_cast<std::size_t>(std::max<int64_t>(args[1].integer(), 0));
    const std::size_t all = CountCodePoints(text);
    return Value::Keyword(text.substr(OffsetOfCodePoint(text, all - std::min(all, count))));
  });
}

ExprPtr MakeConcat(Call& call) {
  return call.Make(DataType::kKeyword, Concat);
}

ExprPtr MakeTrim(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args args) {
    return Value::Keyword(TrimLeft(TrimRight(args[0].text())));
  });
}

ExprPtr MakeLtrim(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args args) {
    return Value::Keyword(TrimLeft(args[0].text()));
  });
}

ExprPtr MakeRtrim(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args args) {
    return Value::Keyword(TrimRight(args[0].text()));
  });
}

ExprPtr MakeToLower(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      return Value::Keyword(ToLower(item.text(), frame.arena()));
    });
  });
}

ExprPtr MakeToUpper(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      return Value::Keyword(ToUpper(item.text(), frame.arena()));
    });
  });
}

ExprPtr MakeSplit(Call& call) {
  return call.Make(DataType::kKeyword, Split);
}

ExprPtr MakeStartsWith(Call& call) {
  return MakeTextTest(call, [](std::string_view text, std::string_view part) {
    return text.starts_with(part);
  });
}

ExprPtr MakeEndsWith(Call& call) {
  return MakeTextTest(call, [](std::string_view text, std::string_view part) {
    return text.ends_with(part);
  });
}

ExprPtr MakeContains(Call& call) {
  return MakeTextTest(call, [](std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

ExprPtr MakeLocate(Call& call) {
  return call.Make(DataType::kInteger, [](const Frame&, Args args) { return Locate(args); });
}

ExprPtr MakeRepeat(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return Repeat(frame, args[0].text(), args[1].integer());
  });
}

ExprPtr MakeSpace(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    return Repeat(frame, " ", args[0].integer());
  });
}

ExprPtr MakeReverse(Call& call) {
  return call.Make(DataType::kKeyword, Reverse);
}

}  // namespace weir::expr
