#include "common/alert/rule_note.h"

#include <algorithm>

#include <fmt/format.h>

#include "common/alert/text_internal.h"

namespace weir::alert {
namespace {

// Empty when the alert has no such column, or no value in it.
std::string ColumnText(std::string_view name, const Alert& alert) {
  const auto cell = std::find_if(alert.columns.begin(), alert.columns.end(),
                                 [&](const NamedCell& one) { return one.name == name; });
  if (cell == alert.columns.end()) {
    return "";
  }
  Arena arena;
  const Value value = CellValue(*cell, &arena);
  std::string text;
  if (value.is_null()) {
    return text;
  }
  for (const Value& item : value.items()) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", ValueToString(item));
  }
  return text;
}

void AddEntities(std::string_view title, const std::vector<rule::Detection::Entity>& entities,
                 const Alert& alert, std::string* note) {
  for (const rule::Detection::Entity& entity : entities) {
    const std::string value = ColumnText(entity.field, alert);
    if (value.empty()) {
      continue;
    }
    *note += fmt::format("{}: {}{}{}{}\n", title, entity.type, entity.type.empty() ? "" : " ", value,
                         entity.score == 0 ? "" : fmt::format(", score {}", entity.score));
  }
}

}  // namespace

std::string FillTemplate(std::string_view text, const Alert& alert) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find('$'), text.size());
    filled += text.substr(0, begin);
    text.remove_prefix(begin);
    if (text.empty()) {
      break;
    }
    const std::size_t end = text.find('$', 1);
    const std::string value =
        end == std::string_view::npos ? "" : ColumnText(text.substr(1, end - 1), alert);
    if (value.empty()) {
      filled += '$';   // the next one may begin a name
      text.remove_prefix(1);
    } else {
      filled += value;
      text.remove_prefix(end + 1);
    }
  }
  return filled;
}

std::string NoteOf(const rule::Rule& rule, const Alert& alert) {
  if (!rule.detection.has_value()) {
    return rule.note;
  }
  std::string note;
  if (!rule.detection->message.empty()) {
    note = FillTemplate(rule.detection->message, alert) + "\n";
  }
  AddEntities("at risk", rule.detection->risk_objects, alert, &note);
  AddEntities("threat object", rule.detection->threat_objects, alert, &note);
  if (!rule.note.empty()) {
    note += (note.empty() ? "" : "\n") + rule.note;
  }
  return note;
}

}  // namespace weir::alert
