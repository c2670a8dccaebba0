#include <algorithm>
#include <utility>

#include "common/api/time.h"
#include "kubelet/logs/log_reader.h"
#include "kubelet/session/stream_handler.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {
namespace {

constexpr size_t kMaxChunk = 32 << 10;
// How often a followed log is looked at; a reader that follows is a person or a pipe.
constexpr absl::Duration kFollowInterval = absl::Milliseconds(100);

LogReaderOptions ReaderOptions(const kubelite::v1::LogOptions& options, absl::Time now) {
  LogReaderOptions reader{.follow = options.follow(), .timestamps = options.timestamps()};
  if (options.has_since_seconds()) reader.since = now - absl::Seconds(options.since_seconds());
  if (options.has_since_time()) reader.since = api::FromProto(options.since_time());
  if (options.has_tail_lines()) reader.tail_lines = options.tail_lines();
  if (options.has_limit_bytes()) reader.limit_bytes = options.limit_bytes();
  return reader;
}

// A container's log.
class LogStream : public StreamHandler {
 public:
  LogStream(std::unique_ptr<LogReader> reader, LogTarget target, bool follow, StreamPort* port)
      : reader_(std::move(reader)), target_(std::move(target)), follow_(follow), port_(port) {}
  ~LogStream() override { *alive_ = false; }

  void Pump() override {
    while (port_->credit() > 0) {
      // Asked before reading: what the container wrote before it ended is then read for sure.
      const bool running = follow_ && target_.running && target_.running();
      absl::StatusOr<std::string> text = reader_->Read(std::min(kMaxChunk, static_cast<size_t>(port_->credit())));
      if (!text.ok()) return port_->Close(text.status());
      if (text->empty()) {
        if (!running || reader_->limit_reached()) return port_->Close(absl::OkStatus());
        return PumpLater();
      }
      port_->Send(RuntimeStream::kStdout, *std::move(text));
    }
  }

 private:
  void PumpLater() {
    if (std::exchange(waiting_, true)) return;
    port_->strand()->PostAfter(kFollowInterval, [this, alive = alive_] {
      if (!*alive) return;
      waiting_ = false;
      Pump();
    });
  }

  const std::unique_ptr<LogReader> reader_;
  const LogTarget target_;
  const bool follow_;
  StreamPort* const port_;
  bool waiting_ = false;  // a later Pump is posted
  // Posted tasks look at it before they touch this object.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<StreamHandler> NewLogStream(const kubelite::v1::StreamOpen& open, const StreamSources& sources,
                                            StreamPort* port) {
  const auto refuse = [port](const absl::Status& status) {
    port->Close(status);
    return nullptr;
  };
  absl::StatusOr<LogTarget> target = sources.find_log(open);
  if (!target.ok()) return refuse(target.status());
  absl::StatusOr<std::unique_ptr<LogReader>> reader =
      LogReader::Open(target->path, ReaderOptions(open.log(), port->strand()->clock().Now()));
  if (!reader.ok()) return refuse(reader.status());
  return std::make_unique<LogStream>(*std::move(reader), *std::move(target), open.log().follow(), port);
}

}  // namespace kubelite::kubelet
