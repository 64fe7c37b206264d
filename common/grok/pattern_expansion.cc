#include "common/grok/pattern_expansion_internal.h"

#include <algorithm>
#include <optional>

#include "common/base/utf8.h"
#include "common/grok/pattern_library_internal.h"

namespace weir::grok {

namespace {

constexpr std::size_t kRegexBytesMax = 64 * 1024;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::string_view before = text;
    if (TakeCodePoint(&text) == kReplacementCharacter &&
        before.substr(0, before.size() - text.size()) != "\xef\xbf\xbd") {
      return false;
    }
  }
  return true;
}

std::optional<DataType> CaptureType(std::string_view name) {
  if (name == "int") {
    return DataType::kInteger;
  }
  if (name == "long") {
    return DataType::kLong;
  }
  if (name == "float" || name == "double") {
    return DataType::kDouble;
  }
  if (name == "boolean") {
    return DataType::kBoolean;
  }
  if (name == "string" || name == "keyword") {
    return DataType::kKeyword;
  }
  return std::nullopt;
}

class Expander {
 public:
  explicit Expander(std::string_view pattern) : whole_(pattern) {}

  Status Append(std::string_view regex) {
    for (std::size_t i = 0; i < regex.size();) {
      if (out_.regex.size() > kRegexBytesMax) {
        return InvalidArgument("Invalid pattern [{}] for grok: more than {} bytes when expanded",
                               whole_, kRegexBytesMax);
      }
      if (regex[i] == '\\' && i + 1 < regex.size()) {
        out_.regex.append(regex.substr(i, 2));
        i += 2;
        continue;
      }
      const bool reference = regex.compare(i, 2, "%{") == 0 && i + 2 < regex.size() &&
                             (IsLetterOrDigit(regex[i + 2]) || regex[i + 2] == '_');
      if (!reference) {
        out_.regex.push_back(regex[i++]);
        continue;
      }
      const std::size_t close = regex.find('}', i);
      if (close == std::string_view::npos) {
        return InvalidArgument("Invalid pattern [{}] for grok: [%{{] without [}}]", whole_);
      }
      WEIR_RETURN_IF_ERROR(AppendReference(regex.substr(i + 2, close - i - 2)));
      i = close + 1;
    }
    return OkStatus();
  }

  Expansion Take() { return std::move(out_); }

 private:
  // reference is what stands between the braces. The library does not refer to itself in circles.
  Status AppendReference(std::string_view reference) {
    const std::size_t first = reference.find(':');
    const std::string_view name = reference.substr(0, first);
    const NamedPattern* found = FindPattern(name);
    if (found == nullptr) {
      const std::string_view nearest = NearestPatternName(name);
      return InvalidArgument(
          "Invalid pattern [{}] for grok: Unable to find pattern [{}] in Grok's pattern "
          "dictionary{}",
          whole_, name, nearest.empty() ? "" : fmt::format(", did you mean [{}]?", nearest));
    }
    if (first == std::string_view::npos) {
      out_.regex.append("(?:");
    } else {
      WEIR_RETURN_IF_ERROR(OpenCapture(reference.substr(first + 1)));
    }
    WEIR_RETURN_IF_ERROR(Append(found->regex));
    out_.regex.push_back(')');
    return OkStatus();
  }

  Status OpenCapture(std::string_view column_and_type) {
    const std::size_t colon = column_and_type.find(':');
    Capture capture;
    capture.column = column_and_type.substr(0, colon);
    if (!IsColumnName(capture.column)) {
      return InvalidArgument("Invalid pattern [{}] for grok: bad column name [{}]", whole_,
                             capture.column);
    }
    if (colon != std::string_view::npos) {
      const std::string_view type_name = column_and_type.substr(colon + 1);
      const std::optional<DataType> type = CaptureType(type_name);
      if (!type) {
        return InvalidArgument(
            "Invalid pattern [{}] for grok: unknown type [{}] of column [{}], must be one of [int, "
            "long, float, double, boolean]",
            whole_, type_name, capture.column);
      }
      capture.type = *type;
    }
    out_.regex.append("(?<");
    out_.regex.push_back(kCaptureMark);
    out_.regex.append(std::to_string(out_.captures.size()));
    out_.regex.push_back('>');
    out_.captures.push_back(std::move(capture));
    return OkStatus();
  }

  const std::string_view whole_;
  Expansion out_;
};

}  // namespace

bool IsColumnName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return IsLetterOrDigit(c) || std::string_view("_@.-[]").find(c) != std::string_view::npos;
  });
}

StatusOr<Expansion> ExpandPattern(std::string_view pattern) {
  if (pattern.find(kCaptureMark) != std::string_view::npos ||
      pattern.find('\0') != std::string_view::npos) {
    return InvalidArgument("Invalid pattern for grok: control characters are not allowed");
  }
  if (!IsValidUtf8(pattern)) {
    return InvalidArgument("Invalid pattern for grok: not valid UTF-8");
  }
  Expander expander(pattern);
  WEIR_RETURN_IF_ERROR(expander.Append(pattern));
  return expander.Take();
}

}  // namespace weir::grok
