// The columns visible at one point of a query while it is analysed. In the head the scope is open:
// every source field is visible without being listed, until KEEP leaves only those its wildcards match.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/esql/ast.h"
#include "common/esql/diagnostic.h"
#include "common/expr/expr.h"
#include "common/types/field_catalogue.h"
#include "common/types/field_registry.h"

namespace weir::plan {

// What a column is, in terms of source fields (head) or of the fold's results (tail). Shared: columns
// that are copies of each other have one definition.
using Definition = std::shared_ptr<const esql::Expression>;

struct Column {
  std::string name;
  std::string field;        // the source field it reads; empty: a slot
  expr::ColumnRef ref;      // of a field, only the type is set
  Definition definition;
  expr::ExprPtr constant = nullptr;   // what it always is; null: it varies
};

class PlanScope : public expr::Scope {
 public:
  // Both must outlive the scope; fields gets every source field that is resolved.
  PlanScope(const FieldCatalogue* catalogue, FieldRegistry* fields)
      : catalogue_(catalogue), fields_(fields) {}

  // Shows all source fields, and the metadata columns that FROM asks for.
  void Open(const std::vector<std::string>& metadata);
  // Shows these source fields as listed columns, in this order, instead of all that may exist.
  void List(const std::vector<std::string>& fields);
  // From here on a source field that is resolved is a slot, which allocate gives it at its first
  // mention: the rows have left their events.
  using AllocateSlot = std::function<uint32_t(const Column& field)>;
  void LeaveEvents(AllocateSlot allocate) { allocate_ = std::move(allocate); }
  // True while every source field is visible.
  bool is_open() const;
  // From here on an unknown name is a column of no type instead of an error: a command that could not
  // be analysed may have made it.
  void ForgiveUnknown() { forgiving_ = true; }

  std::optional<expr::ColumnRef> Resolve(std::string_view name) const override;
  std::vector<std::string> ColumnNames() const override;
  expr::ExprPtr ConstantOf(std::string_view name) const override;
  // As Resolve, without giving a source field a number.
  std::optional<Column> Find(std::string_view name) const;
  const std::vector<Column>& columns() const { return columns_; }
  bool IsKnownField(std::string_view name) const;
  // What a source field is read as.
  DataType FieldType(std::string_view name) const;
  // The type that the field's use in the rule suggests, where nobody knows it.
  std::optional<DataType> AssumedType(std::string_view name) const;

  // Adds a column at the end, taking away any other of its name.
  void Put(Column column);
  // Replaces the column of the name where it stands.
  void PutInPlace(Column column);
  // Names that hide the columns while they are set (keys of STATS BY inside its aggregates).
  void SetAliases(std::vector<Column> aliases) { aliases_ = std::move(aliases); }

  // A source field nobody knows the type of: warned of once.
  void WarnIfUnknown(std::string_view name, esql::SourceRange range,
                     esql::Diagnostics* diagnostics);

  void Keep(const esql::KeepCommand& keep, esql::Diagnostics* diagnostics);
  void Drop(const esql::DropCommand& drop, esql::Diagnostics* diagnostics);
  void Rename(const esql::RenameCommand& rename, esql::Diagnostics* diagnostics);

 private:
  // True when a source field nobody has named yet may be visible.
  bool ShowsUnlisted() const;
  bool IsVisibleField(std::string_view name) const;
  Column FieldColumn(std::string_view name) const;
  // The source fields known by name that a wildcard shows.
  std::vector<std::string> FieldsMatching(std::string_view pattern) const;
  void Hide(std::string_view name);
  void ReportUnknownColumn(std::string_view name, esql::SourceRange range,
                           esql::Diagnostics* diagnostics) const;

  const FieldCatalogue* catalogue_;
  FieldRegistry* fields_;
  bool reads_fields_ = false;
  AllocateSlot allocate_;
  // The wildcards of each KEEP so far: a field must match one of every KEEP to be visible.
  std::vector<std::vector<std::string>> kept_patterns_;
  bool forgiving_ = false;
  std::vector<Column> columns_;
  std::vector<Column> aliases_;
  std::set<std::string, std::less<>> hidden_;       // fields dropped or renamed away
  std::vector<std::string> hidden_patterns_;
  std::set<std::string, std::less<>> metadata_;
  std::set<std::string, std::less<>> warned_;
};

// True when text matches a pattern in which '*' stands for any run of characters.
bool MatchesWildcard(std::string_view pattern, std::string_view text);

}  // namespace weir::plan
