#include "coordinator/alert_lists.h"

#include <algorithm>
#include <utility>

#include <absl/strings/escaping.h>

#include "common/base/bytes.h"
#include "common/wire/alert_query.h"

namespace weir::coordinator {
namespace {

constexpr uint8_t kTokenVersion = 1;

// Tells one question from another.
uint32_t QuestionOf(const alert::AlertFilter& filter, const alert::AlertOrder& order) {
  weir::alert::v1::AlertFilter message;
  wire::ToProto(filter, &message);
  return static_cast<uint32_t>(Hash64(message.SerializeAsString() + alert::OrderText(order)));
}

}  // namespace

// Version, be32 question, then a position (24 bytes), or be64 listing and be64 offset.
struct AlertLists::Token {
  uint32_t question = 0;
  std::optional<alert::Position> after;
  uint64_t listing = 0;
  uint64_t offset = 0;
  bool fixed = false;

  std::string ToText() const {
    std::string bytes;
    ByteWriter writer(&bytes);
    writer.U8(kTokenVersion);
    writer.Fixed32BigEndian(question);
    if (fixed) {
      writer.Fixed64BigEndian(listing);
      writer.Fixed64BigEndian(offset);
    } else {
      bytes += alert::EncodePosition(*after);
    }
    return absl::WebSafeBase64Escape(bytes);
  }

