#include <algorithm>

#include <fmt/format.h>

#include "common/alert/page_internal.h"
#include "common/alert/text_internal.h"

namespace weir::alert {

namespace {

constexpr std::size_t kLabelWidthMax = 40;

}  // namespace

void Page::Text(std::string_view text, std::size_t indent) {
  indent = Clamp(indent);
  out_.append(indent, ' ');
  AppendWrapped(text, width_, indent, indent, &out_);
}

void Page::Heading(std::string_view text) {
  Blank();
  Text(text);
}

void Page::Pair(std::string_view label, std::string_view value, std::size_t label_width) {
  const std::size_t value_column = Clamp(kPageIndent + label_width + 2);
  const std::size_t label_end = kPageIndent + DisplayWidth(label);
  if (value_column == 0 || label_end + 2 > value_column) {
    Text(label, kPageIndent);
    Text(value, kPageIndent * 2);
    return;
  }
  out_.append(kPageIndent, ' ').append(label).append(value_column - label_end, ' ');
  AppendWrapped(value, width_, value_column, value_column, &out_);
}

std::string Page::Time(UnixMillis time_ms) const {
  if (options_.time == TimeStyle::kIso) {
    return FormatTime(time_ms);
  }
  std::string text = FormatTime(time_ms);
  std::replace(text.begin(), text.end(), 'T', ' ');
  text.pop_back();
  text += " UTC";
  return options_.time == TimeStyle::kRelative
             ? fmt::format("{} ({})", text, RelativeTime(time_ms, options_.now_ms))
             : text;
}

std::size_t Page::LabelWidthMax() const {
  return width_ == 0 ? kLabelWidthMax : std::min(kLabelWidthMax, width_ / 2);
}

std::size_t Page::Clamp(std::size_t indent) const {
  const bool narrow = indent * 2 > width_ + 2 * (kPageIndent + 2) || indent + 4 > width_;
  return width_ != 0 && narrow ? 0 : indent;
}

}  // namespace weir::alert
