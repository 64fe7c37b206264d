// Fields with several values in Splunk's search language.
#include <algorithm>
#include <cmath>

#include "common/expr/spl_internal.h"

namespace weir::expr {
namespace {

Value TextItem(const Frame& frame, const Value& item) {
  return Value::Keyword(SplText(item, frame.arena()));
}

std::vector<Value> TextItems(const Frame& frame, const Value& cell) {
  std::vector<Value> items;
  for (const Value& item : cell.items()) {
    items.push_back(TextItem(frame, item));
  }
  return items;
}

Value Joined(const Frame& frame, const std::vector<Value>& items) {
  return Value::MakeMulti(items, &frame.arena());
}

// The value that the evaluation of a body is at, by level of nesting.
thread_local Value items_at_hand[2];

// Evaluates its second argument for each value of the first.
template <int kLevel, bool kFilters>
class EachItem final : public Node {
 public:
  EachItem(Site site, ExprPtr values, ExprPtr body)
      : Node(DataType::kKeyword, std::move(site)),
        values_(std::move(values)),
        body_(std::move(body)) {}

  Value Eval(EvalContext& context) const override {
    const Value cell = values_->Eval(context);
    const Frame frame = Begin(context);
    std::vector<Value> results;
    for (const Value& item : TextItems(frame, cell)) {
      items_at_hand[kLevel] = item;
      const Value result = body_->Eval(context);
      if constexpr (kFilters) {
        if (!result.is_null() && !result.is_multi() && result.boolean()) {
          results.push_back(item);
        }
      } else {
        results.insert(results.end(), result.items().begin(), result.items().end());
      }
    }
    items_at_hand[kLevel] = Value::Null();
    return Joined(frame, results);
  }

 private:
  ExprPtr values_;
  ExprPtr body_;
};

// A position counted from the end when negative; empty outside.
std::optional<std::size_t> Position(double index, std::size_t count) {
  const double at = index < 0 ? static_cast<double>(count) + index : index;
  if (!(at >= 0) || at >= static_cast<double>(count)) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(at);
}

Value Index(const Frame& frame, Args args) {
  const auto items = args[0].items();
  const std::optional<double> first = SplNumber(args[1].items().front());
  if (!first.has_value()) {
    return Value::Null();
  }
  if (args.size() == 2) {
    const auto at = Position(*first, items.size());
    return at.has_value() ? TextItem(frame, items[*at]) : Value::Null();
  }
  const std::optional<double> last = SplNumber(args[2].items().front());
  if (!last.has_value()) {
    return Value::Null();
  }
  const auto count = static_cast<double>(items.size());
  const double begin = std::max(0.0, *first < 0 ? count + *first : *first);
  const double end = std::min(count - 1, *last < 0 ? count + *last : *last);
  std::vector<Value> part;
  for (double i = begin; i <= end; ++i) {
    part.push_back(TextItem(frame, items[static_cast<std::size_t>(i)]));
  }
  return Joined(frame, part);
}

}  // namespace

ExprPtr MakeSplMvCount(Call& call) {
  return call.Make(DataType::kDouble, [](const Frame&, Args args) {
    return args[0].is_null() ? Value::Null()
                             : Value::Double(static_cast<double>(args[0].count()));
  });
}

ExprPtr MakeSplMvIndex(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    const bool null = std::any_of(args.begin(), args.end(),
                                  [](const Value& arg) { return arg.is_null(); });
    return null ? Value::Null() : Index(frame, args);
  });
}

ExprPtr MakeSplMvJoin(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    if (args[0].is_null() || args[1].is_null()) {
      return Value::Null();
    }
    const std::string_view separator = SplText(args[1].items().front(), frame.arena());
    std::string text;
    for (const Value& item : args[0].items()) {
      text += text.empty() && &item == args[0].items().data() ? "" : separator;
      text += SplText(item, frame.arena());
    }
    return frame.Text(text);
  });
}

ExprPtr MakeSplMvAppend(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    std::vector<Value> all;
    for (const Value& cell : args) {
      const std::vector<Value> items = TextItems(frame, cell);
      all.insert(all.end(), items.begin(), items.end());
    }
    return Joined(frame, all);
  });
}

ExprPtr MakeSplMvDedup(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    std::vector<Value> kept;
    for (const Value& item : TextItems(frame, args[0])) {
      if (std::none_of(kept.begin(), kept.end(),
                       [&](const Value& other) { return other.text() == item.text(); })) {
        kept.push_back(item);
      }
    }
    return Joined(frame, kept);
  });
}

ExprPtr MakeSplMvSort(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    std::vector<Value> items = TextItems(frame, args[0]);
    std::sort(items.begin(), items.end(),
              [](const Value& left, const Value& right) { return left.text() < right.text(); });
    return Joined(frame, items);
  });
}

ExprPtr MakeSplMvZip(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame& frame, Args args) {
    const std::string_view separator =
        args.size() > 2 && !args[2].is_null() ? SplText(args[2].items().front(), frame.arena()) : ",";
    const std::size_t count = std::min(args[0].count(), args[1].count());
    std::vector<Value> pairs;
    for (std::size_t i = 0; i < count; ++i) {
      std::string text(SplText(args[0].items()[i], frame.arena()));
      text += separator;
      text += SplText(args[1].items()[i], frame.arena());
      pairs.push_back(frame.Text(text));
    }
    return Joined(frame, pairs);
  });
}

template <int kLevel>
ExprPtr MakeSplItem(Call& call) {
  return call.Make(DataType::kKeyword, [](const Frame&, Args) { return items_at_hand[kLevel]; });
}
template ExprPtr MakeSplItem<0>(Call& call);
template ExprPtr MakeSplItem<1>(Call& call);

template <int kLevel>
ExprPtr MakeSplMvFilter(Call& call) {
  return std::make_shared<EachItem<kLevel, true>>(call.site(), call.arg(0), call.arg(1));
}
template ExprPtr MakeSplMvFilter<0>(Call& call);
template ExprPtr MakeSplMvFilter<1>(Call& call);

template <int kLevel>
ExprPtr MakeSplMvMap(Call& call) {
  return std::make_shared<EachItem<kLevel, false>>(call.site(), call.arg(0), call.arg(1));
}
template ExprPtr MakeSplMvMap<0>(Call& call);
template ExprPtr MakeSplMvMap<1>(Call& call);

}  // namespace weir::expr
