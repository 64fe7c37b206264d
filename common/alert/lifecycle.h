// How an alert lives: what people and the engine may do to it, and what that makes of it. Pure functions of
// the alert, the action and its time, so that a shard that applies its log again comes to the same alert.
//
//   open --acknowledge--> acknowledged --close--> closed
//   open --its episode ends--> recovered          (an acknowledged or closed alert keeps its status)
//   open, recovered --close--> closed
//   acknowledged, closed, recovered --reopen--> open
//   recovered --a late event makes the episode go on--> open
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/alert/alert.h"
#include "common/base/bytes.h"
#include "common/base/status.h"

namespace weir::alert {

inline constexpr std::size_t kHistoryMax = 64;
inline constexpr std::size_t kCommentsMax = 200;
inline constexpr std::size_t kRequestsMax = 32;
// Sizes of texts, in bytes.
inline constexpr std::size_t kCommentBytesMax = 8192;
inline constexpr std::size_t kReasonBytesMax = 1024;
inline constexpr std::size_t kAssigneeBytesMax = 256;
inline constexpr std::size_t kActorBytesMax = 256;
inline constexpr std::size_t kRequestIdBytesMax = 64;

// What a person does.
struct Action {
  // stored: do not renumber
  enum class Kind : uint8_t {
    kAcknowledge = 1,
    kClose = 2,
    kReopen = 3,
    kAssign = 4,
    kComment = 5,
  };
  Kind kind = Kind::kAcknowledge;
  std::string actor;
  std::string request_id;               // empty: sending it again does it again
  uint64_t expected_revision = 0;       // of lifecycle_revision; 0: any
  std::string text;                     // reason, assignee or comment
  std::optional<bool> end_suppression;  // of kClose; empty: as the rule judges
};
std::string_view ActionName(Action::Kind kind);   // "acknowledge", ...

// InvalidArgument names the field that is wrong.
Status CheckAction(const Action& action);

// Whether the action was done before (its request changed the alert), or is without effect.
enum class Effect : uint8_t { kChanged, kUnchanged };

// Does the action to the alert. Refuses and leaves it as it is: Aborted when it is at another lifecycle
// revision, FailedPrecondition when its status does not allow it, ResourceExhausted when it has kCommentsMax
// comments.
StatusOr<Effect> Apply(const Action& action, UnixMillis time_ms, Alert* alert);

// Its episode ended. True when the alert changed.
bool Recover(UnixMillis time_ms, Alert* alert);
// A late event makes its episode go on. True when the alert changed.
bool GoOn(UnixMillis time_ms, Alert* alert);

// Nobody has to look at it any more.
inline bool IsEnded(const Alert& alert) {
  return alert.status == AlertStatus::kClosed || alert.status == AlertStatus::kRecovered;
}

// Part of a log record (docs/formats.md). The reader fails on malformed bytes.
void EncodeAction(const Action& action, ByteWriter* writer);
Action DecodeAction(ByteReader* reader);

}  // namespace weir::alert
