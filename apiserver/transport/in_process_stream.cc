#include "apiserver/transport/in_process_stream.h"

#include <deque>
#include <utility>

#include "apiserver/node_session/node_sessions.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Set by the node's side, waited for by the reader.
struct Signal {
  base::Mutex mutex;
  base::CondVar changed;
  bool ready ABSL_GUARDED_BY(mutex) = false;
  bool cancelled ABSL_GUARDED_BY(mutex) = false;
};

class BlockingStream : public client::ByteStream {
 public:
  BlockingStream(std::shared_ptr<Signal> signal, std::unique_ptr<NodeStream> source)
      : signal_(std::move(signal)), source_(std::move(source)) {}

  absl::StatusOr<Chunk> Read() override {
    for (;;) {
      if (!chunks_.empty()) {
        Chunk chunk{chunks_.front().channel, std::move(chunks_.front().data)};
        chunks_.pop_front();
        return chunk;
      }
      {
        base::MutexLock lock(&signal_->mutex);
        if (signal_->cancelled) return absl::CancelledError("stream cancelled");
        signal_->ready = false;
      }
      ASSIGN_OR_RETURN(std::vector<NodeStream::Chunk> fresh, source_->Poll());
      for (NodeStream::Chunk& chunk : fresh) chunks_.push_back(std::move(chunk));
      if (!chunks_.empty()) continue;
      base::MutexLock lock(&signal_->mutex);
      while (!signal_->ready && !signal_->cancelled) signal_->changed.Wait(&signal_->mutex);
    }
  }

  absl::Status Write(int channel, absl::string_view data) override { return source_->Write(channel, data); }

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
  const auto on_ready = [signal] {
    base::MutexLock lock(&signal->mutex);
    signal->ready = true;
    signal->changed.SignalAll();
  };
  ASSIGN_OR_RETURN(std::unique_ptr<NodeStream> source, server->Connect(request, open, on_ready));
  return std::make_unique<BlockingStream>(std::move(signal), std::move(source));
}

}  // namespace kubelite::apiserver
