#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/commands/wait_gone.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

struct DeleteFlags {
  client::DeleteOptions server;
  bool force = false;
  bool wait = true;
  bool ignore_not_found = false;
  absl::Duration timeout;
};

// Something deleted that may still be there.
struct Deleted {
  Target target;
  std::string uid;
  std::string source;
};

absl::StatusOr<DeleteFlags> Complete(const Args& args) {
  DeleteFlags flags{.force = args.GetBool("force"),
                    .wait = args.GetBool("wait"),
                    .ignore_not_found = args.GetBool("ignore-not-found") || args.GetBool("all") || args.Has("selector"),
                    .timeout = args.GetDuration("timeout")};
  if (flags.timeout <= absl::ZeroDuration()) flags.timeout = absl::InfiniteDuration();
  int64_t grace = args.GetInt("grace-period");
  if (args.GetBool("now")) {
    if (args.Has("grace-period")) return UsageError("--now and --grace-period cannot be specified together");
    grace = 1;
  }
  if (flags.force) {
    if (grace > 0) return UsageError("--force and --grace-period greater than 0 cannot be specified together");
    grace = 0;
  } else if (grace == 0) {
    grace = 1;  // as kubectl: without --force nothing is removed before its node has stopped it
  }
  flags.server.grace_period_seconds = grace;
  const std::string cascade = args.Get("cascade");
  if (cascade == "background" || cascade == "true") {
    flags.server.propagation_policy = "Background";
  } else if (cascade == "foreground") {
    flags.server.propagation_policy = "Foreground";
  } else if (cascade == "orphan" || cascade == "false") {
    flags.server.propagation_policy = "Orphan";
  } else {
    return UsageError(
        absl::StrCat("invalid cascade value (", cascade, "). Must be \"background\", \"foreground\", or \"orphan\""));
  }
  return flags;
}

absl::Status DeleteOne(const DeleteFlags& flags, const Target& target, Session& session, const Answer& answer,
                       Context& context, std::vector<Deleted>* deleted) {
  absl::StatusOr<api::ObjectPtr> object = answer.dry_run() == Answer::DryRun::kClient
                                              ? session.client->Get(*target.resource, target.key)
                                              : session.client->Delete(*target.resource, target.key, flags.server);
  if (api::IsNotFound(object.status()) && flags.ignore_not_found) return absl::OkStatus();
  RETURN_IF_ERROR(object.status());
  if (answer.format() == OutputFormat::kName) {
    context.out << ObjectName(*target.resource, target.key.name) << "\n";
  } else {
    context.out << QuotedName(*target.resource, target.key.name) << (flags.force ? " force deleted" : " deleted")
                << answer.Suffix() << "\n";
  }
  context.out.flush();
  if (answer.dry_run() == Answer::DryRun::kNone) deleted->push_back({target, api::Meta(**object).uid(), target.source});
  return absl::OkStatus();
}

absl::Status WaitForAll(const DeleteFlags& flags, const std::vector<Deleted>& deleted, Session& session,
                        Context& context) {
  const absl::Time deadline = context.clock.Now() + flags.timeout;
  return ForEach(deleted, context, [&](const Deleted& item) {
    const absl::Duration left =
        flags.timeout == absl::InfiniteDuration() ? flags.timeout : deadline - context.clock.Now();
    const absl::Status gone =
        WaitUntilGone(*session.client, *item.target.resource, item.target.key, item.uid, left, context.clock);
    return absl::IsDeadlineExceeded(gone)
               ? absl::DeadlineExceededError(absl::StrCat("timed out waiting for the condition on ",
                                                          item.target.resource->plural, "/", item.target.key.name))
               : gone;
  });
}

absl::Status Run(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(DeleteFlags flags, Complete(args));
  ASSIGN_OR_RETURN(const Answer answer, Answer::Complete(args));
  if (answer.prints_objects()) return UsageError("--output: allowed formats are: name");
  flags.server.dry_run = answer.dry_run() == Answer::DryRun::kServer;
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  ASSIGN_OR_RETURN(const std::vector<Target> targets, FindTargets(args, session, context));
  if (targets.empty()) {
    context.out << "No resources found\n";
    return absl::OkStatus();
  }
  if (flags.force && answer.dry_run() == Answer::DryRun::kNone) {
    context.err
        << "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
           "The resource may continue to run on the cluster indefinitely.\n";
  }
  std::vector<Deleted> deleted;
  const absl::Status result = ForEach(targets, context, [&](const Target& target) {
    return DeleteOne(flags, target, session, answer, context, &deleted);
  });
  if (flags.wait) RETURN_IF_ERROR(WaitForAll(flags, deleted, session, context));
  return result;
}

}  // namespace

Command DeleteCommand() {
  using Kind = Flag::Kind;
  std::vector<Flag> flags = TargetFlags();
  const std::vector<Flag> own = {
      {.name = "grace-period",
       .kind = Kind::kInt,
       .default_value = "-1",
       .help = "Seconds that the object gets to end well; -1: as it says itself"},
      {.name = "now", .kind = Kind::kBool, .help = "As --grace-period=1"},
      {.name = "force", .kind = Kind::kBool, .help = "Remove the object at once, without waiting for its node"},
      {.name = "wait", .kind = Kind::kBool, .default_value = "true", .help = "Return when the objects are gone"},
      {.name = "timeout",
       .kind = Kind::kDuration,
       .default_value = "0s",
       .help = "Wait at most this long; 0s: for ever"},
      {.name = "ignore-not-found",
       .kind = Kind::kBool,
       .help = "A missing object is no error; implied by --all and -l"},
      {.name = "cascade",
       .default_value = "background",
       .help = "What becomes of what the object owns: background, foreground or orphan",
       .bare_value = "background"}};
  for (const std::vector<Flag>& more : {own, Answer::Flags()}) flags.insert(flags.end(), more.begin(), more.end());
  return {.name = "delete",
          .aliases = {},
          .summary = "Delete objects by name, label or file",
          .usage = "delete (TYPE NAME ... | TYPE/NAME ... | TYPE -l LABELS | TYPE --all | -f FILE) [flags]",
          .examples =
              "# By name; its owner makes a new one\n"
              "kubectl-lite delete pod hello-5d78c9869d-2x4kq\n"
              "# What a file names\n"
              "kubectl-lite delete -f hello.yaml\n"
              "# By label, and everything of a type\n"
              "kubectl-lite delete pods,configmaps -l app=hello\n"
              "kubectl-lite delete pods --all\n"
              "# Keep the pods of a replica set\n"
              "kubectl-lite delete rs hello-5d78c9869d --cascade=orphan",
          .flags = flags,
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
