#include "kubelet/runtime/fake/fake_stream.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kubelite::kubelet {
namespace {

constexpr size_t kPipeSize = 64 << 10;

}  // namespace

class FakePeer::Stream : public RuntimeStream {
 public:
  explicit Stream(std::shared_ptr<FakePeer> peer) : peer_(std::move(peer)) {}
  ~Stream() override {
    base::MutexLock lock(&peer_->mutex_);
    peer_->on_ready_ = nullptr;
  }
  absl::StatusOr<std::string> Read(int channel, size_t max) override {
    base::MutexLock lock(&peer_->mutex_);
    std::string& output = peer_->output_[channel == kStderr ? 1 : 0];
    if (output.empty() && peer_->result_.has_value()) return absl::OutOfRangeError("end of stream");
    std::string data = output.substr(0, max);
    output.erase(0, data.size());
    if (!data.empty()) peer_->Notify();  // there is room again
    return data;
  }
  absl::StatusOr<size_t> Write(absl::string_view data) override {
    base::MutexLock lock(&peer_->mutex_);
    if (peer_->input_ended_ || peer_->result_.has_value()) return absl::OutOfRangeError("nobody reads the input");
    if (!peer_->behaviour_.echoes) return data.size();
    std::string& output = peer_->output_[0];
    const size_t taken = std::min(data.size(), kPipeSize - std::min(kPipeSize, output.size()));
    output.append(data.data(), taken);
    if (taken > 0) peer_->Notify();
    return taken;
  }
  void CloseInput() override {
    std::function<void()> tell;
    {
      base::MutexLock lock(&peer_->mutex_);
      if (std::exchange(peer_->input_ended_, true)) return;
      if (peer_->behaviour_.echoes && !peer_->behaviour_.outlives_input) peer_->result_ = 0;
      tell = peer_->on_input_end_;
      peer_->Notify();
    }
    if (tell) peer_->executor_->Post(tell);
  }
  void Resize(int width, int height) override { peer_->Print(kStdout, absl::StrCat("[", height, " ", width, "]")); }
  std::optional<absl::StatusOr<int>> Result() override {
    base::MutexLock lock(&peer_->mutex_);
    return peer_->result_;
  }

 private:
  const std::shared_ptr<FakePeer> peer_;
};

std::unique_ptr<RuntimeStream> FakePeer::Open(RuntimeStream::OnReady on_ready, std::function<void()> on_input_end) {
  {
    base::MutexLock lock(&mutex_);
    on_ready_ = std::move(on_ready);
    on_input_end_ = std::move(on_input_end);
  }
  return std::make_unique<Stream>(shared_from_this());
}

void FakePeer::Print(int channel, const std::string& text) {
  base::MutexLock lock(&mutex_);
  output_[channel == RuntimeStream::kStderr ? 1 : 0] += text;
  Notify();
}

void FakePeer::End(absl::StatusOr<int> result) {
  base::MutexLock lock(&mutex_);
  if (!result_.has_value()) result_ = std::move(result);
  Notify();
}

void FakePeer::Notify() {
  executor_->Post([self = shared_from_this()] {
    base::MutexLock lock(&self->mutex_);
    if (self->on_ready_) self->on_ready_();
  });
}

absl::StatusOr<std::shared_ptr<FakePeer>> RunFakeCommand(base::Executor* executor,
                                                         const std::vector<std::string>& command) {
  const std::string name = command.empty() ? "" : command[0];
  auto peer = std::make_shared<FakePeer>(executor, FakePeer::Behaviour{.echoes = name == "cat"});
  int code = 0;
  if (name == "echo") {
    peer->Print(RuntimeStream::kStdout, absl::StrCat(absl::StrJoin(command.begin() + 1, command.end(), " "), "\n"));
    peer->End(0);
  } else if (name == "true" || name == "false") {
    peer->End(name == "true" ? 0 : 1);
  } else if (name == "exit" && command.size() == 2 && absl::SimpleAtoi(command[1], &code)) {
    peer->End(code);
  } else if (name != "cat" && name != "sleep") {
    return absl::InternalError(absl::StrCat("exec: \"", name, "\": executable file not found in $PATH"));
  }
  return peer;
}

}  // namespace kubelite::kubelet
