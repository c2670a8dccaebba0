#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/http/http2_frames.h"
#include "common/http/session.h"

namespace kubelite::http {
namespace {

// As upstream's.
constexpr uint32_t kStreams = 1000;
constexpr int32_t kStreamWindow = 256 << 10;
constexpr int32_t kConnectionWindow = 16 << 20;
// Of all incomplete requests of one connection, and of all answers that its client does not take.
constexpr size_t kHeldBytes = 32 << 20;
constexpr size_t kUnsentBytes = 64 << 20;

// One client's HTTP/2: each stream is a request and its answer.
class Http2Session : public Session, public Http2Frames::Streams {
 public:
  explicit Http2Session(Connection* connection)
      : connection_(connection),
        options_(connection->options()),
        frames_(this, {.streams = kStreams, .stream_window = kStreamWindow, .connection_window = kConnectionWindow}) {
    idle_since_ = options_.clock->Now();
    connection_->WantFlush();  // the settings
  }

  void OnReceived(absl::string_view bytes) override {
    if (!frames_.Receive(bytes)) connection_->Close();
  }
  void Fill() override {
    if (!frames_.Fill(connection_->output())) connection_->Close();
  }
  bool Over() const override { return frames_.Over(); }
  void OnClose() override;
  void Drain() override;
  void OnTick(absl::Time now) override;

  void OnRequest(int32_t id) override;
  void OnHeader(int32_t id, absl::string_view name, absl::string_view value) override;
  void OnHeadEnd(int32_t id) override;
  void OnData(int32_t id, absl::string_view bytes) override;
  void OnRequestEnd(int32_t id) override;
  void OnClosed(int32_t id) override;
  Ready BodyReady(int32_t id, size_t size) override;
  void TakeBody(int32_t id, size_t size, net::OutputQueue* output) override;

 private:
  class Answer;  // the Exchange
  struct Stream {
    Request request;
    size_t head_bytes = 0;
    absl::Time begun;
    std::shared_ptr<Answer> answer;  // null while the request is incomplete
  };
  Stream* Find(int32_t id) {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : &found->second;
  }
  // Answers a request that is not handed on.
  void Refuse(int32_t id, Stream* stream, int code);
  void Reset(int32_t id, uint32_t error) {
    frames_.Reset(id, error);
    connection_->WantFlush();
  }

  Connection* const connection_;
  const ConnectionOptions& options_;
  Http2Frames frames_;
  absl::flat_hash_map<int32_t, Stream> streams_;
  // Answers that somebody still works on, also of streams that the client has reset: resetting is no way to have more
  // of them than streams.
  const std::shared_ptr<std::atomic<uint32_t>> working_ = std::make_shared<std::atomic<uint32_t>>(0);
  size_t held_bytes_ = 0;
  size_t unsent_bytes_ = 0;
  bool draining_ = false;
  absl::Time idle_since_;  // the last stream's end: a client's pings are no use of the connection
  bool going_ = false;     // told the client to go, for it is idle
};

// Members are for the loop only; `session_` is null once it is over.
class Http2Session::Answer : public Exchange, public std::enable_shared_from_this<Answer> {
 public:
  Answer(Http2Session* session, int32_t id, bool head_request)
      : loop_(session->connection_->loop()),
        exchanges_(session->options_.exchanges),
        working_(session->working_),
        id_(id),
        head_request_(head_request),
        session_(session) {
    exchanges_->Add();
    working_->fetch_add(1);
  }
  ~Answer() override {
    events_ = {};
    working_->fetch_sub(1);
    exchanges_->Remove();  // after it the loop may go
  }

  void Respond(Response response) override {
    OnLoop([this, response = std::move(response)](Http2Session*) mutable { Reply(std::move(response)); });
  }
  void Start(int code, Headers headers, Events events) override {
    OnLoop([this, code, headers = std::move(headers), events = std::move(events)](Http2Session* to) mutable {
      events_ = std::move(events);
      if (to->draining_) return to->Reset(id_, NGHTTP2_INTERNAL_ERROR);
      SendHead(code, std::move(headers), /*body=*/true);
    });
  }
  void Write(std::string part) override {
    if (part.empty()) return;
    OnLoop([this, part = std::move(part)](Http2Session*) mutable {
      if (head_request_) return;
      Queue(std::move(part));
      Continue();
    });
  }
  void End() override {
    OnLoop([this](Http2Session*) {
      ended_ = true;
      Continue();
    });
  }
  void Abort() override {
    OnLoop([this](Http2Session* to) { to->Reset(id_, NGHTTP2_INTERNAL_ERROR); });
  }

