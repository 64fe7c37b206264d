// A whole normalised document, put together field by field and printed as nested JSON. Not on ingest's
// path: it serves people and tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/source/json_internal.h"

namespace weir::source {

class Document {
 public:
  // Puts a JSON value where the dotted name says. A name below one that has a value already, or at one
  // that has members, keeps its dots in the printed document. Of equal names the first counts.
  void Put(std::string_view name, std::string_view json);
  // Puts every member below an object, at any depth of objects; anything else as it is. Empties too.
  void PutMembers(std::string_view name, const Element& element);

  // Appends the document on one line.
  void AppendTo(std::string* out) const;

 private:
  struct Node {
    std::string key;
    std::string json;   // of a leaf
    std::vector<Node> children;
  };
  static void Append(const Node& node, std::string* out);

  Node root_;
};

// Appends the value without its empty parts, keys renamed but those in lists in lists: numbers as they
// are, of repeated members the last value at the first's place. False, and nothing appended, when all of
// it is empty.
bool AppendCleanJson(const Element& element, Empties empties, RenameKey rename, std::string* out);
// Likewise an object, whose values have their keys renamed in another way than it itself.
bool AppendCleanObject(const Object& object, Empties empties, RenameKey rename,
                       RenameKey rename_below, std::string* out);
// A multivalue is a list. False for null and "".
bool AppendValueJson(const Value& value, std::string* out);

}  // namespace weir::source
