#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/stream_session.h"
#include "kubectl-lite/framework/help.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Pod;

bool HasTty(const Pod& pod, const std::string& name) {
  for (const auto* list : {&pod.spec().containers(), &pod.spec().initcontainers()}) {
    for (const auto& container : *list) {
      if (container.name() == name) return container.tty();
    }
  }
  for (const auto& container : pod.spec().ephemeralcontainers()) {
    if (container.ephemeralcontainercommon().name() == name) return container.ephemeralcontainercommon().tty();
  }
  return false;
}

absl::Status Run(const Args& args, Context& context) {
  if (args.positional.empty()) return UsageError("at least 1 argument is required for attach");
  if (args.positional.size() > 1) {
    return UsageError(absl::StrCat("expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ",
                                   args.positional.size(), ": [", args.positional[0], " ", args.positional[1], "]"));
  }
  const bool quiet = args.GetBool("quiet");
  const std::unique_ptr<Console> console = context.open_console();
  ConsoleUse use = UseConsole(args.GetBool("stdin"), args.GetBool("tty"), *console, context);
  if (use.tty) RETURN_IF_ERROR(console->MakeRaw());
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  ASSIGN_OR_RETURN(const PodPtr pod, FindPod(args.positional[0], session));
  const std::string& phase = pod->status().phase();
  if (phase == "Succeeded" || phase == "Failed") {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot attach a container in a completed pod; current phase is ", phase));
  }
  kubelite::v1::StreamOpen open;
  open.set_namespace_(pod->metadata().namespace_());
  open.set_pod(pod->metadata().name());
  kubelite::v1::AttachOptions& attach = *open.mutable_attach();
  ASSIGN_OR_RETURN(*attach.mutable_container(), StreamContainer(*pod, args.Get("container"), quiet, context));
  const bool has_tty = HasTty(*pod, attach.container());
  if (use.tty && !has_tty) {
    if (!quiet) {
      context.err << "error: Unable to use a TTY - container " << attach.container() << " did not allocate one\r\n";
    }
    use.tty = false;
  }
  attach.set_stdin(use.in);
  attach.set_stdout(true);
  attach.set_stderr(!has_tty);
  attach.set_tty(has_tty);
  if (use.tty && !quiet) context.err << "If you don't see a command prompt, try pressing enter.\r\n";
  RETURN_IF_ERROR(RunStream(*session.client, open, use, *console, context));
  if (use.tty && !quiet && pod->spec().restartpolicy() == "Always") {
    context.err << "Session ended, resume using '" << kProgram << " attach " << pod->metadata().name() << " -c "
                << attach.container() << " -i -t' command when the pod is running\r\n";
  }
  return absl::OkStatus();
}

}  // namespace

Command AttachCommand() {
  using Kind = Flag::Kind;
  return {
      .name = "attach",
      .aliases = {},
      .summary = "Attach to the main process of a running container",
      .usage = "attach (POD | TYPE/NAME) [-c CONTAINER] [flags]",
      .examples =
          "# See what it prints from now on\n"
          "kubectl-lite attach hello-5d78c9869d-2x4kq\n"
          "# Talk with a container that has stdin and tty\n"
          "kubectl-lite attach -it shell",
      .flags = {{.name = "stdin", .short_name = 'i', .kind = Kind::kBool, .help = "Pass standard input on"},
                {.name = "tty", .short_name = 't', .kind = Kind::kBool, .help = "Use the container's terminal"},
                {.name = "container", .short_name = 'c', .help = "The container; default the first"},
                {.name = "quiet", .short_name = 'q', .kind = Kind::kBool, .help = "Print the container's output only"}},
      .run = Run,
      .subcommands = {}};
}

}  // namespace kubelite::cli
