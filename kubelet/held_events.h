#pragma once

#include <deque>
#include <memory>
#include <string>

#include "common/base/mutex.h"
#include "common/client/events.h"

namespace kubelite::kubelet {

// Keeps events until Release, then passes everything on at once. Static pods start before the API server does, and a
// call that is refused makes the connection wait longer for the next one. Bounded: the oldest are dropped. Thread-safe.
class HeldEvents : public client::EventRecorder {
 public:
  explicit HeldEvents(std::unique_ptr<client::EventRecorder> recorder) : recorder_(std::move(recorder)) {}

  void Event(const client::Object& about, Type type, const std::string& reason, const std::string& message) override {
    EventOn(about, "", type, reason, message);
  }
  void EventOn(const client::Object& about, const std::string& field_path, Type type, const std::string& reason,
               const std::string& message) override;
  void Release();

 private:
  struct Held {
    std::unique_ptr<client::Object> about;
    std::string field_path;
    Type type;
    std::string reason;
    std::string message;
  };
  void Pass(const client::Object& about, const std::string& field_path, Type type, const std::string& reason,
            const std::string& message);

  const std::unique_ptr<client::EventRecorder> recorder_;
  base::Mutex mutex_;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Held> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kubelite::kubelet
