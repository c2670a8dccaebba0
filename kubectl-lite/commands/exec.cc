#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/stream_session.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::cli {
namespace {

absl::Status Run(const Args& args, Context& context) {
  const size_t before = args.before_dash.value_or(args.positional.size());
  if (before == 0) return UsageError("pod, type/name or --filename must be specified");
  if (before > 1) {
    return UsageError("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead");
  }
  if (args.positional.size() < 2) return UsageError("you must specify at least one command for the container");
  // Before the first connection, whose threads must not take the terminal's signals.
  const std::unique_ptr<Console> console = context.open_console();
  const ConsoleUse use = UseConsole(args.GetBool("stdin"), args.GetBool("tty"), *console, context);
  if (use.tty) RETURN_IF_ERROR(console->MakeRaw());
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  ASSIGN_OR_RETURN(const PodPtr pod, FindPod(args.positional[0], session));
  const std::string& phase = pod->status().phase();
  if (phase == "Succeeded" || phase == "Failed") {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot exec into a container in a completed pod; current phase is ", phase));
  }
  kubelite::v1::StreamOpen open;
  open.set_namespace_(pod->metadata().namespace_());
  open.set_pod(pod->metadata().name());
  kubelite::v1::ExecOptions& exec = *open.mutable_exec();
  ASSIGN_OR_RETURN(*exec.mutable_container(),
                   StreamContainer(*pod, args.Get("container"), args.GetBool("quiet"), context));
  for (size_t i = 1; i < args.positional.size(); ++i) exec.add_command(args.positional[i]);
  exec.set_stdin(use.in);
  exec.set_stdout(true);
  exec.set_stderr(!use.tty);
  exec.set_tty(use.tty);
  return RunStream(*session.client, open, use, *console, context);
}

}  // namespace

Command ExecCommand() {
  using Kind = Flag::Kind;
  return {
      .name = "exec",
      .aliases = {},
      .summary = "Run a command in a container",
      .usage = "exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
      .examples =
          "# A command in a pod; in the second container of one pod of a deployment\n"
          "kubectl-lite exec hello-5d78c9869d-2x4kq -- date\n"
          "kubectl-lite exec deployment/hello -c sidecar -- ls -l /\n"
          "# A shell\n"
          "kubectl-lite exec -it deployment/hello -- sh\n"
          "# Input from a pipe\n"
          "kubectl-lite exec -i deployment/hello -- wc -c",
      .flags = {{.name = "stdin", .short_name = 'i', .kind = Kind::kBool, .help = "Pass standard input on"},
                {.name = "tty", .short_name = 't', .kind = Kind::kBool, .help = "Give the command a terminal"},
                {.name = "container", .short_name = 'c', .help = "The container; default the first"},
                {.name = "quiet", .short_name = 'q', .kind = Kind::kBool, .help = "Print the command's output only"}},
      .run = Run,
      .subcommands = {}};
}

}  // namespace kubelite::cli
