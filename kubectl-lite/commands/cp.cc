#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/errno_status.h"
#include "common/base/process.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/stream_session.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::cli {
namespace {

// [[NAMESPACE/]POD:]PATH
struct FileSpec {
  std::string name_space;
  std::string pod;  // empty: on this machine
  std::string path;
};

absl::StatusOr<FileSpec> ParseFileSpec(const std::string& word) {
  const size_t colon = word.find(':');
  if (colon == 0) return UsageError("filespec must match the canonical format: [[namespace/]pod:]file/path");
  if (colon == std::string::npos || word[0] == '/' || word[0] == '.') return FileSpec{"", "", word};
  FileSpec spec{"", word.substr(0, colon), word.substr(colon + 1)};
  if (const size_t slash = spec.pod.find('/'); slash != std::string::npos) {
    spec.name_space = spec.pod.substr(0, slash);
    spec.pod.erase(0, slash + 1);
  }
  if (spec.pod.empty() || absl::StrContains(spec.pod, '/')) {
    return UsageError("filespec must match the canonical format: [[namespace/]pod:]file/path");
  }
  return spec;
}

// A path's last part and the directory that it is in.
struct Place {
  std::string directory;
  std::string name;
};

Place PlaceOf(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

// tar's way to rename the one file or directory of an archive, and nothing that links point to.
std::string Rename(const std::string& from, const std::string& to) {
  std::string pattern;
  for (const char c : from) absl::StrAppend(&pattern, absl::StrContains("\\.[]*^$,", c) ? "\\" : "", std::string(1, c));
  std::string replacement;
  for (const char c : to) absl::StrAppend(&replacement, absl::StrContains("\\&,", c) ? "\\" : "", std::string(1, c));
  return absl::StrCat("--transform=flags=rSh;s,^", pattern, ",", replacement, ",");
}

// tar on this machine, with a pipe to or from it.
class LocalTar {
 public:
  LocalTar() = default;
  ~LocalTar() { ClosePipe(); }
  LocalTar(const LocalTar&) = delete;

  absl::Status Start(std::vector<std::string> arguments, bool reads) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return base::ErrnoStatus(errno, "making a pipe");
    arguments.insert(arguments.begin(), "tar");
    const absl::StatusOr<pid_t> pid =
        base::SpawnProcess({.argv = std::move(arguments),
                            .env = std::nullopt,
                            .working_directory = "",
                            .stdin_stream = reads ? base::Stream::Fd(fds[0]) : base::Stream::Null(),
                            .stdout_stream = reads ? base::Stream::Null() : base::Stream::Fd(fds[1]),
                            .stderr_stream = base::Stream::Inherit(),
                            .passed_fds = {}});
    close(fds[reads ? 0 : 1]);
    pipe_ = fds[reads ? 1 : 0];
    RETURN_IF_ERROR(pid.status());
    pid_ = *pid;
    return absl::OkStatus();
  }
  int pipe() const { return pipe_; }
  void ClosePipe() {
    if (pipe_ >= 0) close(pipe_);
    pipe_ = -1;
  }
  absl::Status Wait() {
    ClosePipe();
    ASSIGN_OR_RETURN(const base::ExitStatus exit, base::WaitForExit(pid_, absl::InfiniteDuration()));
    if (exit.code == 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("tar on this machine ended with exit code ", exit.code));
  }

 private:
  int pipe_ = -1;
  pid_t pid_ = 0;
};

class Copier {
 public:
  Copier(Session session, Context& context) : session_(std::move(session)), context_(context) {}

  absl::Status FindContainer(const FileSpec& spec, const std::string& container) {
    if (!spec.name_space.empty()) session_.name_space = spec.name_space;
    ASSIGN_OR_RETURN(pod_, FindPod(spec.pod, session_));
    ASSIGN_OR_RETURN(container_, StreamContainer(*pod_, container, false, context_));
    return absl::OkStatus();
  }

  absl::Status Upload(const std::string& from, std::string to, bool preserve) {
    struct stat st = {};
    if (stat(from.c_str(), &st) != 0)
      return absl::NotFoundError(absl::StrCat(from, " doesn't exist in local filesystem"));
    const Place source = PlaceOf(from);
    ASSIGN_OR_RETURN(const bool is_directory, IsDirectory(to));
    if (is_directory) absl::StrAppend(&to, absl::EndsWith(to, "/") ? "" : "/", source.name);
    const Place target = PlaceOf(to);
    LocalTar tar;
    RETURN_IF_ERROR(
        tar.Start({"-cf", "-", "-C", source.directory, Rename(source.name, target.name), "--", source.name}, false));
    std::vector<std::string> command = {"tar", "-xmf", "-", "-C", target.directory};
    if (!preserve) command = {"tar", "--no-same-permissions", "--no-same-owner", "-xmf", "-", "-C", target.directory};
    ASSIGN_OR_RETURN(const auto stream, Open(command, /*in=*/true));
    absl::Status end;
    {
      base::ThreadPool sender(1);
      sender.Post([&] { SendAll(tar.pipe(), *stream); });
      end = ReadAll(*stream, -1);
      stream->Cancel();  // a sender that still waits
    }
    const absl::Status ended = StreamEnd(end, context_);
    const absl::Status packed = tar.Wait();
    return ended.ok() ? packed : ended;
  }

