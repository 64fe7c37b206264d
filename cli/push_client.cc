#include "cli/push_client.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "cli/dial.h"
#include "common/rpc/status.h"

namespace weir::cli {
namespace {

namespace pb = weir::ingest::v1;

constexpr std::chrono::milliseconds kBackoffFirst(200);
constexpr std::chrono::milliseconds kBackoffMax(5000);

// Ends of a stream after which a new one may do better.
bool IsStreamRetryable(StatusCode code) {
  return rpc::IsRetryable(code) || code == StatusCode::kCancelled || code == StatusCode::kUnknown ||
         code == StatusCode::kInternal || code == StatusCode::kOk;
}

}  // namespace

PushClient::PushClient(PushOptions options)
    : options_(std::move(options)),
      channel_(Dial(options_.address)),
      stub_(pb::IngestService::NewStub(channel_)) {
  opening_.set_producer_id(options_.producer);
  end_.set_end_of_input(true);
}

Status PushClient::Run(const NextBatch& next_batch, const OnAnswer& on_answer) {
  const auto connect_deadline = std::chrono::system_clock::now() +
                                std::chrono::milliseconds(options_.connect_timeout_ms);
  if (!channel_->WaitForConnected(connect_deadline)) {
    return Unavailable("cannot connect");
  }
  last_answer_ = Clock::now();
  std::chrono::milliseconds backoff = kBackoffFirst;
  while (true) {
    const Clock::time_point begin = last_answer_;
    const Status status = RunStream(next_batch, on_answer);
    if (status.ok() || !IsStreamRetryable(status.code())) {
      return status;
    }
    const auto silence = Clock::now() - last_answer_;
    if (silence > std::chrono::milliseconds(options_.retry_for_ms)) {
      return Annotate(status, fmt::format("no answer for {} s",
                                          std::chrono::duration_cast<std::chrono::seconds>(silence)
                                              .count()));
    }
    backoff = last_answer_ > begin ? kBackoffFirst : std::min(backoff * 2, kBackoffMax);
    std::this_thread::sleep_for(backoff);
  }
}

Status PushClient::RunStream(const NextBatch& next_batch, const OnAnswer& on_answer) {
  grpc::ClientContext context;
  const std::unique_ptr<Stream> stream = stub_->PushEvents(&context);
  {
    const std::lock_guard lock(mutex_);
    broken_ = false;
    ended_ = false;
    end_sent_ = false;
    window_bytes_ = 0;
    window_batches_ = 1;
    not_before_ = Clock::now();
    unanswered_.push_back(nullptr);   // the opening
  }
  std::thread reader([&] { ReadAnswers(stream.get(), on_answer); });
  bool written = stream->Write(opening_);
  while (written) {
    const pb::PushEventsRequest* request = NextRequest(next_batch);
    if (request == nullptr) {
      break;
    }
    written = stream->Write(*request);
  }
  bool complete = false;
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    ended = ended_;
    complete = source_ended_ && waiting_.empty() && unanswered_.empty() &&
               (!options_.replay || end_answered_);
  }
  if (complete) {
    stream->WritesDone();
  } else if (written && !ended) {
    // No new answer for too long, or the answers do not fit. (What the server ended is not cancelled:
    // that would hide why.)
    context.TryCancel();
  }
  reader.join();
  const grpc::Status end = stream->Finish();
  PutBack();
  return complete ? OkStatus()
                  : rpc::FromGrpc(end.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE,
                                                          "the server ended the stream")
                                           : end);
}

