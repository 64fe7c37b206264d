// Runs spec cases on the plan code of the product, in every shape in which rows may reach a fold.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "tests/spec/csv_spec.h"
#include "tests/spec/table.h"

namespace weir::spec {

enum class Verdict : uint8_t { kPassed, kFailed, kUnsupported };
std::string_view VerdictName(Verdict verdict);   // "passed", ...

struct CaseResult {
  std::string name;
  Verdict verdict = Verdict::kFailed;
  std::string reason;   // empty when passed
};
struct FileResult {
  std::string name;
  std::vector<CaseResult> cases;

  std::size_t Count(Verdict verdict) const;
};

// Runs files against the data files of one folder, which are loaded when first read.
class SpecRunner {
 public:
  explicit SpecRunner(std::string data_folder) : data_folder_(std::move(data_folder)) {}

  StatusOr<FileResult> RunFile(const std::string& path);
  CaseResult RunCase(const Case& spec);

 private:
  // kNotFound when an index is not among the data.
  StatusOr<TablePtr> Resolve(const std::vector<std::string>& patterns);
  StatusOr<TablePtr> Load(const std::string& index);

  std::string data_folder_;
  std::map<std::string, TablePtr> tables_;
};

}  // namespace weir::spec
