#pragma once

#include <nghttp2/nghttp2.h>

#include <deque>
#include <memory>
#include <string>

#include "common/net/output_queue.h"
#include "store/etcd/transport/call.h"
#include "store/etcd/transport/framing.h"

namespace kubelite::etcd {

using net::OutputQueue;

// A call as an HTTP/2 stream of a session. What is not of Call is for the session's loop only.
class ServerCall : public Call, public std::enable_shared_from_this<ServerCall> {
 public:
  // What a call needs from its connection.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual EventLoop* loop() const = 0;
    virtual nghttp2_session* session() const = 0;
    virtual void WantFlush() = 0;  // something was submitted
    // Answers that wait on this connection have become more by `bytes` (or fewer).
    virtual void AddUnsent(ptrdiff_t bytes) = 0;
  };

  ServerCall(Owner* owner, int32_t stream, size_t max_message_bytes)
      : loop_(owner->loop()), stream_(stream), owner_(owner), reader_(max_message_bytes) {}

  EventLoop* loop() const override { return loop_; }
  void Send(Message message) override;
  void Finish(Message message) override;
  void Finish(const absl::Status& status) override;
  size_t unsent() const override { return unsent_; }

  // The request's headers are complete; `method` null when there is no such method.
  void Begin(const Method* method);
  void OnData(absl::string_view bytes);
  void OnHalfClose();
  // The stream is gone.
  void OnClosed();
  // Moves up to `size` bytes of the frame being sent to the socket's queue.
  void Take(size_t size, OutputQueue* output);
  bool half_closed() const { return half_closed_; }
  bool streams() const { return handler_ != nullptr; }
  size_t held_bytes() const { return reader_.buffered() + request_.size(); }

 private:
  static ssize_t ReadData(nghttp2_session* session, int32_t stream, uint8_t* buffer, size_t size, uint32_t* flags,
                          nghttp2_data_source* source, void* user_data);
  void Queue(Message message);
  void End(const absl::Status& status);
  void SubmitTrailersOnly();
  void SubmitTrailers(nghttp2_session* session);

  EventLoop* const loop_;
  const int32_t stream_;
  Owner* owner_;  // null once the stream is gone
  const Method* method_ = nullptr;
  std::shared_ptr<StreamHandler> handler_;
  MessageReader reader_;
  std::string request_;  // of a unary call
  int requests_ = 0;
  bool half_closed_ = false;
  bool refused_ = false;  // an error was found in what the client sends; the rest is not looked at

  std::deque<Message> out_;
  size_t out_offset_ = 0;  // taken of the first
  size_t unsent_ = 0;
  bool responded_ = false;
  bool deferred_ = false;
  bool ended_ = false;
  absl::Status status_;
};

}  // namespace kubelite::etcd
