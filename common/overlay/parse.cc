// The grammar of an overlay file (docs/overlays.md).
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "common/overlay/overlay.h"
#include "common/overlay/yaml_reader_internal.h"

namespace weir::overlay {
namespace {

constexpr int64_t kPeriodMaxMs = 30 * kMillisPerDay;
constexpr std::size_t kGroupByMax = 3;

class Parser {
 public:
  explicit Parser(Overlay* overlay) : overlay_(overlay), reader_(&overlay->path, &overlay->findings) {}

  void ReadFile(const YAML::Node& root);

 private:
  using Visit = void (Parser::*)(const YAML::Node&, RuleOverlay*);

  void ReadRule(const std::string& id, const YAML::Node& key, const YAML::Node& value);
  void ReadThresholds(const YAML::Node& value, RuleOverlay* rule);
  void ReadExceptions(const YAML::Node& value, RuleOverlay* rule);
  std::optional<rule::Exception> ReadException(const YAML::Node& node);
  void ReadSuppression(const YAML::Node& value, RuleOverlay* rule);
  void ReadStormCap(const YAML::Node& value, RuleOverlay* rule);
  void ReadSilence(const YAML::Node& node);
  static const std::map<std::string, Visit>& RuleKeys();
  // Errors of what an exception or a silence must say.
  void Require(const YAML::Node& node, std::string_view what, std::string_view key, bool given);

  template <typename Value>
  void Set(const YAML::Node& node, std::optional<Value> value, Setting<Value>* setting) {
    if (value.has_value()) {
      *setting = Placed<Value>{std::move(*value), reader_.PlaceOf(node)};
    }
  }

  Overlay* overlay_;
  YamlReader reader_;
};

template <typename Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) {
    keys.push_back(key);
  }
  return keys;
}

std::vector<std::string> SeverityNames() {
  std::vector<std::string> names;
  for (const rule::Severity severity : {rule::Severity::kLow, rule::Severity::kMedium,
                                        rule::Severity::kHigh, rule::Severity::kCritical}) {
    names.emplace_back(rule::SeverityName(severity));
  }
  return names;
}

void Parser::ReadFile(const YAML::Node& root) {
  static const std::vector<std::string> kKeys = {"rules", "silences"};
  if (root.IsNull()) {
    return;
  }
  reader_.ForEachKey(root, "an overlay", [&](const std::string& name, const YAML::Node& key,
                                             const YAML::Node& value) {
    if (name == "rules") {
      reader_.ForEachKey(value, "[rules]",
                         [&](const std::string& id, const YAML::Node& id_key,
                             const YAML::Node& settings) { ReadRule(id, id_key, settings); });
    } else if (name == "silences") {
      reader_.ForEachItem(value, name, [&](const YAML::Node& item) { ReadSilence(item); });
    } else {
      reader_.UnknownKey(key, "an overlay", kKeys);
    }
  });
}

const std::map<std::string, Parser::Visit>& Parser::RuleKeys() {
  static const std::map<std::string, Visit> kKeys = {
      {"written_for_version", nullptr}, {"written_for_updated_date", nullptr},
      {"enabled", nullptr},             {"shadow", nullptr},
      {"mode", nullptr},                {"alerts", nullptr},
      {"severity", nullptr},            {"risk_score", nullptr},
      {"interval", nullptr},            {"look_back", nullptr},
      {"max_signal_duration", nullptr}, {"thresholds", &Parser::ReadThresholds},
      {"exceptions", &Parser::ReadExceptions},
      {"suppression", &Parser::ReadSuppression},
      {"storm_cap", &Parser::ReadStormCap},
  };
  return kKeys;
}

