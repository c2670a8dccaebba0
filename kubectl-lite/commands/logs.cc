#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/time.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/pod_selection.h"
#include "kubectl-lite/commands/selection.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Pod;
using kubelite::v1::LogOptions;

constexpr int kTailOfMany = 10;

struct LogsOptions {
  std::string target, container, label_selector;
  bool all_containers = false, all_pods = false, prefix = false;
  int64_t max_streams = 5;
  LogOptions log;
};

// One stream to read.
struct Source {
  PodPtr pod;
  std::string container;
  std::string source;  // none: for ForEach
};

absl::StatusOr<LogsOptions> Complete(const Args& args) {
  LogsOptions options{.container = args.Get("container"),
                      .label_selector = args.Get("selector"),
                      .all_containers = args.GetBool("all-containers"),
                      .all_pods = args.GetBool("all-pods"),
                      .prefix = args.GetBool("prefix") || args.GetBool("all-pods"),
                      .max_streams = args.GetInt("max-log-requests")};
  if (!args.positional.empty()) options.target = args.positional[0];
  if (args.positional.size() == 2 && options.container.empty()) options.container = args.positional[1];
  options.log.set_follow(args.GetBool("follow"));
  options.log.set_previous(args.GetBool("previous"));
  options.log.set_timestamps(args.GetBool("timestamps"));
  int64_t tail = args.GetInt("tail");
  if (!args.Has("tail") && !options.label_selector.empty()) tail = kTailOfMany;
  if (tail >= 0) options.log.set_tail_lines(tail);
  if (args.Has("limit-bytes")) options.log.set_limit_bytes(args.GetInt("limit-bytes"));
  if (args.Has("since"))
    options.log.set_since_seconds(absl::ToInt64Seconds(absl::Ceil(args.GetDuration("since"), absl::Seconds(1))));
  if (args.Has("since-time")) {
    const absl::StatusOr<absl::Time> since = api::ParseRfc3339(args.Get("since-time"));
    if (!since.ok()) return UsageError("--since-time: must be a time such as 2026-01-31T12:00:00Z");
    api::ToProto(*since, options.log.mutable_since_time());
  }
  return options;
}

