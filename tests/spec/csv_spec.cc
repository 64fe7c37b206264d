#include "tests/spec/csv_spec.h"

#include <algorithm>
#include <map>
#include <optional>

namespace weir::spec {

namespace {

bool IsComment(std::string_view line) {
  return line.starts_with("//") || line.starts_with("#");
}

// Takes the next line off the text.
std::string_view TakeLine(std::string_view* text, int* line) {
  const std::size_t end = std::min(text->find('\n'), text->size());
  std::string_view taken = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  ++*line;
  if (taken.ends_with('\r')) {
    taken.remove_suffix(1);
  }
  return taken;
}

std::vector<std::string> SplitCells(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        cells.back().push_back('"');
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cells.back().push_back('|');
      ++i;
    } else if (c == '|' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back().push_back(c);
    }
  }
  for (std::string& cell : cells) {
    cell = TrimBlanks(cell);
  }
  return cells;
}

// Switches of the harness, which stand between the name and the query or behind the query.
bool ReadSwitch(std::string_view line, Case* current) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.substr(0, colon).find_first_of(" |\t(\"[=") !=
                                             std::string_view::npos) {
    return false;
  }
  const std::string_view key = line.substr(0, colon);
  static constexpr std::string_view kKnown[] = {
      "required_capability", "required_feature", "skip_flattened_rewrite", "request_stored",
      "warning", "warningRegex", "ignoreOrder", "request_profile", "emulated_feature"};
  for (const std::string_view known : kKnown) {
    if (key == known) {
      current->ignores_order = current->ignores_order ||
                               (key == "ignoreOrder" && TrimBlanks(line.substr(colon + 1)) == "true");
      return true;
    }
  }
  return false;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  StatusOr<std::vector<Case>> Read() {
    std::vector<Case> cases;
    while (true) {
      const std::string_view line = NextLine();
      if (at_end_) {
        return cases;
      }
      Case current;
      current.line = line_;
      current.name = TrimBlanks(line.substr(0, line.find('#')));
      current.ignored = current.name.ends_with("-Ignore");
      WEIR_RETURN_IF_ERROR(ReadQuery(&current));
      if (!(current.ignored && has_read_table_)) {
        WEIR_RETURN_IF_ERROR(ReadTable(&current));
      }
      cases.push_back(std::move(current));
    }
  }

 private:
  // The next line that says something; at_end_ behind the last.
  std::string_view NextLine() {
    while (!rest_.empty()) {
      const std::string_view line = TakeLine(&rest_, &line_);
      if (!TrimBlanks(line).empty() && !IsComment(TrimBlanks(line))) {
        return line;
      }
    }
    at_end_ = true;
    return "";
  }

  Status ReadQuery(Case* current) {
    bool blank_within = false;
    std::string_view line = NextLine();
    while (!at_end_ && ReadSwitch(TrimBlanks(line), current)) {
      line = NextLine();
    }
    for (; !at_end_; line = TakeLine(&rest_, &line_)) {
      std::string_view text = line;
      while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
      }
      if (IsComment(text)) {
        continue;
      }
      blank_within = blank_within || text.empty();
      const bool ends = text.ends_with(';') && !text.ends_with("\\;");
      // Cases that are not run may lack the end of their query.
      has_read_table_ = text == ";" && blank_within;
      if (ends) {
        text.remove_suffix(1);
      }
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("\\;")) {
          ++i;
        }
        current->query.push_back(text[i]);
      }
      if (ends) {
        return OkStatus();
      }
      current->query.push_back('\n');
      if (rest_.empty()) {
        break;
      }
    }
    return InvalidArgument("case [{}] at line {}: its query has no end", current->name,
                           current->line);
  }

  Status ReadTable(Case* current) {
    std::string_view line = NextLine();
    while (!at_end_ && ReadSwitch(TrimBlanks(line), current)) {
      line = NextLine();
    }
    if (!at_end_ && TrimBlanks(line) != ";") {
      for (const std::string& cell : SplitCells(line)) {
        const std::size_t colon = cell.rfind(':');
        const std::string_view text = cell;
        current->columns.push_back(
            {std::string(TrimBlanks(text.substr(0, colon))),
             std::string(colon == std::string::npos ? "" : TrimBlanks(text.substr(colon + 1)))});
      }
      line = NextLine();
    }
    for (; !at_end_; line = NextLine()) {
      if (TrimBlanks(line) == ";") {
        return OkStatus();
      }
      std::vector<std::string> cells = SplitCells(line);
      cells.resize(std::max(cells.size(), current->columns.size()));
      current->rows.push_back(std::move(cells));
    }
    return InvalidArgument("case [{}] at line {}: its table has no end", current->name,
                           current->line);
  }

  std::string_view rest_;
  int line_ = 0;
  bool at_end_ = false;
  bool has_read_table_ = false;   // with the query
};

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) {
    return "";
  }
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::optional<DataType> ParseColumnType(std::string_view name) {
  static const std::map<std::string, DataType, std::less<>> kShort = {
      {"i", DataType::kInteger},        {"l", DataType::kLong},
      {"d", DataType::kDouble},         {"s", DataType::kKeyword},
      {"k", DataType::kKeyword},        {"ul", DataType::kUnsignedLong},
      {"v", DataType::kVersion},        {"dt", DataType::kDatetime},
      {"t", DataType::kText},           {"n", DataType::kNull},
      {"null", DataType::kNull},        {"short", DataType::kInteger},
      {"byte", DataType::kInteger},     {"float", DataType::kDouble},
      {"half_float", DataType::kDouble}, {"scaled_float", DataType::kDouble}};
  const auto found = kShort.find(name);
  return found != kShort.end() ? std::optional(found->second) : ParseDataType(name);
}

StatusOr<std::vector<Case>> ParseCsvSpec(std::string_view text) {
  return Reader(text).Read();
}

}  // namespace weir::spec
