#include "worker/alert_outbox.h"

#include <utility>

#include "worker/sink_delivery_internal.h"

namespace weir::worker {

AlertOutbox::AlertOutbox(state::StateStore* store, const Clock* clock, AlertSink* next)
    : store_(store), clock_(clock), next_(next) {}

AlertOutbox::~AlertOutbox() {
  Stop();
}

Status AlertOutbox::AddSink(SinkSettings settings, std::unique_ptr<sink::Sink> sink) {
  if (Find(settings.name) != nullptr) {
    return AlreadyExists("there are two sinks with the name '{}'", settings.name);
  }
  deliveries_.push_back(
      std::make_unique<Delivery>(std::move(settings), std::move(sink), store_, clock_));
  return deliveries_.back()->Load();
}

void AlertOutbox::Start(Read read) {
  for (const auto& delivery : deliveries_) {
    delivery->Start(read);
  }
}

void AlertOutbox::Stop() {
  for (const auto& delivery : deliveries_) {
    delivery->BeginStop();
  }
  for (const auto& delivery : deliveries_) {
    delivery->Join();
  }
}

void AlertOutbox::OnAlert(const alert::Alert& alert) {
  if (next_ != nullptr) {
    next_->OnAlert(alert);
  }
  for (const auto& delivery : deliveries_) {
    delivery->OnAlert(alert);
  }
}

void AlertOutbox::OnAlertForgotten(const Hash128& id) {
  if (next_ != nullptr) {
    next_->OnAlertForgotten(id);
  }
  for (const auto& delivery : deliveries_) {
    delivery->OnForgotten(id);
  }
}

void AlertOutbox::OnLeftOut(const std::string& worker, const LeftOutAlerts& left_out) {
  if (next_ != nullptr) {
    next_->OnLeftOut(worker, left_out);
  }
}

AlertOutbox::Delivery* AlertOutbox::Find(const std::string& name) const {
  for (const auto& delivery : deliveries_) {
    if (delivery->name() == name) {
      return delivery.get();
    }
  }
  return nullptr;
}

std::vector<SinkStatus> AlertOutbox::GetStatus() const {
  std::vector<SinkStatus> all;
  for (const auto& delivery : deliveries_) {
    all.push_back(delivery->GetStatus());
  }
  return all;
}

StatusOr<std::vector<SinkDeadLetter>> AlertOutbox::DeadLetters(const std::string& name) const {
  const Delivery* delivery = Find(name);
  if (delivery == nullptr) {
    return NotFound("no sink is called '{}'", name);
  }
  return delivery->DeadLetters();
}

StatusOr<uint64_t> AlertOutbox::RetryDeadLetters(const std::string& name) {
  Delivery* delivery = Find(name);
  if (delivery == nullptr) {
    return NotFound("no sink is called '{}'", name);
  }
  return delivery->RetryDeadLetters();
}

}  // namespace weir::worker
