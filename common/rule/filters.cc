#include "common/rule/filters_internal.h"

#include <functional>

#include <fmt/format.h>

namespace weir::rule {
namespace {

using Kind = Filter::Kind;

constexpr int kDepthMax = 20;

// A string, number or boolean as text.
std::optional<std::string> ScalarText(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>(); text.has_value()) {
    return text;
  }
  if (const auto number = node.value_exact<int64_t>(); number.has_value()) {
    return fmt::format("{}", *number);
  }
  if (const auto number = node.value_exact<double>(); number.has_value()) {
    return fmt::format("{}", *number);
  }
  if (const auto truth = node.value_exact<bool>(); truth.has_value()) {
    return *truth ? "true" : "false";
  }
  return std::nullopt;
}

class FilterReader {
 public:
  explicit FilterReader(TomlReader* reader) : reader_(reader) {}

  // A query of the DSL: a table with the name of the query as its only key.
  std::optional<Filter> Query(const TableRef& query, int depth);

 private:
  std::optional<Filter> Named(std::string_view name, const toml::node& body, const TableRef& query,
                              int depth);
  std::optional<Filter> Bool(const TableRef& body, int depth);
  // Queries of a clause, which is a list or one query, added to parts. False after an error.
  bool Clause(const TableRef& body, std::string_view key, int depth, std::vector<Filter>* parts);
  std::optional<Filter> Test(Kind kind, std::string_view name, const TableRef& body);
  std::optional<Filter> Range(const TableRef& body);
  std::optional<Filter> Exists(const TableRef& body);

  std::nullopt_t Refuse(const toml::node& node, std::string message) {
    reader_->Error(node.source(), std::move(message));
    return std::nullopt;
  }

