#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "kubelet/session/stream_handler.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::kubelet {
namespace {

using kubelite::v1::StreamOpen;

constexpr int kTerminalSizeChannel = 4;
constexpr size_t kMaxChunk = 32 << 10;
// New credit is granted in portions of at least this, not for every small chunk.
constexpr int64_t kCreditPortion = 64 << 10;

// The number behind `"name":` in {"Width":80,"Height":24}; 0 when there is none.
int NumberIn(absl::string_view json, absl::string_view name) {
  const size_t at = json.find(name);
  if (at == absl::string_view::npos) return 0;
  const size_t begin = json.find_first_not_of("\": \t", at + name.size());
  if (begin == absl::string_view::npos) return 0;
  const size_t end = json.find_first_not_of("0123456789", begin);
  int number = 0;
  return absl::SimpleAtoi(json.substr(begin, end - begin), &number) ? std::min(number, 0xffff) : 0;
}

absl::Status Failure(const std::string& reason, const std::string& message, int http_code) {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason(reason);
  status.set_message(message);
  if (http_code != 0) status.set_code(http_code);
  return api::FromApiStatus(status);
}

absl::Status NonZeroExit(int code) {
  const std::string number = absl::StrCat(code);
  return api::WithCause(
      Failure("NonZeroExitCode", absl::StrCat("command terminated with non-zero exit code: exit status ", number), 0),
      "ExitCode", "", number);
}

// An error in upstream's words.
absl::Status Explain(const StreamOpen& open, const absl::Status& status) {
  if (api::IsApiError(status)) return status;
  const std::string text(status.message());
  switch (open.kind_case()) {
    case StreamOpen::kExec:
      return api::InternalError(absl::StrCat("error executing command in container: ", text));
    case StreamOpen::kAttach:
      return api::InternalError(absl::StrCat("error attaching to container: ", text));
    default:
      return Failure("InternalError",
                     absl::StrCat("error forwarding port ", open.port_forward().port(), " to pod ", open.pod(),
                                  ", uid ", open.uid(), ": ", text),
                     500);
  }
}

// A command, an attached container or a forwarded port.
class RuntimeStreamHandler : public StreamHandler {
 public:
  RuntimeStreamHandler(StreamOpen open, StreamPort* port) : open_(std::move(open)), port_(port) {}
  ~RuntimeStreamHandler() override { *link_ = nullptr; }

  void Start(const StreamSources& sources) {
    base::Strand* const strand = port_->strand();
    const auto on_ready = [link = link_, strand] {
      strand->Post([link] {
        if (*link != nullptr) (*link)->Pump();
      });
    };
    port_->RunBlocking([link = link_, strand, open = open_, open_stream = sources.open_stream, on_ready] {
      auto opened = std::make_shared<absl::StatusOr<std::unique_ptr<RuntimeStream>>>(open_stream(open, on_ready));
      // If nobody waits for it any more it ends with the task.
      strand->Post([link, opened] {
        if (*link != nullptr) (*link)->Opened(std::move(*opened));
      });
    });
  }

  void OnData(const kubelite::v1::StreamData& data) override {
    if (data.channel() == kTerminalSizeChannel) {
      width_ = NumberIn(data.data(), "Width");
      height_ = NumberIn(data.data(), "Height");
      if (stream_ != nullptr) Resize();
      return;
    }
    if (!data.data().empty()) input_.push_back(data.data());
    if (data.end()) input_ended_ = true;
    Pump();
  }

  void Pump() override {
    if (stream_ == nullptr || closed_) return;
    PumpInput();
    // Asked before reading: what was written before the end is then read for sure.
    const std::optional<absl::StatusOr<int>> result = stream_->Result();
    bool all_read = true;
    for (const int channel : {RuntimeStream::kStdout, RuntimeStream::kStderr}) {
      if (!PumpOutput(channel)) all_read = false;
    }
    if (all_read && result.has_value()) return Finish(*result);
    // Reading may have told the end of a connection.
    if (all_read && stream_->Result().has_value()) Finish(*stream_->Result());
  }

 private:
  void Opened(absl::StatusOr<std::unique_ptr<RuntimeStream>> stream) {
    if (!stream.ok()) {
      closed_ = true;
      return port_->Close(Explain(open_, stream.status()));
    }
    stream_ = *std::move(stream);
    Resize();
    Pump();
  }

  void Resize() {
    if (width_ > 0 && height_ > 0) stream_->Resize(width_, height_);
  }

  void PumpInput() {
    while (!input_.empty()) {
      const absl::string_view rest = absl::string_view(input_.front()).substr(input_offset_);
      const absl::StatusOr<size_t> taken = stream_->Write(rest);
      // What nobody reads is dropped, so that the client need not wait to be told how it all ended.
      const size_t done = taken.ok() ? *taken : rest.size();
      if (done == 0) break;
      ungranted_ += static_cast<int64_t>(done);
      input_offset_ += done;
      if (done < rest.size()) continue;
      input_.pop_front();
      input_offset_ = 0;
    }
    if (ungranted_ >= kCreditPortion) port_->Grant(std::exchange(ungranted_, 0));
    if (input_.empty() && input_ended_ && !std::exchange(input_closed_, true)) stream_->CloseInput();
  }

  // True when there is nothing more to read, now or ever.
  bool PumpOutput(int channel) {
    while (port_->credit() > 0) {
      absl::StatusOr<std::string> data =
          stream_->Read(channel, std::min(kMaxChunk, static_cast<size_t>(port_->credit())));
      if (!data.ok() || data->empty()) return true;
      port_->Send(channel, *std::move(data));
    }
    return false;
  }

  void Finish(const absl::StatusOr<int>& result) {
    closed_ = true;
    if (!result.ok()) return port_->Close(Explain(open_, result.status()));
    port_->Close(*result == 0 ? absl::OkStatus() : NonZeroExit(*result));
  }

  const StreamOpen open_;
  StreamPort* const port_;
  // Tasks of other threads reach this object through it, on the strand.
  const std::shared_ptr<RuntimeStreamHandler*> link_ = std::make_shared<RuntimeStreamHandler*>(this);
  std::unique_ptr<RuntimeStream> stream_;  // null until it is opened
  bool closed_ = false;
  std::deque<std::string> input_;  // bounded by the server's credit
  size_t input_offset_ = 0;        // of the first
  int64_t ungranted_ = 0;
  bool input_ended_ = false;
  bool input_closed_ = false;
  int width_ = 0;
  int height_ = 0;
};

}  // namespace

std::unique_ptr<StreamHandler> NewRuntimeStream(const StreamOpen& open, const StreamSources& sources,
                                                StreamPort* port) {
  auto handler = std::make_unique<RuntimeStreamHandler>(open, port);
  handler->Start(sources);
  return handler;
}

}  // namespace kubelite::kubelet
