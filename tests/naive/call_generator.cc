#include "tests/naive/call_generator.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace weir::naive {
namespace {

constexpr UnixMillis kBegin = 1'740'787'200'000;   // 2025-03-01T00:00:00Z
constexpr int64_t kSpan = 7 * kMillisPerHour;

// Of equal length, so that text order is also the order of the engine's keys.
const std::vector<std::string> kModels = {"anthropic.claude-a", "anthropic.claude-b",
                                          "meta.llama3-70b-v1"};
const std::vector<std::string> kUsers = {"arn:aws:iam::111122223333:user/anna",
                                         "arn:aws:iam::111122223333:user/bert",
                                         "arn:aws:sts::111122223333:assumed-role/app/session"};
const std::vector<std::string> kAccounts = {"111122223333", "444455556666"};
const std::vector<std::string> kOperations = {"InvokeModel", "InvokeModelWithResponseStream",
                                              "Converse", "ConverseStream"};
const std::vector<int64_t> kNudges = {-1000, -999, -1, 0, 0, 1, 999, 1000};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  std::vector<Call> Run() {
    const int64_t flurries = random_.Between(30, 60);
    for (int64_t i = 0; i < flurries; ++i) {
      AddFlurry();
    }
    for (int i = 0; i < 6; ++i) {
      AddWindowEdge();
    }
    const int64_t bursts = random_.Between(1, 3);
    for (int64_t i = 0; i < bursts; ++i) {
      AddBurst();
    }
    AddOthers();
    AddCopies();
    for (std::size_t i = calls_.size(); i > 1; --i) {
      const int64_t other = random_.Between(0, static_cast<int64_t>(i) - 1);
      std::swap(calls_[i - 1], calls_[static_cast<std::size_t>(other)]);
    }
    return std::move(calls_);
  }

 private:
  UnixMillis AnyTime() {
    const UnixMillis time_ms = kBegin + random_.Between(0, kSpan);
    switch (random_.Between(0, 4)) {
      case 0:
        return time_ms;
      case 1:
        return FloorDiv(time_ms, 10 * kMillisPerMinute) * 10 * kMillisPerMinute +
               random_.Pick(kNudges);
      case 2:
        return FloorDiv(time_ms, kMillisPerMinute) * kMillisPerMinute + random_.Pick(kNudges);
      default:
        return FloorDiv(time_ms, kMillisPerSecond) * kMillisPerSecond;
    }
  }

  std::string OrNothing(const std::string& text, int64_t one_in) {
    return random_.OneIn(one_in) ? "" : text;
  }

  Call Bedrock() {
    static const std::vector<std::string> kErrors = {
        "AccessDeniedException", "AccessDeniedException", "ValidationException",
        "ValidationException",   "ThrottlingException",   ""};
    Call call;
    call.source = Call::Source::kBedrock;
    call.account = OrNothing(random_.Pick(kAccounts), 12);
    call.user = OrNothing(random_.Pick(kUsers), 8);
    call.model = OrNothing(random_.Pick(kModels), 20);
    call.region = random_.OneIn(2) ? "us-east-1" : "eu-west-1";
    call.operation = random_.Pick(kOperations);
    call.error_code = random_.Pick(kErrors);
    call.guardrail = random_.OneIn(2) ? "gr1abc" : "";
    return call;
  }

  Call Trail() {
    Call call;
    call.source = Call::Source::kCloudTrail;
    call.account = OrNothing(random_.Pick(kAccounts), 6);
    call.user = random_.Pick(kUsers);
    call.model = random_.Pick(kModels);
    return call;
  }

  void Add(Call call, UnixMillis time_ms) {
    call.time_ms = time_ms;
    if (call.source == Call::Source::kCloudTrail) {
      const auto second = [&] { return CeilDiv(call.time_ms, kMillisPerSecond); };
      const std::string who = call.user + call.account;
      for (auto taken = seconds_.find({who, second()});
           taken != seconds_.end() && taken->second != call.model;
           taken = seconds_.find({who, second()})) {
        call.time_ms += kMillisPerSecond;
      }
      seconds_[{who, second()}] = call.model;
    }
    if (!random_.OneIn(25)) {
      // An id may come again under another account or operation: that is another event.
      next_id_ += random_.OneIn(30) ? 0 : 1;
      call.id = fmt::format("id-{}", next_id_);
      const bool trail = call.source == Call::Source::kCloudTrail;
      if (!ids_.insert({trail ? "" : call.operation, call.account, call.id}).second) {
        call.id = fmt::format("id-{}", ++next_id_);
        ids_.insert({trail ? "" : call.operation, call.account, call.id});
      }
    }
    calls_.push_back(std::move(call));
  }

