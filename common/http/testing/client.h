#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/certificates.h"
#include "common/http/message.h"

namespace kubelite::http::testing {

// A blocking connection's bytes.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual int fd() const = 0;
  virtual size_t Read(char* buffer, size_t capacity) = 0;  // 0: closed
  virtual bool Write(absl::string_view bytes) = 0;
  // Whether Read has something although the descriptor shows nothing (TLS).
  virtual bool pending() const { return false; }
};

// To the loopback; null when nobody listens.
std::unique_ptr<Wire> DialPlain(int port);
struct TlsPeer {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string ca_pem;      // of the server
  base::KeyPair identity;  // of the client
};
// Offers that one protocol by ALPN; null when the server refuses.
std::unique_ptr<Wire> DialTls(const TlsPeer& peer, const std::string& protocol);

enum class Version { kHttp1, kHttp2 };

// One connection of a simple client, for tests and load: several requests may be under way. Not thread-safe.
class Client {
 public:
  struct Answer {
    int code = 0;
    Headers headers;
    std::string body;
    bool ended = false;   // wholly here
    bool broken = false;  // will never be
  };
  struct Options {
    int32_t stream_window = 1 << 24;  // HTTP/2: what the server may send before it is taken
    bool take = true;                 // HTTP/2: give windows back as data comes
  };
  static std::unique_ptr<Client> New(Version version, std::unique_ptr<Wire> wire, const Options& options);
  static std::unique_ptr<Client> New(Version version, std::unique_ptr<Wire> wire) {
    return New(version, std::move(wire), Options());
  }
  virtual ~Client() = default;

  // The answer's number. HTTP/1.1: answers come in this order.
  virtual int Send(const Request& request) = 0;
  // A request whose body never comes.
  virtual int SendHalf(const Request& request) = 0;
  virtual void Cancel(int id) = 0;  // HTTP/1.1: closes the connection
  // Reads once, and waits for it. False: the connection is closed, and what had not ended is broken.
  bool Pump();
  Answer& answer(int id) { return answers_[id]; }
  void Forget(int id) { answers_.erase(id); }
  Answer Wait(int id);                               // until it has ended or is broken
  const Answer& WaitFor(int id, size_t body_bytes);  // or has so much
  bool closed() const { return closed_; }
  bool told_to_go() const { return told_to_go_; }  // GOAWAY
  Wire& wire() { return *wire_; }

 protected:
  explicit Client(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}
  virtual bool Take(absl::string_view bytes) = 0;  // false: nonsense

  std::unique_ptr<Wire> wire_;
  std::map<int, Answer> answers_;
  bool told_to_go_ = false;
  bool closed_ = false;
};

}  // namespace kubelite::http::testing
