#include "kubelet/held_events.h"

namespace kubelite::kubelet {
namespace {

constexpr size_t kMaxHeld = 500;

}  // namespace

void HeldEvents::EventOn(const client::Object& about, const std::string& field_path, Type type,
                         const std::string& reason, const std::string& message) {
  {
    base::MutexLock lock(&mutex_);
    if (!released_) {
      if (held_.size() == kMaxHeld) held_.pop_front();
      held_.push_back({api::Clone(about), field_path, type, reason, message});
      return;
    }
  }
  Pass(about, field_path, type, reason, message);
}

void HeldEvents::Pass(const client::Object& about, const std::string& field_path, Type type, const std::string& reason,
                      const std::string& message) {
  if (field_path.empty()) {
    recorder_->Event(about, type, reason, message);
  } else {
    recorder_->EventOn(about, field_path, type, reason, message);
  }
}

void HeldEvents::Release() {
  std::deque<Held> held;
  {
    base::MutexLock lock(&mutex_);
    released_ = true;
    held.swap(held_);
  }
  for (const Held& event : held) Pass(*event.about, event.field_path, event.type, event.reason, event.message);
}

}  // namespace kubelite::kubelet
