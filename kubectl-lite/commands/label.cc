#include <ostream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/names.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/print/names.h"

// label and annotate: the same on two maps.
namespace kubelite::cli {
namespace {

using TextMap = google::protobuf::Map<std::string, std::string>;

struct Changes {
  bool labels = true;  // else annotations
  bool overwrite = false;
  std::map<std::string, std::string> set;
  std::set<std::string> remove;
  const char* Noun() const { return labels ? "label" : "annotation"; }
  const char* Done() const { return labels ? "labeled" : "annotated"; }
};

absl::Status CheckChanges(const Changes& changes) {
  for (const auto& [key, value] : changes.set) {
    if (changes.remove.count(key) != 0) {
      return UsageError(absl::StrCat("cannot modify and remove the same ", changes.Noun(), " \"", key, "\""));
    }
    if (const auto problems = api::ValidateQualifiedName(key); !problems.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("invalid ", changes.Noun(), " key \"", key, "\": ", problems[0]));
    }
    if (!changes.labels) continue;
    if (const auto problems = api::ValidateLabelValue(value); !problems.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("invalid label value: \"", value, "\": ", problems[0]));
    }
  }
  return absl::OkStatus();
}

// Splits words into those that name objects and KEY=VALUE or KEY-.
absl::StatusOr<Changes> Complete(const Args& args, bool labels, std::vector<std::string>* objects) {
  Changes changes{.labels = labels, .overwrite = args.GetBool("overwrite")};
  for (const std::string& word : args.positional) {
    const size_t equals = word.find('=');
    if (equals != std::string::npos && equals > 0) {
      changes.set[word.substr(0, equals)] = word.substr(equals + 1);
    } else if (word.size() > 1 && absl::EndsWith(word, "-") && !absl::StrContains(word, '=')) {
      changes.remove.insert(word.substr(0, word.size() - 1));
    } else if (changes.set.empty() && changes.remove.empty()) {
      objects->push_back(word);
    } else {
      return UsageError(absl::StrCat("\"", word, "\" must be KEY=VALUE, or KEY- to remove it"));
    }
  }
  RETURN_IF_ERROR(CheckChanges(changes));
  return changes;
}

TextMap* MapOf(const Changes& changes, api::Object* object) {
  auto* meta = api::MutableMeta(object);
  return changes.labels ? meta->mutable_labels() : meta->mutable_annotations();
}

absl::Status ApplyChanges(const Changes& changes, api::Object* object) {
  TextMap* map = MapOf(changes, object);
  for (const auto& [key, value] : changes.set) {
    const auto present = map->find(key);
    if (present != map->end() && present->second != value && !changes.overwrite) {
      return absl::FailedPreconditionError(
          absl::StrCat("'", key, "' already has a value (", present->second, "), and --overwrite is false"));
    }
    (*map)[key] = value;
  }
  for (const std::string& key : changes.remove) map->erase(key);
  return absl::OkStatus();
}

absl::Status ListThem(const std::vector<Target>& targets, const Changes& changes, Session& session, Context& context) {
  return ForEach(targets, context, [&](const Target& target) -> absl::Status {
    ASSIGN_OR_RETURN(const api::ObjectPtr object, session.client->Get(*target.resource, target.key));
    const auto& meta = api::Meta(*object);
    const TextMap& map = changes.labels ? meta.labels() : meta.annotations();
    if (targets.size() > 1)
      context.out << "Listing " << changes.Noun() << "s for " << ObjectName(*target.resource, target.key.name) << ":\n";
    for (const auto& [key, value] : std::map<std::string, std::string>(map.begin(), map.end())) {
      context.out << (targets.size() > 1 ? " " : "") << key << "=" << value << "\n";
    }
    return absl::OkStatus();
  });
}

absl::Status RunOne(const Target& target, const Changes& changes, Session& session, Answer* answer, Context& context) {
  bool changed = false;
  ASSIGN_OR_RETURN(
      const api::ObjectPtr edited,
      EditObject(*session.client, *target.resource, target.key, answer, [&](api::Object* object) -> absl::Status {
        const TextMap before = *MapOf(changes, object);
        for (const std::string& key : changes.remove) {
          if (before.find(key) == before.end()) context.out << changes.Noun() << " \"" << key << "\" not found.\n";
        }
        RETURN_IF_ERROR(ApplyChanges(changes, object));
        const TextMap& after = *MapOf(changes, object);
        changed = std::map<std::string, std::string>(before.begin(), before.end()) !=
                  std::map<std::string, std::string>(after.begin(), after.end());
        return absl::OkStatus();
      }));
  const bool only_removes = changes.set.empty();
  const std::string done = !changes.labels ? changes.Done()
                           : !changed      ? "not labeled"
                           : only_removes  ? "unlabeled"
                                           : "labeled";
  return answer->Print(edited, *target.resource, target.key.name, done, context);
}

absl::Status RunOn(const Args& args, Context& context, bool labels) {
  Args objects = args;
  objects.positional.clear();
  ASSIGN_OR_RETURN(const Changes changes, Complete(args, labels, &objects.positional));
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  const bool list = args.GetBool("list");
  if (!list && changes.set.empty() && changes.remove.empty())
    return UsageError(absl::StrCat("at least one ", changes.Noun(), " update is required"));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  ASSIGN_OR_RETURN(const std::vector<Target> targets, FindTargets(objects, session, context));
  if (list) return ListThem(targets, changes, session, context);
  return ForEach(targets, context,
                 [&](const Target& target) { return RunOne(target, changes, session, &answer, context); });
}

std::vector<Flag> Flags() {
  std::vector<Flag> flags = TargetFlags();
  flags.push_back(
      {.name = "overwrite", .kind = Flag::Kind::kBool, .help = "Allow a value that is there to be changed"});
  flags.push_back({.name = "list", .kind = Flag::Kind::kBool, .help = "Print what is there"});
  for (const Flag& flag : Answer::Flags()) flags.push_back(flag);
  return flags;
}

}  // namespace

Command LabelCommand() {
  return {.name = "label",
          .aliases = {},
          .summary = "Set or remove labels",
          .usage = "label (TYPE NAME ... | TYPE/NAME ... | -f FILE) KEY=VALUE ... KEY- ... [flags]",
          .examples =
              "# Set one, change one, remove one\n"
              "kubectl-lite label pod hello-5d78c9869d-2x4kq stage=test\n"
              "kubectl-lite label pod hello-5d78c9869d-2x4kq stage=live --overwrite\n"
              "kubectl-lite label pod hello-5d78c9869d-2x4kq stage-\n"
              "# What a node has\n"
              "kubectl-lite label node kube-lite-control-plane --list",
          .flags = Flags(),
          .run = [](const Args& args, Context& context) { return RunOn(args, context, true); },
          .subcommands = {}};
}

Command AnnotateCommand() {
  return {.name = "annotate",
          .aliases = {},
          .summary = "Set or remove annotations",
          .usage = "annotate (TYPE NAME ... | TYPE/NAME ... | -f FILE) KEY=VALUE ... KEY- ... [flags]",
          .examples =
              "# Why the next revision was made; `rollout history` shows it\n"
              "kubectl-lite annotate deployment hello kubernetes.io/change-cause='version 2'\n"
              "# Remove it\n"
              "kubectl-lite annotate deployment hello kubernetes.io/change-cause-",
          .flags = Flags(),
          .run = [](const Args& args, Context& context) { return RunOn(args, context, false); },
          .subcommands = {}};
}

}  // namespace kubelite::cli