  static StatusOr<Token> Parse(const std::string& text, uint32_t question) {
    std::string bytes;
    Token token;
    if (!absl::WebSafeBase64Unescape(text, &bytes) || (bytes.size() != 21 && bytes.size() != 29) ||
        bytes[0] != kTokenVersion) {
      return InvalidArgument("page_token: '{}' did not come from a list", text.substr(0, 80));
    }
    ByteReader reader(bytes);
    reader.U8();
    token.question = reader.Fixed32BigEndian();
    if (token.question != question) {
      return InvalidArgument("page_token: it belongs to another filter or order_by");
    }
    token.fixed = bytes.size() == 21;
    if (token.fixed) {
      token.listing = reader.Fixed64BigEndian();
      token.offset = reader.Fixed64BigEndian();
    } else {
      WEIR_ASSIGN_OR_RETURN(token.after, alert::DecodePosition(std::string_view(bytes).substr(5)));
    }
    return token;
  }
};

StatusOr<AlertLists::Page> AlertLists::List(const alert::AlertFilter& filter,
                                            const alert::AlertOrder& order, std::size_t page_size,
                                            const std::string& text) {
  Token token;
  token.question = QuestionOf(filter, order);
  token.fixed = !alert::IsStable(order);
  if (!text.empty()) {
    WEIR_ASSIGN_OR_RETURN(token, Token::Parse(text, token.question));
  }
  return token.fixed ? ListFixed(filter, order, page_size, std::move(token))
                     : ListBehind(filter, order, page_size, token);
}

std::shared_ptr<const alert::FilterRun::Notes> AlertLists::NotesFor(
    const alert::AlertFilter& filter) {
  const plan::RuleSetPtr rules = filter.text.empty() ? nullptr : backend_->Rules();
  if (rules == nullptr) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  if (notes_ == nullptr || notes_version_ != rules->version) {
    auto notes = std::make_shared<alert::FilterRun::Notes>();
    for (const plan::CompiledRule& rule : rules->rules) {
      notes->emplace(rule.source.id, rule.source.note);
    }
    notes_ = std::move(notes);
    notes_version_ = rules->version;
  }
  return notes_;
}

StatusOr<AlertLists::Page> AlertLists::ListBehind(const alert::AlertFilter& filter,
                                                  const alert::AlertOrder& order,
                                                  std::size_t page_size, const Token& token) {
  Page page;
  bool more = false;
  if (index_->Covers(filter)) {
    const auto notes = NotesFor(filter);
    const AlertIndex::Page found = index_->List(filter, order, token.after, page_size, notes.get());
    for (const AlertPtr& alert : found.alerts) {
      page.alerts.push_back(alert->Read());
    }
    page.total = found.total;
    more = found.more;
  } else {
    worker::AlertQuery query;
    query.filter = filter;
    query.order = order;
    query.after = token.after;
    query.limit = page_size + 1;
    WEIR_ASSIGN_OR_RETURN(worker::AlertsFound found, backend_->Find(query, false));
    more = found.alerts.size() > page_size;
    found.alerts.resize(std::min(found.alerts.size(), page_size));
    page.alerts = std::move(found.alerts);
    page.total = found.total;
    page.from_stores = true;
  }
  if (more) {
    Token next = token;
    next.after = {page.alerts.back().fired_at_ms, page.alerts.back().id};
    page.next_token = next.ToText();
  }
  return page;
}

StatusOr<AlertLists::Page> AlertLists::ListFixed(const alert::AlertFilter& filter,
                                                 const alert::AlertOrder& order,
                                                 std::size_t page_size, Token token) {
  Page page;
  Ids ids;
  if (token.listing != 0) {
    ids = Kept(token.listing);
    if (ids == nullptr || token.offset > ids->size()) {
      return Error(StatusCode::kOutOfRange,
                   "the listing that page_token continues is no longer kept; begin again");
    }
  } else {
    WEIR_ASSIGN_OR_RETURN(ids, FixIds(filter, order, &page.from_stores));
  }
  const std::size_t end = std::min(ids->size(), static_cast<std::size_t>(token.offset) + page_size);
  const std::vector<Hash128> part(ids->begin() + static_cast<std::ptrdiff_t>(token.offset),
                                  ids->begin() + static_cast<std::ptrdiff_t>(end));
  WEIR_ASSIGN_OR_RETURN(page.alerts, ReadAll(part, &page.from_stores));
  page.total = ids->size();
  if (end < ids->size()) {
    if (token.listing == 0) {
      token.listing = Keep(ids);
    }
    token.offset = end;
    page.next_token = token.ToText();
  }
  return page;
}

StatusOr<AlertLists::Ids> AlertLists::FixIds(const alert::AlertFilter& filter,
                                             const alert::AlertOrder& order, bool* from_stores) {
  auto ids = std::make_shared<std::vector<Hash128>>();
  if (index_->Covers(filter)) {
    const auto notes = NotesFor(filter);
    for (const alert::Position& position : index_->Positions(filter, order, notes.get())) {
      ids->push_back(position.id);
    }
  } else {
    *from_stores = true;
    worker::AlertQuery query;
    query.filter = filter;
    query.order = order;
    query.limit = options_.ids_max;
    WEIR_ASSIGN_OR_RETURN(const worker::AlertsFound found, backend_->Find(query, true));
    for (const alert::Alert& alert : found.alerts) {
      ids->push_back(alert.id);
    }
    if (found.total > ids->size()) {
      ids->resize(options_.ids_max + 1);
    }
  }
  if (ids->size() > options_.ids_max) {
    return ResourceExhausted("more than {} alerts in an order that needs all of them: narrow the "
                             "filter, or order by fired_at", options_.ids_max);
  }
  return Ids(std::move(ids));
}

// Alerts that are no longer kept are left out.
StatusOr<std::vector<alert::Alert>> AlertLists::ReadAll(const std::vector<Hash128>& ids,
                                                        bool* from_stores) {
  std::unordered_map<Hash128, alert::Alert> stored;
  std::vector<AlertPtr> held;
  worker::AlertQuery query;
  for (const Hash128& id : ids) {
    held.push_back(index_->Find(id));
    if (held.back() == nullptr) {
      query.filter.ids.insert(id);
    }
  }
  if (!query.filter.ids.empty()) {
    *from_stores = true;
    query.limit = query.filter.ids.size();
    WEIR_ASSIGN_OR_RETURN(worker::AlertsFound found, backend_->Find(query, false));
    for (alert::Alert& alert : found.alerts) {
      const Hash128 id = alert.id;
      stored.emplace(id, std::move(alert));
    }
  }
  std::vector<alert::Alert> alerts;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (held[i] != nullptr) {
      alerts.push_back(held[i]->Read());
    } else if (const auto found = stored.find(ids[i]); found != stored.end()) {
      alerts.push_back(std::move(found->second));
    }
  }
  return alerts;
}

uint64_t AlertLists::Keep(Ids ids) {
  const std::lock_guard lock(mutex_);
  ids_kept_ += ids->size();
  listings_.push_front({++next_listing_, std::move(ids)});
  while (listings_.size() > options_.listings_max ||
         (ids_kept_ > options_.ids_max && listings_.size() > 1)) {
    ids_kept_ -= listings_.back().ids->size();
    listings_.pop_back();
  }
  return listings_.front().number;
}

AlertLists::Ids AlertLists::Kept(uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(listings_.begin(), listings_.end(),
                                  [&](const Listing& listing) { return listing.number == number; });
  if (found == listings_.end()) {
    return nullptr;
  }
  listings_.splice(listings_.begin(), listings_, found);
  return found->ids;
}

}  // namespace weir::coordinator
