#include "kubelet/runtime/shim_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/status_macros.h"
#include "kubelet/runtime/fd_stream.h"
#include "kubelet/runtime/shim_connection.h"

namespace kubelite::kubelet {
namespace {

using shim::Fd;
using shim::FrameReader;
using shim::FrameWriter;
using shim::MessageType;

// How far a command may write ahead of its reader; the system's default is 64 KiB. More than it permits is no harm.
constexpr int kPipeSize = 256 << 10;
// A container does not wait for an attached reader, so this is how far behind he may be.
constexpr int kAttachPipeSize = 1 << 20;

struct Pipe {
  Fd read_end;
  Fd write_end;
};

absl::StatusOr<Pipe> MakePipe(int size) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return base::ErrnoStatus(errno, "making a pipe");
  fcntl(fds[0], F_SETPIPE_SZ, size);
  return Pipe{Fd(fds[0]), Fd(fds[1])};
}

void DoNotBlock(const Fd& fd) { fcntl(fd.get(), F_SETFL, O_NONBLOCK); }

absl::StatusOr<Fd> Duplicate(const Fd& fd) {
  Fd copy(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return base::ErrnoStatus(errno, "duplicating a descriptor");
  return copy;
}

// Ours and the command's.
struct Ends {
  FdStream::Descriptors ours;
  std::vector<Fd> theirs;
};

absl::StatusOr<Ends> MakeTerminal(const StreamWishes& wishes) {
  Ends ends;
  ends.ours.terminal.Reset(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  const Fd& master = ends.ours.terminal;
  if (!master.valid() || unlockpt(master.get()) != 0) return base::ErrnoStatus(errno, "opening a terminal");
  ends.theirs.emplace_back(ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!ends.theirs[0].valid()) return base::ErrnoStatus(errno, "opening a terminal");
  if (wishes.in) {
    ASSIGN_OR_RETURN(ends.ours.in, Duplicate(master));
  }
  // Read even if nobody wants it: the command would wait.
  ASSIGN_OR_RETURN(ends.ours.out, Duplicate(master));
  return ends;
}

absl::StatusOr<Ends> MakePipes(const StreamWishes& wishes) {
  Ends ends;
  const auto null = [](int flags) -> absl::StatusOr<Fd> {
    Fd fd(open("/dev/null", flags | O_CLOEXEC));
    if (!fd.valid()) return base::ErrnoStatus(errno, "/dev/null");
    return fd;
  };
  if (wishes.in) {
    ASSIGN_OR_RETURN(Pipe pipe, MakePipe(kPipeSize));
    DoNotBlock(pipe.write_end);
    ends.ours.in = std::move(pipe.write_end);
    ends.theirs.push_back(std::move(pipe.read_end));
  } else {
    ASSIGN_OR_RETURN(Fd fd, null(O_RDONLY));
    ends.theirs.push_back(std::move(fd));
  }
  for (const auto& [wanted, ours] : {std::pair(wishes.out, &ends.ours.out), std::pair(wishes.err, &ends.ours.err)}) {
    if (wanted) {
      ASSIGN_OR_RETURN(Pipe pipe, MakePipe(kPipeSize));
      DoNotBlock(pipe.read_end);
      *ours = std::move(pipe.read_end);
      ends.theirs.push_back(std::move(pipe.write_end));
    } else {
      ASSIGN_OR_RETURN(Fd fd, null(O_WRONLY));
      ends.theirs.push_back(std::move(fd));
    }
  }
  return ends;
}

// The refusal in a reply that is not of the expected type.
absl::Status Refusal(FrameReader* reply) {
  if (reply->type() != MessageType::kError) return absl::UnavailableError("the shim sent an unexpected reply");
  const int error = reply->I32();
  const std::string text = reply->String();
  if (error == EPROTO && text == "unknown request") {
    return absl::UnimplementedError(
        "the pod was started by an older kubelet, whose shim knows no streams; restart the pod to get a newer one");
  }
  if (error == ESRCH) return absl::FailedPreconditionError(text);
  if (error == EAGAIN) return absl::ResourceExhaustedError(text);
  return absl::InternalError(text);
}

// A stream whose end the shim tells on the connection that opened it.
class ShimStream final : public FdStream {
 public:
  // Takes the connection, with what was read of it already.
  ShimStream(EventLoop* loop, Descriptors descriptors, Fd connection, shim::FrameBuffer buffer, OnReady on_ready)
      : FdStream(loop, std::move(descriptors), std::move(on_ready)),
        connection_(std::move(connection)),
        buffer_(std::move(buffer)) {
    waiter().Arm(connection_.get(), EventLoop::kReadable);
  }
  ~ShimStream() override { waiter().Disarm(connection_.get()); }

  // When attached, the shim closes its end of the container's input too, if that is for one client only.
  void set_attached_to(std::string container) { attached_to_ = std::move(container); }
  void CloseInput() override {
    if (!attached_to_.empty() && fds().in.valid()) {
      FrameWriter frame(MessageType::kCloseStdin, 2);
      frame.String(attached_to_);
      SendToShim(connection_.get(), frame.Take()).IgnoreError();  // a connection that is gone is told by Result
    }
    FdStream::CloseInput();
  }

  std::optional<absl::StatusOr<int>> Result() override {
    while (!result_.has_value() && ReadReply()) {
    }
    return result_;
  }

 private:
  // False when there is none now.
  bool ReadReply() {
    std::string frame;
    if (buffer_.Next(&frame)) {
      TakeReply(frame);
      return true;
    }
    char bytes[512];
    const ssize_t n = recv(connection_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) return true;
    if (n < 0 && errno == EAGAIN) {
      waiter().Arm(connection_.get(), EventLoop::kReadable);
      return false;
    }
    if (n > 0) buffer_.Append(bytes, n);
    if (n <= 0 || buffer_.Broken()) result_ = absl::AbortedError("the pod's sandbox was lost");
    return true;
  }
  void TakeReply(const std::string& frame) {
    FrameReader reply(frame.data(), frame.size());
    if (reply.type() == MessageType::kOk) return;  // to kCloseStdin
    if (reply.type() == MessageType::kExecResult) {
      result_ = reply.ReadExecResult().exit_code;
    } else if (reply.type() == MessageType::kExited) {
      result_ = 0;
    } else {
      result_ = Refusal(&reply);
    }
  }

  const Fd connection_;
  shim::FrameBuffer buffer_;
  std::string attached_to_;
  std::optional<absl::StatusOr<int>> result_;
};

// A connection on which one request was made.
struct Opened {
  Fd connection;
  shim::FrameBuffer buffer;
  std::string reply;
  std::vector<Fd> fds;
};

absl::StatusOr<Opened> Ask(const std::string& directory, absl::Duration timeout, const std::string& frame,
                           const std::vector<Fd>& passed, MessageType expected) {
  Opened opened;
  ASSIGN_OR_RETURN(const int fd, ConnectToShim(directory, timeout));
  opened.connection.Reset(fd);
  std::vector<int> fds;
  for (const Fd& p : passed) fds.push_back(p.get());
  RETURN_IF_ERROR(SendToShim(fd, frame, fds));
  ASSIGN_OR_RETURN(opened.reply, ReadShimFrame(fd, &opened.buffer, &opened.fds));
  FrameReader reply(opened.reply.data(), opened.reply.size());
  if (reply.type() != expected) return Refusal(&reply);
  return opened;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RuntimeStream>> ShimStreams::Exec(const std::string& container,
                                                                 const std::vector<std::string>& command,
                                                                 const StreamWishes& wishes,
                                                                 RuntimeStream::OnReady on_ready) const {
  ASSIGN_OR_RETURN(Ends ends, wishes.tty ? MakeTerminal(wishes) : MakePipes(wishes));
  FrameWriter frame(MessageType::kExecStream, 1);
  frame.Put(shim::ExecStream{container, command, wishes.tty});
  ASSIGN_OR_RETURN(Opened opened, Ask(directory_, timeout_, frame.Take(), ends.theirs, MessageType::kExecStarted));
  return std::make_unique<ShimStream>(loop_, std::move(ends.ours), std::move(opened.connection),
                                      std::move(opened.buffer), std::move(on_ready));
}

absl::StatusOr<std::unique_ptr<RuntimeStream>> ShimStreams::Attach(const std::string& container,
                                                                   const StreamWishes& wishes,
                                                                   RuntimeStream::OnReady on_ready) const {
  FdStream::Descriptors ours;
  std::vector<Fd> theirs;
  for (const auto& [wanted, fd] : {std::pair(wishes.out, &ours.out), std::pair(wishes.err, &ours.err)}) {
    if (!wanted) continue;
    ASSIGN_OR_RETURN(Pipe pipe, MakePipe(kAttachPipeSize));
    DoNotBlock(pipe.read_end);
    DoNotBlock(pipe.write_end);
    *fd = std::move(pipe.read_end);
    theirs.push_back(std::move(pipe.write_end));
  }
  FrameWriter frame(MessageType::kAttach, 1);
  frame.Put(shim::AttachRequest{container, wishes.in, wishes.out, wishes.err});
  ASSIGN_OR_RETURN(Opened opened, Ask(directory_, timeout_, frame.Take(), theirs, MessageType::kAttached));
  FrameReader reply(opened.reply.data(), opened.reply.size());
  const shim::Attached attached = reply.ReadAttached();
  if (attached.has_fd && opened.fds.empty()) return absl::UnavailableError("the shim sent no descriptor");
  if (attached.tty && !attached.has_fd) {
    return absl::FailedPreconditionError("the container has closed its terminal");
  }
  if (attached.tty) ours.terminal = std::move(opened.fds[0]);
  if (wishes.in && attached.takes_stdin && attached.has_fd) {
    if (attached.tty) {
      ASSIGN_OR_RETURN(ours.in, Duplicate(ours.terminal));
    } else {
      ours.in = std::move(opened.fds[0]);
    }
  }
  auto stream = std::make_unique<ShimStream>(loop_, std::move(ours), std::move(opened.connection),
                                             std::move(opened.buffer), std::move(on_ready));
  if (wishes.in) stream->set_attached_to(container);
  return stream;
}

}  // namespace kubelite::kubelet
