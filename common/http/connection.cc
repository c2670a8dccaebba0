#include "common/http/connection.h"

#include <sys/epoll.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace kubelite::http {
namespace {

using net::Socket;

// What a client may send ahead while its request is being answered; then it is no longer read.
constexpr size_t kReadAheadBytes = 1 << 20;

}  // namespace

void OpenExchanges::Add() {
  base::MutexLock lock(&mutex_);
  ++open_;
}

void OpenExchanges::Remove() {
  base::MutexLock lock(&mutex_);
  if (--open_ == 0) none_.SignalAll();
}

void OpenExchanges::WaitForNone() {
  base::MutexLock lock(&mutex_);
  while (open_ > 0) none_.Wait(&mutex_);
}

// The answer to the request under way. Members are for the loop only; `connection_` is null once it is over.
class Connection::Answer : public Exchange, public std::enable_shared_from_this<Answer> {
 public:
  explicit Answer(Connection* connection)
      : loop_(connection->context_.loop), exchanges_(connection->options_.exchanges), connection_(connection) {
    exchanges_->Add();
  }
  ~Answer() override {
    Forget();
    exchanges_->Remove();  // after it the loop may go
  }

  void Respond(Response response) override {
    OnLoop([response = std::move(response)](Connection* to) {
      to->SendHead(response.code, response.headers, absl::StrCat("content-length: ", response.body.size(), "\r\n"));
      if (!to->head_request_) to->Send(response.body);
      to->EndAnswer();
    });
  }

  void Start(int code, Headers headers, Events events) override {
    OnLoop([this, code, headers = std::move(headers), events = std::move(events)](Connection* to) mutable {
      events_ = std::move(events);
      chunked_ = !to->parser_.http10();
      if (!chunked_) to->last_ = true;
      to->SendHead(code, headers, chunked_ ? "transfer-encoding: chunked\r\n" : "");
      if (to->draining_) to->Close();
    });
  }

  void Write(std::string part) override {
    if (part.empty()) return;  // would read as the end
    OnLoop([this, part = std::move(part)](Connection* to) {
      if (to->head_request_) return;
      if (chunked_) to->Send(absl::StrCat(absl::Hex(part.size()), "\r\n"));
      to->Send(part);
      if (chunked_) to->Send("\r\n");
    });
  }

  void End() override {
    OnLoop([this](Connection* to) {
      if (to->tunnel_) return to->EndTunnel();
      if (chunked_ && !to->head_request_) to->Send("0\r\n\r\n");
      to->EndAnswer();
    });
  }

  void Abort() override {
    OnLoop([](Connection* to) { to->Close(); });
  }

  bool Upgrade(Headers headers, TunnelEvents events) override {
    OnLoop([this, headers = std::move(headers), events = std::move(events)](Connection* to) mutable {
      events_ = {.drained = std::move(events.drained), .closed = std::move(events.closed)};
      received_ = std::move(events.received);
      to->BeginTunnel(headers);
      if (to->draining_) to->Close();
    });
    return true;
  }

  void ReadMore() override {
    OnLoop([](Connection* to) {
      to->read_wanted_ = true;
      to->ReadTunnel();
    });
  }

  void Drained() {
    if (events_.drained) events_.drained();
  }
  void ClientGone() {
    connection_ = nullptr;
    received_ = nullptr;
    if (auto closed = std::exchange(events_, {}).closed) closed();
  }
  void Over() {
    connection_ = nullptr;
    Forget();
  }
  void Received(std::string bytes) { received_(std::move(bytes)); }
  bool streams() const { return events_.closed != nullptr; }

 private:
  template <typename Act>
  void OnLoop(Act act) {
    loop_->Post([self = shared_from_this(), act = std::move(act)]() mutable {
      if (self->connection_ != nullptr) act(self->connection_);
    });
  }

  // The events hold on to whoever answers.
  void Forget() {
    events_ = {};
    received_ = nullptr;
  }

  net::EventLoop* const loop_;
  OpenExchanges* const exchanges_;
  Connection* connection_;
  Events events_;
  std::function<void(std::string)> received_;  // of a tunnel
  bool chunked_ = false;
};

Connection::Connection(std::unique_ptr<Socket> socket, net::ConnectionContext context, const ConnectionOptions& options)
    : socket_(std::move(socket)),
      context_(std::move(context)),
      options_(options),
      parser_(options.limits),
      progress_(options.clock->Now()),
      watched_(EPOLLIN) {}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<net::ServedConnection>> Connection::New(std::unique_ptr<Socket> socket,
                                                                       net::ConnectionContext context,
                                                                       const ConnectionOptions& options) {
  auto made = std::unique_ptr<Connection>(new Connection(std::move(socket), std::move(context), options));
  RETURN_IF_ERROR(made->context_.loop->Watch(made->socket_->fd(), EPOLLIN, made.get()));
  return made;
}