  // A few calls alike, within a minute or an hour and a half.
  void AddFlurry() {
    const Call call = Bedrock();
    const int64_t calls = random_.Between(2, 9);
    const UnixMillis begin_ms = AnyTime();
    const int64_t length_ms =
        random_.Pick<int64_t>({0, 20, 59, 60, 600, 3599, 3600, 3601, 5400}) * kMillisPerSecond;
    for (int64_t i = 0; i < calls; ++i) {
      const int64_t offset_ms = random_.Between(0, length_ms);
      UnixMillis time_ms = begin_ms + offset_ms;
      if (random_.OneIn(3)) {
        time_ms = FloorDiv(time_ms, kMillisPerSecond) * kMillisPerSecond + random_.Pick(kNudges);
      }
      Add(call, i == 0 ? begin_ms : i == 1 ? begin_ms + length_ms : time_ms);
    }
  }

  // One call too few for a rule, and the missing one a look-back before or after, or nearly.
  void AddWindowEdge() {
    const bool denied = random_.OneIn(2);
    Call call = Bedrock();
    call.user = random_.Pick(kUsers);
    call.error_code = denied ? "AccessDeniedException" : "";
    call.guardrail = denied ? "gr1abc" : "";
    const UnixMillis time_ms = AnyTime();
    for (int i = 0; i < (denied ? 3 : 5); ++i) {
      Add(call, time_ms);
    }
    const int64_t distance_ms = kMillisPerHour + random_.Pick(kNudges);
    Add(call, random_.OneIn(2) ? time_ms + distance_ms : time_ms - distance_ms);
  }

  // One principal and one or two models, around 500 times each, perhaps twice.
  void AddBurst() {
    Call call = Trail();
    const int64_t models = random_.Between(1, 2);
    const UnixMillis begin_ms = AnyTime();
    for (int64_t m = 0; m < models; ++m) {
      call.model = kModels[static_cast<std::size_t>(m)];
      const UnixMillis first_ms = begin_ms + random_.Between(0, 20) * kMillisPerMinute;
      AddBurstOf(&call, first_ms);
      if (random_.OneIn(3)) {
        AddBurstOf(&call, first_ms + random_.Between(40, 160) * kMillisPerMinute);
      }
    }
  }

  void AddBurstOf(Call* call, UnixMillis begin_ms) {
    const int64_t calls = random_.OneIn(2) ? random_.Between(498, 502) : random_.Between(480, 560);
    const int64_t length_ms =
        random_.Pick<int64_t>({120, 1200, 3000, 3599, 3600, 3700}) * kMillisPerSecond;
    for (int64_t i = 0; i < calls; ++i) {
      call->operation = random_.Pick(kOperations);
      const UnixMillis time_ms = begin_ms + random_.Between(0, length_ms);
      Add(*call, random_.OneIn(2) ? time_ms
                                  : FloorDiv(time_ms, kMillisPerSecond) * kMillisPerSecond);
    }
  }

  // CloudTrail records near those that count.
  void AddOthers() {
    for (int i = 0; i < 120; ++i) {
      Call call = Trail();
      switch (random_.Between(0, 6)) {
        case 0:
          call.error_code = "ThrottlingException";
          break;
        case 1:
          call.error_message = "too many requests";
          break;
        case 2:
          call.operation = "ListFoundationModels";
          break;
        case 3:
          call.provider = "s3.amazonaws.com";
          break;
        case 4:
          call.model.clear();
          break;
        case 5:
          call.user.clear();
          break;
        default:
          break;
      }
      Add(call, AnyTime());
    }
  }

  void AddCopies() {
    const int64_t copies = static_cast<int64_t>(calls_.size()) / 12;
    for (int64_t i = 0; i < copies; ++i) {
      calls_.push_back(Call(random_.Pick(calls_)));
    }
  }

  Random random_;
  std::vector<Call> calls_;
  std::map<std::pair<std::string, int64_t>, std::string> seconds_;   // taken by a model
  std::set<std::tuple<std::string, std::string, std::string>> ids_;
  int64_t next_id_ = 0;
};

}  // namespace

std::vector<Call> GenerateCalls(uint64_t seed) { return Generator(seed).Run(); }

}  // namespace weir::naive
