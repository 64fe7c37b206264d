// A page of text for a terminal: lines, headings, labels with values; and the parts of an alert's page.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/alert/render.h"

namespace weir::alert {

class Page {
 public:
  explicit Page(const RenderOptions& options)
      : options_(options), width_(options.width > 0 ? static_cast<std::size_t>(options.width) : 0) {}

  // A line of its own, wrapped; begins after indent blanks.
  void Text(std::string_view text, std::size_t indent = 0);
  // A line as it is, which has to fit.
  void Raw(std::string_view line) { out_.append(line).push_back('\n'); }
  void Blank() { out_.push_back('\n'); }
  // A heading behind a blank line.
  void Heading(std::string_view text);
  // "  label   value", values aligned at label_width. A label that is too long has its line alone.
  void Pair(std::string_view label, std::string_view value, std::size_t label_width);
  // In the style asked for: "2024-10-29 15:51:43.350 UTC".
  std::string Time(UnixMillis time_ms) const;

  std::string* out() { return &out_; }
  std::size_t width() const { return width_; }
  const RenderOptions& options() const { return options_; }
  // The widest label that still leaves half of the line to values.
  std::size_t LabelWidthMax() const;

 private:
  // An indent that would leave much less than half a line to the text is none.
  std::size_t Clamp(std::size_t indent) const;

  const RenderOptions options_;
  const std::size_t width_;
  std::string out_;
};

inline constexpr std::size_t kPageIndent = 2;
inline constexpr std::size_t kFactLabelWidth = 12;

// ---- render_page.cc: what the alert itself says ----
void AddTitle(const Alert& alert, Page* page);
void AddSentence(const Alert& alert, Page* page);
void AddCells(std::string_view heading, const std::vector<NamedCell>& cells, Page* page);
void AddTimes(const Alert& alert, const Timings& timings, Page* page);
void AddFacts(const Incident& incident, Page* page);
void AddEvents(const Alert& alert, Page* page);
void AddTechniques(const Alert& alert, Page* page);
void AddNote(const Alert& alert, Page* page);

}  // namespace weir::alert