const pb::PushEventsRequest* PushClient::NextRequest(const NextBatch& next_batch) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (broken_) {
      return nullptr;
    }
    if (waiting_.empty() && !source_ended_) {
      lock.unlock();
      BatchPtr batch = next_batch();   // reads files: not under the lock
      lock.lock();
      if (batch == nullptr) {
        source_ended_ = true;
      } else {
        waiting_.push_back(std::move(batch));
      }
      continue;
    }
    const Clock::time_point now = Clock::now();
    if (!waiting_.empty() && now >= not_before_ &&
        HasRoom(waiting_.front()->request.payload().size())) {
      unanswered_.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      pb::PushEventsRequest* request = &unanswered_.back()->request;
      if (options_.replay && promise_ms_.has_value()) {
        request->set_watermark_unix_millis(*promise_ms_);
      }
      unanswered_bytes_ += request->payload().size();
      // The batch stays where it is until answered, and it can be answered only once written.
      return request;
    }
    if (waiting_.empty() && unanswered_.empty()) {
      if (!options_.replay || end_answered_) {
        return nullptr;
      }
      end_sent_ = true;
      unanswered_.push_back(nullptr);
      return &end_;
    }
    if (now - last_answer_ > std::chrono::milliseconds(options_.retry_for_ms)) {
      return nullptr;
    }
    const auto pause = std::max<Clock::duration>(not_before_ - now, std::chrono::milliseconds(1));
    changed_.wait_for(lock, now < not_before_ ? pause : std::chrono::seconds(1));
  }
}

// One batch may always be under way.
bool PushClient::HasRoom(std::size_t bytes) const {
  return unanswered_.empty() ||
         (unanswered_.size() < window_batches_ && unanswered_bytes_ + bytes <= window_bytes_);
}

void PushClient::ReadAnswers(Stream* stream, const OnAnswer& on_answer) {
  pb::PushEventsResponse response;
  bool ended = true;
  while (stream->Read(&response)) {
    if (!TakeAnswer(response, on_answer)) {
      ended = false;
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  broken_ = true;
  ended_ = ended;
  changed_.notify_all();
}

// False when the answer belongs to no request.
bool PushClient::TakeAnswer(const pb::PushEventsResponse& response, const OnAnswer& on_answer) {
  BatchPtr answered;
  {
    const std::lock_guard lock(mutex_);
    last_answer_ = Clock::now();
    if (unanswered_.empty()) {
      return false;
    }
    window_bytes_ = response.window_bytes();
    window_batches_ = std::max(response.window_batches(), 1U);
    BatchPtr batch = std::move(unanswered_.front());
    unanswered_.pop_front();
    if (batch == nullptr) {
      end_answered_ = end_answered_ || end_sent_;
    } else {
      unanswered_bytes_ -= batch->request.payload().size();
      if (response.has_refusal() && response.refusal().has_retry_delay()) {
        const auto& delay = response.refusal().retry_delay();
        not_before_ = Clock::now() + std::chrono::seconds(delay.seconds()) +
                      std::chrono::nanoseconds(delay.nanos());
        // Earlier than what has not been sent yet, after what was refused before it.
        const auto place = std::find_if(waiting_.begin(), waiting_.end(), [&](const BatchPtr& other) {
          return other->request.sequence() > batch->request.sequence();
        });
        waiting_.insert(place, std::move(batch));
        ++resent_;
      } else {
        NoteAnswered(*batch);
        answered = std::move(batch);
      }
    }
  }
  if (answered != nullptr) {
    on_answer(*answered, response);
  }
  changed_.notify_all();
  return true;
}

// REQUIRES: mutex_ is held.
void PushClient::NoteAnswered(const OutgoingBatch& batch) {
  if (!options_.replay) {
    return;
  }
  answered_[batch.request.sequence()] = batch.watermark_ms;
  for (auto next = answered_.begin(); next != answered_.end() && next->first == first_unanswered_;
       next = answered_.erase(next), ++first_unanswered_) {
    if (next->second.has_value()) {
      promise_ms_ = std::max(promise_ms_.value_or(*next->second), *next->second);
    }
  }
}

// What was under way goes before everything else on the next stream.
void PushClient::PutBack() {
  const std::lock_guard lock(mutex_);
  while (!unanswered_.empty()) {
    if (unanswered_.back() != nullptr) {
      waiting_.push_front(std::move(unanswered_.back()));
      ++resent_;
    }
    unanswered_.pop_back();
  }
  std::sort(waiting_.begin(), waiting_.end(), [](const BatchPtr& left, const BatchPtr& right) {
    return left->request.sequence() < right->request.sequence();
  });
  unanswered_bytes_ = 0;
}

}  // namespace weir::cli
