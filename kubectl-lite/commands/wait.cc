#include <rapidjson/document.h>

#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/commands/wait_gone.h"
#include "kubectl-lite/commands/watch_loop.h"
#include "kubectl-lite/print/names.h"
#include "kubectl-lite/print/objects.h"

namespace kubelite::cli {
namespace {

// What is waited for.
struct Goal {
  enum class Kind { kDelete, kCreate, kCondition, kPath };
  Kind kind = Kind::kCondition;
  std::string condition;
  std::string value;
  FieldPath path;
};

absl::StatusOr<Goal> ParseGoal(const std::string& text) {
  Goal goal;
  if (absl::EqualsIgnoreCase(text, "delete") || absl::EqualsIgnoreCase(text, "create")) {
    goal.kind = absl::EqualsIgnoreCase(text, "delete") ? Goal::Kind::kDelete : Goal::Kind::kCreate;
    return goal;
  }
  if (absl::StartsWith(text, "condition=")) {
    const std::string rest = text.substr(sizeof("condition=") - 1);
    const size_t equals = rest.find('=');
    goal.condition = rest.substr(0, equals);
    goal.value = equals == std::string::npos ? "true" : rest.substr(equals + 1);
    if (goal.condition.empty())
      return UsageError("--for: the condition has no name; write for example --for=condition=Ready");
    return goal;
  }
  if (absl::StartsWith(text, "jsonpath=")) {
    const std::string rest = text.substr(sizeof("jsonpath=") - 1);
    // A filter in braces may hold equals signs of its own.
    const size_t brace = rest[0] == '{' ? rest.find("}=") : std::string::npos;
    const size_t equals = rest[0] != '{' ? rest.find('=') : brace == std::string::npos ? brace : brace + 1;
    goal.kind = Goal::Kind::kPath;
    ASSIGN_OR_RETURN(goal.path, FieldPath::Parse("--for=jsonpath", rest.substr(0, equals)));
    goal.value = equals == std::string::npos ? "" : rest.substr(equals + 1);
    return goal;
  }
  return UsageError(absl::StrCat("unrecognized condition: \"", text,
                                 "\"; --for takes condition=NAME[=VALUE], delete, create or jsonpath={.path}[=VALUE]"));
}

bool HasCondition(const api::Object& object, const Goal& goal) {
  rapidjson::Document document;
  const std::string json = api::EncodeJson(object);
  document.Parse(json.c_str(), json.size());
  if (!document.IsObject() || !document.HasMember("status") || !document["status"].IsObject()) return false;
  const auto& status = document["status"];
  if (!status.HasMember("conditions") || !status["conditions"].IsArray()) return false;
  for (const auto& condition : status["conditions"].GetArray()) {
    if (!condition.IsObject() || !condition.HasMember("type") || !condition["type"].IsString()) continue;
    if (!absl::EqualsIgnoreCase(condition["type"].GetString(), goal.condition)) continue;
    return condition.HasMember("status") && condition["status"].IsString() &&
           absl::EqualsIgnoreCase(condition["status"].GetString(), goal.value);
  }
  return false;
}

bool IsMet(const api::Object& object, const Goal& goal) {
  switch (goal.kind) {
    case Goal::Kind::kCreate:
      return true;
    case Goal::Kind::kCondition:
      return HasCondition(object, goal);
    case Goal::Kind::kPath: {
      const std::string text = goal.path.Text(object);
      return goal.value.empty() ? !text.empty() : text == goal.value;
    }
    case Goal::Kind::kDelete:
      break;
  }
  return false;
}

absl::Status WaitFor(const Target& target, const Goal& goal, absl::Duration timeout, Session& session,
                     Context& context) {
  if (goal.kind == Goal::Kind::kDelete) {
    const std::string uid = target.object == nullptr ? "" : api::Meta(*target.object).uid();
    return WaitUntilGone(*session.client, *target.resource, target.key, uid, timeout, context.clock);
  }
  const absl::StatusOr<api::ObjectPtr> object = session.client->Get(*target.resource, target.key);
  const bool absent = goal.kind == Goal::Kind::kCreate && api::IsNotFound(object.status());
  if (!object.ok() && !absent) return object.status();
  if (object.ok() && IsMet(**object, goal)) return absl::OkStatus();
  client::WatchOptions watch;
  watch.name_space = target.key.name_space;
  watch.field_selector = absl::StrCat("metadata.name=", target.key.name);
  if (object.ok()) watch.resource_version = api::Meta(**object).resourceversion();
  return WatchLoopFor(
      *session.client, *target.resource, watch, timeout, context.clock,
      [&](const client::WatchEvent& event) -> absl::StatusOr<bool> {
        if (event.type == client::WatchEvent::Type::kDeleted) {
          return absl::NotFoundError(absl::StrCat(ObjectName(*target.resource, target.key.name), " has been deleted"));
        }
        return !IsMet(*event.object, goal);
      });
}

absl::Status Run(const Args& args, Context& context) {
  if (!args.Has("for")) return UsageError("must specify --for");
  ASSIGN_OR_RETURN(const Goal goal, ParseGoal(args.Get("for")));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  ASSIGN_OR_RETURN(const std::vector<Target> targets, FindTargets(args, session, context));
  if (targets.empty()) return absl::NotFoundError("no matching resources found");
  absl::Duration timeout = args.GetDuration("timeout");
  if (timeout < absl::ZeroDuration()) timeout = absl::Hours(24 * 7);
  const absl::Time deadline = context.clock.Now() + timeout;
  return ForEach(targets, context, [&](const Target& target) -> absl::Status {
    const absl::Status met =
        RetryExpired([&] { return WaitFor(target, goal, deadline - context.clock.Now(), session, context); });
    if (absl::IsDeadlineExceeded(met)) {
      return absl::DeadlineExceededError(
          absl::StrCat("timed out waiting for the condition on ", target.resource->plural, "/", target.key.name));
    }
    RETURN_IF_ERROR(met);
    context.out << ObjectName(*target.resource, target.key.name) << " condition met" << std::endl;
    return absl::OkStatus();
  });
}

}  // namespace

Command WaitCommand() {
  std::vector<Flag> flags = {
      {.name = "for", .help = "condition=NAME[=VALUE], delete, create or jsonpath={.path}[=VALUE]; required"},
      {.name = "timeout",
       .kind = Flag::Kind::kDuration,
       .default_value = "30s",
       .help = "Give up after this long; 0s: look once"}};
  for (const Flag& flag : TargetFlags()) flags.push_back(flag);
  return {.name = "wait",
          .aliases = {},
          .summary = "Wait until objects are in a state, or gone",
          .usage = "wait (TYPE NAME ... | TYPE/NAME ... | TYPE -l LABELS | TYPE --all | -f FILE) --for=GOAL [flags]",
          .examples =
              "# Until all pods with a label are ready\n"
              "kubectl-lite wait pods -l app=hello --for=condition=Ready\n"
              "# Until a deployment serves\n"
              "kubectl-lite wait deployment/hello --for=condition=Available --timeout=60s\n"
              "# Until a pod is gone; until a field has a value\n"
              "kubectl-lite wait pod/hello-5d78c9869d-2x4kq --for=delete\n"
              "kubectl-lite wait pod/hello-5d78c9869d-2x4kq --for=jsonpath='{.status.phase}'=Running",
          .flags = flags,
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
