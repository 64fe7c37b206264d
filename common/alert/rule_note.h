// What a rule says of one of its alerts.
#pragma once

#include <string>
#include <string_view>

#include "common/alert/alert.h"

namespace weir::alert {

// The text with every $name$ of a column of the alert replaced by the column's value, several joined
// by ", ". Other text between dollar signs, and columns without a value, stay as they are written.
std::string FillTemplate(std::string_view text, const Alert& alert);

// The rule's guide. Before that of a detection stand its message, filled, and the entities at risk
// and threat objects that the alert has a value of, a line each.
std::string NoteOf(const rule::Rule& rule, const Alert& alert);

}  // namespace weir::alert
