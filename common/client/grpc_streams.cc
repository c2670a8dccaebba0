#include <grpcpp/client_context.h>

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/mutex.h"
#include "common/client/gate.h"
#include "common/client/grpc_codec.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::client {
namespace {

using kubelite::v1::Api;
using kubelite::v1::ConnectFrame;

constexpr size_t kMaxWaiting = 1'000;   // events; reading stops here
constexpr size_t kResumeWaiting = 500;  // and goes on below here

absl::StatusOr<WatchEvent> FromWire(const kubelite::v1::WatchEvent& wire) {
  WatchEvent event;
  event.resource_version = wire.resource_version();
  switch (wire.type()) {
    case kubelite::v1::WatchEvent::ADDED:
      event.type = WatchEvent::Type::kAdded;
      break;
    case kubelite::v1::WatchEvent::MODIFIED:
      event.type = WatchEvent::Type::kModified;
      break;
    case kubelite::v1::WatchEvent::DELETED:
      event.type = WatchEvent::Type::kDeleted;
      break;
    case kubelite::v1::WatchEvent::BOOKMARK:
      event.type = WatchEvent::Type::kBookmark;
      return event;
    case kubelite::v1::WatchEvent::ERROR: {
      k8s::meta::v1::Status status;
      if (!wire.object().UnpackTo(&status)) return absl::DataLossError("the API server sent a broken error event");
      return api::FromApiStatus(status);
    }
    default:
      return absl::DataLossError("the API server sent an event of unknown type");
  }
  if (wire.has_table()) {
    event.table = std::make_shared<kubelite::v1::Table>(wire.table());
    return event;
  }
  absl::StatusOr<ObjectPtr> object = FromAny(wire.object());
  if (!object.ok()) return object.status();
  event.object = *std::move(object);
  return event;
}

// One watch call. It keeps itself alive until gRPC's OnDone; the stream given to the user only refers to it.
// gRPC may call a reactor's method inside StartRead, so that is never called with the lock held. A hold on the call
// allows StartRead from Poll(); it is removed when the reads have ended or, with no read under way, by End().
class WatchCall : public grpc::ClientReadReactor<kubelite::v1::WatchEvent>,
                  public std::enable_shared_from_this<WatchCall> {
 public:
  WatchCall(kubelite::v1::WatchRequest request, Explain explain, std::function<void()> on_ready)
      : request_(std::move(request)), explain_(std::move(explain)), on_ready_(std::move(on_ready)) {}

  void Start(Api::Stub* stub, bool wait_for_ready) {
    {
      // Publishes what the constructor wrote to gRPC's threads in a way that ThreadSanitizer sees: gRPC's own is not
      // instrumented. Each reaction begins with the other half.
      base::MutexLock lock(&mutex_);
      self_ = shared_from_this();
      reading_ = true;
    }
    context_.set_wait_for_ready(wait_for_ready);
    stub->async()->Watch(&context_, &request_, this);
    AddHold();
    StartRead(&incoming_);
    StartCall();
  }
  absl::StatusOr<std::vector<WatchEvent>> Poll(size_t max);
  void End();

  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  absl::Status EndOf(const grpc::Status& status) const;
  // Tells the reader, once until its next Poll.
  void Notify();

  const kubelite::v1::WatchRequest request_;
  const Explain explain_;
  const std::function<void()> on_ready_;
  grpc::ClientContext context_;
  Gate gate_;

  kubelite::v1::WatchEvent incoming_;  // owned by the read under way

  base::Mutex mutex_;
  std::shared_ptr<WatchCall> self_ ABSL_GUARDED_BY(mutex_);  // until OnDone
  std::deque<WatchEvent> waiting_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;      // a read is under way
  bool reads_ended_ ABSL_GUARDED_BY(mutex_) = false;  // no read may start any more
  bool notified_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // `end_` is what comes after `waiting_`
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
};

void WatchCall::OnReadDone(bool ok) {
  if (!ok) {
    {
      base::MutexLock lock(&mutex_);
      reading_ = false;
      reads_ended_ = true;
    }
    RemoveHold();
    return;
  }
  bool over = false;
  {
    base::MutexLock lock(&mutex_);
    over = ended_;
  }
  absl::StatusOr<WatchEvent> event = absl::CancelledError();
  if (!over) event = FromWire(incoming_);
  bool read_on = false;
  bool broken = false;
  {
    base::MutexLock lock(&mutex_);
    if (event.ok() && !ended_) {
      waiting_.push_back(*std::move(event));
    } else if (!ended_) {
      ended_ = broken = true;
      end_ = event.status();
    }
    read_on = waiting_.size() < kMaxWaiting || ended_;
    reading_ = read_on;
  }
  if (broken) context_.TryCancel();
  if (read_on) StartRead(&incoming_);
  Notify();
}

absl::Status WatchCall::EndOf(const grpc::Status& status) const {
  if (status.ok()) {
    return absl::UnavailableError(request_.has_timeout_seconds() ? "watch timed out"
                                                                 : "the API server ended the watch");
  }
  // We cancel only streams that nobody reads any more: this is a server that goes down.
  if (status.error_code() == grpc::StatusCode::CANCELLED && !IsApiStatus(status)) {
    return absl::UnavailableError("the API server cancelled the watch");
  }
  return explain_(status);
}

void WatchCall::OnDone(const grpc::Status& status) {
  {
    base::MutexLock lock(&mutex_);
    if (!std::exchange(ended_, true)) end_ = EndOf(status);
  }
  Notify();
  // gRPC is done with this object; so is the stream, or it holds a reference of its own.
  std::shared_ptr<WatchCall> last;
  base::MutexLock lock(&mutex_);
  last = std::move(self_);
}

void WatchCall::Notify() {
  {
    base::MutexLock lock(&mutex_);
    if (std::exchange(notified_, true)) return;
  }
  const Gate::Pass pass(&gate_);
  if (pass && on_ready_) on_ready_();
}

absl::StatusOr<std::vector<WatchEvent>> WatchCall::Poll(size_t max) {
  std::vector<WatchEvent> events;
  bool read_on = false;
  bool at_end = false;
  {
    base::MutexLock lock(&mutex_);
    notified_ = false;
    if (waiting_.empty() && ended_) return end_;
    while (events.size() < max && !waiting_.empty()) {
      events.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    at_end = ended_ && waiting_.empty();
    if (!reading_ && !reads_ended_ && waiting_.size() < kResumeWaiting) read_on = reading_ = true;
  }
  if (read_on) StartRead(&incoming_);
  // The end takes a call of its own, which may have been announced together with the events.
  if (at_end) Notify();
  return events;
}

void WatchCall::End() {
  gate_.Close();
  context_.TryCancel();
  bool remove_hold = false;
  {
    base::MutexLock lock(&mutex_);
    remove_hold = !reading_ && !reads_ended_;
    reads_ended_ = true;
  }
  if (remove_hold) RemoveHold();
}

class GrpcWatchStream : public WatchStream {
 public:
  explicit GrpcWatchStream(std::shared_ptr<WatchCall> call) : call_(std::move(call)) {}
  ~GrpcWatchStream() override { call_->End(); }
  absl::StatusOr<std::vector<WatchEvent>> Poll(size_t max) override { return call_->Poll(max); }

 private:
  const std::shared_ptr<WatchCall> call_;
};

class GrpcByteStream : public ByteStream {
 public:
  GrpcByteStream(Explain explain, bool wait_for_ready) : explain_(std::move(explain)) {
    context_.set_wait_for_ready(wait_for_ready);
  }
  ~GrpcByteStream() override {
    context_.TryCancel();
    ConnectFrame frame;
    while (!finished_ && stream_->Read(&frame)) {
    }
    if (!finished_) stream_->Finish();
  }
  bool Start(Api::Stub* stub, const kubelite::v1::StreamOpen& open) {
    stream_ = stub->Connect(&context_);
    ConnectFrame frame;
    *frame.mutable_open() = open;
    return stream_->Write(frame);
  }
  absl::StatusOr<Chunk> Read() override;
  absl::Status Write(int channel, absl::string_view data, bool end) override {
    ConnectFrame frame;
    frame.mutable_data()->set_channel(channel);
    frame.mutable_data()->set_data(data.data(), data.size());
    if (end) frame.mutable_data()->set_end(true);
    return stream_->Write(frame) ? absl::OkStatus() : absl::UnavailableError("the stream has ended");
  }
  void Cancel() override { context_.TryCancel(); }
  // The error that ended the call; OutOfRange when it ended without one.
  absl::Status Finish() {
    if (finished_) return end_;
    finished_ = true;
    const grpc::Status status = stream_->Finish();
    return end_ = status.ok() ? absl::OutOfRangeError("end of stream") : explain_(status);
  }

 private:
  const Explain explain_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ConnectFrame, ConnectFrame>> stream_;
  // Owned by the reader.
  bool finished_ = false;
  absl::Status end_;
  absl::Status closed_;  // from the server's closing frame
  bool has_closed_ = false;
};

absl::StatusOr<ByteStream::Chunk> GrpcByteStream::Read() {
  ConnectFrame frame;
  while (!finished_ && stream_->Read(&frame)) {
    if (frame.has_data()) {
      const bool end = frame.data().end();
      return Chunk{frame.data().channel(), std::move(*frame.mutable_data()->mutable_data()), end};
    }
    if (!frame.has_closed()) continue;
    has_closed_ = true;
    closed_ = frame.closed().status() == "Failure" ? api::FromApiStatus(frame.closed())
                                                   : absl::OutOfRangeError("end of stream");
  }
  const absl::Status end = Finish();
  return has_closed_ ? closed_ : end;
}

}  // namespace

std::unique_ptr<WatchStream> StartGrpcWatch(Api::Stub* stub, kubelite::v1::WatchRequest request, bool wait_for_ready,
                                            Explain explain, std::function<void()> on_ready) {
  auto call = std::make_shared<WatchCall>(std::move(request), std::move(explain), std::move(on_ready));
  call->Start(stub, wait_for_ready);
  return std::make_unique<GrpcWatchStream>(std::move(call));
}

absl::StatusOr<std::unique_ptr<ByteStream>> StartGrpcConnect(Api::Stub* stub, const kubelite::v1::StreamOpen& open,
                                                             bool wait_for_ready, Explain explain) {
  auto stream = std::make_unique<GrpcByteStream>(std::move(explain), wait_for_ready);
  if (!stream->Start(stub, open)) return stream->Finish();
  return stream;
}

}  // namespace kubelite::client
