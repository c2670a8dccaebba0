#include "apiserver/transport/in_process_stream.h"

#include <deque>
#include <utility>

#include "apiserver/node_session/node_sessions.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Raised by the node's side, waited for by the reader and the writer.
struct Signal {
  base::Mutex mutex;
  base::CondVar changed;
  uint64_t raised ABSL_GUARDED_BY(mutex) = 0;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;

  void Raise() {
    base::MutexLock lock(&mutex);
    ++raised;
    changed.SignalAll();
  }
  uint64_t Raised() {
    base::MutexLock lock(&mutex);
    return raised;
  }
  // Until it is raised after it had been raised `seen` times; Cancelled when it is cancelled.
  absl::Status WaitAfter(uint64_t seen) {
    base::MutexLock lock(&mutex);
    while (raised == seen && !cancelled) changed.Wait(&mutex);
    return cancelled ? absl::CancelledError("stream cancelled") : absl::OkStatus();
  }
};

class BlockingStream : public client::ByteStream {
 public:
  BlockingStream(std::shared_ptr<Signal> signal, std::unique_ptr<NodeStream> source)
      : signal_(std::move(signal)), source_(std::move(source)) {}

  absl::StatusOr<Chunk> Read() override {
    while (chunks_.empty()) {
      const uint64_t seen = signal_->Raised();
      ASSIGN_OR_RETURN(std::vector<NodeStream::Chunk> fresh, source_->Poll());
      for (NodeStream::Chunk& chunk : fresh) chunks_.push_back(std::move(chunk));
      if (chunks_.empty()) RETURN_IF_ERROR(signal_->WaitAfter(seen));
    }
    NodeStream::Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    return Chunk{chunk.channel, std::move(chunk.data), chunk.end};
  }

  absl::Status Write(int channel, absl::string_view data, bool end) override {
    while (channel != NodeStream::kTerminalSizeChannel) {
      const uint64_t seen = signal_->Raised();
      const auto room = static_cast<size_t>(source_->WriteCredit());
      if (data.size() <= room) break;
      RETURN_IF_ERROR(source_->Write(channel, data.substr(0, room)));
      data.remove_prefix(room);
      RETURN_IF_ERROR(signal_->WaitAfter(seen));
    }
    return source_->Write(channel, data, end);
  }

  void Cancel() override {
    base::MutexLock lock(&signal_->mutex);
    signal_->cancelled = true;
    signal_->changed.SignalAll();
  }

 private:
  const std::shared_ptr<Signal> signal_;
  const std::unique_ptr<NodeStream> source_;
  std::deque<NodeStream::Chunk> chunks_;  // of the reader
};

}  // namespace

absl::StatusOr<std::unique_ptr<client::ByteStream>> OpenInProcessStream(Server* server, Request* request,
                                                                        const kubelite::v1::StreamOpen& open) {
  auto signal = std::make_shared<Signal>();
  const auto on_ready = [signal] { signal->Raise(); };
  ASSIGN_OR_RETURN(std::unique_ptr<NodeStream> source, server->Connect(request, open, on_ready));
  return std::make_unique<BlockingStream>(std::move(signal), std::move(source));
}

}  // namespace kubelite::apiserver
