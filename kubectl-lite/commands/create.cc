#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/create_kinds.h"
#include "kubectl-lite/commands/manifests.h"

namespace kubelite::cli {
namespace {

absl::Status CreateOne(const ManifestObject& manifest, Session& session, Answer* answer, Context& context) {
  api::ObjectPtr object;
  if (answer->dry_run() == Answer::DryRun::kClient) {
    ASSIGN_OR_RETURN(object, api::DecodeJson(manifest.json));
  } else {
    ASSIGN_OR_RETURN(object, session.client->CreateJson(*manifest.resource, manifest.key.name_space, manifest.json,
                                                        answer->WriteOptions()));
  }
  return answer->Print(object, *manifest.resource, api::Meta(*object).name(), "created", context);
}

absl::Status Run(const Args& args, Context& context) {
  if (!args.positional.empty()) {
    return UsageError(absl::StrCat("cannot create a \"", args.positional[0], "\" from words; write a file and use -f"));
  }
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  ASSIGN_OR_RETURN(const std::vector<ManifestObject> manifests, ReadManifests(args, session, context));
  return ForEach(manifests, context,
                 [&](const ManifestObject& manifest) { return CreateOne(manifest, session, &answer, context); });
}

}  // namespace

Command CreateCommand() {
  std::vector<Flag> flags = ManifestFlags();
  for (const Flag& flag : Answer::Flags()) flags.push_back(flag);
  return {.name = "create",
          .aliases = {},
          .summary = "Create objects from files, or a few kinds from flags",
          .usage = "create -f FILE|FOLDER|- [flags]",
          .examples =
              "# A file, then standard input\n"
              "kubectl-lite create -f hello.yaml\n"
              "cat hello.yaml | kubectl-lite create -f -\n"
              "# Without a file\n"
              "kubectl-lite create namespace team-a\n"
              "kubectl-lite create deployment hello --image=kube-lite/hello:1 --replicas=3",
          .flags = flags,
          .run = Run,
          .subcommands = CreateKindCommands()};
}

}  // namespace kubelite::cli
