#pragma once

#include <string>
#include <utility>

#include "common/http/message.h"

namespace kubelite::apiserver {

// Keeps what was answered; a client that takes everything at once, and sends by Say.
class RecordedExchange : public http::Exchange {
 public:
  void Respond(http::Response given) override { response = std::move(given); }
  void Start(int code, http::Headers headers, Events given) override {
    response.code = code;
    response.headers = std::move(headers);
    events = std::move(given);
    events.drained();
  }
  void Write(std::string part) override {
    response.body += part;
    if (events.drained) events.drained();
  }
  void End() override {
    ended = true;
    Forget();
  }
  void Abort() override {
    aborted = true;
    Forget();
  }
  bool Upgrade(http::Headers headers, TunnelEvents given) override {
    response.code = 101;
    response.headers = std::move(headers);
    received = std::move(given.received);
    events = {.drained = std::move(given.drained), .closed = std::move(given.closed)};
    events.drained();
    return true;
  }
  void ReadMore() override { wants_more = true; }

  void Leave() {
    received = nullptr;
    if (auto closed = std::exchange(events, {}).closed) closed();
  }
  // What the client of a tunnel sends. False when nobody reads it.
  bool Say(std::string bytes) {
    if (received == nullptr || !std::exchange(wants_more, false)) return false;
    received(std::move(bytes));
    return true;
  }

  http::Response response{.code = 0};
  Events events;
  std::function<void(std::string)> received;
  bool wants_more = false;
  bool ended = false;
  bool aborted = false;

 private:
  void Forget() {
    events = {};
    received = nullptr;
  }
};

}  // namespace kubelite::apiserver
