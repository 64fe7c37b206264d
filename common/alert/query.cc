#include "common/alert/query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "common/alert/text_internal.h"
#include "common/base/bytes.h"

namespace weir::alert {

namespace {

// ASCII letters only: others are searched as they are.
std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n", position);
    if (begin == std::string_view::npos) {
      break;
    }
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    words.push_back(Lower(text.substr(begin, end - begin)));
    position = end;
  }
  return words;
}

uint64_t CellHash(std::string_view name, char kind, std::string_view value) {
  std::string bytes(name);
  bytes += '\0';
  bytes += kind;
  bytes += value;
  return Hash64(bytes);
}

uint64_t NumberHash(std::string_view name, double number) {
  return CellHash(name, 'n', fmt::format("{:.17g}", number == 0 ? 0.0 : number));
}

bool IsNumber(const Value& value) {
  switch (value.type()) {
    case DataType::kInteger:
    case DataType::kLong:
    case DataType::kUnsignedLong:
    case DataType::kDouble:
      return true;
    default:
      return false;
  }
}

double NumberOf(const Value& value) {
  switch (value.type()) {
    case DataType::kDouble:
      return value.number();
    case DataType::kUnsignedLong:
      return static_cast<double>(value.unsigned_long());
    default:
      return static_cast<double>(value.integer());
  }
}

// Numbers are compared as numbers; whole ones beyond a double's precision also as text.
void AddHashes(std::string_view name, const Value& value, std::vector<uint64_t>* hashes) {
  if (value.is_multi()) {
    for (const Value& item : value.items()) {
      AddHashes(name, item, hashes);
    }
    return;
  }
  if (value.is_null()) {
    return;
  }
  if (IsNumber(value) && std::abs(NumberOf(value)) < 9e15) {
    hashes->push_back(NumberHash(name, NumberOf(value)));
  } else {
    hashes->push_back(CellHash(name, 't', ValueToString(value)));
  }
}

void AddText(const Value& value, std::string* text) {
  if (value.is_multi()) {
    for (const Value& item : value.items()) {
      AddText(item, text);
    }
  } else if (!value.is_null()) {
    *text += Lower(ValueToString(value));
    *text += '\n';
  }
}

std::optional<double> ParseNumber(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

void Sort(std::vector<uint64_t>* hashes) {
  std::sort(hashes->begin(), hashes->end());
  hashes->erase(std::unique(hashes->begin(), hashes->end()), hashes->end());
  hashes->shrink_to_fit();
}

// The least or greatest id that begins with the digits; what is no digit counts as '0'.
Hash128 PrefixBound(std::string_view prefix, char filler) {
  std::string digits(prefix.substr(0, 32));
  digits.append(32 - digits.size(), filler);
  Hash128 bound;
  std::from_chars(digits.data(), digits.data() + 16, bound.high, 16);
  std::from_chars(digits.data() + 16, digits.data() + 32, bound.low, 16);
  return bound;
}

constexpr std::array<std::pair<OrderKey, std::string_view>, 5> kOrders = {{
    {OrderKey::kFired, "fired_at"},
    {OrderKey::kChanged, "changed_at"},
    {OrderKey::kSeverity, "severity"},
    {OrderKey::kRisk, "risk_score"},
    {OrderKey::kSuppressed, "suppressed_count"},
}};

}  // namespace

AlertDigest Digester::Make(const Alert& alert) {
  AlertDigest digest;
  digest.id = alert.id;
  std::string key;
  ByteWriter writer(&key);
  writer.String(alert.tenant);
  writer.String(alert.rule_id);
  writer.String(alert.rule_name);
  for (const std::string& tag : alert.tags) {
    writer.String(tag);
  }
  std::weak_ptr<const AlertSource>& shared = sources_[HashBytes128(key)];
  digest.source = shared.lock();
  if (digest.source == nullptr) {
    AlertSource source{alert.tenant, alert.rule_id, Lower(alert.rule_name) + "\n"};
    for (const std::string& tag : alert.tags) {
      source.text += Lower(tag) + "\n";
    }
    digest.source = std::make_shared<const AlertSource>(std::move(source));
    shared = digest.source;
    if (sources_.size() > sweep_at_) {
      std::erase_if(sources_, [](const auto& known) { return known.second.expired(); });
      sweep_at_ = sources_.size() * 2 + 1024;
    }
  }
  digest.severity = alert.severity;
  digest.status = alert.status;
  digest.risk_score = alert.risk_score;
  digest.fired_at_ms = alert.fired_at_ms;
  digest.changed_at_ms = alert.changed_at_ms;
  digest.suppressed_count = alert.suppressed_count;
  digest.assignee = alert.assignee;
  Arena arena;
  for (const NamedCell& cell : alert.group) {
    const Value value = CellValue(cell, &arena);
    AddHashes(cell.name, value, &digest.group_cells);
    AddText(value, &digest.text);
  }
  digest.cells = digest.group_cells;
  for (const NamedCell& cell : alert.columns) {
    AddHashes(cell.name, CellValue(cell, &arena), &digest.cells);
  }
  Sort(&digest.group_cells);
  Sort(&digest.cells);
  return digest;
}

