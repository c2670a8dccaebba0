#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/rollout_history.h"
#include "kubectl-lite/commands/rollout_status.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/commands/watch_loop.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

using k8s::apps::v1::Deployment;
using Kind = Flag::Kind;

constexpr char kRestartedAt[] = "kubectl.kubernetes.io/restartedAt";

using Act = std::function<absl::Status(const Target& target, Session& session)>;

// Runs `act` on every deployment that the command line names.
absl::Status ForDeployments(const Args& args, Context& context, const Act& act) {
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  ASSIGN_OR_RETURN(const std::vector<Target> targets, FindTargets(args, session, context));
  if (targets.empty()) context.err << "No resources found in " << session.name_space << " namespace.\n";
  return ForEach(targets, context, [&](const Target& target) -> absl::Status {
    if (target.resource != &api::ResourceOf<Deployment>()) {
      return absl::InvalidArgumentError(absl::StrCat("rollout works on deployments, not on ",
                                                     target.resource->GroupResource(), "/", target.key.name));
    }
    return act(target, session);
  });
}

absl::Status WaitForRollout(const Target& target, Session& session, bool watch, int64_t revision,
                            absl::Duration timeout, Context& context) {
  std::string printed;
  const auto show = [&](const Deployment& deployment) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const RolloutProgress progress, ProgressOf(deployment, revision));
    if (progress.text != printed) context.out << progress.text << std::endl;
    printed = progress.text;
    return watch && !progress.done;
  };
  ASSIGN_OR_RETURN(const auto deployment, client::Get<Deployment>(*session.client, target.key));
  ASSIGN_OR_RETURN(const bool more, show(*deployment));
  if (!more) return absl::OkStatus();
  client::WatchOptions options;
  options.name_space = target.key.name_space;
  options.field_selector = absl::StrCat("metadata.name=", target.key.name);
  options.resource_version = deployment->metadata().resourceversion();
  return WatchLoopFor(*session.client, *target.resource, options, timeout, context.clock,
                      [&](const client::WatchEvent& event) -> absl::StatusOr<bool> {
                        if (event.type == client::WatchEvent::Type::kDeleted)
                          return absl::NotFoundError("object has been deleted");
                        return show(static_cast<const Deployment&>(*event.object));
                      });
}

absl::Status RunStatus(const Args& args, Context& context) {
  const absl::Duration timeout = args.GetDuration("timeout");
  return ForDeployments(args, context, [&](const Target& target, Session& session) {
    return RetryExpired([&] {
      return WaitForRollout(target, session, args.GetBool("watch"), args.GetInt("revision"),
                            timeout > absl::ZeroDuration() ? timeout : absl::InfiniteDuration(), context);
    });
  });
}

absl::Status RunHistory(const Args& args, Context& context) {
  const int64_t revision = args.GetInt("revision");
  if (revision < 0) return UsageError(absl::StrCat("revision must be a positive integer: ", revision));
  return ForDeployments(args, context, [&](const Target& target, Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const auto deployment, client::Get<Deployment>(*session.client, target.key));
    ASSIGN_OR_RETURN(const RevisionMap revisions, RevisionsOf(*session.client, *deployment));
    const std::string name = ObjectName(*target.resource, target.key.name);
    if (revision == 0) {
      context.out << name << " \n" << HistoryText(revisions) << "\n";
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::string text, RevisionText(revisions, revision));
    context.out << name << " with revision #" << revision << "\n" << text << "\n";
    return absl::OkStatus();
  });
}

// Edits a deployment and answers with `done`.
absl::Status Edit(const Target& target, Session& session, Answer* answer, absl::string_view done, Context& context,
                  const std::function<absl::Status(Deployment*)>& edit) {
  ASSIGN_OR_RETURN(const api::ObjectPtr edited,
                   EditObject(*session.client, *target.resource, target.key, answer,
                              [&](api::Object* object) { return edit(static_cast<Deployment*>(object)); }));
  return answer->Print(edited, *target.resource, target.key.name, done, context);
}

absl::Status RunUndo(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  const int64_t revision = args.GetInt("to-revision");
  if (revision < 0) return UsageError(absl::StrCat("revision must be a positive integer: ", revision));
  return ForDeployments(args, context, [&](const Target& target, Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const auto deployment, client::Get<Deployment>(*session.client, target.key));
    ASSIGN_OR_RETURN(const RevisionMap revisions, RevisionsOf(*session.client, *deployment));
    std::string done = "rolled back";
    Deployment trial = *deployment;
    ASSIGN_OR_RETURN(const bool changed, RollBack(revisions, revision, &trial));
    if (!changed) {
      done = absl::StrCat("skipped rollback (current template already matches revision ",
                          revision == 0 ? std::prev(revisions.end(), 2)->first : revision, ")");
    }
    return Edit(target, session, &answer, done, context,
                [&](Deployment* edited) { return RollBack(revisions, revision, edited).status(); });
  });
}

