// Compares normalised events with documents that other software made of the same raw lines. The files
// are not part of this repository: without the folder the test is skipped.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/unit/source/event_fields.h"

namespace weir::source {
namespace {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;

std::string ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

// Leaves of a document by dotted path, arrays left out of the path.
void Flatten(const dom::element& element, const std::string& path,
             std::map<std::string, std::vector<dom::element>>* leaves) {
  if (element.is_object()) {
    const dom::object object = element.get_object().value_unsafe();
    for (const auto& member : object) {
      const std::string key(member.key);
      Flatten(member.value, path.empty() ? key : path + "." + key, leaves);
    }
  } else if (element.is_array()) {
    const dom::array array = element.get_array().value_unsafe();
    for (const dom::element& item : array) {
      Flatten(item, path, leaves);
    }
  } else {
    (*leaves)[path].push_back(element);
  }
}

// What the run's own settings put there, and what needs data files that are not at hand.
bool IsCompared(const std::string& field) {
  static const std::set<std::string> kIgnored{"event.created", "tags", "error.message"};
  for (const char* prefix : {"source.geo", "source.as", "actor.", "target.", "entity.",
                             "user.entity", "user.target.entity", "host.", "service.entity",
                             "service.target", "related.entity", "event.ingested"}) {
    if (field.starts_with(prefix)) {
      return false;
    }
  }
  return !kIgnored.contains(field) &&
         (!field.starts_with("user_agent.") || field == "user_agent.original");
}

// What is known from the data stream a document goes to, or stands beside it.
bool IsOfStream(const std::string& field) {
  return field.starts_with("_") || field.starts_with("data_stream.") || field == "event.dataset" ||
         field == "event.module";
}

// The expected leaves as one cell of the catalogue's type, printed.
std::string ExpectedText(const std::vector<dom::element>& leaves, DataType type) {
  std::vector<std::string> texts;
  for (const dom::element& leaf : leaves) {
    std::string text;
    if (leaf.is_string()) {
      text = std::string(leaf.get_string().value_unsafe());
    } else if (leaf.type() == dom::element_type::DOUBLE || type == DataType::kDouble) {
      text = ValueToString(Value::Double(double(leaf)));
    } else {
      text = simdjson::minify(leaf);
    }
    texts.push_back(text);
  }
  const bool numeric = IsNumeric(type);
  if (!numeric && type != DataType::kText) {
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  }
  if (numeric) {
    std::sort(texts.begin(), texts.end(), [](const std::string& left, const std::string& right) {
      return std::stod(left) < std::stod(right);
    });
  }
  if (texts.size() == 1) {
    return texts[0];
  }
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

// A document's fields by dotted name, each as JSON: members of objects in lists sorted.
void FlattenDocument(const dom::element& element, const std::string& path,
                     std::map<std::string, std::string>* fields);

std::string CanonicalJson(const dom::element& element) {
  if (element.is_array()) {
    std::vector<std::string> items;
    for (const dom::element& item : element.get_array().value_unsafe()) {
      items.push_back(CanonicalJson(item));
    }
    return fmt::format("[{}]", fmt::join(items, ","));
  }
  if (element.is_object()) {
    std::map<std::string, std::string> fields;
    FlattenDocument(element, "", &fields);
    std::string text = "{";
    for (const auto& [name, json] : fields) {
      text += name + ":" + json + ";";
    }
    return text + "}";
  }
  return element.type() == dom::element_type::DOUBLE ? fmt::format("{}", double(element))
                                                     : simdjson::minify(element);
}

void FlattenDocument(const dom::element& element, const std::string& path,
                     std::map<std::string, std::string>* fields) {
  if (!element.is_object()) {
    (*fields)[path] = CanonicalJson(element);
    return;
  }
  const dom::object object = element.get_object().value_unsafe();
  for (const auto& member : object) {
    const std::string key(member.key);
    FlattenDocument(member.value, path.empty() ? key : path + "." + key, fields);
  }
}

// The items of lists whose order says nothing are sorted.
std::string Comparable(const std::string& field, const dom::element& element) {
  const bool is_set = field.starts_with("related.") || field == "gen_ai.policy.match_detail";
  if (!is_set || !element.is_array()) {
    return CanonicalJson(element);
  }
  std::vector<std::string> items;
  for (const dom::element& item : element.get_array().value_unsafe()) {
    items.push_back(CanonicalJson(item));
  }
  std::sort(items.begin(), items.end());
  return fmt::format("[{}]", fmt::join(items, ","));
}

std::optional<dom::element> At(const dom::element& document, std::string_view path) {
  const std::size_t dot = std::min(path.find('.'), path.size());
  dom::element below;
  if (path.empty()) {
    return document;
  }
  if (!document.is_object()) {
    return std::nullopt;
  }
  // A key may hold dots itself.
  if (!document.at_key(path).get(below)) {
    return below;
  }
  return document.at_key(path.substr(0, dot)).get(below) || dot == path.size()
             ? std::nullopt
             : At(below, path.substr(dot + 1));
}

class Comparison {
 public:
  // The whole document, as `weir normalize` prints it.
  void Document(const std::string& where, const std::string& record, const dom::element& expected,
                std::optional<SourceKind> source) {
    Options options;
    options.source = source;
    const std::string text = DocumentOf(record, options);
    dom::parser parser;
    dom::element actual;
    if (parser.parse(simdjson::padded_string(text)).get(actual)) {
      ++mismatches;
      ADD_FAILURE() << where << ": " << text.substr(0, 500);
      return;
    }
    std::map<std::string, std::string> expected_fields;
    std::map<std::string, std::string> actual_fields;
    FlattenDocument(expected, "", &expected_fields);
    FlattenDocument(actual, "", &actual_fields);
    const auto created = expected_fields.find("event.created");
    for (const auto& [field, json] : expected_fields) {
      if (field != "tags" && field != "error.message" && !IsCompared(field)) {
        continue;
      }
      const std::optional<dom::element> found = At(actual, field);
      const bool any = field == "event.created" || json == "[\"<any>\"]" ||
                       (created != expected_fields.end() && field == "@timestamp" &&
                        json == created->second);
      const std::string seen = found ? Comparable(field, *found) : "<absent>";
      Compare(where + " (document)", field, any && found ? seen
                                                         : Comparable(field, *At(expected, field)),
              seen);
    }
    for (const auto& [field, json] : actual_fields) {
      if (IsCompared(field) && !expected_fields.contains(field) && !IsOfStream(field)) {
        Compare(where + " (document)", field, "<absent>", json);
      }
    }
  }

  void Line(const std::string& where, const std::string& record, const dom::element& document) {
    std::map<std::string, std::vector<dom::element>> expected;
    Flatten(document, "", &expected);
    std::vector<std::string> fields = Catalogue().Names();
    for (const auto& [field, leaves] : expected) {
      fields.push_back(field);
    }
    const auto registry = MakeRegistry(fields);
    const SeenEvents seen = DecodeRecords({record}, fields);
    if (seen.events.size() != 1) {
      ++mismatches;
      ADD_FAILURE() << where << ": " << seen.events.size() << " events, "
                    << (seen.rejects.empty() ? "" : seen.rejects[0].message);
      return;
    }
    const auto& actual = seen.events[0].fields;
    for (const auto& [field, leaves] : expected) {
      if (IsCompared(field)) {
        const DataType type = Catalogue().TypeOf(field).value_or(DataType::kKeyword);
        const auto found = actual.find(field);
        Compare(where, field, ExpectedText(leaves, type),
                found == actual.end() ? "<absent>" : found->second);
      }
    }
    for (const auto& [field, text] : actual) {
      if (IsCompared(field) && !expected.contains(field) && !IsOfStream(field)) {
        Compare(where, field, "<absent>", text);
      }
    }
  }

  int matches = 0;
  int mismatches = 0;

 private:
  void Compare(const std::string& where, const std::string& field, const std::string& expected,
               const std::string& actual) {
    if (expected == actual) {
      ++matches;
      return;
    }
    ++mismatches;
    ADD_FAILURE() << where << ": " << field << "\n  expected " << expected.substr(0, 500)
                  << "\n  actual   " << actual.substr(0, 500);
  }
};

TEST(FixturesTest, FieldsEqualTheExpectedDocuments) {
  const char* variable = std::getenv("WEIR_SHARED");
  const fs::path folder =
      fs::path(variable == nullptr ? WEIR_SHARED_DEFAULT : variable) / "fixtures";
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "WEIR_TEST_SKIPPED: no folder " << folder;
  }
  Comparison comparison;
  int lines = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".log") {
      continue;
    }
    fs::path expected_path = entry.path();
    expected_path.replace_extension(".expected.json");
    simdjson::padded_string text(ReadFile(expected_path));
    dom::parser parser;
    dom::array documents;
    ASSERT_FALSE(parser.parse(text)["expected"].get(documents)) << expected_path;
    std::istringstream log(ReadFile(entry.path()));
    std::string line;
    std::size_t index = 0;
    for (const dom::element& document : documents) {
      std::getline(log, line);
      const std::string where = fmt::format("{}:{}", entry.path().filename().string(), ++index);
      const auto source = entry.path().parent_path().filename() == "bedrock"
                              ? SourceKind::kBedrockInvocation
                              : SourceKind::kCloudTrail;
      comparison.Document(where, line, document, source);
      // Nothing says which source a blank line is from: without being told, it is rejected.
      if (line.find_first_not_of(" \t\r") != std::string::npos) {
        comparison.Document(where, line, document, std::nullopt);
        comparison.Line(where, line, document);
        ++lines;
      }
    }
  }
  EXPECT_GT(lines, 0);
  RecordProperty("matches", comparison.matches);
  fmt::print("{} lines: {} fields match, {} do not\n", lines, comparison.matches,
             comparison.mismatches);
}

}  // namespace
}  // namespace weir::source
