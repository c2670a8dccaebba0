#pragma once

// What the versions of HTTP share; for this folder's .cc files only.

#include <memory>

#include "absl/time/time.h"
#include "common/http/connection.h"

namespace kubelite::http {

// One connection's version of HTTP. On its loop only.
class Session {
 public:
  virtual ~Session() = default;
  virtual void OnReceived(absl::string_view bytes) = 0;
  virtual void Fill() {}
  virtual void OnSent() {}
  virtual bool Over() const = 0;
  virtual void OnClose() = 0;
  virtual void Drain() = 0;
  virtual void OnTick(absl::Time now) = 0;
};

std::unique_ptr<Session> NewHttp1Session(Connection* connection);
std::unique_ptr<Session> NewHttp2Session(Connection* connection);

}  // namespace kubelite::http
