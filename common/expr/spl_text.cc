// Text and network functions of Splunk's search language.
#include <algorithm>

#include "common/base/utf8.h"
#include "common/expr/ip_block_internal.h"
#include "common/expr/spl_internal.h"
#include "common/expr/text_case.h"
#include "common/expr/wildcard.h"

namespace weir::expr {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// f(text) of each value of the first argument; null when another argument is null.
template <typename F>
ExprPtr MakeOfTexts(Call& call, DataType type, F f) {
  return call.Make(type, [f](const Frame& frame, Args args) {
    if (std::any_of(args.begin() + 1, args.end(), [](const Value& arg) { return arg.is_null(); })) {
      return Value::Null();
    }
    return MapItems(args[0], frame.arena(), [&](const Value& item) {
      return f(frame, SplText(item, frame.arena()), args);
    });
  });
}

std::string_view TextAt(const Frame& frame, Args args, std::size_t i, std::string_view otherwise) {
  return i < args.size() && !args[i].is_null() ? SplText(args[i].items().front(), frame.arena())
                                               : otherwise;
}

std::size_t CountCodePoints(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// The part of count code points from a 0-based one.
std::string_view CodePoints(std::string_view text, std::size_t first, std::size_t count) {
  std::size_t begin = text.size();
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) {
      continue;
    }
    if (seen == first) {
      begin = i;
    }
    if (seen >= first && seen - first == count) {
      return text.substr(begin, i - begin);
    }
    ++seen;
  }
  return text.substr(begin);
}

Value Substring(const Frame& frame, std::string_view text, Args args) {
  const std::optional<double> start = SplNumber(args[1].items().front());
  const std::optional<double> length =
      args.size() > 2 ? SplNumber(args[2].items().front()) : std::nullopt;
  if (!start.has_value() || (args.size() > 2 && !length.has_value())) {
    return Value::Null();
  }
  const auto size = static_cast<double>(CountCodePoints(text));
  double first = *start > 0 ? *start - 1 : *start == 0 ? 0 : std::max(0.0, size + *start);
  first = std::min(first, size);
  const double count = std::clamp(length.value_or(size), 0.0, size - first);
  return frame.Text(CodePoints(text, static_cast<std::size_t>(first),
                               static_cast<std::size_t>(count)));
}

enum class Side : uint8_t { kBoth, kLeft, kRight };

template <Side kSide>
ExprPtr MakeTrimOf(Call& call) {
  return MakeOfTexts(call, DataType::kKeyword,
                     [](const Frame& frame, std::string_view text, Args args) {
                       const std::string_view cut = TextAt(frame, args, 1, kBlanks);
                       if (kSide != Side::kRight) {
                         text.remove_prefix(std::min(text.find_first_not_of(cut), text.size()));
                       }
                       if (kSide != Side::kLeft) {
                         text = text.substr(0, text.find_last_not_of(cut) + 1);
                       }
                       return frame.Text(text);
                     });
}

Value Split(const Frame& frame, std::string_view text, std::string_view delimiter) {
  std::vector<Value> parts;
  if (delimiter.empty()) {
    for (std::size_t i = 0; i < CountCodePoints(text); ++i) {
      parts.push_back(frame.Text(CodePoints(text, i, 1)));
    }
    return Value::MakeMulti(parts, &frame.arena());
  }
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(delimiter, begin);
    parts.push_back(frame.Text(text.substr(begin, end - begin)));
    if (end == std::string_view::npos) {
      return Value::MakeMulti(parts, &frame.arena());
    }
    begin = end + delimiter.size();
  }
}

// SQL's LIKE: % any run, _ one character, a backslash takes the next as it is.
Wildcard LikePattern(std::string_view pattern) {
  using Kind = Wildcard::Token::Kind;
  std::vector<Wildcard::Token> tokens;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) {
      tokens.push_back({Kind::kLiteral, literal});
      literal.clear();
    }
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') {
      flush();
      tokens.push_back({pattern[i] == '%' ? Kind::kAnyRun : Kind::kAnyOne, ""});
      continue;
    }
    const bool escapes = pattern[i] == '\\' && i + 1 < pattern.size() &&
                         (pattern[i + 1] == '%' || pattern[i + 1] == '_' || pattern[i + 1] == '\\');
    i += escapes ? 1 : 0;
    literal.push_back(pattern[i]);
  }
  flush();
  return Wildcard(tokens);
}

