#include "kubelet/runtime/shim_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"
#include "common/base/process.h"
#include "common/base/status_macros.h"
#include "kubelet/runtime/leftovers.h"
#include "kubelet/runtime/shim_connection.h"

namespace kubelite::kubelet {
namespace {

using shim::FrameReader;
using shim::FrameWriter;
using shim::MessageType;

constexpr int kKeptFd = 3;

}  // namespace

absl::Status StartShim(const ShimOptions& options, const std::string& pod_directory, int keep_fd) {
  const std::string log = absl::StrCat(pod_directory, "/shim.err");
  base::SpawnOptions spawn;
  spawn.argv = {options.shim_path,
                "--dir",
                pod_directory,
                "--log-max-size",
                absl::StrCat(options.log_max_size),
                "--log-max-files",
                absl::StrCat(options.log_max_files)};
  if (keep_fd >= 0) {
    spawn.argv.insert(spawn.argv.end(), {"--keep-fd", absl::StrCat(kKeptFd)});
    spawn.passed_fds.push_back({keep_fd, kKeptFd});
  }
  // It is one of the pod's processes when the pod's leftovers are killed.
  spawn.env = {absl::StrCat(kPodDirectoryVariable, "=", pod_directory)};
  spawn.stdin_stream = base::Stream::Null();
  spawn.stdout_stream = base::Stream::Null();
  spawn.stderr_stream = base::Stream::WriteTo(log);
  ASSIGN_OR_RETURN(const pid_t pid, base::SpawnProcess(spawn));
  const absl::StatusOr<base::ExitStatus> exit = base::WaitForExit(pid, options.timeout);
  if (!exit.ok()) {
    kill(pid, SIGKILL);
    base::WaitForExit(pid, options.timeout).IgnoreError();
    return base::Annotate(exit.status(), absl::StrCat("starting ", options.shim_path));
  }
  if (exit->code == 0) {
    unlink(log.c_str());
    return absl::OkStatus();
  }
  const std::string text = base::ReadFile(log).value_or("");
  return absl::InternalError(absl::StrCat("starting ", options.shim_path, ": ", absl::StripSuffix(text, "\n")));
}

absl::StatusOr<std::string> ShimClient::Call(const std::string& request, MessageType expected,
                                             absl::Duration timeout) const {
  ASSIGN_OR_RETURN(const int fd, ConnectToShim(directory_, timeout));
  shim::FrameBuffer buffer;
  const absl::Status sent = SendToShim(fd, request);
  const absl::StatusOr<std::string> reply = sent.ok() ? ReadShimFrame(fd, &buffer) : absl::StatusOr<std::string>(sent);
  close(fd);
  if (!reply.ok()) return reply;
  FrameReader reader(reply->data(), reply->size());
  if (reader.type() == expected) return reply;
  if (reader.type() != MessageType::kError) return absl::UnavailableError("the shim sent an unexpected reply");
  reader.I32();
  return absl::InternalError(reader.String());
}

absl::StatusOr<shim::ContainerState> ShimClient::Start(const shim::StartRequest& request) const {
  FrameWriter frame(MessageType::kStart, 1);
  frame.Put(request);
  ASSIGN_OR_RETURN(const std::string reply, Call(frame.Take(), MessageType::kStarted, timeout_));
  return FrameReader(reply.data(), reply.size()).ReadState();
}

absl::StatusOr<shim::ContainerState> ShimClient::Start(const shim::StartInteractive& request) const {
  if (!request.stdin_open && !request.tty) return Start(request.start);
  FrameWriter frame(MessageType::kStartInteractive, 1);
  frame.Put(request);
  const absl::StatusOr<std::string> reply = Call(frame.Take(), MessageType::kStarted, timeout_);
  if (absl::IsInternal(reply.status()) && reply.status().message() == "unknown request") return Start(request.start);
  RETURN_IF_ERROR(reply.status());
  return FrameReader(reply->data(), reply->size()).ReadState();
}

absl::Status ShimClient::Stop(const std::string& id, absl::Duration grace) const {
  FrameWriter frame(MessageType::kStop, 1);
  frame.String(id);
  frame.U64(static_cast<uint64_t>(absl::ToInt64Milliseconds(grace)));
  return Call(frame.Take(), MessageType::kOk, timeout_).status();
}

absl::Status ShimClient::Remove(const std::string& id) const {
  FrameWriter frame(MessageType::kRemove, 1);
  frame.String(id);
  return Call(frame.Take(), MessageType::kOk, timeout_).status();
}

absl::StatusOr<shim::ExecResult> ShimClient::Exec(const shim::ExecRequest& request) const {
  FrameWriter frame(MessageType::kExec, 1);
  frame.Put(request);
  const absl::Duration limit =
      request.timeout_ms > 0 ? absl::Milliseconds(request.timeout_ms) + timeout_ : absl::Hours(24);
  ASSIGN_OR_RETURN(const std::string reply, Call(frame.Take(), MessageType::kExecResult, limit));
  return FrameReader(reply.data(), reply.size()).ReadExecResult();
}

absl::StatusOr<std::vector<shim::ContainerState>> ShimClient::States() const {
  ASSIGN_OR_RETURN(const std::string reply,
                   Call(FrameWriter(MessageType::kState, 1).Take(), MessageType::kStates, timeout_));
  return FrameReader(reply.data(), reply.size()).ReadStates();
}

absl::Status ShimClient::Shutdown() const {
  return Call(FrameWriter(MessageType::kShutdown, 1).Take(), MessageType::kOk, 2 * timeout_).status();
}

absl::StatusOr<std::unique_ptr<ShimSubscription>> ShimSubscription::Open(const std::string& pod_directory,
                                                                         absl::Duration timeout, EventLoop* loop,
                                                                         Callbacks callbacks,
                                                                         std::vector<shim::ContainerState>* states) {
  ASSIGN_OR_RETURN(const int fd, ConnectToShim(pod_directory, timeout));
  std::unique_ptr<ShimSubscription> subscription(new ShimSubscription(fd, loop, std::move(callbacks)));
  RETURN_IF_ERROR(SendToShim(fd, FrameWriter(MessageType::kSubscribe, 1).Take()));
  ASSIGN_OR_RETURN(const std::string reply, ReadShimFrame(fd, &subscription->buffer_));
  FrameReader reader(reply.data(), reply.size());
  if (reader.type() != MessageType::kStates) return absl::UnavailableError("the shim sent an unexpected reply");
  *states = reader.ReadStates();
  if (!reader.ok()) return absl::UnavailableError("the shim sent a malformed frame");
  // Events may have come right behind the states.
  subscription->DeliverFrames();
  loop->Watch(fd, EventLoop::kReadable, [s = subscription.get()] { s->OnReadable(); });
  return subscription;
}

ShimSubscription::~ShimSubscription() {
  loop_->Unwatch(fd_);
  close(fd_);
}

void ShimSubscription::OnReadable() {
  char bytes[4096];
  const ssize_t n = recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) buffer_.Append(bytes, n);
  DeliverFrames();
  if (n > 0 && !buffer_.Broken()) return;
  loop_->Unwatch(fd_);
  callbacks_.on_lost();
}

void ShimSubscription::DeliverFrames() {
  std::string frame;
  while (buffer_.Next(&frame)) {
    FrameReader reader(frame.data(), frame.size());
    if (reader.type() != MessageType::kExited) continue;
    const shim::ContainerState state = reader.ReadState();
    if (reader.ok()) callbacks_.on_exit(state);
  }
}

}  // namespace kubelite::kubelet
