#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace kubelite::http {

// Names in lower case.
using Headers = std::vector<std::pair<std::string, std::string>>;
// The first value; empty when absent.
absl::string_view FindHeader(const Headers& headers, absl::string_view name);

struct Request {
  std::string method;
  std::string target;  // as sent: path and query
  Headers headers;
  std::string body;
  std::string client_certificate;  // PEM, verified by TLS; empty: none

  absl::string_view Header(absl::string_view name) const { return FindHeader(headers, name); }
};

struct Response {
  int code = 200;
  Headers headers;
  std::string body;
};

// The answer to one request, given at once or as a stream. Thread-safe; without effect once the client is gone.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // The whole answer.
  virtual void Respond(Response response) = 0;
  // A streamed answer: its head, parts of its body, and the end. `drained` is called when everything written so far is
  // on its way, `closed` once when the client is gone (not after End); both on the connection's loop, not to block.
  struct Events {
    std::function<void()> drained;
    std::function<void()> closed;
  };
  virtual void Start(int code, Headers headers, Events events) = 0;
  virtual void Write(std::string part) = 0;
  virtual void End() = 0;
  // The connection is cut: the only way to tell that a streamed answer is not whole.
  virtual void Abort() = 0;

  // Another protocol takes over the connection. `received` is called with the client's next bytes, once after each
  // ReadMore, so that nobody has to keep more than one call's bytes; the rest as for Start.
  struct TunnelEvents {
    std::function<void(std::string bytes)> received;
    std::function<void()> drained;
    std::function<void()> closed;
  };
  // Answers 101 with `headers`; Write then sends bytes as they are. End leaves it to the client to close, so that it
  // has read everything, but waits only some seconds. False, without an answer, where the connection carries one
  // protocol only (HTTP/2).
  virtual bool Upgrade(Headers, TunnelEvents) { return false; }
  virtual void ReadMore() {}
};
using ExchangePtr = std::shared_ptr<Exchange>;

// Called on a loop for each request: must not block; answers now or later, from any thread.
using Handler = std::function<void(Request request, ExchangePtr exchange)>;

absl::string_view ReasonPhrase(int code);

}  // namespace kubelite::http
