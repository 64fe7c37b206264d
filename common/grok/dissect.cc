// DISSECT: keys between literal delimiters, found left to right without going back.
#include <algorithm>
#include <charconv>

#include "common/grok/cells_internal.h"
#include "common/grok/grok.h"

namespace weir::grok {

namespace {

constexpr std::size_t kSkipped = static_cast<std::size_t>(-1);

struct Key {
  std::string name;       // empty when skipped
  bool append = false;
  int order = 0;          // of an append
  bool padded = false;    // swallows repeats of its delimiter
  std::string delimiter;  // after the key; empty for a last key that takes the rest
  std::size_t column = kSkipped;
};

// One column and the keys that fill it: of plain keys the last counts, appends are joined in order.
struct Target {
  bool append = false;
  std::vector<std::size_t> keys;
};

class CompiledDissect final : public Dissect {
 public:
  CompiledDissect(std::string lead, std::string separator, std::vector<Key> keys,
                  std::vector<OutputColumn> columns, std::vector<Target> targets)
      : lead_(std::move(lead)),
        separator_(std::move(separator)),
        keys_(std::move(keys)),
        columns_(std::move(columns)),
        targets_(std::move(targets)) {}

  const std::vector<OutputColumn>& columns() const override { return columns_; }

  void Match(const Value& input, Arena* arena, Value* outputs) const override {
    std::fill(outputs, outputs + columns_.size(), Value::Null());
    auto* values = arena->AllocateArray<std::string_view>(keys_.size());
    for (const Value& item : input.items()) {
      if (!IsString(item.type()) || !Split(item.text(), values)) {
        continue;
      }
      for (std::size_t i = 0; i < targets_.size(); ++i) {
        AppendToCell(Value::Keyword(Read(targets_[i], values, arena)), arena, &outputs[i]);
      }
    }
  }

 private:
  // Finds the text of every key; false when a delimiter is missing.
  bool Split(std::string_view text, std::string_view* values) const {
    if (text.size() <= lead_.size() || text.substr(0, lead_.size()) != lead_) {
      return false;
    }
    std::size_t position = lead_.size();
    std::size_t i = 0;
    while (i < keys_.size()) {
      const std::string& delimiter = keys_[i].delimiter;
      if (delimiter.empty()) {
        values[i] = text.substr(position);
        return true;
      }
      const std::size_t found = text.find(delimiter, position);
      if (found == std::string_view::npos) {
        return false;
      }
      values[i] = text.substr(position, found - position);
      position = found + delimiter.size();
      // A delimiter that follows at once belongs to a padded key, or leaves the next key empty.
      while (text.compare(position, delimiter.size(), delimiter) == 0) {
        if (!keys_[i].padded) {
          if (i + 1 == keys_.size()) {
            return true;
          }
          values[++i] = text.substr(position, 0);
        }
        position += delimiter.size();
      }
      ++i;
    }
    return true;
  }

  std::string_view Read(const Target& target, const std::string_view* values, Arena* arena) const {
    if (!target.append || target.keys.size() == 1) {
      return values[target.keys.back()];
    }
    std::size_t size = separator_.size() * (target.keys.size() - 1);
    for (const std::size_t key : target.keys) {
      size += values[key].size();
    }
    char* const memory = arena->Allocate(size);
    char* next = memory;
    for (const std::size_t key : target.keys) {
      if (next != memory || key != target.keys.front()) {
        next = std::copy(separator_.begin(), separator_.end(), next);
      }
      next = std::copy(values[key].begin(), values[key].end(), next);
    }
    return {memory, size};
  }

  const std::string lead_;
  const std::string separator_;
  const std::vector<Key> keys_;
  const std::vector<OutputColumn> columns_;
  const std::vector<Target> targets_;
};

Status BadPattern(std::string_view pattern, std::string_view reason) {
  return InvalidArgument("Invalid pattern for dissect: [{}]: {}", pattern, reason);
}

// Reads what stands between the braces.
StatusOr<Key> ParseKey(std::string_view pattern, std::string_view text) {
  Key key;
  if (text.size() >= 2 && text.substr(text.size() - 2) == "->") {
    key.padded = true;
    text.remove_suffix(2);
  }
  const char modifier = text.empty() ? '?' : text.front();
  if (modifier == '?') {
    return key;
  }
  if (modifier == '*' || modifier == '&') {
    return BadPattern(pattern,
                      fmt::format("Reference keys not supported in dissect patterns: [%{{{}}}]", text));
  }
  if (modifier == '+') {
    key.append = true;
    text.remove_prefix(1);
    const std::size_t slash = text.rfind('/');
    if (slash != std::string_view::npos) {
      const std::string_view order = text.substr(slash + 1);
      const auto result = std::from_chars(order.data(), order.data() + order.size(), key.order);
      if (order.empty() || order.size() > 2 || result.ec != std::errc() ||
          result.ptr != order.data() + order.size() || key.order < 0) {
        return BadPattern(pattern, fmt::format("bad order of an append in [%{{+{}}}]", text));
      }
      text = text.substr(0, slash);
    }
    if (text.empty()) {
      return BadPattern(pattern, "an append needs a key name");
    }
  }
  key.name = text;
  return key;
}

struct Parsed {
  std::string lead;
  std::vector<Key> keys;
};

StatusOr<Parsed> ParseDissect(std::string_view pattern) {
  Parsed parsed;
  std::size_t open = pattern.find("%{");
  if (open == std::string_view::npos) {
    return BadPattern(pattern, "Unable to find any keys or delimiters");
  }
  parsed.lead = pattern.substr(0, open);
  while (open != std::string_view::npos) {
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) {
      return BadPattern(pattern, "[%{] without [}]");
    }
    WEIR_ASSIGN_OR_RETURN(Key key, ParseKey(pattern, pattern.substr(open + 2, close - open - 2)));
    const std::size_t next = pattern.find("%{", close);
    key.delimiter = pattern.substr(close + 1, next == std::string_view::npos
                                                  ? std::string_view::npos
                                                  : next - close - 1);
    if (key.delimiter.empty() && next != std::string_view::npos) {
      return BadPattern(pattern, "two keys without a delimiter between them");
    }
    parsed.keys.push_back(std::move(key));
    open = next;
  }
  return parsed;
}

}  // namespace

StatusOr<DissectPtr> CompileDissect(std::string_view pattern, std::string_view append_separator) {
  WEIR_ASSIGN_OR_RETURN(Parsed parsed, ParseDissect(pattern));
  std::vector<OutputColumn> columns;
  std::vector<Target> targets;
  for (std::size_t i = 0; i < parsed.keys.size(); ++i) {
    Key& key = parsed.keys[i];
    if (key.name.empty()) {
      continue;
    }
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const OutputColumn& column) {
      return column.name == key.name;
    });
    key.column = static_cast<std::size_t>(found - columns.begin());
    if (found == columns.end()) {
      columns.push_back({key.name, DataType::kKeyword});
      targets.emplace_back();
    }
    // One append makes the plain keys of the same name appends too.
    targets[key.column].append = targets[key.column].append || key.append;
    targets[key.column].keys.push_back(i);
  }
  for (Target& target : targets) {
    std::stable_sort(target.keys.begin(), target.keys.end(), [&](std::size_t a, std::size_t b) {
      return parsed.keys[a].order < parsed.keys[b].order;
    });
  }
  return DissectPtr(std::make_shared<CompiledDissect>(
      std::move(parsed.lead), std::string(append_separator), std::move(parsed.keys),
      std::move(columns), std::move(targets)));
}

}  // namespace weir::grok
