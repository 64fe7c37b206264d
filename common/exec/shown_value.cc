#include "common/exec/shown_value.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "common/base/json_writer.h"
#include "common/source/decoder.h"

namespace weir::exec {
namespace {

constexpr std::size_t kBytesMax = 200;
constexpr std::size_t kItemsMax = 10;

std::string ShowItem(const Value& value, bool hidden) {
  if (!IsString(value.type())) {
    return ValueToString(value);
  }
  const std::string_view text = value.text();
  if (hidden) {
    return fmt::format("<{} bytes of text>", text.size());
  }
  std::size_t shown = std::min(text.size(), kBytesMax);
  while (shown < text.size() && shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xC0) == 0x80) {
    --shown;   // not within a character
  }
  std::string out;
  AppendJsonString(text.substr(0, shown), &out);
  if (shown < text.size()) {
    out += fmt::format("… ({} bytes)", text.size());
  }
  return out;
}

}  // namespace

bool HoldsPrivateText(std::string_view field) {
  return source::Catalogue().HoldsContent(field);
}

bool MayHoldPrivateText(std::string_view expression) {
  const auto in_name = [&](std::size_t i) {
    const char c = expression[i];
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '@';
  };
  for (std::size_t i = 0; i < expression.size();) {
    std::size_t end = i;
    while (end < expression.size() && in_name(end)) {
      ++end;
    }
    if (HoldsPrivateText(expression.substr(i, end - i))) {
      return true;
    }
    i = std::max(end, i + 1);
  }
  return false;
}

std::string ShowValue(const Value& value, bool hidden) {
  if (!value.is_multi()) {
    return value.is_null() ? "null" : ShowItem(value, hidden);
  }
  std::string out = "[";
  const auto items = value.items();
  for (std::size_t i = 0; i < std::min(items.size(), kItemsMax); ++i) {
    out += (i == 0 ? "" : ", ") + ShowItem(items[i], hidden);
  }
  if (items.size() > kItemsMax) {
    out += fmt::format(", … {} more", items.size() - kItemsMax);
  }
  return out + "]";
}

}  // namespace weir::exec
