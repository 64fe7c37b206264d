#include "common/spl/names_internal.h"

#include <algorithm>

namespace weir::spl {
namespace {

class Collector {
 public:
  explicit Collector(std::vector<std::string>* names) : names_(names) {}

  void operator()(const SearchStage& stage) { Visit(*stage.condition); }
  void operator()(const WhereStage& stage) { Visit(*stage.condition); }
  void operator()(const EvalStage& stage) {
    for (const EvalStage::Item& item : stage.items) {
      Visit(*item.value);
      Add(item.target.text);
    }
  }
  void operator()(const RenameStage& stage) {
    for (const RenameStage::Item& item : stage.items) {
      Add(item.from.text);
      Add(item.to.text);
    }
  }
  void operator()(const FillnullStage& stage) { AddAll(stage.fields); }
  void operator()(const FieldsStage& stage) { AddAll(stage.names); }
  void operator()(const ConvertStage& stage) {
    for (const ConvertStage::Item& item : stage.items) {
      Add(item.field.text);
    }
  }
  void operator()(const StatsStage& stage) {
    for (const Aggregate& aggregate : stage.aggregates) {
      Add(aggregate.field);
      if (aggregate.value != nullptr) {
        Visit(*aggregate.value);
      }
    }
    AddAll(stage.by);
  }
  void operator()(const BinStage& stage) { Add(stage.field.text); }
  void operator()(const DedupStage& stage) { AddAll(stage.fields); }
  void operator()(const SortStage& stage) {
    for (const SortStage::Key& key : stage.keys) {
      Add(key.field.text);
    }
  }
  void operator()(const HeadStage& /*stage*/) {}
  void operator()(const SpathStage& stage) {
    Add(stage.input);
    Add(stage.output);
  }
  void operator()(const MvexpandStage& stage) { Add(stage.field.text); }
  void operator()(const RexStage& stage) { Add(stage.field); }
  void operator()(const RegexStage& stage) { Add(stage.field); }
  void operator()(const AddinfoStage& /*stage*/) {}

 private:
  void Add(const std::string& name) {
    if (!name.empty() && name.find('*') == std::string::npos &&
        std::find(names_->begin(), names_->end(), name) == names_->end()) {
      names_->push_back(name);
    }
  }
  void AddAll(const std::vector<Name>& names) {
    for (const Name& name : names) {
      Add(name.text);
    }
  }
  void Visit(const Expression& node) {
    if (node.kind == ExpressionKind::kField) {
      Add(node.text);
    }
    for (const ExpressionPtr& arg : node.args) {
      Visit(*arg);
    }
  }
  void Visit(const SearchNode& node) {
    Add(node.field);
    for (const SearchPtr& child : node.children) {
      Visit(*child);
    }
  }

  std::vector<std::string>* names_;
};

}  // namespace

void CollectNames(const Stage& stage, std::vector<std::string>* names) {
  std::visit(Collector(names), stage.body);
}

}  // namespace weir::spl