absl::Status RunRestart(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  return ForDeployments(args, context, [&](const Target& target, Session& session) {
    return Edit(target, session, &answer, "restarted", context, [&](Deployment* deployment) -> absl::Status {
      if (deployment->spec().paused()) {
        return absl::FailedPreconditionError("can't restart paused deployment (run rollout resume first)");
      }
      auto* annotations = deployment->mutable_spec()->mutable_template_()->mutable_metadata()->mutable_annotations();
      const std::string now = api::FormatRfc3339(context.clock.Now());
      if ((*annotations)[kRestartedAt] == now) {
        return absl::FailedPreconditionError(
            "if restart has already been triggered within the past second, please wait before attempting to trigger "
            "another");
      }
      (*annotations)[kRestartedAt] = now;
      return absl::OkStatus();
    });
  });
}

absl::Status SetPaused(const Args& args, Context& context, bool paused) {
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  return ForDeployments(args, context, [&](const Target& target, Session& session) {
    return Edit(target, session, &answer, paused ? "paused" : "resumed", context,
                [&](Deployment* deployment) -> absl::Status {
                  if (deployment->spec().paused() == paused) {
                    return absl::FailedPreconditionError(absl::StrCat("deployments.apps \"", target.key.name, "\" is ",
                                                                      paused ? "already paused" : "not paused"));
                  }
                  if (paused) {
                    deployment->mutable_spec()->set_paused(true);
                  } else {
                    deployment->mutable_spec()->clear_paused();
                  }
                  return absl::OkStatus();
                });
  });
}

std::vector<Flag> With(std::vector<Flag> own, bool answers) {
  for (const Flag& flag : TargetFlags()) own.push_back(flag);
  if (!answers) return own;
  for (const Flag& flag : Answer::Flags()) own.push_back(flag);
  return own;
}

Command Sub(const std::string& name, const std::string& summary, const std::string& examples, std::vector<Flag> flags,
            std::function<absl::Status(const Args&, Context&)> run) {
  return {.name = name,
          .aliases = {},
          .summary = summary,
          .usage = absl::StrCat("rollout ", name, " (deployment NAME | deployment/NAME) [flags]"),
          .examples = examples,
          .flags = std::move(flags),
          .run = std::move(run),
          .subcommands = {}};
}

std::vector<Command> Subcommands() {
  return {
      Sub("status", "Show how far a rollout is, until it is done",
          "# Wait until all pods are of the new template\n"
          "kubectl-lite rollout status deployment/hello\n"
          "# Not longer than a minute; only look\n"
          "kubectl-lite rollout status deployment/hello --timeout=60s\n"
          "kubectl-lite rollout status deployment/hello --watch=false",
          With({{.name = "watch",
                 .short_name = 'w',
                 .kind = Kind::kBool,
                 .default_value = "true",
                 .help = "Wait until it is done"},
                {.name = "timeout",
                 .kind = Kind::kDuration,
                 .default_value = "0s",
                 .help = "Give up after this long; 0s: never"},
                {.name = "revision",
                 .kind = Kind::kInt,
                 .default_value = "0",
                 .help = "Fail when another revision is rolled out; 0: any"}},
               false),
          RunStatus),
      Sub("history", "List the revisions of a deployment",
          "# All revisions, then the template of one\n"
          "kubectl-lite rollout history deployment/hello\n"
          "kubectl-lite rollout history deployment/hello --revision=2",
          With({{.name = "revision",
                 .kind = Kind::kInt,
                 .default_value = "0",
                 .help = "Show the pod template of this revision"}},
               false),
          RunHistory),
      Sub("undo", "Go back to an earlier revision",
          "# The one before; a certain one\n"
          "kubectl-lite rollout undo deployment/hello\n"
          "kubectl-lite rollout undo deployment/hello --to-revision=1",
          With({{.name = "to-revision",
                 .kind = Kind::kInt,
                 .default_value = "0",
                 .help = "The revision; 0: the one before"}},
               true),
          RunUndo),
      Sub("restart", "Replace all pods, a few at a time",
          "# New pods of the same template\nkubectl-lite rollout restart deployment/hello", With({}, true), RunRestart),
      Sub("pause", "Stop rolling out changes",
          "# Several changes, one rollout\nkubectl-lite rollout pause deployment/hello", With({}, true),
          [](const Args& args, Context& context) { return SetPaused(args, context, true); }),
      Sub("resume", "Go on rolling out changes", "# After pause\nkubectl-lite rollout resume deployment/hello",
          With({}, true), [](const Args& args, Context& context) { return SetPaused(args, context, false); }),
  };
}

}  // namespace

Command RolloutCommand() {
  return {.name = "rollout",
          .aliases = {},
          .summary = "Watch, undo, restart or pause the rollout of a deployment",
          .usage = "rollout (status | history | undo | restart | pause | resume) deployment/NAME [flags]",
          .examples =
              "# After a change: wait for it, or take it back\n"
              "kubectl-lite rollout status deployment/hello\n"
              "kubectl-lite rollout undo deployment/hello",
          .flags = {},
          .run = nullptr,
          .subcommands = Subcommands()};
}

}  // namespace kubelite::cli