absl::Status Validate(const Args& args, const LogsOptions& options) {
  if (options.target.empty() && options.label_selector.empty()) {
    return UsageError(
        "expected 'logs (POD | TYPE/NAME) [-c CONTAINER]': POD or TYPE/NAME is a required argument for the logs "
        "command");
  }
  if (!options.target.empty() && !options.label_selector.empty())
    return UsageError("only a selector (-l) or a POD name is allowed");
  if (args.positional.size() > 2 || (args.positional.size() == 2 && args.Has("container"))) {
    return UsageError("only one POD and one CONTAINER are allowed");
  }
  if (options.all_containers && !options.container.empty())
    return UsageError("--all-containers=true should not be specified with container name");
  if (args.GetInt("tail") < -1) return UsageError("--tail must be greater than or equal to -1");
  if (args.Has("limit-bytes") && args.GetInt("limit-bytes") < 1)
    return UsageError("--limit-bytes must be greater than 0");
  if (args.Has("since") && args.Has("since-time"))
    return UsageError("at most one of --since-time and --since may be used");
  if (args.Has("since") && args.GetDuration("since") <= absl::ZeroDuration())
    return UsageError("--since must be greater than 0");
  if (options.max_streams < 1) return UsageError("--max-log-requests must be greater than 0");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PodPtr>> FindPods(const LogsOptions& options, Session& session, Context& context) {
  if (options.target.empty()) {
    client::ListOptions list;
    list.name_space = session.name_space;
    list.label_selector = options.label_selector;
    ASSIGN_OR_RETURN(std::vector<PodPtr> pods, client::List<Pod>(*session.client, list));
    if (pods.empty()) context.err << "No resources found in " << session.name_space << " namespace.\n";
    return pods;
  }
  const bool typed = options.target.find('/') != std::string::npos;
  ASSIGN_OR_RETURN(const std::vector<Selection> selections,
                   ParseSelections(typed ? std::vector<std::string>{options.target}
                                         : std::vector<std::string>{"pods", options.target}));
  const Selection& selection = selections[0];
  ASSIGN_OR_RETURN(std::vector<PodPtr> pods, PodsOf(*session.client, *selection.resource,
                                                    session.KeyFor(*selection.resource, selection.names[0])));
  if (options.all_pods || pods.size() == 1) return pods;
  context.err << "Found " << pods.size() << " pods, using pod/" << pods[0]->metadata().name() << "\n";
  pods.resize(1);
  return pods;
}

absl::StatusOr<std::string> ChooseContainer(const Pod& pod, const std::string& wanted, Context& context) {
  const std::vector<std::string> names = ContainerNames(pod, false);
  if (wanted.empty() || std::find(names.begin(), names.end(), wanted) != names.end()) {
    return DefaultContainer(pod, wanted, &context.err);
  }
  return absl::InvalidArgumentError(absl::StrCat("container ", wanted, " is not valid for pod ", pod.metadata().name(),
                                                 ", it has: ", absl::StrJoin(ContainerNames(pod, true), ", ")));
}

absl::StatusOr<std::vector<Source>> FindSources(const LogsOptions& options, Session& session, Context& context) {
  ASSIGN_OR_RETURN(const std::vector<PodPtr> pods, FindPods(options, session, context));
  std::vector<Source> sources;
  for (const PodPtr& pod : pods) {
    if (options.all_containers) {
      for (const std::string& name : ContainerNames(*pod, false)) sources.push_back({pod, name, ""});
      continue;
    }
    ASSIGN_OR_RETURN(const std::string container, ChooseContainer(*pod, options.container, context));
    sources.push_back({pod, container, ""});
  }
  return sources;
}

// Passes whole lines on, each with its prefix, while other streams write too.
class LineWriter {
 public:
  LineWriter(std::string prefix, base::Mutex* mutex, std::ostream* out)
      : prefix_(std::move(prefix)), mutex_(mutex), out_(out) {}
  ~LineWriter() { Pass(&rest_); }
  void Write(absl::string_view data) {
    rest_.append(data.data(), data.size());
    const size_t end = rest_.rfind('\n');
    if (end == std::string::npos) return;
    std::string lines = rest_.substr(0, end + 1);
    rest_.erase(0, end + 1);
    Pass(&lines);
  }

 private:
  void Pass(std::string* lines) {
    if (lines->empty()) return;
    const base::MutexLock lock(mutex_);
    if (prefix_.empty()) {
      *out_ << *lines;
    } else {
      for (absl::string_view line : absl::StrSplit(*lines, '\n')) {
        if (line.data() != lines->data() + lines->size()) *out_ << prefix_ << line << "\n";
      }
    }
    out_->flush();
    lines->clear();
  }

  const std::string prefix_;
  base::Mutex* const mutex_;
  std::ostream* const out_;
  std::string rest_;
};

absl::Status CopyLog(const LogsOptions& options, const Source& source, client::Client& client, base::Mutex* mutex,
                     std::ostream* out) {
  kubelite::v1::StreamOpen open;
  const auto& meta = source.pod->metadata();
  open.set_namespace_(meta.namespace_());
  open.set_pod(meta.name());
  open.set_uid(meta.uid());
  *open.mutable_log() = options.log;
  open.mutable_log()->set_container(source.container);
  ASSIGN_OR_RETURN(const std::unique_ptr<client::ByteStream> stream, client.Connect(open));
  LineWriter writer(options.prefix ? absl::StrCat("[pod/", meta.name(), "/", source.container, "] ") : "", mutex, out);
  while (true) {
    const absl::StatusOr<client::ByteStream::Chunk> chunk = stream->Read();
    if (absl::IsOutOfRange(chunk.status())) return absl::OkStatus();
    RETURN_IF_ERROR(chunk.status());
    writer.Write(chunk->data);
  }
}

// Follows all sources at the same time, until all have ended.
absl::Status FollowAll(const LogsOptions& options, const std::vector<Source>& sources, client::Client& client,
                       Context& context) {
  struct Progress {
    base::Mutex mutex;
    base::CondVar ended;
    size_t running = 0;
    bool failed = false;
  } progress;
  progress.running = sources.size();
  base::Mutex out_mutex;
  base::ThreadPool threads(static_cast<int>(sources.size()));
  for (const Source& source : sources) {
    threads.Post([&] {
      const absl::Status status = CopyLog(options, source, client, &out_mutex, &context.out);
      const base::MutexLock lock(&progress.mutex);
      if (!status.ok()) ReportFailure(status, "", context);
      progress.failed = progress.failed || !status.ok();
      --progress.running;
      progress.ended.SignalAll();
    });
  }
  const base::MutexLock lock(&progress.mutex);
  while (progress.running > 0) progress.ended.Wait(&progress.mutex);
  return progress.failed ? AlreadyReported() : absl::OkStatus();
}

absl::Status Run(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const LogsOptions options, Complete(args));
  RETURN_IF_ERROR(CheckSelectors(args));
  RETURN_IF_ERROR(Validate(args, options));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  ASSIGN_OR_RETURN(const std::vector<Source> sources, FindSources(options, session, context));
  base::Mutex mutex;
  if (!options.log.follow() || sources.size() < 2) {
    return ForEach(sources, context, [&](const Source& source) {
      return CopyLog(options, source, *session.client, &mutex, &context.out);
    });
  }
  if (sources.size() > static_cast<size_t>(options.max_streams)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "you are attempting to follow ", sources.size(), " log streams, but maximum allowed concurrency is ",
        options.max_streams, ", use --max-log-requests to increase the limit"));
  }
  return FollowAll(options, sources, *session.client, context);
}

}  // namespace

