// The members of an ECS document by the first part of their names ("user" of "user.id" and of
// {"user": {"id": ..}}), sorted in one pass over the document, so that a field looks only at its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/source/json_internal.h"

namespace weir::source {

class EcsIndex {
 public:
  // All names are interned before the first document.
  uint32_t Intern(std::string_view field);

  void SetRoot(const Element& root);

  // Appends the scalars of a dotted field name, whichever way the document nests it.
  void Collect(uint32_t segment, std::string_view field, std::vector<Element>* leaves) const;

 private:
  static constexpr uint32_t kNone = 0xffffffff;
  struct Segment {
    std::string name;
    uint32_t first_member = kNone;
  };
  struct Member {
    std::string_view key;
    Element value;
    uint32_t next;
  };

  uint32_t Find(std::string_view name) const;

  std::vector<Segment> segments_;
  std::vector<uint32_t> buckets_;  // segment + 1 by a hash of its name, 0 = free
  std::vector<Member> members_;
};

}  // namespace weir::source