  // The rest on the loop.
  void Reply(Response response) {
    const bool bodiless = response.code == 204 || response.code == 304;
    if (!bodiless) response.headers.emplace_back("content-length", absl::StrCat(response.body.size()));
    ended_ = true;
    const bool body = !bodiless && !head_request_ && !response.body.empty();
    if (body) Queue(std::move(response.body));
    SendHead(response.code, std::move(response.headers), body);
  }

  Ready BodyReady(size_t size) {
    const size_t taken = std::min(size, unsent_);
    if (taken == unsent_ && ended_) return {taken, Ready::Then::kEnd};
    if (taken > 0) return {taken, Ready::Then::kMore};
    deferred_ = true;
    // In a round of its own, so that one stream cannot hold up the others.
    loop_->Post([self = shared_from_this()] {
      if (self->session_ != nullptr && self->events_.drained) self->events_.drained();
    });
    return {0, Ready::Then::kWait};
  }

  void Take(size_t size, net::OutputQueue* output) {
    unsent_ -= size;
    session_->unsent_bytes_ -= size;
    progress_ = session_->options_.clock->Now();
    while (size > 0) {
      const net::Bytes& front = parts_.front();
      const absl::string_view piece = front.view.substr(taken_, size);
      output->Append(front, piece);
      taken_ += piece.size();
      size -= piece.size();
      if (taken_ < front.view.size()) continue;
      parts_.pop_front();
      taken_ = 0;
    }
  }

  // The stream is gone.
  void Over() {
    if (session_ == nullptr) return;
    session_->unsent_bytes_ -= unsent_;
    session_ = nullptr;
    parts_.clear();
    auto closed = std::exchange(events_, {}).closed;
    if (closed && !ended_) closed();
  }
  bool streams() const { return events_.closed != nullptr; }
  // The client has taken nothing since then.
  bool StuckSince(absl::Time time) const { return unsent_ > 0 && progress_ < time; }

 private:
  template <typename Act>
  void OnLoop(Act act) {
    loop_->Post([self = shared_from_this(), act = std::move(act)]() mutable {
      if (self->session_ != nullptr) act(self->session_);
    });
  }

  void Queue(std::string part) {
    if (unsent_ == 0) progress_ = session_->options_.clock->Now();
    unsent_ += part.size();
    session_->unsent_bytes_ += part.size();
    parts_.push_back(net::Bytes::Own(std::move(part)));
  }
  void SendHead(int code, Headers headers, bool body) {
    headers.insert(headers.begin(), {":status", absl::StrCat(code)});
    session_->frames_.Respond(id_, headers, body);
    session_->connection_->WantFlush();
  }
  void Continue() {
    if (std::exchange(deferred_, false)) session_->frames_.Resume(id_);
    session_->connection_->WantFlush();
  }

