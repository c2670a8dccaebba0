#include <utility>

#include "absl/strings/str_cat.h"
#include "common/http/session.h"

namespace kubelite::http {
namespace {

// What a client may send ahead while its request is being answered; then it is no longer read.
constexpr size_t kReadAheadBytes = 1 << 20;

// One client's HTTP/1.1: one request at a time, further ones wait in the socket. After an upgrade it is a tunnel for
// bytes.
class Http1Session : public Session {
 public:
  explicit Http1Session(Connection* connection)
      : connection_(connection), options_(connection->options()), parser_(options_.limits) {}

  void OnReceived(absl::string_view bytes) override;
  void OnSent() override;
  bool Over() const override { return last_ && answer_ == nullptr && !lingers_; }
  void OnClose() override;
  void Drain() override;
  void OnTick(absl::Time now) override;

 private:
  class Answer;  // the Exchange
  // Serves what has been read, while no answer is under way.
  void Serve();
  void BeginTunnel(Headers headers);
  // The tunnel's end is ready for more bytes.
  void ReadMore();
  void EndTunnel();
  void Refuse(int code);
  void Send(absl::string_view bytes);
  void Send(const net::Bytes& bytes);
  void SendHead(int code, const Headers& headers, absl::string_view framing);
  void EndAnswer();
  absl::Time Deadline() const;

  Connection* const connection_;
  const ConnectionOptions& options_;
  RequestParser parser_;
  std::shared_ptr<Answer> answer_;  // of the request under way
  bool head_request_ = false;       // the answer has no body
  bool in_serve_ = false;
  bool last_ = false;  // close after the answer under way
  bool draining_ = false;
  bool tunnel_ = false;   // another protocol has taken over
  bool lingers_ = false;  // the tunnel has ended; waits for the client to close
  std::string early_;     // what the client sent before it knew of the tunnel
};

// The answer to the request under way. Members are for the loop only; `session_` is null once it is over.
class Http1Session::Answer : public Exchange, public std::enable_shared_from_this<Answer> {
 public:
  explicit Answer(Http1Session* session)
      : loop_(session->connection_->loop()), exchanges_(session->options_.exchanges), session_(session) {
    exchanges_->Add();
  }
  ~Answer() override {
    Forget();
    exchanges_->Remove();  // after it the loop may go
  }

  void Respond(Response response) override {
    OnLoop([response = std::move(response)](Http1Session* to) mutable {
      const bool bodiless = response.code == 204 || response.code == 304;
      to->SendHead(response.code, response.headers,
                   bodiless ? "" : absl::StrCat("content-length: ", response.body.size(), "\r\n"));
      if (!to->head_request_ && !bodiless) to->Send(net::Bytes::Own(std::move(response.body)));
      to->EndAnswer();
    });
  }

  void Start(int code, Headers headers, Events events) override {
    OnLoop([this, code, headers = std::move(headers), events = std::move(events)](Http1Session* to) mutable {
      events_ = std::move(events);
      chunked_ = !to->parser_.http10();
      if (!chunked_) to->last_ = true;
      to->SendHead(code, headers, chunked_ ? "transfer-encoding: chunked\r\n" : "");
      if (to->draining_) to->connection_->Close();
    });
  }

  void Write(std::string part) override {
    if (part.empty()) return;  // would read as the end
    OnLoop([this, part = std::move(part)](Http1Session* to) {
      if (to->head_request_) return;
      if (chunked_) to->Send(absl::StrCat(absl::Hex(part.size()), "\r\n"));
      to->Send(part);
      if (chunked_) to->Send("\r\n");
    });
  }

  void End() override {
    OnLoop([this](Http1Session* to) {
      if (to->tunnel_) return to->EndTunnel();
      if (chunked_ && !to->head_request_) to->Send("0\r\n\r\n");
      to->EndAnswer();
    });
  }

  void Abort() override {
    OnLoop([](Http1Session* to) { to->connection_->Close(); });
  }

  bool Upgrade(Headers headers, TunnelEvents events) override {
    OnLoop([this, headers = std::move(headers), events = std::move(events)](Http1Session* to) mutable {
      events_ = {.drained = std::move(events.drained), .closed = std::move(events.closed)};
      received_ = std::move(events.received);
      to->BeginTunnel(std::move(headers));
      if (to->draining_) to->connection_->Close();
    });
    return true;
  }

  void ReadMore() override {
    OnLoop([](Http1Session* to) { to->ReadMore(); });
  }

  void Received(std::string bytes) { received_(std::move(bytes)); }
  void Drained() {
    if (events_.drained) events_.drained();
  }
  void ClientGone() {
    session_ = nullptr;
    received_ = nullptr;
    if (auto closed = std::exchange(events_, {}).closed) closed();
  }
  void Over() {
    session_ = nullptr;
    Forget();
  }
  bool streams() const { return events_.closed != nullptr; }

