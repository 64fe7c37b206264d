// Pages of alerts. A listing neither skips nor repeats an alert that it began with, while alerts are made
// and change: in the order of fired_at, which never changes, a page continues behind the last one's end; for
// other orders the first page fixes the ids, which are kept until newer listings need their place. Thread
// safe; blocks when the stores are needed.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/alert/query.h"
#include "coordinator/alert_backend.h"
#include "coordinator/alert_index.h"

namespace weir::coordinator {

class AlertLists {
 public:
  struct Options {
    std::size_t listings_max = 64;            // of which ids are kept
    std::size_t ids_max = 4'000'000;          // in all of them; 16 bytes each
  };
  // Both outlive it. seed: tells listings of one process from those of another.
  AlertLists(Options options, AlertIndex* index, AlertBackend* backend, uint64_t seed)
      : options_(options), index_(index), backend_(backend), next_listing_(seed) {}

  struct Page {
    std::vector<alert::Alert> alerts;
    std::string next_token;     // empty at the end
    uint64_t total = 0;
    bool from_stores = false;
  };
  // token: next_token of the page before, or empty. InvalidArgument when it is none, or of another listing;
  // OutOfRange when the ids are no longer kept; ResourceExhausted when there are more than ids_max.
  StatusOr<Page> List(const alert::AlertFilter& filter, const alert::AlertOrder& order,
                      std::size_t page_size, const std::string& token);
  // The guides of the rules, by id; null when the filter needs none.
  std::shared_ptr<const alert::FilterRun::Notes> NotesFor(const alert::AlertFilter& filter);

 private:
  using Ids = std::shared_ptr<const std::vector<Hash128>>;
  struct Token;
  struct Listing {
    uint64_t number;
    Ids ids;
  };

  StatusOr<Page> ListBehind(const alert::AlertFilter& filter, const alert::AlertOrder& order,
                            std::size_t page_size, const Token& token);
  StatusOr<Page> ListFixed(const alert::AlertFilter& filter, const alert::AlertOrder& order,
                           std::size_t page_size, Token token);
  StatusOr<std::vector<alert::Alert>> ReadAll(const std::vector<Hash128>& ids, bool* from_stores);
  StatusOr<Ids> FixIds(const alert::AlertFilter& filter, const alert::AlertOrder& order,
                       bool* from_stores);
  uint64_t Keep(Ids ids);
  Ids Kept(uint64_t number);

  const Options options_;
  AlertIndex* const index_;
  AlertBackend* const backend_;
  std::mutex mutex_;
  uint64_t next_listing_;
  std::list<Listing> listings_;   // the latest used first
  std::size_t ids_kept_ = 0;
  RuleSetVersion notes_version_;
  std::shared_ptr<const alert::FilterRun::Notes> notes_;
};

}  // namespace weir::coordinator
