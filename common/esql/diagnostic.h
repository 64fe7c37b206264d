// What a front end has to say about a query: a list of findings with severity and position, all of
// them at once. Shared by the parser, the analyzer and rule loading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/ast.h"

namespace weir::esql {

enum class Severity : uint8_t { kWarning, kError };

struct Diagnostic {
  Severity severity = Severity::kError;
  int line = 1;     // 1-based
  int column = 1;   // 1-based, in code points
  uint32_t length = 1;  // code points to underline; at least 1
  std::string message;
  std::string hint;     // may be empty: "did you mean [user.id]?"
};

// The text of a query and where its lines begin.
class Source {
 public:
  // name is the file or rule the text came from, for messages; may be empty. line_offset is added
  // to every line number shown: the line of the file before the query's first line.
  explicit Source(std::string text, std::string name = "", int line_offset = 0);

  std::string_view text() const { return text_; }
  const std::string& name() const { return name_; }
  // Line and column of a byte offset, both 1-based (line_offset not added).
  void Locate(uint32_t offset, int* line, int* column) const;
  std::string_view Line(int line) const;
  std::string_view Slice(SourceRange range) const;
  int line_offset() const { return line_offset_; }

 private:
  std::string text_;
  std::string name_;
  int line_offset_ = 0;
  std::vector<uint32_t> line_starts_;
};

// Collects findings against one source.
class Diagnostics {
 public:
  explicit Diagnostics(const Source* source) : source_(source) {}

  void Error(SourceRange range, std::string message, std::string hint = "");
  void Warning(SourceRange range, std::string message, std::string hint = "");

  const Source& source() const { return *source_; }
  const std::vector<Diagnostic>& list() const { return list_; }
  bool has_errors() const { return error_count_ != 0; }
  std::size_t error_count() const { return error_count_; }

 private:
  void Add(Severity severity, SourceRange range, std::string message, std::string hint);

  const Source* source_;
  std::vector<Diagnostic> list_;
  std::size_t error_count_ = 0;
  // Of list_.
  std::size_t listed_errors_ = 0;
  std::size_t listed_warnings_ = 0;
};

// "name:line:col: error: message", the source line, a caret line under the range and the hint.
// Line is that of the file: line_offset is added.
std::string Render(const Source& source, const Diagnostic& diagnostic);
std::string RenderAll(const Source& source, const std::vector<Diagnostic>& diagnostics);

// The nearest of the candidates by edit distance, closest first, at most three; empty when none is
// near. Case does not count; the only candidate with the same last dotted part counts as near.
std::vector<std::string> NearestNames(std::string_view name,
                                      const std::vector<std::string>& candidates);
// "did you mean [a]?" or "did you mean any of [a, b]?"; empty when none is near.
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace weir::esql
