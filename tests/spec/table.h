// The tables that spec queries read: data files, one index each, and their union for FROM a, b.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/arena.h"
#include "common/base/status.h"
#include "common/types/field_catalogue.h"
#include "common/types/field_registry.h"
#include "common/types/field_source.h"
#include "common/types/value.h"

namespace weir::spec {

// Columns by name; a row's cells point into the table.
class Table : public FieldCatalogue {
 public:
  std::optional<DataType> TypeOf(std::string_view field) const override;
  const std::vector<std::string>& Names() const override { return names_; }

  std::size_t row_count() const { return rows_.size(); }
  // Null where the row's index lacks the column. Also _index and the row's ordinal.
  Value Cell(std::size_t row, std::string_view column) const;

 private:
  friend StatusOr<std::shared_ptr<const Table>> LoadTable(const std::string& path,
                                                          const std::string& index);
  friend StatusOr<std::shared_ptr<const Table>> UniteTables(
      const std::vector<std::shared_ptr<const Table>>& tables);

  struct Column {
    std::string name;
    DataType type = DataType::kNull;
  };
  void AddColumn(const Column& column);
  void SortNames();

  std::string index_;
  std::vector<Column> columns_;
  std::vector<std::string> names_;     // alphabetical
  std::vector<std::vector<Value>> rows_;
  std::vector<std::string> indices_;   // per row, of a union
  std::shared_ptr<Arena> arena_ = std::make_shared<Arena>();
  std::vector<std::shared_ptr<const Table>> parts_;
};
using TablePtr = std::shared_ptr<const Table>;

StatusOr<TablePtr> LoadTable(const std::string& path, const std::string& index);
// All rows of all tables; a column of two types is an error.
StatusOr<TablePtr> UniteTables(const std::vector<TablePtr>& tables);

// One value of a column type from its text; empty when it is none.
std::optional<Value> ParseItem(DataType type, std::string_view text, Arena* arena);

// The row of a table an evaluation stands on.
class TableRow : public FieldSource {
 public:
  // Both must outlive the source. table may be null: a row without fields.
  TableRow(const Table* table, const FieldRegistry* fields)
      : FieldSource(fields->size()), table_(table), fields_(fields) {}

  void MoveTo(std::size_t row) {
    row_ = row;
    NextEvent();
  }

 protected:
  Value Load(FieldId id) override;

 private:
  const Table* table_;
  const FieldRegistry* fields_;
  std::size_t row_ = 0;
};

}  // namespace weir::spec