 private:
  template <typename Act>
  void OnLoop(Act act) {
    loop_->Post([self = shared_from_this(), act = std::move(act)]() mutable {
      if (self->session_ != nullptr) act(self->session_);
    });
  }

  // The events hold on to whoever answers.
  void Forget() {
    events_ = {};
    received_ = nullptr;
  }

  net::EventLoop* const loop_;
  OpenExchanges* const exchanges_;
  Http1Session* session_;
  Events events_;
  std::function<void(std::string)> received_;  // of a tunnel
  bool chunked_ = false;
};

void Http1Session::OnReceived(absl::string_view bytes) {
  if (lingers_) return;
  if (tunnel_) {
    connection_->SetReading(false);
    return answer_->Received(std::string(bytes));
  }
  // A client that stops half-way through a request is not kept alive by single bytes.
  if (!parser_.in_request()) connection_->Touch();
  parser_.Append(bytes);
  if (answer_ != nullptr && parser_.buffered() > kReadAheadBytes) return connection_->Close();
  Serve();
}

void Http1Session::Serve() {
  if (std::exchange(in_serve_, true)) return;
  while (answer_ == nullptr && !last_ && !connection_->closed()) {
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
    request.client_certificate = connection_->certificate();
    answer_ = std::make_shared<Answer>(this);
    (*options_.handler)(std::move(request), answer_);
  }
  in_serve_ = false;
}

void Http1Session::BeginTunnel(Headers headers) {
  tunnel_ = true;
  early_ = parser_.TakeRest();
  connection_->SetReading(false);
  headers.emplace(headers.begin(), "connection", "Upgrade");
  SendHead(101, headers, "");
}

void Http1Session::ReadMore() {
  if (lingers_) return;
  if (early_.empty()) return connection_->SetReading(true);
  answer_->Received(std::exchange(early_, std::string()));
}

void Http1Session::EndTunnel() {
  lingers_ = true;
  std::exchange(answer_, nullptr)->Over();
  connection_->Touch();
  connection_->SetReading(true);
}

void Http1Session::Refuse(int code) {
  last_ = true;
  const std::string text = absl::StrCat(code, " ", ReasonPhrase(code), "\n");
  SendHead(code, {{"content-type", "text/plain; charset=utf-8"}},
           absl::StrCat("content-length: ", text.size(), "\r\n"));
  Send(text);
}

void Http1Session::SendHead(int code, const Headers& headers, absl::string_view framing) {
  std::string head = absl::StrCat("HTTP/1.1 ", code, " ", ReasonPhrase(code), "\r\n");
  for (const auto& [name, value] : headers) absl::StrAppend(&head, name, ": ", value, "\r\n");
  absl::StrAppend(&head, framing, last_ ? "connection: close\r\n" : "", "\r\n");
  Send(head);
}

void Http1Session::Send(absl::string_view bytes) {
  if (connection_->output()->empty()) connection_->Touch();
  connection_->output()->Append(bytes);
  connection_->WantFlush();
}

void Http1Session::Send(const net::Bytes& bytes) {
  connection_->output()->Append(bytes, bytes.view);
  connection_->WantFlush();
}

void Http1Session::EndAnswer() {
  if (answer_ == nullptr) return;
  std::exchange(answer_, nullptr)->Over();
  connection_->Touch();
  Serve();
}

void Http1Session::OnSent() {
  if (connection_->output()->empty() && answer_ != nullptr) answer_->Drained();
}

absl::Time Http1Session::Deadline() const {
  const absl::Time progress = connection_->progress();
  if (lingers_) return progress + options_.linger_timeout;
  if (tunnel_) return absl::InfiniteFuture();  // its ends know best
  if (!connection_->output()->empty()) return progress + options_.write_timeout;
  if (answer_ != nullptr) return absl::InfiniteFuture();  // the answer is whoever's who gives it
  return progress + (parser_.in_request() ? options_.request_timeout : options_.idle_timeout);
}

void Http1Session::OnTick(absl::Time now) {
  if (now > Deadline()) connection_->Close();
}

void Http1Session::Drain() {
  last_ = true;
  draining_ = true;
  if (lingers_ || (answer_ != nullptr && answer_->streams())) connection_->Close();
}

void Http1Session::OnClose() {
  if (answer_ != nullptr) std::exchange(answer_, nullptr)->ClientGone();
}

}  // namespace

std::unique_ptr<Session> NewHttp1Session(Connection* connection) { return std::make_unique<Http1Session>(connection); }

}  // namespace kubelite::http
