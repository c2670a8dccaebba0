#include "kubectl-lite/describe/describe.h"

#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
#include "kubectl-lite/commands/manifests.h"
#include "kubectl-lite/commands/selection.h"

namespace kubelite::cli {
namespace {

absl::StatusOr<std::vector<api::ObjectPtr>> List(const api::ResourceInfo& resource, const std::string& selector,
                                                 const Session& session) {
  client::ListOptions options;
  options.name_space = resource.namespaced ? session.ListNamespace() : "";
  options.label_selector = selector;
  ASSIGN_OR_RETURN(client::ListResult list, session.client->List(resource, options));
  return std::move(list.items);
}

// The object of that name, else all whose names begin with it.
absl::StatusOr<std::vector<api::ObjectPtr>> ByNameOrPrefix(const api::ResourceInfo& resource, const std::string& name,
                                                           const Session& session) {
  const absl::StatusOr<api::ObjectPtr> object = session.client->Get(resource, session.KeyFor(resource, name));
  if (object.ok()) return std::vector<api::ObjectPtr>{*object};
  if (!api::IsNotFound(object.status())) return object.status();
  ASSIGN_OR_RETURN(std::vector<api::ObjectPtr> objects, List(resource, "", session));
  std::erase_if(objects,
                [&](const api::ObjectPtr& candidate) { return !absl::StartsWith(api::Meta(*candidate).name(), name); });
  if (objects.empty()) return object.status();
  return objects;
}

struct Found {
  const api::ResourceInfo* resource = nullptr;
  api::ObjectPtr object;
  std::string source;
};

absl::StatusOr<std::vector<Found>> FindInFiles(const Args& args, const Session& session, Context& context) {
  ASSIGN_OR_RETURN(const std::vector<ManifestObject> manifests, ReadManifests(args, session, context));
  std::vector<Found> found;
  for (const ManifestObject& manifest : manifests) {
    ASSIGN_OR_RETURN(api::ObjectPtr object, session.client->Get(*manifest.resource, manifest.key));
    found.push_back({manifest.resource, std::move(object), manifest.source});
  }
  return found;
}

absl::StatusOr<std::vector<Found>> FindAll(const Args& args, const Session& session, Context& context) {
  if (args.Has("filename")) return FindInFiles(args, session, context);
  ASSIGN_OR_RETURN(const std::vector<Selection> selections, ParseSelections(args.positional));
  std::vector<Found> found;
  for (const Selection& selection : selections) {
    if (!selection.names.empty() && args.Has("selector"))
      return UsageError("name cannot be provided when a selector is specified");
    if (!selection.names.empty() && session.all_namespaces && selection.resource->namespaced) {
      return UsageError("a resource cannot be retrieved by name across all namespaces");
    }
    std::vector<api::ObjectPtr> objects;
    if (selection.names.empty()) {
      ASSIGN_OR_RETURN(objects, List(*selection.resource, args.Get("selector"), session));
    }
    for (const std::string& name : selection.names) {
      ASSIGN_OR_RETURN(const std::vector<api::ObjectPtr> named, ByNameOrPrefix(*selection.resource, name, session));
      objects.insert(objects.end(), named.begin(), named.end());
    }
    for (const api::ObjectPtr& object : objects) found.push_back({selection.resource, object, ""});
  }
  return found;
}

absl::Status Run(const Args& args, Context& context) {
  RETURN_IF_ERROR(CheckSelectors(args));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  ASSIGN_OR_RETURN(const std::vector<Found> found, FindAll(args, session, context));
  if (found.empty()) {
    context.err << (session.all_namespaces ? "No resources found"
                                           : absl::StrCat("No resources found in ", session.name_space, " namespace."))
                << "\n";
    return absl::OkStatus();
  }
  bool first = true;
  return ForEach(found, context, [&](const Found& item) -> absl::Status {
    const DescribeInput input{.resource = *item.resource,
                              .object = item.object,
                              .client = *session.client,
                              .now = session.now,
                              .zone = absl::LocalTimeZone()};
    ASSIGN_OR_RETURN(const std::string text, Describe(input, args.GetBool("show-events")));
    context.out << (first ? "" : "\n\n") << text;
    context.out.flush();
    first = false;
    return absl::OkStatus();
  });
}

}  // namespace

Command DescribeCommand() {
  using Kind = Flag::Kind;
  std::vector<Flag> flags = ManifestFlags();
  flags.push_back({.name = "selector", .short_name = 'l', .help = "All objects of the type with these labels"});
  flags.push_back({.name = "all-namespaces", .short_name = 'A', .kind = Kind::kBool, .help = "In all namespaces"});
  flags.push_back({.name = "show-events",
                   .kind = Kind::kBool,
                   .default_value = "true",
                   .help = "Show what happened to the object"});
  flags.push_back(AtFlag());
  return {.name = "describe",
          .aliases = {},
          .summary = "Show objects with all their details and what happened to them",
          .usage = "describe (TYPE [NAME-PREFIX ...] | TYPE/NAME ... | -f FILE) [flags]",
          .examples =
              "# A deployment; all pods whose names begin with hello\n"
              "kubectl-lite describe deployment hello\n"
              "kubectl-lite describe pods hello\n"
              "# As it was ten minutes ago, with what belonged to it and its events then\n"
              "kubectl-lite describe deployment hello --at -10m\n"
              "# By label; a node with the pods on it\n"
              "kubectl-lite describe pods -l app=hello\n"
              "kubectl-lite describe node kube-lite-control-plane",
          .flags = flags,
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
