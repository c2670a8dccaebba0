#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/print/objects.h"
#include "kubectl-lite/print/table.h"

namespace kubelite::cli {
namespace {

bool Wanted(const Args& args, const api::ResourceInfo& resource) {
  if (resource.verbs.empty()) return false;
  if (args.Has("namespaced") && resource.namespaced != args.GetBool("namespaced")) return false;
  if (args.Has("api-group") && resource.gvk.group != args.Get("api-group")) return false;
  const std::vector<std::string> verbs = args.GetList("verbs");
  if (!std::all_of(verbs.begin(), verbs.end(), [&](const std::string& verb) { return resource.HasVerb(verb); }))
    return false;
  const std::vector<std::string> categories = args.GetList("categories");
  return std::all_of(categories.begin(), categories.end(), [&](const std::string& category) {
    return std::count(resource.categories.begin(), resource.categories.end(), category) != 0;
  });
}

std::vector<std::string> Cells(const api::ResourceInfo& resource, bool wide) {
  std::vector<std::string> cells = {resource.plural, absl::StrJoin(resource.short_names, ","),
                                    resource.gvk.ApiVersion(), resource.namespaced ? "true" : "false",
                                    resource.gvk.kind};
  if (wide) {
    cells.push_back(absl::StrJoin(resource.verbs, ","));
    cells.push_back(absl::StrJoin(resource.categories, ","));
  }
  return cells;
}

absl::Status Run(const Args& args, Context& context) {
  if (!args.positional.empty())
    return UsageError(absl::StrCat("unexpected arguments: ", absl::StrJoin(args.positional, " ")));
  ASSIGN_OR_RETURN(const Output output, Output::Parse(args.Get("output")));
  const OutputFormat format = output.format();
  const std::string sort_by = args.Get("sort-by");
  if (!output.is_table() && format != OutputFormat::kName) return UsageError("--output must be one of: name, wide");
  if (!sort_by.empty() && sort_by != "name" && sort_by != "kind")
    return UsageError("--sort-by accepts only name or kind");
  std::vector<const api::ResourceInfo*> resources;
  for (const api::ResourceInfo* resource : api::Scheme::Builtin().resources()) {
    if (Wanted(args, *resource)) resources.push_back(resource);
  }
  std::stable_sort(resources.begin(), resources.end(), [&](const api::ResourceInfo* a, const api::ResourceInfo* b) {
    if (sort_by == "name") return a->plural < b->plural;
    if (sort_by == "kind") return a->gvk.kind < b->gvk.kind;
    return std::tie(a->gvk.group, a->plural) < std::tie(b->gvk.group, b->plural);
  });
  std::vector<std::vector<std::string>> rows;
  const bool wide = format == OutputFormat::kWide;
  if (format != OutputFormat::kName && !args.GetBool("no-headers")) {
    rows.push_back({"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"});
    if (wide) rows.back().insert(rows.back().end(), {"VERBS", "CATEGORIES"});
  }
  for (const api::ResourceInfo* resource : resources) {
    rows.push_back(format == OutputFormat::kName ? std::vector<std::string>{resource->GroupResource()}
                                                 : Cells(*resource, wide));
  }
  PrintAligned(rows, context.out);
  return absl::OkStatus();
}

}  // namespace

Command ApiResourcesCommand() {
  using Kind = Flag::Kind;
  return {
      .name = "api-resources",
      .aliases = {},
      .summary = "List the types of objects",
      .usage = "api-resources [flags]",
      .examples =
          "# All types with their short names\n"
          "kubectl-lite api-resources\n"
          "# With verbs; those of one group; those without a namespace\n"
          "kubectl-lite api-resources -o wide\n"
          "kubectl-lite api-resources --api-group=apps\n"
          "kubectl-lite api-resources --namespaced=false",
      .flags = {{.name = "namespaced",
                 .kind = Kind::kBool,
                 .default_value = "true",
                 .help = "Only types with, or =false without a namespace; default both"},
                {.name = "api-group", .help = "Only types of this group; empty is the core group"},
                {.name = "verbs", .kind = Kind::kList, .help = "Only types with all of these verbs"},
                {.name = "categories", .kind = Kind::kList, .help = "Only types of these categories, for example all"},
                {.name = "output", .short_name = 'o', .help = "name or wide"},
                {.name = "sort-by", .help = "name or kind; default by group, then name"},
                {.name = "no-headers", .kind = Kind::kBool, .help = "No header line"}},
      .run = Run,
      .subcommands = {}};
}

}  // namespace kubelite::cli
