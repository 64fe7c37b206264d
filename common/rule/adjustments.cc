#include "common/rule/adjustments.h"

#include <fmt/format.h>

#include "common/rule/rule.h"

namespace weir::rule {
namespace {

// A KQL string that means the text and nothing else.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += c;
  }
  return quoted + "\"";
}

// A field's name in KQL; what would be syntax is escaped.
std::string EscapedName(const std::string& name) {
  std::string escaped;
  for (const char c : name) {
    if (std::string_view("\\():<>\"*{} ").find(c) != std::string_view::npos) {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

}  // namespace

std::string ExceptionFilter(const Exception& exception) {
  if (exception.field.empty()) {
    return exception.filter;
  }
  std::vector<std::string> values;
  for (const std::string& value : exception.values) {
    values.push_back(Quoted(value));
  }
  return fmt::format("{}: ({})", EscapedName(exception.field), fmt::join(values, " or "));
}

Finding MakeFinding(const Place& place, esql::Severity severity, std::string message,
                    std::string hint) {
  Finding finding;
  finding.severity = severity;
  finding.path = place.path;
  finding.line = place.line;
  finding.column = place.column;
  finding.rendered = fmt::format(
      "{}{}: {}: {}{}\n", place.path,
      place.line > 0 ? fmt::format(":{}:{}", place.line, place.column) : "",
      severity == esql::Severity::kError ? "error" : "warning", message,
      hint.empty() ? "" : "; " + hint);
  finding.message = std::move(message);
  finding.hint = std::move(hint);
  return finding;
}

}  // namespace weir::rule
