// Expectations as they are written. JSON is YAML, so one reader does for both.
#include <algorithm>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "common/backtest/expectation.h"

namespace weir::backtest {

namespace {

class Reader {
 public:
  // line: of the file, on which the text of the nodes begins.
  Reader(const std::string& path, int line) : path_(path), line_(line) {}

  Status ReadAll(const YAML::Node& root, std::vector<Expectation>* all) const {
    if (root.IsNull() || !root.IsDefined()) {
      return OkStatus();
    }
    YAML::Node list = root;
    if (root.IsMap()) {
      for (const auto& entry : root) {
        if (!entry.first.IsScalar() || entry.first.Scalar() != "alerts") {
          return Bad(entry.first, "expected the key 'alerts'");
        }
        list.reset(entry.second);
      }
    }
    if (!list.IsSequence()) {
      return Bad(list, "expected a list of alerts");
    }
    for (const YAML::Node& item : list) {
      WEIR_ASSIGN_OR_RETURN(Expectation one, ReadOne(item));
      all->push_back(std::move(one));
    }
    return OkStatus();
  }

  StatusOr<Expectation> ReadOne(const YAML::Node& item) const {
    if (!item.IsMap()) {
      return Bad(item, "expected an alert: rule, group, columns, count");
    }
    Expectation one;
    one.line = LineOf(item);
    const bool is_alert = item["alert_id"].IsDefined();
    for (const auto& entry : item) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (key == "rule" || key == "rule_id") {
        if (!entry.second.IsScalar() || entry.second.Scalar().empty()) {
          return Bad(entry.second, fmt::format("'{}': expected the id or name of a rule", key));
        }
        one.rule = entry.second.Scalar();
      } else if (key == "group") {
        WEIR_ASSIGN_OR_RETURN(one.group, ReadCells(entry.second, key));
      } else if (key == "columns") {
        WEIR_ASSIGN_OR_RETURN(one.columns, ReadCells(entry.second, key));
      } else if (key == "count") {
        int64_t count = 0;
        if (!YAML::convert<int64_t>::decode(entry.second, count) || count < 1 ||
            count > 1'000'000) {
          return Bad(entry.second, "'count': expected a number of 1 to 1000000");
        }
        one.count = static_cast<uint64_t>(count);
      } else if (!is_alert) {
        return Bad(entry.first,
                   fmt::format("unknown key '{}'; known are rule, group, columns, count", key));
      }
    }
    return one;
  }

 private:
  int LineOf(const YAML::Node& node) const { return line_ + node.Mark().line; }

  Status Bad(const YAML::Node& node, std::string_view message) const {
    return InvalidArgument("{}:{}:{}: {}", path_, LineOf(node), node.Mark().column + 1, message);
  }

  StatusOr<Expectation::Cells> ReadCells(const YAML::Node& map, const std::string& key) const {
    if (!map.IsMap()) {
      return Bad(map, fmt::format("'{}': expected names and values", key));
    }
    Expectation::Cells cells;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        return Bad(entry.first, fmt::format("'{}': expected a name", key));
      }
      std::vector<std::string>& texts = cells[entry.first.Scalar()];
      if (entry.second.IsSequence()) {
        for (const YAML::Node& value : entry.second) {
          WEIR_ASSIGN_OR_RETURN(std::string text, TextOf(value));
          texts.push_back(std::move(text));
        }
        std::sort(texts.begin(), texts.end());
      } else {
        WEIR_ASSIGN_OR_RETURN(std::string text, TextOf(entry.second));
        texts.push_back(std::move(text));
      }
    }
    return cells;
  }

  StatusOr<std::string> TextOf(const YAML::Node& value) const {
    if (value.IsNull()) {
      return std::string("null");
    }
    if (!value.IsScalar()) {
      return Bad(value, "expected a value or a list of values");
    }
    return value.Scalar();
  }

  const std::string& path_;
  const int line_;
};

}  // namespace

StatusOr<std::vector<Expectation>> ParseExpectations(const std::string& path,
                                                     const std::string& text) {
  std::vector<Expectation> all;
  int line = 1;
  try {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || text[first] != '{') {
      WEIR_RETURN_IF_ERROR(Reader(path, line).ReadAll(YAML::Load(text), &all));
      return all;
    }
    for (std::size_t at = 0; at < text.size(); ++line) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string one = text.substr(at, end - at);
      at = end + 1;
      if (one.find_first_not_of(" \t\r") != std::string::npos) {
        WEIR_ASSIGN_OR_RETURN(Expectation expectation, Reader(path, line).ReadOne(YAML::Load(one)));
        all.push_back(std::move(expectation));
      }
    }
  } catch (const YAML::Exception& error) {
    return InvalidArgument("{}:{}:{}: {}", path, line + error.mark.line, error.mark.column + 1,
                           error.msg);
  }
  return all;
}

}  // namespace weir::backtest
