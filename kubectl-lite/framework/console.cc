#include "kubectl-lite/framework/console.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/errno_status.h"

namespace kubelite::cli {
namespace {

class FdConsole : public Console {
 public:
  explicit FdConsole(int fd) : fd_(fd), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { CHECK(wake_fd_ >= 0); }
  ~FdConsole() override {
    FdConsole::Restore();
    if (signal_fd_ >= 0) close(signal_fd_);
    close(wake_fd_);
  }

  bool is_terminal() const override { return isatty(fd_) != 0; }
  std::optional<Size> TerminalSize() const override {
    struct winsize size = {};
    if (ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return std::nullopt;
    return Size{size.ws_col, size.ws_row};
  }

  absl::Status MakeRaw() override {
    // Before the terminal is changed: from now on a signal ends Wait instead of the process.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGWINCH, SIGTERM, SIGHUP, SIGINT}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd_ < 0 || tcgetattr(fd_, &before_) != 0) return base::ErrnoStatus(errno, "reading the terminal's mode");
    struct termios raw = before_;
    cfmakeraw(&raw);
    if (tcsetattr(fd_, TCSADRAIN, &raw) != 0) return base::ErrnoStatus(errno, "setting the terminal's mode");
    raw_ = true;
    return absl::OkStatus();
  }

  void Restore() override {
    if (raw_) tcsetattr(fd_, TCSADRAIN, &before_);
    raw_ = false;
  }

  Event Wait(bool want_input) override {
    while (true) {
      struct pollfd fds[] = {{wake_fd_, POLLIN, 0}, {signal_fd_, POLLIN, 0}, {want_input ? fd_ : -1, POLLIN, 0}};
      if (poll(fds, 3, -1) < 0) continue;
      if (fds[0].revents != 0) return {Event::Kind::kInterrupted, ""};
      if (fds[1].revents != 0) {
        struct signalfd_siginfo info = {};
        if (read(signal_fd_, &info, sizeof(info)) != sizeof(info)) continue;
        return {info.ssi_signo == SIGWINCH ? Event::Kind::kResize : Event::Kind::kTerminated, ""};
      }
      if (fds[2].revents == 0) continue;
      std::string data(32 << 10, '\0');
      const ssize_t n = read(fd_, data.data(), data.size());
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n <= 0) return {Event::Kind::kEnd, ""};
      data.resize(static_cast<size_t>(n));
      return {Event::Kind::kInput, std::move(data)};
    }
  }

  void Interrupt() override {
    const uint64_t one = 1;
    CHECK(write(wake_fd_, &one, sizeof(one)) == sizeof(one));
  }

 private:
  const int fd_;
  const int wake_fd_;
  int signal_fd_ = -1;
  bool raw_ = false;
  struct termios before_ = {};
};

}  // namespace

std::unique_ptr<Console> OpenConsole(int fd) { return std::make_unique<FdConsole>(fd); }

}  // namespace kubelite::cli
