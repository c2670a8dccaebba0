#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/pod_selection.h"
#include "kubectl-lite/commands/selection.h"

namespace kubelite::cli {
namespace {

constexpr int kAttempts = 5;

struct ScaleOptions {
  int64_t replicas = 0;
  int64_t current_replicas = -1;  // -1: any
  std::string resource_version;
};

absl::StatusOr<ScaleOptions> Complete(const Args& args) {
  if (!args.Has("replicas")) return UsageError("must specify --replicas");
  ScaleOptions options{.replicas = args.GetInt("replicas"),
                       .current_replicas = args.GetInt("current-replicas"),
                       .resource_version = args.Get("resource-version")};
  if (options.replicas < 0) return UsageError("--replicas: must be 0 or more");
  if (options.current_replicas < -1) return UsageError("--current-replicas: must be -1 (any) or more");
  return options;
}

absl::Status CheckCurrent(const ScaleOptions& options, const api::Object& object) {
  if (options.current_replicas >= 0 && ReplicasOf(object) != options.current_replicas) {
    return absl::FailedPreconditionError(
        absl::StrCat("Expected replicas to be ", options.current_replicas, ", was ", ReplicasOf(object)));
  }
  const std::string& version = api::Meta(object).resourceversion();
  if (!options.resource_version.empty() && options.resource_version != version) {
    return absl::FailedPreconditionError(
        absl::StrCat("Expected resource version to be ", options.resource_version, ", was ", version));
  }
  return absl::OkStatus();
}

absl::Status ScaleOne(const ScaleOptions& options, const Target& target, Session& session, Answer* answer,
                      Context& context) {
  if (target.resource->FindSubresource("scale") == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot scale ", target.resource->GroupResource(), ": it has no scale subresource"));
  }
  const bool guarded = options.current_replicas >= 0 || !options.resource_version.empty();
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(const api::ObjectPtr object, session.client->Get(*target.resource, target.key));
    RETURN_IF_ERROR(CheckCurrent(options, *object));
    if (answer->dry_run() == Answer::DryRun::kClient)
      return answer->Print(object, *target.resource, target.key.name, "scaled", context);
    const std::string guard =
        guarded ? absl::StrCat(R"("metadata":{"resourceVersion":")", api::Meta(*object).resourceversion(), R"("},)")
                : "";
    const absl::StatusOr<api::ObjectPtr> scaled = session.client->Patch(
        *target.resource, target.key, client::PatchType::kMerge,
        absl::StrCat("{", guard, R"("spec":{"replicas":)", options.replicas, "}}"), "scale", answer->WriteOptions());
    if (api::IsConflict(scaled.status()) && attempt < kAttempts) continue;
    RETURN_IF_ERROR(scaled.status());
    return answer->Print(*scaled, *target.resource, target.key.name, "scaled", context);
  }
}

absl::Status Run(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const ScaleOptions options, Complete(args));
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  ASSIGN_OR_RETURN(const std::vector<Target> targets, FindTargets(args, session, context));
  return ForEach(targets, context,
                 [&](const Target& target) { return ScaleOne(options, target, session, &answer, context); });
}

}  // namespace

Command ScaleCommand() {
  using Kind = Flag::Kind;
  std::vector<Flag> flags = {{.name = "replicas", .kind = Kind::kInt, .help = "The new number of pods; required"},
                             {.name = "current-replicas",
                              .kind = Kind::kInt,
                              .default_value = "-1",
                              .help = "Only when the present number is this; -1: any"},
                             {.name = "resource-version", .help = "Only when the object is at this version"}};
  for (const std::vector<Flag>& more : {TargetFlags(), Answer::Flags()})
    flags.insert(flags.end(), more.begin(), more.end());
  return {.name = "scale",
          .aliases = {},
          .summary = "Set the number of pods of a deployment, replica set or the like",
          .usage = "scale --replicas=COUNT (TYPE NAME ... | TYPE/NAME ... | -f FILE) [flags]",
          .examples =
              "# Five pods\n"
              "kubectl-lite scale deployment hello --replicas=5\n"
              "# Only when there are five now\n"
              "kubectl-lite scale deployment/hello --current-replicas=5 --replicas=2\n"
              "# What a file names\n"
              "kubectl-lite scale --replicas=3 -f hello.yaml",
          .flags = flags,
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
