// GROK: named captures from text by a library of patterns. Matching is by search, not anchored; a
// pattern without Oniguruma-only syntax runs on RE2, any other on Oniguruma under a step limit.
// Semantics: docs/esql.md, after Elasticsearch's documentation of GROK.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/arena.h"
#include "common/base/status.h"
#include "common/types/value.h"

namespace weir::grok {

struct OutputColumn {
  std::string name;
  DataType type = DataType::kKeyword;   // keyword, integer, long, double or boolean
};

class Grok {
 public:
  virtual ~Grok() = default;
  // Distinct columns in order of first appearance over all patterns.
  virtual const std::vector<OutputColumn>& columns() const = 0;
  // Fills one cell per column (all null when nothing matches or input is null). A multivalued input is
  // tried value by value; matches collect. Returns false when a step limit stopped a match: the
  // outputs are null and the caller counts it. Thread safe.
  virtual bool Match(const Value& input, Arena* arena, Value* outputs) const = 0;
};
using GrokPtr = std::shared_ptr<const Grok>;

// InvalidArgument for an unknown pattern name (with the nearest), a bad regex or a bad capture type.
StatusOr<GrokPtr> CompileGrok(const std::vector<std::string>& patterns);

class Dissect {
 public:
  virtual ~Dissect() = default;
  virtual const std::vector<OutputColumn>& columns() const = 0;  // all keyword
  virtual void Match(const Value& input, Arena* arena, Value* outputs) const = 0;
};
using DissectPtr = std::shared_ptr<const Dissect>;

StatusOr<DissectPtr> CompileDissect(std::string_view pattern, std::string_view append_separator);

}  // namespace weir::grok