FilterRun::FilterRun(const AlertFilter& filter, const Notes* notes)
    : filter_(filter),
      notes_(notes),
      words_(Words(filter.text)),
      id_first_(PrefixBound(filter.id_prefix, '0')),
      id_last_(PrefixBound(filter.id_prefix, 'f')) {
  for (const FieldCondition& field : filter_.fields) {
    std::vector<uint64_t> hashes = {CellHash(field.name, 't', field.value)};
    if (const std::optional<double> number = ParseNumber(field.value); number.has_value()) {
      hashes.push_back(NumberHash(field.name, *number));
    }
    fields_.push_back(std::move(hashes));
  }
}

const FilterRun::SourceVerdict& FilterRun::VerdictOf(const AlertDigest& digest) {
  const auto [position, added] = verdicts_.try_emplace(digest.source.get());
  SourceVerdict& verdict = position->second;
  if (!added) {
    return verdict;
  }
  verdict.source = digest.source;
  const AlertSource& source = *digest.source;
  verdict.matches =
      (filter_.tenants.empty() || filter_.tenants.contains(source.tenant)) &&
      (filter_.rules.empty() ||
       std::any_of(filter_.rules.begin(), filter_.rules.end(), [&](const std::string& pattern) {
         return MatchesGlob(pattern, source.rule_id);
       }));
  std::string note;
  if (notes_ != nullptr && !words_.empty()) {
    const auto found = notes_->find(source.rule_id);
    note = found == notes_->end() ? "" : Lower(found->second);
  }
  for (const std::string& word : words_) {
    verdict.words.push_back(source.text.find(word) != std::string::npos ||
                            note.find(word) != std::string::npos);
  }
  return verdict;
}

bool FilterRun::Matches(const AlertDigest& digest) {
  if ((!filter_.statuses.empty() && !filter_.statuses.contains(digest.status)) ||
      (!filter_.severities.empty() && !filter_.severities.contains(digest.severity)) ||
      digest.fired_at_ms < filter_.fired_from_ms || digest.fired_at_ms >= filter_.fired_until_ms ||
      digest.changed_at_ms < filter_.changed_from_ms ||
      digest.changed_at_ms >= filter_.changed_until_ms ||
      (!filter_.assignees.empty() && !filter_.assignees.contains(digest.assignee)) ||
      (!filter_.ids.empty() && !filter_.ids.contains(digest.id)) ||
      (!filter_.id_prefix.empty() && (digest.id < id_first_ || digest.id > id_last_))) {
    return false;
  }
  const SourceVerdict& verdict = VerdictOf(digest);
  if (!verdict.matches) {
    return false;
  }
  for (const std::vector<uint64_t>& hashes : fields_) {
    const bool has = std::any_of(hashes.begin(), hashes.end(), [&](uint64_t hash) {
      return std::binary_search(digest.cells.begin(), digest.cells.end(), hash);
    });
    if (!has) {
      return false;
    }
  }
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (!verdict.words[i] && digest.text.find(words_[i]) == std::string::npos) {
      return false;
    }
  }
  return true;
}

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  std::size_t position = 0;
  while (position < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      retry = position;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[position])) {
      ++at;
      ++position;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      position = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

StatusOr<AlertOrder> ParseOrder(std::string_view text) {
  if (text.empty()) {
    return AlertOrder();
  }
  const std::size_t blank = text.find(' ');
  const std::string_view name = text.substr(0, blank);
  const std::string_view direction =
      blank == std::string_view::npos ? "asc" : text.substr(text.find_last_of(' ') + 1);
  for (const auto& [key, known] : kOrders) {
    if (name == known && (direction == "asc" || direction == "desc")) {
      return AlertOrder{key, direction == "desc"};
    }
  }
  return InvalidArgument(
      "order_by: '{}' is none: expected fired_at, changed_at, severity, risk_score or suppressed_count, with "
      "' desc' behind it for the greatest first", text);
}

std::string OrderText(const AlertOrder& order) {
  for (const auto& [key, name] : kOrders) {
    if (key == order.key) {
      return fmt::format("{}{}", name, order.descending ? " desc" : "");
    }
  }
  return "";
}

Position PositionOf(const AlertDigest& digest, const AlertOrder& order) {
  switch (order.key) {
    case OrderKey::kFired:
      return {digest.fired_at_ms, digest.id};
    case OrderKey::kChanged:
      return {digest.changed_at_ms, digest.id};
    case OrderKey::kSeverity:
      return {static_cast<int64_t>(digest.severity), digest.id};
    case OrderKey::kRisk:
      return {digest.risk_score, digest.id};
    case OrderKey::kSuppressed:
      return {static_cast<int64_t>(digest.suppressed_count), digest.id};
  }
  return {0, digest.id};
}

std::string EncodePosition(const Position& position) {
  std::string bytes;
  ByteWriter(&bytes).Fixed64BigEndian(static_cast<uint64_t>(position.key));
  position.id.AppendTo(&bytes);
  return bytes;
}

StatusOr<Position> DecodePosition(std::string_view bytes) {
  if (bytes.size() != 24) {
    return InvalidArgument("a position of {} bytes, not 24", bytes.size());
  }
  ByteReader reader(bytes);
  Position position;
  position.key = static_cast<int64_t>(reader.Fixed64BigEndian());
  position.id = Hash128::FromBytes(reader.Raw(16));
  return position;
}

}  // namespace weir::alert