void Parser::ReadRule(const std::string& id, const YAML::Node& key, const YAML::Node& value) {
  RuleOverlay rule;
  rule.rule_id = id;
  rule.place = reader_.PlaceOf(key);
  const std::string what = fmt::format("rule [{}]", id);
  reader_.ForEachKey(value, what, [&](const std::string& name, const YAML::Node& name_key,
                                      const YAML::Node& node) {
    const auto known = RuleKeys().find(name);
    if (known == RuleKeys().end()) {
      reader_.UnknownKey(name_key, what, KeysOf(RuleKeys()));
    } else if (known->second != nullptr) {
      (this->*known->second)(node, &rule);
    } else if (name == "written_for_version") {
      Set(node, reader_.Integer(node, name, 1, std::numeric_limits<int32_t>::max()),
          &rule.written_for_version);
    } else if (name == "written_for_updated_date") {
      Set(node, reader_.Text(node, name), &rule.written_for_updated_date);
    } else if (name == "enabled") {
      Set(node, reader_.Bool(node, name), &rule.enabled);
    } else if (name == "shadow") {
      Set(node, reader_.Bool(node, name), &rule.shadow);
    } else if (name == "mode") {
      Set(node, reader_.Choice(node, name, {"schedule", "continuous"}), &rule.mode);
    } else if (name == "alerts") {
      Set(node, reader_.Choice(node, name, {"parity", "episodes"}), &rule.alerts);
    } else if (name == "severity") {
      if (const auto text = reader_.Choice(node, name, SeverityNames()); text.has_value()) {
        const std::vector<std::string> names = SeverityNames();
        const auto found = std::find(names.begin(), names.end(), *text) - names.begin();
        Set(node, std::optional(static_cast<rule::Severity>(found)), &rule.severity);
      }
    } else if (name == "risk_score") {
      Set(node, reader_.Integer(node, name, 0, 100), &rule.risk_score);
    } else if (name == "interval") {
      Set(node, reader_.Duration(node, name), &rule.interval_ms);
    } else if (name == "look_back") {
      Set(node, reader_.Duration(node, name), &rule.lookback_ms);
    } else {
      Set(node, reader_.Duration(node, name), &rule.max_signal_ms);
    }
  });
  if (rule.mode.has_value() && rule.alerts.has_value() && rule.mode->value == "continuous" &&
      rule.alerts->value == "parity") {
    reader_.ErrorAt(rule.mode->place,
                    "[alerts: parity] makes alerts at ticks, which [mode: continuous] has none of");
    rule.mode.reset();
  }
  overlay_->rules.push_back(std::move(rule));
}

void Parser::ReadThresholds(const YAML::Node& value, RuleOverlay* rule) {
  reader_.ForEachKey(value, "[thresholds]", [&](const std::string& column, const YAML::Node& key,
                                                const YAML::Node& node) {
    if (const std::optional<double> number = reader_.Number(node, column); number.has_value()) {
      rule->thresholds.push_back({column, *number, node.Scalar(), reader_.PlaceOf(key)});
    }
  });
}

void Parser::Require(const YAML::Node& node, std::string_view what, std::string_view key, bool given) {
  if (!given) {
    reader_.Error(node, fmt::format("{} needs [{}]", what, key));
  }
}

void Parser::ReadExceptions(const YAML::Node& value, RuleOverlay* rule) {
  std::set<std::string> names;
  reader_.ForEachItem(value, "exceptions", [&](const YAML::Node& item) {
    std::optional<rule::Exception> exception = ReadException(item);
    if (!exception.has_value()) {
      return;
    }
    if (!names.insert(exception->name).second) {
      reader_.Error(item, fmt::format("exception [{}] is given twice", exception->name));
      return;
    }
    rule->exceptions.push_back(std::move(*exception));
  });
}