Command LogsCommand() {
  using Kind = Flag::Kind;
  return {.name = "logs",
          .aliases = {"log"},
          .summary = "Print what the containers of a pod have written",
          .usage = "logs (POD | TYPE/NAME | -l LABELS) [-c CONTAINER] [flags]",
          .examples =
              "# A pod; one pod of a deployment\n"
              "kubectl-lite logs hello-5d78c9869d-2x4kq\n"
              "kubectl-lite logs deployment/hello --tail=5\n"
              "# As it is written; the run before the last restart\n"
              "kubectl-lite logs -f deployment/hello\n"
              "kubectl-lite logs hello-5d78c9869d-2x4kq --previous\n"
              "# All pods with a label, each line with its pod\n"
              "kubectl-lite logs -l app=hello --prefix\n"
              "# The control plane\n"
              "kubectl-lite logs -n kube-system -l component=kube-apiserver --since=10m",
          .flags = {{.name = "follow", .short_name = 'f', .kind = Kind::kBool, .help = "Go on as more is written"},
                    {.name = "previous",
                     .short_name = 'p',
                     .kind = Kind::kBool,
                     .help = "The container's run before this one"},
                    {.name = "container", .short_name = 'c', .help = "The container; default the first"},
                    {.name = "all-containers", .kind = Kind::kBool, .help = "All containers of the pod"},
                    {.name = "all-pods", .kind = Kind::kBool, .help = "All pods of TYPE/NAME, each line with its pod"},
                    {.name = "selector", .short_name = 'l', .help = "All pods with these labels"},
                    {.name = "tail",
                     .kind = Kind::kInt,
                     .default_value = "-1",
                     .help = "The last lines only; -1: all, but 10 with -l"},
                    {.name = "since", .kind = Kind::kDuration, .help = "Lines younger than this, for example 5m"},
                    {.name = "since-time", .help = "Lines after this time, for example 2026-01-31T12:00:00Z"},
                    {.name = "timestamps", .kind = Kind::kBool, .help = "Each line with its time"},
                    {.name = "limit-bytes", .kind = Kind::kInt, .help = "At most this many bytes"},
                    {.name = "prefix", .kind = Kind::kBool, .help = "Each line with its pod and container"},
                    {.name = "max-log-requests",
                     .kind = Kind::kInt,
                     .default_value = "5",
                     .help = "How many logs may be followed at a time"}},
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
