#pragma once

#include <memory>
#include <string>

#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"

namespace kubelite::client {

// Records core/v1 Events about objects, as upstream's recorder and correlator: equal events become one with a higher
// count, similar ones (10 in 10 minutes) are combined, and each source and object may emit 25 at once and then one per
// 5 minutes. Thread-safe; Event() never blocks: writes happen on the executor, in order, with a bounded queue (oldest
// dropped).
class EventRecorder {
 public:
  enum class Type { kNormal, kWarning };
  virtual ~EventRecorder() = default;
  virtual void Event(const Object& about, Type type, const std::string& reason, const std::string& message) = 0;
  // `field_path` e.g. spec.containers{app}.
  virtual void EventOn(const Object& about, const std::string& field_path, Type type, const std::string& reason,
                       const std::string& message) = 0;
};

struct EventSource {
  std::string component;  // "kubelet", "default-scheduler", "deployment-controller"
  std::string host;       // node name, when it matters
};
std::unique_ptr<EventRecorder> NewEventRecorder(const EventSource& source, Client* client, base::Executor* executor,
                                                base::Random* random);

}  // namespace kubelite::client
