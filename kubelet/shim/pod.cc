#include "kubelet/shim/pod.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kubelet/shim/record.h"

namespace kubelite::kubelet::shim {
namespace {

constexpr size_t kReadSize = 64 * 1024;
// A process that left its group may write for ever; after this many reads its container counts as finished.
constexpr int kMaxDrainReads = 32;

char g_read_buffer[kReadSize];

void WriteRecord(const std::string& path, const ContainerState& state) {
  const std::string temporary = path + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return;
  const std::string text = FormatRecord(state);
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  if (written) rename(temporary.c_str(), path.c_str());
}

void ClosePipe(int fds[2]) {
  for (int i = 0; i < 2; ++i) {
    if (fds[i] >= 0) close(fds[i]);
  }
}

// The read end does not block; the write end does, as programs expect.
bool MakePipe(int fds[2]) {
  if (pipe2(fds, O_CLOEXEC) != 0) return false;
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  return true;
}

}  // namespace

// Reads one stream of a container into its log.
class Pod::Output final : public Handler {
 public:
  Output(Loop* loop, const char* stream, LogFile* log) : loop_(loop), lines_(stream), log_(log) {}
  ~Output() { Close(); }

  void Open(int fd) {
    fd_ = fd;
    loop_->Watch(fd_, this);
  }
  void OnReady() override {
    ReadOnce();
    log_->Flush();
  }
  // Reads what is there now.
  void Drain() {
    for (int i = 0; i < kMaxDrainReads && ReadOnce(); ++i) {
    }
  }
  void Close() {
    if (fd_ < 0) return;
    lines_.Finish(NowNanos(), log_);
    loop_->Unwatch(fd_);
    close(fd_);
    fd_ = -1;
  }

 private:
  // False when there is nothing to read now or ever.
  bool ReadOnce() {
    if (fd_ < 0) return false;
    const ssize_t n = read(fd_, g_read_buffer, kReadSize);
    if (n > 0) {
      lines_.Append(g_read_buffer, n, NowNanos(), log_);
      return true;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) Close();
    return n < 0 && errno == EINTR;
  }

