// Typed reads from the tables of one rule file. Every problem becomes a finding with its position; a
// read that fails leaves its target as it was.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "common/esql/diagnostic.h"
#include "common/rule/rule.h"

namespace weir::rule {

// A table of the file and the name its fields are reported under.
struct TableRef {
  const toml::table* table = nullptr;
  std::string name;   // "rule", "rule.alert_suppression"; empty for the whole file

  std::string Path(std::string_view key) const;
};

class TomlReader {
 public:
  // result->text and path must be set; findings go there.
  explicit TomlReader(LoadResult* result);

  void Error(const toml::source_region& region, std::string message, std::string hint = "");
  void Warning(const toml::source_region& region, std::string message, std::string hint = "");
  bool has_errors() const { return has_errors_; }

  enum class Need : uint8_t { kOptional, kRequired };
  // The node of a key, or null; a missing required one is an error at the table's header.
  const toml::node* Find(const TableRef& table, std::string_view key, Need need = Need::kOptional);
  // Each returns true when the key is there and has the type.
  bool String(const TableRef& table, std::string_view key, std::string* out,
              Need need = Need::kOptional);
  bool Integer(const TableRef& table, std::string_view key, int64_t minimum, int64_t maximum,
               int64_t* out, Need need = Need::kOptional);
  bool Boolean(const TableRef& table, std::string_view key, bool* out);
  // A list of strings; a single string counts as a list of one where allow_single is set.
  bool Strings(const TableRef& table, std::string_view key, bool allow_single,
               std::vector<std::string>* out, Need need = Need::kOptional);
  // Null when absent or of another type (an error).
  const toml::table* Table(const TableRef& table, std::string_view key);
  // The tables of a list of tables; a single table counts as a list of one.
  std::vector<TableRef> Tables(const TableRef& table, std::string_view key);

  // Warns of every key that is not in known.
  void WarnUnknown(const TableRef& table, std::initializer_list<std::string_view> known);

  // Line of the file on which the text of a string node begins (after the newline that directly
  // follows opening triple quotes).
  int TextLine(const toml::node& node) const;

 private:
  void Add(esql::Severity severity, const toml::source_region& region, std::string message,
           std::string hint);
  void WrongType(const TableRef& table, std::string_view key, const toml::node& node,
                 std::string_view wanted);

  LoadResult* result_;
  esql::Source source_;
  bool has_errors_ = false;
};

}  // namespace weir::rule
