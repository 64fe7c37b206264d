// The events that make a rule alert, and events that are nearly the same and must not.
#pragma once

#include <string>
#include <vector>

#include "common/rule/rule.h"
#include "tests/made/document.h"

namespace weir::made {

struct Recipe {
  std::vector<Document> events;
  bool has_stats = false;
  struct Miss {
    std::string what;               // what is not as the rule wants it
    std::vector<Document> events;
  };
  std::vector<Miss> misses;
};

// Throws Unread (condition.h) for a query that is beyond the reader.
Recipe RecipeFor(const rule::Rule& rule);

// For queries whose conditions depend on each other, events written down by hand: by the name of the
// rule's file. Null for others.
const Recipe* RecipeByHand(const std::string& stem);

// Completes each event by the data stream that the rule reads.
void AddDataStream(const rule::Rule& rule, Recipe* recipe);

}  // namespace weir::made
