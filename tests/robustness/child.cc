#include "tests/robustness/child.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/base/process.h"

namespace kubelite::robustness {

Child::Child(const std::vector<std::string>& argv) {
  int fds[2];
  CHECK(pipe2(fds, O_CLOEXEC) == 0);
  base::SpawnOptions options;
  options.argv = argv;
  options.stdout_stream = base::Stream::Fd(fds[1]);
  const auto pid = base::SpawnProcess(options);
  CHECK_OK(pid.status());
  pid_ = *pid;
  close(fds[1]);
  output_ = fds[0];
}

Child::~Child() {
  if (pid_ != 0) Kill();
  close(output_);
}

std::optional<std::string> Child::ReadLine() {
  while (true) {
    const size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    char bytes[4096];
    const ssize_t count = read(output_, bytes, sizeof(bytes));
    if (count <= 0) return std::nullopt;
    buffer_.append(bytes, static_cast<size_t>(count));
  }
}

std::vector<std::string> Child::Kill() {
  kill(pid_, SIGKILL);
  CHECK_OK(base::WaitForExit(pid_, absl::InfiniteDuration()).status());
  pid_ = 0;
  std::vector<std::string> lines;
  while (auto line = ReadLine()) lines.push_back(*std::move(line));
  return lines;
}

}  // namespace kubelite::robustness