  TomlReader* reader_;
};

bool FilterReader::Clause(const TableRef& body, std::string_view key, int depth,
                          std::vector<Filter>* parts) {
  for (const TableRef& query : reader_->Tables(body, key)) {
    std::optional<Filter> part = Query(query, depth + 1);
    if (!part.has_value()) {
      return false;
    }
    parts->push_back(std::move(*part));
  }
  return true;
}

std::optional<Filter> FilterReader::Bool(const TableRef& body, int depth) {
  Filter all;
  Filter any{Kind::kAny, {}, {}, false, {}};
  Filter none{Kind::kAny, {}, {}, false, {}};
  if (!Clause(body, "must", depth, &all.parts) || !Clause(body, "filter", depth, &all.parts) ||
      !Clause(body, "should", depth, &any.parts) || !Clause(body, "must_not", depth, &none.parts)) {
    return std::nullopt;
  }
  for (const auto& [key, node] : *body.table) {
    if (key != "must" && key != "filter" && key != "should" && key != "must_not" &&
        key != "minimum_should_match" && key != "boost") {
      return Refuse(node, fmt::format("field [{}] is not supported", body.Path(key.str())));
    }
  }
  int64_t minimum = all.parts.empty() && !any.parts.empty() ? 1 : 0;
  if (const toml::node* node = body.table->get("minimum_should_match"); node != nullptr) {
    const std::optional<std::string> text = ScalarText(*node);
    if (text != "0" && text != "1") {
      return Refuse(*node, fmt::format("field [{}] of other than 0 or 1 is not supported",
                                       body.Path("minimum_should_match")));
    }
    minimum = text == "1" ? 1 : 0;
  }
  if (minimum == 1) {
    all.parts.push_back(std::move(any));
  }
  if (!none.parts.empty()) {
    all.parts.push_back({Kind::kNot, {}, {}, false, {std::move(none)}});
  }
  return all;
}

// {field = value} or {field = {value|query = value, case_insensitive = true}}; of terms a list.
std::optional<Filter> FilterReader::Test(Kind kind, std::string_view name, const TableRef& body) {
  Filter test;
  test.kind = kind;
  for (const auto& [key, node] : *body.table) {
    if (key == "boost") {
      continue;
    }
    if (!test.field.empty()) {
      return Refuse(node, fmt::format("field [{}] names two fields, expected one", body.name));
    }
    test.field = std::string(key.str());
    const toml::node* value = &node;
    if (const toml::table* options = node.as_table(); options != nullptr) {
      const TableRef table{options, body.Path(key.str())};
      value = nullptr;
      for (const std::string_view option : {"value", "query", "wildcard"}) {
        value = value != nullptr ? value : options->get(option);
      }
      reader_->Boolean(table, "case_insensitive", &test.ignore_case);
      for (const auto& [option, setting] : *options) {
        if (option != "value" && option != "query" && option != "wildcard" && option != "boost" &&
            option != "case_insensitive" && option != "rewrite") {
          return Refuse(setting, fmt::format("field [{}] is not supported", table.Path(option.str())));
        }
      }
    }
    const toml::array* list = value == nullptr ? nullptr : value->as_array();
    const std::size_t count = list == nullptr ? 1 : list->size();
    for (std::size_t i = 0; i < count; ++i) {
      const toml::node* item = list == nullptr ? value : list->get(i);
      const std::optional<std::string> text =
          item == nullptr ? std::nullopt : ScalarText(*item);
      if (!text.has_value()) {
        return Refuse(node, fmt::format("field [{}] must have a string, number or boolean as value",
                                        body.Path(key.str())));
      }
      test.values.push_back(*text);
    }
  }
  if (test.field.empty() || test.values.empty()) {
    return Refuse(*body.table, fmt::format("field [{}] must have a field and a value", body.name));
  }
  if (name == "prefix") {
    for (std::string& text : test.values) {
      std::string pattern;
      for (const char c : text) {
        pattern += c == '*' || c == '?' || c == '\\' ? std::string("\\") + c : std::string(1, c);
      }
      text = pattern + "*";
    }
  }
  return test;
}

std::optional<Filter> FilterReader::Range(const TableRef& body) {
  Filter all;
  for (const auto& [key, node] : *body.table) {
    const toml::table* bounds = node.as_table();
    if (bounds == nullptr) {
      return Refuse(node, fmt::format("field [{}] must be a table", body.Path(key.str())));
    }
    for (const auto& [bound, value] : *bounds) {
      const std::string_view name = bound.str();
      const std::optional<std::string> text = ScalarText(value);
      if (name == "boost" || name == "format") {
        continue;
      }
      if ((name != "lt" && name != "lte" && name != "gt" && name != "gte") || !text.has_value()) {
        return Refuse(value, fmt::format("field [{}.{}] is not supported", body.Path(key.str()), name));
      }
      all.parts.push_back({name == "lt"    ? Kind::kLess
                           : name == "lte" ? Kind::kLessEqual
                           : name == "gt"  ? Kind::kGreater
                                           : Kind::kGreaterEqual,
                           std::string(key.str()),
                           {*text},
                           false,
                           {}});
    }
  }
  return all;
}

std::optional<Filter> FilterReader::Exists(const TableRef& body) {
  Filter exists;
  exists.kind = Kind::kExists;
  if (!reader_->String(body, "field", &exists.field, TomlReader::Need::kRequired)) {
    return std::nullopt;
  }
  return exists;
}

std::optional<Filter> FilterReader::Named(std::string_view name, const toml::node& body,
                                          const TableRef& query, int depth) {
  const toml::table* table = body.as_table();
  if (table == nullptr) {
    return Refuse(body, fmt::format("field [{}] must be a table", query.Path(name)));
  }
  const TableRef inner{table, query.Path(name)};
  if (name == "bool") {
    return Bool(inner, depth);
  }
  if (name == "match_all") {
    return Filter();
  }
  if (name == "exists") {
    return Exists(inner);
  }
  if (name == "range") {
    return Range(inner);
  }
  static const std::initializer_list<std::pair<std::string_view, Kind>> kTests = {
      {"match_phrase", Kind::kPhrase}, {"match", Kind::kWords},        {"term", Kind::kEquals},
      {"terms", Kind::kEquals},        {"wildcard", Kind::kWildcard},  {"prefix", Kind::kWildcard},
      {"regexp", Kind::kRegex},
  };
  for (const auto& [known, kind] : kTests) {
    if (known == name) {
      return Test(kind, name, inner);
    }
  }
  return Refuse(body, fmt::format("filter query [{}] is not supported", name));
}

std::optional<Filter> FilterReader::Query(const TableRef& query, int depth) {
  if (depth > kDepthMax) {
    return Refuse(*query.table, fmt::format("field [rule.filters] nests deeper than {}", kDepthMax));
  }
  if (query.table->size() != 1) {
    return Refuse(*query.table, fmt::format("field [{}] must have one query, found {}", query.name,
                                            query.table->size()));
  }
  for (const auto& [name, body] : *query.table) {
    return Named(name.str(), body, query, depth);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Filter> ReadFilters(const TableRef& rule, TomlReader* reader) {
  Filter all;
  FilterReader filters(reader);
  for (const TableRef& entry : reader->Tables(rule, "filters")) {
    bool is_negated = false;
    bool is_disabled = false;
    if (const toml::table* meta = reader->Table(entry, "meta"); meta != nullptr) {
      const TableRef table{meta, entry.Path("meta")};
      reader->Boolean(table, "negate", &is_negated);
      reader->Boolean(table, "disabled", &is_disabled);
    }
    if (is_disabled) {
      continue;
    }
    // Before Kibana 8 an exists or range filter stood beside meta.
    TableRef query = entry;
    toml::table bare;
    if (entry.table->contains("query")) {
      const toml::table* inner = reader->Table(entry, "query");
      if (inner == nullptr) {
        continue;
      }
      query = {inner, entry.Path("query")};
    } else {
      bare = *entry.table;
      bare.erase("meta");
      bare.erase("$state");
      query = {&bare, entry.name};
    }
    if (query.table->empty()) {
      reader->Error(entry.table->source(), fmt::format("field [{}] has no query", entry.name));
      continue;
    }
    std::optional<Filter> part = filters.Query(query, 0);
    if (!part.has_value()) {
      continue;
    }
    all.parts.push_back(is_negated ? Filter{Kind::kNot, {}, {}, false, {std::move(*part)}}
                                   : std::move(*part));
  }
  return all.parts.empty() ? std::nullopt : std::optional(std::move(all));
}

}  // namespace weir::rule