int HexDigit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

std::string UrlDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace

ExprPtr MakeSplLength(Call& call) {
  return MakeOfTexts(call, DataType::kDouble, [](const Frame&, std::string_view text, Args) {
    return Value::Double(static_cast<double>(CountCodePoints(text)));
  });
}

ExprPtr MakeSplLower(Call& call) {
  return MakeOfTexts(call, DataType::kKeyword, [](const Frame& frame, std::string_view text, Args) {
    return Value::Keyword(ToLower(text, frame.arena()));
  });
}

ExprPtr MakeSplUpper(Call& call) {
  return MakeOfTexts(call, DataType::kKeyword, [](const Frame& frame, std::string_view text, Args) {
    return Value::Keyword(ToUpper(text, frame.arena()));
  });
}

ExprPtr MakeSplSubstring(Call& call) {
  return MakeOfTexts(call, DataType::kKeyword, Substring);
}

ExprPtr MakeSplConcat(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    if (args[0].count() != 1 || args[1].count() != 1) {
      return args[0].is_null() || args[1].is_null() ? Value::Null()
                                                    : frame.Fail(kMultivalueWarning);
    }
    std::string text(SplText(args[0], frame.arena()));
    text += SplText(args[1], frame.arena());
    return frame.Text(text);
  });
}

ExprPtr MakeSplSplit(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    return Split(frame, SplText(args[0].items().front(), frame.arena()),
                 SplText(args[1].items().front(), frame.arena()));
  });
}

ExprPtr MakeSplTrim(Call& call) { return MakeTrimOf<Side::kBoth>(call); }
ExprPtr MakeSplLtrim(Call& call) { return MakeTrimOf<Side::kLeft>(call); }
ExprPtr MakeSplRtrim(Call& call) { return MakeTrimOf<Side::kRight>(call); }

ExprPtr MakeSplLike(Call& call) {
  const Value* constant = call.constant(1);
  std::shared_ptr<const Wildcard> known;
  if (constant != nullptr) {
    Arena arena;
    known = std::make_shared<const Wildcard>(LikePattern(SplText(*constant, arena)));
  }
  return call.Make(DataType::kBoolean, [known](const Frame& frame, Args args) {
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    return Value::Boolean(
        std::any_of(args[0].items().begin(), args[0].items().end(), [&](const Value& item) {
          const std::string_view text = SplText(item, frame.arena());
          return known != nullptr
                     ? known->Matches(text)
                     : LikePattern(SplText(args[1].items().front(), frame.arena())).Matches(text);
        }));
  });
}

ExprPtr MakeSplUrlDecode(Call& call) {
  return MakeOfTexts(call, DataType::kKeyword, [](const Frame& frame, std::string_view text, Args) {
    return frame.Text(UrlDecode(text));
  });
}

template <int kAlgorithm>
ExprPtr MakeSplDigest(Call& call) {
  constexpr Factory kFactories[] = {MakeMd5, MakeSha1, MakeSha256};
  call.rule = ArgumentRule::kSingle;
  call.args[0].expr = MakeNode(DataType::kKeyword, call.site(), {call.args[0].expr},
                               ArgumentRule::kRaw, [](const Frame& frame, Args args) {
                                 return args[0].is_null()
                                            ? Value::Null()
                                            : Value::Keyword(SplText(args[0].items().front(),
                                                                     frame.arena()));
                               });
  return kFactories[kAlgorithm](call);
}
template ExprPtr MakeSplDigest<0>(Call& call);
template ExprPtr MakeSplDigest<1>(Call& call);
template ExprPtr MakeSplDigest<2>(Call& call);

// cidrmatch(block, address), in this order.
ExprPtr MakeSplCidrMatch(Call& call) {
  return call.Make(DataType::kBoolean, [](const Frame& frame, Args args) {
    IpBlock block;
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    if (!ParseIpBlock(SplText(args[0].items().front(), frame.arena()), &block)) {
      return Value::Boolean(false);
    }
    return Value::Boolean(
        std::any_of(args[1].items().begin(), args[1].items().end(), [&](const Value& item) {
          char bytes[16];
          return ParseIp(SplText(item, frame.arena()), bytes) && block.Holds({bytes, sizeof bytes});
        }));
  });
}

}  // namespace weir::expr