std::optional<rule::Exception> Parser::ReadException(const YAML::Node& item) {
  static const std::vector<std::string> kKeys = {"name",  "filter", "field", "values",
                                                 "until", "author", "reason"};
  const std::size_t before = overlay_->findings.size();
  rule::Exception exception;
  bool has_filter = false;
  bool has_field = false;
  bool has_values = false;
  bool has[3] = {false, false, false};   // name, author, reason
  const auto text = [&](const YAML::Node& node, const std::string& name, std::string* out) {
    *out = reader_.Text(node, name).value_or("");
  };
  reader_.ForEachKey(item, "an exception", [&](const std::string& name, const YAML::Node& key,
                                               const YAML::Node& node) {
    if (name == "name") {
      has[0] = true;
      text(node, name, &exception.name);
    } else if (name == "author") {
      has[1] = true;
      text(node, name, &exception.author);
    } else if (name == "reason") {
      has[2] = true;
      text(node, name, &exception.reason);
    } else if (name == "filter") {
      has_filter = true;
      exception.place = reader_.PlaceOf(node);
      text(node, name, &exception.filter);
    } else if (name == "field") {
      has_field = true;
      exception.place = reader_.PlaceOf(node);
      text(node, name, &exception.field);
    } else if (name == "values") {
      has_values = true;
      exception.values = reader_.Texts(node, name);
    } else if (name == "until") {
      exception.until_ms = reader_.Time(node, name);
    } else {
      reader_.UnknownKey(key, "an exception", kKeys);
    }
  });
  if (item.IsMap()) {
    Require(item, "an exception", "name", has[0]);
    Require(item, "an exception", "author", has[1]);
    Require(item, "an exception", "reason", has[2]);
    if (has_filter == (has_field || has_values) || has_field != has_values) {
      reader_.Error(item, "an exception has either [filter], or [field] and [values]");
    }
  }
  return overlay_->findings.size() == before ? std::optional(std::move(exception)) : std::nullopt;
}

void Parser::ReadSuppression(const YAML::Node& value, RuleOverlay* rule) {
  static const std::vector<std::string> kKeys = {"group_by", "duration", "missing_fields_strategy"};
  SuppressionChange change;
  if (value.IsScalar() && value.Scalar() == "none") {
    change.off = true;
    rule->suppression = Placed<SuppressionChange>{change, reader_.PlaceOf(value)};
    return;
  }
  if (value.IsScalar()) {
    reader_.Error(value, fmt::format("[suppression] is [none] or a map, got [{}]", value.Scalar()));
    return;
  }
  reader_.ForEachKey(value, "[suppression]", [&](const std::string& name, const YAML::Node& key,
                                                 const YAML::Node& node) {
    if (name == "group_by") {
      std::vector<std::string> fields = reader_.Texts(node, name);
      if (fields.size() > kGroupByMax) {
        reader_.Error(node, fmt::format("[group_by] has at most {} fields, got {}", kGroupByMax,
                                        fields.size()));
      } else if (!fields.empty()) {
        Set(node, std::optional(std::move(fields)), &change.group_by);
      }
    } else if (name == "duration" && node.IsScalar() && node.Scalar() == "execution") {
      change.per_execution = true;
    } else if (name == "duration") {
      Set(node, reader_.Duration(node, name), &change.duration_ms);
    } else if (name == "missing_fields_strategy") {
      if (const auto text = reader_.Choice(node, name, {"suppress", "doNotSuppress"});
          text.has_value()) {
        change.missing = *text == "suppress" ? rule::Suppression::Missing::kSuppress
                                             : rule::Suppression::Missing::kDoNotSuppress;
      }
    } else {
      reader_.UnknownKey(key, "[suppression]", kKeys);
    }
  });
  rule->suppression = Placed<SuppressionChange>{std::move(change), reader_.PlaceOf(value)};
}

void Parser::ReadStormCap(const YAML::Node& value, RuleOverlay* rule) {
  static const std::vector<std::string> kKeys = {"alerts", "per"};
  rule::StormCap cap;
  reader_.ForEachKey(value, "[storm_cap]", [&](const std::string& name, const YAML::Node& key,
                                               const YAML::Node& node) {
    if (name == "alerts") {
      cap.alerts = reader_.Integer(node, name, 1, 1'000'000).value_or(-1);
    } else if (name == "per") {
      cap.period_ms = reader_.Duration(node, name).value_or(-1);
      if (cap.period_ms > kPeriodMaxMs) {
        reader_.Error(node, "[per] is at most 30d");
        cap.period_ms = -1;
      }
    } else {
      reader_.UnknownKey(key, "[storm_cap]", kKeys);
    }
  });
  if (value.IsMap()) {
    Require(value, "[storm_cap]", "alerts", cap.alerts != 0);
    Require(value, "[storm_cap]", "per", cap.period_ms != 0);
  }
  if (cap.alerts > 0 && cap.period_ms > 0) {
    rule->storm_cap = Placed<rule::StormCap>{cap, reader_.PlaceOf(value)};
  }
}

