// JSON values as the text that Elastic's pipelines make of them: Java's Map.toString() in the order of
// java.util.HashMap, and compact JSON with sorted keys and unescaped strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/source/json_internal.h"

namespace weir::source {

// String.hashCode(): over UTF-16 code units, 32-bit wrap-around.
uint32_t JavaStringHash(std::string_view key);

// The bucket of a key with that hash in a HashMap that has grown to key_count keys. Iteration goes by
// (bucket, order of insertion).
uint32_t JavaBucket(uint32_t hash, std::size_t key_count);

// Distinct texts in the order of a HashSet that they were put into one after another.
void SortAsHashSet(std::vector<std::string_view>* texts);

// Keeps its scratch memory between calls. One thread.
class JavaTextWriter {
 public:
  // Appends "{k=v, k=[v, v]}" without the values that are empty; a whole value that is empty appends
  // nothing and returns false. skip_key names a member of the outermost object to leave out.
  bool AppendMap(const Element& element, std::string_view skip_key, std::string* out);
  // Appends compact JSON: keys in code-unit order, numbers as Java prints them, strings raw.
  void AppendSortedJson(const Element& element, std::string* out);
  // Appends compact JSON with the keys renamed and in the order of a HashMap of the new ones, nothing
  // dropped but the member skip_key of the outermost object. Strings are escaped.
  void AppendJson(const Element& element, RenameKey rename, std::string_view skip_key,
                  std::string* out);

 private:
  struct Member {
    uint32_t order;  // the key's hash, then its bucket
    uint32_t index;
    std::string_view key;
    Element value;
  };

  // Pushes the members of the object, repeated keys once (last value, first position).
  void PushMembers(const Object& object);
  // Sorts the members from base on, whose order is their key's hash, as a HashMap of them has them.
  void SortAsHashMap(std::size_t base);

  std::vector<Member> members_;  // a stack: each level's members lie on its parent's
};

}  // namespace weir::source
