#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using k8s::core::v1::PodSpec;

using Images = std::map<std::string, std::string>;  // by container; "*" is every container

// The pod spec of a pod, or of the template of a workload; null for other kinds.
PodSpec* FindPodSpec(Message* object) {
  for (const char* name : {"spec", "template", "spec"}) {
    const FieldDescriptor* field = object->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->is_repeated() || field->message_type() == nullptr) return nullptr;
    object = object->GetReflection()->MutableMessage(object, field);
    if (object->GetDescriptor() == PodSpec::descriptor()) return static_cast<PodSpec*>(object);
  }
  return nullptr;
}

absl::Status SetImages(const Images& images, const std::string& name, api::Object* object) {
  PodSpec* spec = FindPodSpec(object);
  if (spec == nullptr) return absl::InvalidArgumentError(absl::StrCat(name, " does not have a pod template"));
  Images missing = images;
  const auto set = [&](auto* containers) {
    for (auto& container : *containers) {
      for (const std::string& key : {container.name(), std::string("*")}) {
        const auto image = images.find(key);
        if (image == images.end()) continue;
        container.set_image(image->second);
        missing.erase(key);
      }
    }
  };
  set(spec->mutable_containers());
  set(spec->mutable_initcontainers());
  if (missing.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("unable to find container named \"", missing.begin()->first, "\" in ", name,
                   ", it has: ", absl::StrJoin(spec->containers(), ", ", [](std::string* out, const auto& container) {
                     absl::StrAppend(out, container.name());
                   })));
}

absl::Status Run(const Args& args, Context& context) {
  Args objects = args;
  objects.positional.clear();
  Images images;
  for (const std::string& word : args.positional) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      objects.positional.push_back(word);
    } else if (equals == 0 || equals + 1 == word.size()) {
      return UsageError(absl::StrCat("\"", word, "\" must be in the form CONTAINER=IMAGE"));
    } else {
      images[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  if (images.empty()) return UsageError("at least one image update is required: CONTAINER=IMAGE");
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  ASSIGN_OR_RETURN(const std::vector<Target> targets, FindTargets(objects, session, context));
  return ForEach(targets, context, [&](const Target& target) -> absl::Status {
    const std::string name = ObjectName(*target.resource, target.key.name);
    ASSIGN_OR_RETURN(const api::ObjectPtr edited,
                     EditObject(*session.client, *target.resource, target.key, &answer,
                                [&](api::Object* object) { return SetImages(images, name, object); }));
    return answer.Print(edited, *target.resource, target.key.name, "image updated", context);
  });
}

}  // namespace

Command SetCommand() {
  std::vector<Flag> flags = TargetFlags();
  for (const Flag& flag : Answer::Flags()) flags.push_back(flag);
  Command image = {.name = "image",
                   .aliases = {},
                   .summary = "Set the images of containers",
                   .usage = "set image (TYPE NAME | TYPE/NAME | -f FILE) CONTAINER=IMAGE ... [flags]",
                   .examples =
                       "# One container; a rollout follows\n"
                       "kubectl-lite set image deployment/hello hello=kube-lite/hello:2\n"
                       "# All containers\n"
                       "kubectl-lite set image deployment/hello '*=kube-lite/hello:2'",
                   .flags = flags,
                   .run = Run,
                   .subcommands = {}};
  return {.name = "set",
          .aliases = {},
          .summary = "Change one thing of an object",
          .usage = "set image ...",
          .examples = "# A new image, a new rollout\nkubectl-lite set image deployment/hello hello=kube-lite/hello:2",
          .flags = {},
          .run = nullptr,
          .subcommands = {image}};
}

}  // namespace kubelite::cli