void Parser::ReadSilence(const YAML::Node& item) {
  static const std::vector<std::string> kKeys = {"name",  "rules",  "severities", "group",
                                                 "until", "author", "reason"};
  const std::size_t before = overlay_->findings.size();
  rule::Silence silence;
  silence.place = reader_.PlaceOf(item);
  std::set<std::string> given;
  reader_.ForEachKey(item, "a silence", [&](const std::string& name, const YAML::Node& key,
                                            const YAML::Node& node) {
    given.insert(name);
    if (name == "name") {
      silence.name = reader_.Text(node, name).value_or("");
    } else if (name == "author") {
      silence.author = reader_.Text(node, name).value_or("");
    } else if (name == "reason") {
      silence.reason = reader_.Text(node, name).value_or("");
    } else if (name == "until") {
      silence.until_ms = reader_.Time(node, name).value_or(0);
    } else if (name == "rules") {
      silence.rules = reader_.Texts(node, name);
    } else if (name == "severities") {
      silence.severities = reader_.Texts(node, name);
      const std::vector<std::string> known = SeverityNames();
      for (const std::string& severity : silence.severities) {
        if (std::find(known.begin(), known.end(), severity) == known.end()) {
          reader_.Error(node, fmt::format("[{}] are of {}, got [{}]", name, fmt::join(known, ", "),
                                          severity));
        }
      }
    } else if (name == "group") {
      reader_.ForEachKey(node, "[group]", [&](const std::string& column, const YAML::Node&,
                                              const YAML::Node& pattern) {
        if (const auto text = reader_.Text(pattern, column); text.has_value()) {
          silence.group.emplace_back(column, *text);
        }
      });
    } else {
      reader_.UnknownKey(key, "a silence", kKeys);
    }
  });
  if (item.IsMap()) {
    for (const std::string_view key : {"name", "until", "author", "reason"}) {
      Require(item, "a silence", key, given.contains(std::string(key)));
    }
    if (!given.contains("rules") && !given.contains("severities") && !given.contains("group")) {
      reader_.Error(item, "a silence says what it matches: [rules], [severities] or [group]");
    }
  }
  if (overlay_->findings.size() == before) {
    overlay_->silences.push_back(std::move(silence));
  }
}

constexpr std::string_view kNamePrefix = "overlay:";

}  // namespace

std::string NameInRuleSet(std::string_view path) {
  return std::string(kNamePrefix).append(path);
}

std::optional<std::string> PathOfName(std::string_view name) {
  if (!name.starts_with(kNamePrefix)) {
    return std::nullopt;
  }
  return std::string(name.substr(kNamePrefix.size()));
}

Overlay Parse(std::string path, std::string text) {
  Overlay overlay;
  overlay.path = std::move(path);
  overlay.text = std::move(text);
  Parser parser(&overlay);
  try {
    parser.ReadFile(YAML::Load(overlay.text));
  } catch (const YAML::ParserException& error) {
    overlay.findings.push_back(rule::MakeFinding(
        {overlay.path, error.mark.line + 1, error.mark.column + 1}, esql::Severity::kError,
        fmt::format("no YAML: {}", error.msg)));
  } catch (const YAML::Exception& error) {
    overlay.findings.push_back(rule::MakeFinding({overlay.path, 0, 0}, esql::Severity::kError,
                                                 fmt::format("no YAML: {}", error.what())));
  }
  return overlay;
}

}  // namespace weir::overlay
