#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/apply_patch.h"
#include "kubectl-lite/commands/manifests.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

constexpr int kAttempts = 5;

struct Applied {
  api::ObjectPtr object;
  const char* done = "";
};

absl::StatusOr<Applied> CreateIt(const ManifestObject& manifest, const std::string& modified, Session& session,
                                 Answer* answer) {
  if (answer->dry_run() == Answer::DryRun::kClient) {
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object, api::DecodeJson(modified));
    return Applied{std::move(object), "created"};
  }
  ASSIGN_OR_RETURN(api::ObjectPtr object, session.client->CreateJson(*manifest.resource, manifest.key.name_space,
                                                                     modified, answer->WriteOptions()));
  return Applied{std::move(object), "created"};
}

absl::StatusOr<Applied> PatchIt(const ManifestObject& manifest, const api::ObjectPtr& current,
                                const std::string& modified, Session& session, Answer* answer) {
  ASSIGN_OR_RETURN(const std::string patch, ApplyPatch(*current, modified));
  if (patch == "{}") return Applied{current, "unchanged"};
  if (answer->dry_run() == Answer::DryRun::kClient) {
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object, api::DecodeJson(modified));
    return Applied{std::move(object), "configured"};
  }
  ASSIGN_OR_RETURN(api::ObjectPtr object,
                   session.client->Patch(*manifest.resource, manifest.key, client::PatchType::kMerge, patch, "",
                                         answer->WriteOptions()));
  const bool same = api::Meta(*object).resourceversion() == api::Meta(*current).resourceversion();
  return Applied{std::move(object), same && answer->dry_run() == Answer::DryRun::kNone ? "unchanged" : "configured"};
}

absl::Status ApplyOne(const ManifestObject& manifest, Session& session, Answer* answer, Context& context) {
  if (manifest.key.name.empty()) return absl::InvalidArgumentError("cannot use generate name with apply");
  ASSIGN_OR_RETURN(const std::string modified, WithLastApplied(manifest.json, manifest.key.name_space));
  absl::StatusOr<Applied> applied;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    const absl::StatusOr<api::ObjectPtr> current = session.client->Get(*manifest.resource, manifest.key);
    if (!current.ok() && !api::IsNotFound(current.status())) return current.status();
    if (current.ok() && attempt == 1 && api::GetAnnotation(**current, kLastApplied).empty()) {
      context.err << "Warning: " << ObjectName(*manifest.resource, manifest.key.name) << " is missing the annotation "
                  << kLastApplied << ", which apply needs to remove fields; it is added now\n";
    }
    applied = current.ok() ? PatchIt(manifest, *current, modified, session, answer)
                           : CreateIt(manifest, modified, session, answer);
    // Somebody else wrote or created it in between.
    if (!api::IsConflict(applied.status()) && !api::IsAlreadyExists(applied.status())) break;
  }
  RETURN_IF_ERROR(applied.status());
  return answer->Print(applied->object, *manifest.resource, manifest.key.name, applied->done, context);
}

absl::Status Run(const Args& args, Context& context) {
  if (!args.positional.empty())
    return UsageError(absl::StrCat("unexpected word \"", args.positional[0], "\"; name files with -f"));
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  ASSIGN_OR_RETURN(const std::vector<ManifestObject> manifests, ReadManifests(args, session, context));
  return ForEach(manifests, context,
                 [&](const ManifestObject& manifest) { return ApplyOne(manifest, session, &answer, context); });
}

}  // namespace

Command ApplyCommand() {
  std::vector<Flag> flags = ManifestFlags();
  for (const Flag& flag : Answer::Flags()) flags.push_back(flag);
  return {.name = "apply",
          .aliases = {},
          .summary = "Create objects from files, or change them to what the files say",
          .usage = "apply -f FILE|FOLDER|- [flags]",
          .examples =
              "# A file, a folder with all folders below it, standard input\n"
              "kubectl-lite apply -f deploy/samples/hello.yaml\n"
              "kubectl-lite apply -R -f manifests/\n"
              "cat hello.yaml | kubectl-lite apply -f -\n"
              "# What would change\n"
              "kubectl-lite apply -f hello.yaml --dry-run=server",
          .flags = flags,
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
