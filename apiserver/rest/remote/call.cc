#include "apiserver/rest/remote/call.h"

#include "apiserver/rest/streams.h"
#include "common/api/errors.h"

namespace kubelite::apiserver {
namespace {

// A client that reads nothing is not read either once so much waits for it: each of its pings would be answered.
constexpr size_t kMaxUnsent = 1 << 20;

}  // namespace

RemoteCall::RemoteCall(base::Executor* executor, http::ExchangePtr exchange, Upgrade upgrade)
    : strand_(executor),
      exchange_(std::move(exchange)),
      protocol_(std::move(upgrade.protocol)),
      headers_(std::move(upgrade.headers)),
      version_(upgrade.version) {}

void RemoteCall::Begin() {
  // The exchange holds on to the call, and lets go of it when it is over.
  auto self = shared_from_this();
  const bool upgraded = exchange_->Upgrade(
      std::move(headers_),
      {.received =
           [self](const std::string& bytes) { self->Post([bytes](RemoteCall& call) { call.Received(bytes); }); },
       .drained =
           [self] {
             self->Post([](RemoteCall& call) {
               call.sending_ = false;
               call.unsent_ = 0;
               call.Step();
             });
           },
       .closed = [self] { self->Post([](RemoteCall& call) { call.Finish(); }); }});
  if (!upgraded) {
    exchange_->Respond(
        ErrorResponse(api::BadRequest("only an HTTP/1.1 connection can be upgraded"), Media::Encoding::kJson));
    return Post([](RemoteCall& call) { call.Finish(); });
  }
  Post([](RemoteCall& call) {
    for (Event& event : call.protocol_->Begin()) call.Handle(std::move(event));
    call.Started();
    if (!call.over_) call.Step();
  });
}

void RemoteCall::Post(std::function<void(RemoteCall&)> act) {
  strand_.Post([self = shared_from_this(), act = std::move(act)] {
    if (!self->over_) act(*self);
  });
}

std::function<void()> RemoteCall::Wake() {
  return [weak = weak_from_this()] {
    if (const std::shared_ptr<RemoteCall> self = weak.lock()) self->Post([](RemoteCall& call) { call.Step(); });
  };
}

void RemoteCall::After(absl::Duration delay, std::function<void()> act) {
  strand_.PostAfter(delay, [weak = weak_from_this(), act = std::move(act)] {
    const std::shared_ptr<RemoteCall> self = weak.lock();
    if (self != nullptr && !self->over_) act();
  });
}

void RemoteCall::Received(const std::string& bytes) {
  reading_ = false;
  absl::StatusOr<std::vector<Event>> events = protocol_->Receive(bytes);
  if (!events.ok()) {
    Flush();
    exchange_->End();
    return Finish();
  }
  for (Event& event : *events) {
    if (event.kind == Event::Kind::kOpened) protocol_->Accept(event.stream);
    if (!over_) Handle(std::move(event));
  }
  if (over_) return;
  if (protocol_->client_closed()) return End();
  Step();
}

void RemoteCall::Step() {
  Drain();
  if (!over_ && CanSend()) Pump();
  if (over_) return;
  Flush();
  if (!reading_ && WantsInput() && unsent_ < kMaxUnsent) {
    reading_ = true;
    exchange_->ReadMore();
  }
}

void RemoteCall::Flush() {
  std::string output = protocol_->TakeOutput();
  if (output.empty()) return;
  sending_ = true;
  unsent_ += output.size();
  exchange_->Write(std::move(output));
}

void RemoteCall::End() {
  protocol_->Finish();
  Flush();
  exchange_->End();
  Finish();
}

void RemoteCall::Finish() {
  over_ = true;
  Over();
}

}  // namespace kubelite::apiserver