  Loop* const loop_;
  LineSplitter lines_;
  LogFile* const log_;
  int fd_ = -1;
};

struct Pod::Container {
  Container(Loop* loop, const StartRequest& request, LogLimits limits)
      : record_path(request.record_path),
        stop_signal(request.stop_signal),
        process(request.process),
        log(request.log_path, limits),
        out(loop, "stdout", &log),
        err(loop, "stderr", &log) {
    state.id = request.id;
    process.argv.clear();
  }
  ContainerState state;
  const std::string record_path;
  const int stop_signal;
  Process process;  // what commands beside it run with
  int64_t kill_at_ms = -1;
  LogFile log;
  Output out;
  Output err;
};

// A command run beside the containers, whose output is kept and sent back.
struct Pod::Job final : Handler {
  explicit Job(Loop* event_loop) : loop(event_loop) {}
  ~Job() { Close(); }
  void OnReady() override {
    const ssize_t n = read(fd, g_read_buffer, kReadSize);
    if (n > 0) {
      const size_t room = limit > output.size() ? limit - output.size() : 0;
      output.append(g_read_buffer, std::min(room, static_cast<size_t>(n)));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      Close();
    }
  }
  void Close() {
    if (fd < 0) return;
    loop->Unwatch(fd);
    close(fd);
    fd = -1;
  }
  Loop* const loop;
  pid_t pid = 0;
  int fd = -1;
  int client = -1;
  uint32_t request = 0;
  size_t limit = 0;
  int64_t kill_at_ms = -1;
  bool timed_out = false;
  std::string output;
};

Pod::Pod(Loop* loop, LogLimits limits, PodListener* listener) : loop_(loop), limits_(limits), listener_(listener) {}
Pod::~Pod() = default;

Pod::Container* Pod::Find(const std::string& id) {
  for (const auto& container : containers_) {
    if (container->state.id == id) return container.get();
  }
  return nullptr;
}

bool Pod::Start(const StartRequest& request, ContainerState* state, SpawnFailure* failure) {
  if (Find(request.id) != nullptr) {
    *failure = {EEXIST, "container " + request.id + " was started before"};
    return false;
  }
  auto container = std::make_unique<Container>(loop_, request, limits_);
  int out[2] = {-1, -1};
  int err[2] = {-1, -1};
  if (!MakePipe(out) || !MakePipe(err)) {
    *failure = {errno, std::string("pipe: ") + strerror(errno)};
    ClosePipe(out);
    ClosePipe(err);
    return false;
  }
  const int64_t now = NowNanos();
  const pid_t pid = Spawn(request.process, out[1], err[1], failure);
  close(out[1]);
  close(err[1]);
  if (pid < 0) {
    close(out[0]);
    close(err[0]);
    return false;
  }
  container->out.Open(out[0]);
  container->err.Open(err[0]);
  container->state.pid = pid;
  container->state.running = true;
  container->state.started_ns = now;
  WriteRecord(container->record_path, container->state);
  *state = container->state;
  containers_.push_back(std::move(container));
  return true;
}

bool Pod::Exec(const ExecRequest& request, int client, uint32_t number, SpawnFailure* failure) {
  const Container* container = Find(request.container);
  if (container == nullptr || !container->state.running) {
    *failure = {ESRCH, "container " + request.container + " is not running"};
    return false;
  }
  Process process = container->process;
  process.argv = request.argv;
  int out[2] = {-1, -1};
  if (!MakePipe(out)) {
    *failure = {errno, std::string("pipe: ") + strerror(errno)};
    return false;
  }
  const pid_t pid = Spawn(process, out[1], out[1], failure);
  close(out[1]);
  if (pid < 0) {
    close(out[0]);
    return false;
  }
  auto job = std::make_unique<Job>(loop_);
  job->pid = pid;
  job->fd = out[0];
  job->client = client;
  job->request = number;
  job->limit = request.output_limit;
  if (request.timeout_ms > 0) job->kill_at_ms = MonotonicMillis() + request.timeout_ms;
  loop_->Watch(job->fd, job.get());
  jobs_.push_back(std::move(job));
  return true;
}

void Pod::Abandon(int client) {
  for (const auto& job : jobs_) {
    if (job->client == client) kill(-job->pid, SIGKILL);
  }
}

bool Pod::Signal(const std::string& id, int signal) {
  Container* container = Find(id);
  return container != nullptr && container->state.running && kill(container->state.pid, signal) == 0;
}

bool Pod::Stop(const std::string& id, int64_t grace_ms) {
  Container* container = Find(id);
  if (container == nullptr) return false;
  if (!container->state.running) return true;
  const int64_t kill_at = MonotonicMillis() + std::max<int64_t>(grace_ms, 0);
  if (container->kill_at_ms < 0 && grace_ms > 0) kill(container->state.pid, container->stop_signal);
  if (container->kill_at_ms < 0 || kill_at < container->kill_at_ms) container->kill_at_ms = kill_at;
  if (grace_ms <= 0) OnDeadline(kill_at);
  return true;
}

void Pod::StopAll(int64_t grace_ms) {
  for (const auto& container : containers_) Stop(container->state.id, grace_ms);
}

bool Pod::Remove(const std::string& id) {
  for (size_t i = 0; i < containers_.size(); ++i) {
    if (containers_[i]->state.id != id) continue;
    if (containers_[i]->state.running) return false;
    containers_.erase(containers_.begin() + i);
    return true;
  }
  return true;
}

std::vector<ContainerState> Pod::States() const {
  std::vector<ContainerState> states;
  for (const auto& container : containers_) states.push_back(container->state);
  return states;
}

bool Pod::AnyRunning() const {
  for (const auto& container : containers_) {
    if (container->state.running) return true;
  }
  return false;
}

void Pod::ContainerExited(Container* container, int code, int signal) {
  container->out.Drain();
  container->err.Drain();
  container->log.Flush();
  ContainerState& state = container->state;
  state.running = false;
  state.finished_ns = NowNanos();
  state.exit_code = code;
  state.signal = signal;
  container->kill_at_ms = -1;
  WriteRecord(container->record_path, state);
  listener_->OnExit(state);
}

void Pod::JobExited(size_t index, int code, int) {
  const std::unique_ptr<Job> job = std::move(jobs_[index]);
  jobs_.erase(jobs_.begin() + index);
  for (int i = 0; i < kMaxDrainReads && job->fd >= 0; ++i) {
    const size_t before = job->output.size();
    job->OnReady();
    if (job->output.size() == before) break;
  }
  listener_->OnExecDone(job->client, job->request, {code, job->timed_out, job->output});
}

void Pod::Reap() {
  while (true) {
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const pid_t pid = info.si_pid;
    const int signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    const int code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    Container* exited = nullptr;
    for (const auto& container : containers_) {
      if (container->state.running && container->state.pid == pid) exited = container.get();
    }
    size_t job = 0;
    while (job < jobs_.size() && jobs_[job]->pid != pid) ++job;
    // The rest of its group goes with it, while the zombie still keeps the group's number from being used again.
    if (exited != nullptr || job < jobs_.size()) kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    if (exited != nullptr) ContainerExited(exited, code, signal);
    if (job < jobs_.size()) JobExited(job, code, signal);
  }
}

int64_t Pod::NextDeadline() const {
  int64_t next = -1;
  const auto consider = [&next](int64_t at) {
    if (at >= 0 && (next < 0 || at < next)) next = at;
  };
  for (const auto& container : containers_) consider(container->kill_at_ms);
  for (const auto& job : jobs_) consider(job->kill_at_ms);
  return next;
}

void Pod::OnDeadline(int64_t now_ms) {
  for (const auto& container : containers_) {
    if (!container->state.running || container->kill_at_ms < 0 || container->kill_at_ms > now_ms) continue;
    kill(-container->state.pid, SIGKILL);
    kill(container->state.pid, SIGKILL);
    // Again in a second: a process that is just leaving the group may have escaped.
    container->kill_at_ms = now_ms + 1000;
  }
  for (const auto& job : jobs_) {
    if (job->kill_at_ms < 0 || job->kill_at_ms > now_ms) continue;
    job->timed_out = true;
    kill(-job->pid, SIGKILL);
    job->kill_at_ms = now_ms + 1000;
  }
}

bool Pod::KillEverything() {
  Reap();
  const std::string self = std::to_string(getpid());
  FILE* children = fopen(("/proc/self/task/" + self + "/children").c_str(), "re");
  int found = 0;
  if (children != nullptr) {
    // Orphans become children of the subreaper, so repeating this reaches every descendant.
    for (int pid; fscanf(children, "%d", &pid) == 1; ++found) kill(pid, SIGKILL);
    fclose(children);
  }
  for (const auto& container : containers_) {
    if (container->state.running) kill(-container->state.pid, SIGKILL);
  }
  siginfo_t info;
  return found == 0 && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

}  // namespace kubelite::kubelet::shim
