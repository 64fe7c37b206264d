// Whether an alert is silenced. Time is the judged instant, as everywhere in a shard.
#pragma once

#include <vector>

#include "common/alert/alert.h"
#include "common/rule/adjustments.h"

namespace weir::shard {

// Whether rule, severity and group of the alert are what the silence is for; its end is not looked at.
bool Matches(const rule::Silence& silence, const alert::Alert& alert);

// Whether one of the silences matches an alert that is judged at the time.
bool IsSilenced(const std::vector<rule::Silence>& silences, const alert::Alert& alert,
                UnixMillis judged_ms);

}  // namespace weir::shard
