// How explanations show the values of events. The one place that decides what of them is text of
// prompts and completions, which is never shown: only its length is.
#pragma once

#include <string>
#include <string_view>

#include "common/types/value.h"

namespace weir::exec {

// Whether the field holds what people ask models and what models answer, or may repeat it.
bool HoldsPrivateText(std::string_view field);

// Whether an expression, as a person would write it over source fields, reads such a field; rather once too
// often.
bool MayHoldPrivateText(std::string_view expression);

// The value as an explanation shows it: text quoted, cut after 200 bytes; multivalues in brackets, after
// ten items only their number; "null". hidden: text is replaced by its length.
std::string ShowValue(const Value& value, bool hidden);

}  // namespace weir::exec