void Connection::OnReady(uint32_t epoll_events) {
  if (closed_) return;
  // Somebody who left while nobody wanted to read is gone: these protocols do not close one direction only.
  if (!Reads() && (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) return Close();
  if ((epoll_events & EPOLLOUT) != 0) WantFlush();
  if ((epoll_events & ~EPOLLOUT) != 0 || socket_->read_wants_output()) Read();
}

void Connection::Read() {
  do {
    if (!Reads()) break;
    size_t size = 0;
    const Socket::Outcome outcome = socket_->Read(context_.read_buffer.data(), context_.read_buffer.size(), &size);
    if (outcome == Socket::Outcome::kBlocked) break;
    if (outcome == Socket::Outcome::kClosed) return Close();
    const absl::string_view bytes(context_.read_buffer.data(), size);
    if (!tunnel_) {
      ReadRequests(bytes);
    } else if (!lingers_) {
      read_wanted_ = false;
      answer_->Received(std::string(bytes));
    }
  } while (!closed_ && socket_->has_pending());
  if (!closed_) WantFlush();
}

void Connection::ReadRequests(absl::string_view bytes) {
  // A client that stops half-way through a request is not kept alive by single bytes.
  if (!parser_.in_request()) progress_ = options_.clock->Now();
  parser_.Append(bytes);
  if (answer_ != nullptr && parser_.buffered() > kReadAheadBytes) return Close();
  Serve();
}

void Connection::Serve() {
  if (std::exchange(in_serve_, true)) return;
  while (answer_ == nullptr && !last_ && !closed_) {
    const RequestParser::State state = parser_.Parse();
    if (state == RequestParser::State::kFailed) {
      Refuse(parser_.error_code());
      break;
    }
    if (parser_.WantsContinue()) Send("HTTP/1.1 100 Continue\r\n\r\n");
    if (state == RequestParser::State::kNeedMore) break;
    Request request = parser_.Take();
    if (!parser_.keep_alive()) last_ = true;
    head_request_ = request.method == "HEAD";
    if (certificate_.empty()) certificate_ = socket_->peer_certificate();
    request.client_certificate = certificate_;
    answer_ = std::make_shared<Answer>(this);
    (*options_.handler)(std::move(request), answer_);
  }
  in_serve_ = false;
}

void Connection::BeginTunnel(const Headers& headers) {
  tunnel_ = true;
  early_ = parser_.TakeRest();
  std::string head = absl::StrCat("HTTP/1.1 101 ", ReasonPhrase(101), "\r\nconnection: Upgrade\r\n");
  for (const auto& [name, value] : headers) absl::StrAppend(&head, name, ": ", value, "\r\n");
  Send(absl::StrCat(head, "\r\n"));
}

void Connection::ReadTunnel() {
  if (lingers_ || !read_wanted_) return;
  if (early_.empty()) return Read();
  read_wanted_ = false;
  answer_->Received(std::exchange(early_, std::string()));
}

void Connection::EndTunnel() {
  lingers_ = true;
  std::exchange(answer_, nullptr)->Over();
  progress_ = options_.clock->Now();
  WantFlush();
}

void Connection::Refuse(int code) {
  last_ = true;
  const std::string text = absl::StrCat(code, " ", ReasonPhrase(code), "\n");
  SendHead(code, {{"content-type", "text/plain; charset=utf-8"}},
           absl::StrCat("content-length: ", text.size(), "\r\n"));
  Send(text);
}

void Connection::SendHead(int code, const Headers& headers, absl::string_view framing) {
  std::string head = absl::StrCat("HTTP/1.1 ", code, " ", ReasonPhrase(code), "\r\n");
  for (const auto& [name, value] : headers) absl::StrAppend(&head, name, ": ", value, "\r\n");
  absl::StrAppend(&head, framing, last_ ? "connection: close\r\n" : "", "\r\n");
  Send(head);
}

void Connection::Send(absl::string_view bytes) {
  if (output_.empty() && !lingers_) progress_ = options_.clock->Now();
  output_.Append(bytes);
  WantFlush();
}

void Connection::EndAnswer() {
  if (answer_ == nullptr) return;
  std::exchange(answer_, nullptr)->Over();
  progress_ = options_.clock->Now();
  Serve();
}

void Connection::WantFlush() {
  if (!closed_ && !std::exchange(flush_wanted_, true)) context_.loop->CallAtRoundEnd(this);
}

void Connection::OnRoundEnd() {
  flush_wanted_ = false;
  if (!closed_) Flush();
}

void Connection::Flush() {
  Socket::Outcome outcome = Socket::Outcome::kDone;
  if (!output_.empty()) {
    const size_t before = output_.size();
    outcome = socket_->Write(&output_);
    if (output_.size() < before && !lingers_) progress_ = options_.clock->Now();
    if (output_.empty() && answer_ != nullptr) answer_->Drained();
  }
  const bool served = last_ && answer_ == nullptr && output_.empty() && !lingers_;
  if (outcome == Socket::Outcome::kClosed || served) return Close();
  const bool blocked = outcome == Socket::Outcome::kBlocked || socket_->read_wants_output();
  const uint32_t wanted = (Reads() ? EPOLLIN : EPOLLRDHUP) | (blocked ? EPOLLOUT : 0U);
  if (wanted == watched_) return;
  watched_ = wanted;
  context_.loop->Rewatch(socket_->fd(), wanted, this);
}

absl::Time Connection::Deadline() const {
  if (lingers_) return progress_ + options_.linger_timeout;
  if (tunnel_) return absl::InfiniteFuture();  // its ends know best
  if (!output_.empty()) return progress_ + options_.write_timeout;
  if (answer_ != nullptr) return absl::InfiniteFuture();  // the answer is whoever's who gives it
  return progress_ + (parser_.in_request() ? options_.request_timeout : options_.idle_timeout);
}

void Connection::OnTick() {
  if (!closed_ && options_.clock->Now() > Deadline()) Close();
}

void Connection::Drain(const absl::Status&) {
  if (closed_) return;
  last_ = true;
  draining_ = true;
  if (lingers_ || (answer_ != nullptr && answer_->streams())) return Close();
  WantFlush();
}

void Connection::Close() {
  if (std::exchange(closed_, true)) return;
  context_.loop->Unwatch(socket_->fd());
  if (answer_ != nullptr) std::exchange(answer_, nullptr)->ClientGone();
  context_.on_closed(this);
}

}  // namespace kubelite::http
