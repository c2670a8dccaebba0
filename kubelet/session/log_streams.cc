#include "kubelet/session/log_streams.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {
namespace {

using kubelite::v1::NodeMessage;
using kubelite::v1::ServerMessage;

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

k8s::meta::v1::Status ClosedStatus(const absl::Status& status) {
  if (!status.ok()) return api::ToApiStatus(status);
  k8s::meta::v1::Status success;
  success.set_status("Success");
  return success;
}

}  // namespace

LogStreams::LogStreams(NodeSession::FindLog find_log, Send send, base::Strand* strand)
    : find_log_(std::move(find_log)), send_(std::move(send)), strand_(strand) {}

LogStreams::~LogStreams() { *alive_ = false; }

void LogStreams::Receive(const ServerMessage& message) {
  if (message.has_open()) return Open(message);
  const auto found = streams_.find(message.stream());
  if (found == streams_.end()) return;  // ended here while the server's message was on its way
  if (message.has_close()) {
    streams_.erase(found);
  } else if (message.has_credit()) {
    found->second.credit += message.credit().bytes();
    Pump(message.stream());
  }
}

void LogStreams::Open(const ServerMessage& message) {
  if (!message.open().has_log()) {
    return Finish(message.stream(), api::BadRequest("this kubelet serves logs only"));
  }
  absl::StatusOr<LogTarget> target = find_log_(message.open());
  if (!target.ok()) return Finish(message.stream(), target.status());
  absl::StatusOr<std::unique_ptr<LogReader>> reader =
      LogReader::Open(target->path, ReaderOptions(message.open().log(), strand_->clock().Now()));
  if (!reader.ok()) return Finish(message.stream(), reader.status());
  Stream& stream = streams_[message.stream()];
  stream.reader = *std::move(reader);
  stream.target = *std::move(target);
  stream.follow = message.open().log().follow();
}

void LogStreams::Pump(int64_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  while (stream.credit > 0) {
    // Asked before reading: what the container wrote before it ended is then read for sure.
    const bool running = stream.follow && stream.target.running && stream.target.running();
    absl::StatusOr<std::string> text = stream.reader->Read(std::min(kMaxChunk, static_cast<size_t>(stream.credit)));
    if (!text.ok()) return Finish(id, text.status());
    if (!text->empty()) {
      NodeMessage message;
      message.set_stream(id);
      message.mutable_data()->set_channel(1);
      stream.credit -= static_cast<int64_t>(text->size());
      message.mutable_data()->set_data(*std::move(text));
      send_(std::move(message));
      continue;
    }
    if (!running || stream.reader->limit_reached()) return Finish(id, absl::OkStatus());
    if (stream.waiting) return;
    stream.waiting = true;
    strand_->PostAfter(kFollowInterval, [this, alive = alive_, id] {
      if (!*alive) return;
      if (const auto again = streams_.find(id); again != streams_.end()) again->second.waiting = false;
      Pump(id);
    });
    return;
  }
}

void LogStreams::Finish(int64_t id, const absl::Status& status) {
  streams_.erase(id);
  NodeMessage message;
  message.set_stream(id);
  *message.mutable_closed() = ClosedStatus(status);
  send_(std::move(message));
}

}  // namespace kubelite::kubelet
