#include "common/rule/toml_reader_internal.h"

#include <algorithm>
#include <sstream>

namespace weir::rule {
namespace {

std::string_view TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

}  // namespace

std::string TableRef::Path(std::string_view key) const {
  return name.empty() ? std::string(key) : fmt::format("{}.{}", name, key);
}

TomlReader::TomlReader(LoadResult* result) : result_(result), source_(result->text, result->path) {}

void TomlReader::Add(esql::Severity severity, const toml::source_region& region, std::string message,
                     std::string hint) {
  Finding finding;
  finding.severity = severity;
  finding.path = result_->path;
  finding.line = static_cast<int>(region.begin.line);
  finding.column = static_cast<int>(region.begin.column);
  finding.message = std::move(message);
  finding.hint = std::move(hint);
  if (finding.line > 0) {
    esql::Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.line = finding.line;
    diagnostic.column = std::max(finding.column, 1);
    if (region.end.line == region.begin.line && region.end.column > region.begin.column) {
      diagnostic.length = region.end.column - region.begin.column;
    }
    diagnostic.message = finding.message;
    diagnostic.hint = finding.hint;
    finding.rendered = esql::Render(source_, diagnostic);
  } else {
    finding.rendered = fmt::format("{}: {}: {}\n", finding.path,
                                   severity == esql::Severity::kError ? "error" : "warning",
                                   finding.message);
  }
  has_errors_ = has_errors_ || severity == esql::Severity::kError;
  result_->findings.push_back(std::move(finding));
}

void TomlReader::Error(const toml::source_region& region, std::string message, std::string hint) {
  Add(esql::Severity::kError, region, std::move(message), std::move(hint));
}

void TomlReader::Warning(const toml::source_region& region, std::string message, std::string hint) {
  Add(esql::Severity::kWarning, region, std::move(message), std::move(hint));
}

void TomlReader::WrongType(const TableRef& table, std::string_view key, const toml::node& node,
                           std::string_view wanted) {
  Error(node.source(),
        fmt::format("field [{}] must be {}, found {}", table.Path(key), wanted, TypeName(node)));
}

const toml::node* TomlReader::Find(const TableRef& table, std::string_view key, Need need) {
  const toml::node* node = table.table->get(key);
  if (node == nullptr && need == Need::kRequired) {
    Error(table.table->source(), fmt::format("missing required field [{}]", table.Path(key)));
  }
  return node;
}

bool TomlReader::String(const TableRef& table, std::string_view key, std::string* out, Need need) {
  const toml::node* node = Find(table, key, need);
  if (node == nullptr) {
    return false;
  }
  const auto* text = node->as_string();
  if (text == nullptr) {
    WrongType(table, key, *node, "a string");
    return false;
  }
  if (need == Need::kRequired && text->get().empty()) {
    Error(node->source(), fmt::format("field [{}] must not be empty", table.Path(key)));
    return false;
  }
  *out = text->get();
  return true;
}

bool TomlReader::Integer(const TableRef& table, std::string_view key, int64_t minimum,
                         int64_t maximum, int64_t* out, Need need) {
  const toml::node* node = Find(table, key, need);
  if (node == nullptr) {
    return false;
  }
  const auto* number = node->as_integer();
  if (number == nullptr) {
    WrongType(table, key, *node, "an integer");
    return false;
  }
  if (number->get() < minimum || number->get() > maximum) {
    Error(node->source(), fmt::format("field [{}] must be between {} and {}, found {}",
                                      table.Path(key), minimum, maximum, number->get()));
    return false;
  }
  *out = number->get();
  return true;
}

bool TomlReader::Boolean(const TableRef& table, std::string_view key, bool* out) {
  const toml::node* node = Find(table, key);
  if (node == nullptr) {
    return false;
  }
  const auto* value = node->as_boolean();
  if (value == nullptr) {
    WrongType(table, key, *node, "a boolean");
    return false;
  }
  *out = value->get();
  return true;
}

bool TomlReader::Strings(const TableRef& table, std::string_view key, bool allow_single,
                         std::vector<std::string>* out, Need need) {
  const toml::node* node = Find(table, key, need);
  if (node == nullptr) {
    return false;
  }
  if (const auto* text = node->as_string(); text != nullptr && allow_single) {
    out->push_back(text->get());
    return true;
  }
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    WrongType(table, key, *node, "a list of strings");
    return false;
  }
  bool ok = true;
  for (const toml::node& item : *list) {
    if (const auto* text = item.as_string(); text != nullptr) {
      out->push_back(text->get());
    } else {
      WrongType(table, key, item, "a list of strings");
      ok = false;
    }
  }
  return ok;
}

const toml::table* TomlReader::Table(const TableRef& table, std::string_view key) {
  const toml::node* node = Find(table, key);
  if (node == nullptr) {
    return nullptr;
  }
  if (node->as_table() == nullptr) {
    WrongType(table, key, *node, "a table");
  }
  return node->as_table();
}

std::vector<TableRef> TomlReader::Tables(const TableRef& table, std::string_view key) {
  std::vector<TableRef> tables;
  const toml::node* node = Find(table, key);
  if (node == nullptr) {
    return tables;
  }
  if (const toml::table* single = node->as_table(); single != nullptr) {
    tables.push_back({single, table.Path(key)});
    return tables;
  }
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    WrongType(table, key, *node, "a list of tables");
    return tables;
  }
  for (const toml::node& item : *list) {
    if (const toml::table* entry = item.as_table(); entry != nullptr) {
      tables.push_back({entry, table.Path(key)});
    } else {
      WrongType(table, key, item, "a list of tables");
    }
  }
  return tables;
}

void TomlReader::WarnUnknown(const TableRef& table, std::initializer_list<std::string_view> known) {
  const std::vector<std::string> names(known.begin(), known.end());
  for (const auto& [key, value] : *table.table) {
    if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
      Warning(key.source(), fmt::format("unknown field [{}] is ignored", table.Path(key.str())),
              esql::DidYouMean(key.str(), names));
    }
  }
}

int TomlReader::TextLine(const toml::node& node) const {
  const toml::source_position begin = node.source().begin;
  int line = static_cast<int>(begin.line);
  std::string_view text = source_.Line(line);
  // The column counts code points; a query's key and '=' before it are ASCII in practice.
  text.remove_prefix(std::min<std::size_t>(begin.column == 0 ? 0 : begin.column - 1, text.size()));
  if (text.starts_with("'''") || text.starts_with(R"(""")")) {
    text.remove_prefix(3);
    if (text.empty() || text == "\r") {
      ++line;
    }
  }
  return line;
}

}  // namespace weir::rule