  net::EventLoop* const loop_;
  OpenExchanges* const exchanges_;
  const std::shared_ptr<std::atomic<uint32_t>> working_;
  const int32_t id_;
  const bool head_request_;
  Http2Session* session_;
  Events events_;
  std::deque<net::Bytes> parts_;
  size_t taken_ = 0;  // of the first
  size_t unsent_ = 0;
  absl::Time progress_;
  bool ended_ = false;
  bool deferred_ = false;
};

void Http2Session::OnRequest(int32_t id) {
  if (working_->load() >= kStreams) return Reset(id, NGHTTP2_REFUSED_STREAM);
  streams_[id].begun = options_.clock->Now();
}

void Http2Session::OnHeader(int32_t id, absl::string_view name, absl::string_view value) {
  Stream* stream = Find(id);
  if (stream == nullptr) return;
  constexpr size_t kOverhead = 32;  // as HTTP/2 counts
  stream->head_bytes += name.size() + value.size() + kOverhead;
  if (stream->head_bytes > options_.limits.head_bytes) return;  // refused at its end
  Request& request = stream->request;
  if (name == ":method") {
    request.method = std::string(value);
  } else if (name == ":path") {
    request.target = std::string(value);
  } else if (name == ":authority") {
    request.headers.emplace_back("host", std::string(value));
  } else if (!name.empty() && name.front() != ':') {
    request.headers.emplace_back(std::string(name), std::string(value));
  }
}

void Http2Session::OnHeadEnd(int32_t id) {
  Stream* stream = Find(id);
  if (stream == nullptr) return;
  if (stream->head_bytes > options_.limits.head_bytes) return Refuse(id, stream, 431);
  if (unsent_bytes_ > kUnsentBytes) return Refuse(id, stream, 429);
  if (stream->request.Header("expect") == "100-continue") frames_.Inform(id, {{":status", "100"}});
}

void Http2Session::OnData(int32_t id, absl::string_view bytes) {
  Stream* stream = Find(id);
  if (stream == nullptr || stream->answer != nullptr) return;
  held_bytes_ += bytes.size();
  absl::StrAppend(&stream->request.body, bytes);
  if (stream->request.body.size() > options_.limits.body_bytes) return Refuse(id, stream, 413);
  if (held_bytes_ > kHeldBytes) Refuse(id, stream, 429);
}

void Http2Session::OnRequestEnd(int32_t id) {
  Stream* stream = Find(id);
  if (stream == nullptr || stream->answer != nullptr) return;
  held_bytes_ -= stream->request.body.size();
  Request request = std::move(stream->request);
  request.client_certificate = connection_->certificate();
  const auto answer = std::make_shared<Answer>(this, id, request.method == "HEAD");
  stream->answer = answer;
  (*options_.handler)(std::move(request), answer);
}

void Http2Session::Refuse(int32_t id, Stream* stream, int code) {
  held_bytes_ -= stream->request.body.size();
  stream->answer = std::make_shared<Answer>(this, id, stream->request.method == "HEAD");
  stream->request = {};
  Response response{.code = code, .body = absl::StrCat(code, " ", ReasonPhrase(code), "\n")};
  response.headers = {{"content-type", "text/plain; charset=utf-8"}};
  if (code == 429) response.headers.emplace_back("retry-after", "1");
  stream->answer->Reply(std::move(response));
}

void Http2Session::OnClosed(int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream stream = std::move(found->second);
  streams_.erase(found);
  held_bytes_ -= stream.request.body.size();
  idle_since_ = options_.clock->Now();
  if (stream.answer != nullptr) stream.answer->Over();
}

Http2Session::Ready Http2Session::BodyReady(int32_t id, size_t size) { return Find(id)->answer->BodyReady(size); }

void Http2Session::TakeBody(int32_t id, size_t size, net::OutputQueue* output) { Find(id)->answer->Take(size, output); }

void Http2Session::Drain() {
  draining_ = true;
  for (const auto& [id, stream] : streams_) {
    if (stream.answer != nullptr && stream.answer->streams()) frames_.Reset(id, NGHTTP2_INTERNAL_ERROR);
  }
  frames_.GoAway(NGHTTP2_NO_ERROR);
  connection_->WantFlush();
}

void Http2Session::OnTick(absl::Time now) {
  for (const auto& [id, stream] : streams_) {
    const bool slow = stream.answer == nullptr ? stream.begun < now - options_.request_timeout
                                               : stream.answer->StuckSince(now - options_.write_timeout);
    if (slow) Reset(id, NGHTTP2_CANCEL);
  }
  const bool stuck = !connection_->output()->empty() && connection_->progress() < now - options_.write_timeout;
  if (stuck) return connection_->Close();
  if (!streams_.empty() || idle_since_ >= now - options_.idle_timeout) return;
  if (std::exchange(going_, true)) return;  // closed when that is sent
  frames_.GoAway(NGHTTP2_NO_ERROR);
  connection_->WantFlush();
}

void Http2Session::OnClose() {
  auto streams = std::exchange(streams_, {});
  for (auto& [id, stream] : streams) {
    if (stream.answer != nullptr) stream.answer->Over();
  }
}

}  // namespace

std::unique_ptr<Session> NewHttp2Session(Connection* connection) { return std::make_unique<Http2Session>(connection); }

}  // namespace kubelite::http
