#include "kubectl-lite/commands/selection.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/selectors.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/manifests.h"

namespace kubelite::cli {
namespace {

constexpr char kNoType[] =
    "you must specify the type of object, for example: pods; 'kubectl-lite api-resources' lists them";

absl::StatusOr<std::vector<const api::ResourceInfo*>> ResolveTypes(absl::string_view text) {
  std::vector<const api::ResourceInfo*> types;
  for (absl::string_view word : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::vector<const api::ResourceInfo*> category = api::Scheme::Builtin().Category(word);
    if (!category.empty()) {
      types.insert(types.end(), category.begin(), category.end());
      continue;
    }
    const absl::StatusOr<const api::ResourceInfo*> resource = api::Scheme::Builtin().Resolve(word);
    if (!resource.ok()) {
      return absl::NotFoundError(
          absl::StrCat(resource.status().message(), "; 'kubectl-lite api-resources' lists the types"));
    }
    types.push_back(*resource);
  }
  if (types.empty()) return UsageError(kNoType);
  return types;
}

absl::StatusOr<std::vector<Selection>> ParseSlashForms(const std::vector<std::string>& words) {
  std::vector<Selection> selections;
  for (const std::string& word : words) {
    const std::vector<std::string> parts = absl::StrSplit(word, '/');
    if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
      return UsageError(absl::StrCat(
          "arguments in resource/name form must have a single resource and name, but found \"", word, "\""));
    }
    ASSIGN_OR_RETURN(const auto types, ResolveTypes(parts[0]));
    for (const api::ResourceInfo* type : types) {
      if (!selections.empty() && selections.back().resource == type) {
        selections.back().names.push_back(parts[1]);
      } else {
        selections.push_back({type, {parts[1]}});
      }
    }
  }
  return selections;
}

absl::StatusOr<std::vector<Target>> TargetsOfFiles(const Args& args, const Session& session, Context& context) {
  if (!args.positional.empty()) return UsageError("names cannot be given together with -f");
  if (args.Has("selector") || args.Has("field-selector") || args.GetBool("all")) {
    return UsageError("-l, --field-selector and --all cannot be given together with -f");
  }
  ASSIGN_OR_RETURN(const std::vector<ManifestObject> objects, ReadManifests(args, session, context));
  std::vector<Target> targets;
  for (const ManifestObject& object : objects) targets.push_back({object.resource, object.key, object.source, nullptr});
  return targets;
}

absl::Status ListTargets(const Args& args, const api::ResourceInfo& resource, const Session& session,
                         std::vector<Target>* targets) {
  ASSIGN_OR_RETURN(const client::ListResult list,
                   session.client->List(resource, {.name_space = resource.namespaced ? session.ListNamespace() : "",
                                                   .label_selector = args.Get("selector"),
                                                   .field_selector = args.Get("field-selector"),
                                                   .resource_version = "",
                                                   .resource_version_match = "",
                                                   .continue_token = ""}));
  for (const api::ObjectPtr& object : list.items) targets->push_back({&resource, api::KeyOf(*object), "", object});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Selection>> ParseSelections(const std::vector<std::string>& words) {
  if (words.empty()) return UsageError(kNoType);
  if (absl::StrContains(words[0], '/')) return ParseSlashForms(words);
  const std::vector<std::string> names(words.begin() + 1, words.end());
  for (const std::string& name : names) {
    if (absl::StrContains(name, '/')) {
      return UsageError(
          "there is no need to specify a resource type as a separate argument when passing arguments in resource/name "
          "form");
    }
    if (name.empty()) return UsageError("a name is empty");
  }
  ASSIGN_OR_RETURN(const auto types, ResolveTypes(words[0]));
  std::vector<Selection> selections;
  for (const api::ResourceInfo* type : types) selections.push_back({type, names});
  return selections;
}

absl::Status CheckSelectors(const Args& args) {
  const auto check = [](const char* flag, const absl::Status& status) {
    return status.ok()
               ? status
               : UsageError(absl::StrCat(flag, ": ", status.message(), "; write for example ", flag, " app=hello"));
  };
  if (args.Has("selector"))
    RETURN_IF_ERROR(check("--selector", api::LabelSelector::Parse(args.Get("selector")).status()));
  if (!args.Has("field-selector")) return absl::OkStatus();
  return check("--field-selector", api::FieldSelector::Parse(args.Get("field-selector")).status());
}

std::vector<Flag> TargetFlags() {
  using Kind = Flag::Kind;
  std::vector<Flag> flags = ManifestFlags();
  flags.push_back({.name = "selector", .short_name = 'l', .help = "All objects of the type with these labels"});
  flags.push_back({.name = "field-selector", .help = "All objects of the type with these field values"});
  flags.push_back({.name = "all", .kind = Kind::kBool, .help = "All objects of the type in the namespace"});
  flags.push_back(
      {.name = "all-namespaces", .short_name = 'A', .kind = Kind::kBool, .help = "With a selector: in all namespaces"});
  return flags;
}

absl::StatusOr<std::vector<Target>> FindTargets(const Args& args, const Session& session, Context& context) {
  RETURN_IF_ERROR(CheckSelectors(args));
  if (args.Has("filename")) return TargetsOfFiles(args, session, context);
  ASSIGN_OR_RETURN(const std::vector<Selection> selections, ParseSelections(args.positional));
  const bool by_selector = args.Has("selector") || args.Has("field-selector") || args.GetBool("all");
  std::vector<Target> targets;
  for (const Selection& selection : selections) {
    if (by_selector && !selection.names.empty())
      return UsageError("name cannot be provided when a selector is specified");
    if (!by_selector && selection.names.empty()) {
      return UsageError("resource(s) were provided, but no name was specified");
    }
    if (session.all_namespaces && !selection.names.empty() && selection.resource->namespaced) {
      return UsageError("a resource cannot be retrieved by name across all namespaces");
    }
    if (by_selector) RETURN_IF_ERROR(ListTargets(args, *selection.resource, session, &targets));
    for (const std::string& name : selection.names) {
      targets.push_back({selection.resource, session.KeyFor(*selection.resource, name), "", nullptr});
    }
  }
  return targets;
}

}  // namespace kubelite::cli
