#include "kubelet/shim/pod.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kubelet/shim/output.h"
#include "kubelet/shim/record.h"

namespace kubelite::kubelet::shim {
namespace {

// A process that left its group may write for ever; after this many reads its command counts as finished.
constexpr int kMaxDrainReads = 32;

void WriteRecord(const std::string& path, const ContainerState& state) {
  const std::string temporary = path + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return;
  const std::string text = FormatRecord(state);
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  if (written) rename(temporary.c_str(), path.c_str());
}

// `read_end` and `write_end`; the end that is ours does not block, the other one does, as programs expect.
bool MakePipe(Fd* read_end, Fd* write_end, const Fd* ours, SpawnFailure* failure) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    *failure = {errno, std::string("pipe: ") + strerror(errno)};
    return false;
  }
  read_end->Reset(fds[0]);
  write_end->Reset(fds[1]);
  fcntl(ours->get(), F_SETFL, O_NONBLOCK);
  return true;
}

bool MakeTerminal(Fd* master, Fd* slave, SpawnFailure* failure) {
  const auto fail = [failure](const char* step) {
    *failure = {errno, std::string(step) + ": " + strerror(errno)};
    return false;
  };
  master->Reset(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  int unlock = 0;
  if (!master->valid() || ioctl(master->get(), TIOCSPTLCK, &unlock) != 0) return fail("opening a terminal");
  slave->Reset(ioctl(master->get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  return slave->valid() || fail("opening a terminal");
}

// This process's children.
template <typename Act>
void ForEachChild(Act act) {
  FILE* children = fopen(("/proc/self/task/" + std::to_string(getpid()) + "/children").c_str(), "re");
  if (children == nullptr) return;
  for (int pid; fscanf(children, "%d", &pid) == 1;) act(pid);
  fclose(children);
}

void AddTerminalType(Process* process) {
  for (const std::string& entry : process->env) {
    if (entry.compare(0, 5, "TERM=") == 0) return;
  }
  process->env.push_back("TERM=xterm");
}

}  // namespace

struct Pod::Container final : OutputListener {
  Container(Loop* loop, const StartInteractive& request, LogLimits limits, PodListener* pod_listener)
      : record_path(request.start.record_path),
        stop_signal(request.start.stop_signal),
        stdin_open(request.stdin_open),
        stdin_once(request.stdin_once),
        tty(request.tty),
        process(request.start.process),
        log(request.start.log_path, limits),
        out(loop, 1, &log, &attachers, this),
        err(loop, 2, &log, &attachers, this),
        listener(pod_listener) {
    state.id = request.start.id;
    process.argv.clear();
  }
  void OnAttachersLost() override {
    attachers.TakeLost([this](const Attacher& lost) { listener->OnAttachLost(lost.client, lost.request); });
  }
  ContainerState state;
  const std::string record_path;
  const int stop_signal;
  const bool stdin_open;
  const bool stdin_once;
  const bool tty;
  Process process;  // what commands beside it run with
  int64_t kill_at_ms = -1;
  LogFile log;
  Attachers attachers;
  Fd in;  // what attached clients may write to; a terminal's is `out`
  Output out;
  Output err;
  PodListener* const listener;
};

// A command run beside the containers, whose output is kept and sent back; or one whose streams the client has (no fd).
struct Pod::Job final : Handler {
  explicit Job(Loop* event_loop) : loop(event_loop) {}
  ~Job() { Close(); }
  void OnReady() override {
    const ssize_t n = read(fd, ReadBuffer(), kReadSize);
    if (n > 0) {
      const size_t room = limit > output.size() ? limit - output.size() : 0;
      output.append(ReadBuffer(), std::min(room, static_cast<size_t>(n)));
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
  bool tty = false;
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

Pod::Container* Pod::FindRunning(const std::string& id, SpawnFailure* failure) {
  Container* container = Find(id);
  if (container != nullptr && container->state.running) return container;
  *failure = {ESRCH, "container " + id + " is not running"};
  return nullptr;
}

bool Pod::Start(const StartInteractive& request, ContainerState* state, SpawnFailure* failure) {
  const std::string& id = request.start.id;
  if (Find(id) != nullptr) {
    *failure = {EEXIST, "container " + id + " was started before"};
    return false;
  }
  auto container = std::make_unique<Container>(loop_, request, limits_, listener_);
  Fd in, in_write, out, out_write, err, err_write;
  StandardStreams streams;
  if (request.tty) {
    if (!MakeTerminal(&out, &out_write, failure)) return false;
    streams = {out_write.get(), out_write.get(), out_write.get(), true};
  } else {
    if (!MakePipe(&out, &out_write, &out, failure) || !MakePipe(&err, &err_write, &err, failure)) return false;
    if (request.stdin_open && !MakePipe(&in, &in_write, &in_write, failure)) return false;
    streams = {in.get(), out_write.get(), err_write.get(), false};
  }
  const int64_t now = NowNanos();
  const pid_t pid = Spawn(request.start.process, streams, failure);
  if (pid < 0) return false;
  container->in = std::move(in_write);
  container->out.Open(std::move(out));
  if (err.valid()) container->err.Open(std::move(err));
  container->state.pid = pid;
  container->state.running = true;
  container->state.started_ns = now;
  WriteRecord(container->record_path, container->state);
  *state = container->state;
  containers_.push_back(std::move(container));
  return true;
}

bool Pod::Exec(const ExecRequest& request, int client, uint32_t number, SpawnFailure* failure) {
  const Container* container = FindRunning(request.container, failure);
  if (container == nullptr) return false;
  Process process = container->process;
  process.argv = request.argv;
  Fd out, out_write;
  if (!MakePipe(&out, &out_write, &out, failure)) return false;
  const pid_t pid = Spawn(process, {-1, out_write.get(), out_write.get(), false}, failure);
  if (pid < 0) return false;
  auto job = std::make_unique<Job>(loop_);
  job->pid = pid;
  job->fd = out.Release();
  job->client = client;
  job->request = number;
  job->limit = request.output_limit;
  if (request.timeout_ms > 0) job->kill_at_ms = MonotonicMillis() + request.timeout_ms;
  loop_->Watch(job->fd, job.get());
  jobs_.push_back(std::move(job));
  return true;
}

bool Pod::ExecWithStreams(const ExecStream& request, std::vector<Fd> fds, int client, uint32_t number,
                          SpawnFailure* failure) {
  const Container* container = FindRunning(request.container, failure);
  if (container == nullptr) return false;
  if (fds.size() != (request.tty ? 1U : 3U)) {
    *failure = {EPROTO, "a command needs its standard streams"};
    return false;
  }
  Process process = container->process;
  process.argv = request.argv;
  if (request.tty) AddTerminalType(&process);
  const int first = fds[0].get();
  const StandardStreams streams = request.tty ? StandardStreams{first, first, first, true}
                                              : StandardStreams{first, fds[1].get(), fds[2].get(), false};
  const pid_t pid = Spawn(process, streams, failure);
  if (pid < 0) return false;
  auto job = std::make_unique<Job>(loop_);
  job->pid = pid;
  job->client = client;
  job->request = number;
  job->tty = request.tty;
  jobs_.push_back(std::move(job));
  return true;
}

bool Pod::Attach(const AttachRequest& request, std::vector<Fd> fds, int client, uint32_t number, Attached* attached,
                 int* fd, SpawnFailure* failure) {
  Container* container = FindRunning(request.container, failure);
  if (container == nullptr) return false;
  if (fds.size() != static_cast<size_t>(request.stdout_wanted) + static_cast<size_t>(request.stderr_wanted)) {
    *failure = {EPROTO, "a descriptor is needed for each output"};
    return false;
  }
  Attacher attacher;
  attacher.client = client;
  attacher.request = number;
  attacher.stdin_wanted = request.stdin_wanted;
  if (request.stdout_wanted) attacher.out = std::move(fds[0]);
  if (request.stderr_wanted) attacher.err = std::move(fds.back());
  container->attachers.Add(std::move(attacher));
  attached->tty = container->tty;
  attached->takes_stdin = container->tty ? container->stdin_open : container->in.valid();
  *fd = container->tty ? container->out.fd() : request.stdin_wanted ? container->in.get() : -1;
  attached->has_fd = *fd >= 0;
  return true;
}

bool Pod::CloseStdin(const std::string& id) {
  Container* container = Find(id);
  if (container == nullptr) return false;
  if (container->stdin_once) container->in.Reset();
  return true;
}

void Pod::Abandon(int client) {
  for (const auto& job : jobs_) {
    if (job->client == client) kill(-job->pid, SIGKILL);
  }
  for (const auto& container : containers_) {
    if (container->attachers.Remove(client)) CloseStdin(container->state.id);
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
  container->in.Reset();
  WriteRecord(container->record_path, state);
  listener_->OnExit(state);
  for (const Attacher& attacher : container->attachers.TakeAll()) {
    listener_->OnAttachDone(attacher.client, attacher.request, state);
  }
}

void Pod::JobExited(size_t index, int code, int) {
  const std::unique_ptr<Job> job = std::move(jobs_[index]);
  jobs_.erase(jobs_.begin() + index);
  if (job->tty) ended_sessions_.push_back(job->pid);
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
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) break;
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
  KillEndedSessions();
}

void Pod::KillEndedSessions() {
  // The number of a session is not used again while it has a process. Orphans become children of the subreaper; those
  // further down are reached when their parents are reaped.
  for (size_t i = 0; i < ended_sessions_.size();) {
    bool found = false;
    ForEachChild([&](pid_t pid) {
      if (getsid(pid) != ended_sessions_[i]) return;
      found = true;
      kill(pid, SIGKILL);
    });
    if (found) {
      ++i;
    } else {
      ended_sessions_.erase(ended_sessions_.begin() + i);
    }
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
  int found = 0;
  // Orphans become children of the subreaper, so repeating this reaches every descendant.
  ForEachChild([&found](pid_t pid) {
    ++found;
    kill(pid, SIGKILL);
  });
  for (const auto& container : containers_) {
    if (container->state.running) kill(-container->state.pid, SIGKILL);
  }
  siginfo_t info;
  return found == 0 && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

}  // namespace kubelite::kubelet::shim