  absl::Status Download(const std::string& from, std::string to) {
    const Place source = PlaceOf(from);
    struct stat st = {};
    if (stat(to.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) {
      absl::StrAppend(&to, absl::EndsWith(to, "/") ? "" : "/", source.name);
    }
    const Place target = PlaceOf(to);
    LocalTar tar;
    signal(SIGPIPE, SIG_IGN);  // a tar that has failed says so itself
    // Only the entries that were asked for: a container cannot make others.
    RETURN_IF_ERROR(
        tar.Start({"-xf", "-", "-C", target.directory, Rename(source.name, target.name), "--", source.name}, true));
    ASSIGN_OR_RETURN(const auto stream, Open({"tar", "-cf", "-", "-C", source.directory, "--", source.name}, false));
    const absl::Status ended = StreamEnd(ReadAll(*stream, tar.pipe()), context_);
    const absl::Status unpacked = tar.Wait();
    return ended.ok() ? unpacked : ended;
  }

 private:
  absl::StatusOr<std::unique_ptr<client::ByteStream>> Open(const std::vector<std::string>& command, bool in) {
    kubelite::v1::StreamOpen open;
    open.set_namespace_(pod_->metadata().namespace_());
    open.set_pod(pod_->metadata().name());
    open.mutable_exec()->set_container(container_);
    for (const std::string& word : command) open.mutable_exec()->add_command(word);
    open.mutable_exec()->set_stdin(in);
    open.mutable_exec()->set_stdout(true);
    open.mutable_exec()->set_stderr(true);
    return session_.client->Connect(open);
  }

  absl::StatusOr<bool> IsDirectory(const std::string& path) {
    ASSIGN_OR_RETURN(const auto stream, Open({"test", "-d", path}, false));
    absl::StatusOr<client::ByteStream::Chunk> chunk;
    do chunk = stream->Read();
    while (chunk.ok());
    if (absl::IsOutOfRange(chunk.status())) return true;
    if (api::ToApiStatus(chunk.status()).reason() == "NonZeroExitCode") return false;
    return chunk.status();
  }

  static void SendAll(int fd, client::ByteStream& stream) {
    std::string buffer(64 << 10, '\0');
    while (true) {
      const ssize_t n = read(fd, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      const absl::string_view data(buffer.data(), static_cast<size_t>(std::max<ssize_t>(n, 0)));
      if (!stream.Write(0, data, /*end=*/n <= 0).ok() || n <= 0) return;
    }
  }

  // Standard output to `fd`, if there is one, and what tar complains of to the user.
  absl::Status ReadAll(client::ByteStream& stream, int fd) {
    while (true) {
      ASSIGN_OR_RETURN(const client::ByteStream::Chunk chunk, stream.Read());
      if (chunk.channel == 2) {
        context_.err << chunk.data;
        continue;
      }
      for (size_t at = 0; fd >= 0 && at < chunk.data.size();) {
        const ssize_t n = write(fd, chunk.data.data() + at, chunk.data.size() - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return base::ErrnoStatus(errno, "passing the archive to tar");
        at += static_cast<size_t>(n);
      }
    }
  }

  Session session_;
  Context& context_;
  PodPtr pod_;
  std::string container_;
};

absl::Status Run(const Args& args, Context& context) {
  if (args.positional.size() != 2) return UsageError("source and destination are required");
  ASSIGN_OR_RETURN(const FileSpec source, ParseFileSpec(args.positional[0]));
  ASSIGN_OR_RETURN(const FileSpec target, ParseFileSpec(args.positional[1]));
  if (!source.pod.empty() && !target.pod.empty())
    return UsageError("one of src or dest must be a local file specification");
  if (source.pod.empty() && target.pod.empty())
    return UsageError("one of src or dest must be a remote file specification");
  if (source.path.empty() || target.path.empty()) return UsageError("filepath can not be empty");
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  Copier copier(std::move(session), context);
  RETURN_IF_ERROR(copier.FindContainer(source.pod.empty() ? target : source, args.Get("container")));
  if (source.pod.empty()) return copier.Upload(source.path, target.path, !args.GetBool("no-preserve"));
  return copier.Download(source.path, target.path);
}

}  // namespace

Command CpCommand() {
  return {.name = "cp",
          .aliases = {},
          .summary = "Copy files and directories to and from a container, with tar on both sides",
          .usage = "cp SOURCE DESTINATION [-c CONTAINER] [flags], one of them as [NAMESPACE/]POD:PATH",
          .examples =
              "# Into a pod, and out of one\n"
              "kubectl-lite cp settings.json hello-5d78c9869d-2x4kq:/tmp/settings.json\n"
              "kubectl-lite cp hello-5d78c9869d-2x4kq:/var/log/app ./logs\n"
              "# A pod of another namespace, and one of its containers\n"
              "kubectl-lite cp site web/nginx:/srv/site -c server",
          .flags = {{.name = "container", .short_name = 'c', .help = "The container; default the first"},
                    {.name = "no-preserve",
                     .kind = Flag::Kind::kBool,
                     .help = "Leave owner and permissions to the container's user"}},
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
