#include <algorithm>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/print/table.h"

namespace kubelite::cli {
namespace {

using client::Kubeconfig;

struct File {
  std::string path;
  Kubeconfig config;
};

absl::StatusOr<File> Read(const Args& args, Context& context) {
  File file;
  ASSIGN_OR_RETURN(file.path, context.kubeconfig_path(args));
  ASSIGN_OR_RETURN(file.config, client::ReadKubeconfig(file.path));
  return file;
}

absl::StatusOr<Kubeconfig::Context> FindContext(const File& file, const std::string& name) {
  for (const Kubeconfig::Context& candidate : file.config.contexts) {
    if (candidate.name == name) return candidate;
  }
  return absl::NotFoundError(absl::StrCat("no context exists with the name \"", name, "\" in ", file.path,
                                          "; 'config get-contexts' lists them"));
}

absl::StatusOr<std::string> ContextName(const Args& args, const File& file) {
  const std::string name = args.Get("context").empty() ? file.config.current_context : args.Get("context");
  if (name.empty()) return absl::FailedPreconditionError(absl::StrCat("current-context is not set in ", file.path));
  return name;
}

absl::Status RunView(const Args& args, Context& context) {
  if (!args.positional.empty()) return UsageError("config view takes no words");
  ASSIGN_OR_RETURN(File file, Read(args, context));
  if (args.GetBool("minify")) {
    ASSIGN_OR_RETURN(const std::string name, ContextName(args, file));
    ASSIGN_OR_RETURN(const Kubeconfig::Context chosen, FindContext(file, name));
    file.config.contexts = {chosen};
    file.config.current_context = name;
    std::erase_if(file.config.clusters, [&](const auto& cluster) { return cluster.name != chosen.cluster; });
    std::erase_if(file.config.users, [&](const auto& user) { return user.name != chosen.user; });
  }
  context.out << client::FormatKubeconfig(file.config, !args.GetBool("raw"));
  return absl::OkStatus();
}

absl::Status RunCurrentContext(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const File file, Read(args, context));
  if (file.config.current_context.empty())
    return absl::FailedPreconditionError(absl::StrCat("current-context is not set in ", file.path));
  context.out << file.config.current_context << "\n";
  return absl::OkStatus();
}

absl::Status RunGetContexts(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const File file, Read(args, context));
  const bool names_only = args.Get("output") == "name";
  if (!names_only && args.Has("output")) return UsageError("--output must be name");
  std::vector<std::vector<std::string>> rows;
  if (!names_only && !args.GetBool("no-headers"))
    rows.push_back({"CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"});
  for (const Kubeconfig::Context& item : file.config.contexts) {
    if (!args.positional.empty() && std::count(args.positional.begin(), args.positional.end(), item.name) == 0)
      continue;
    if (names_only) {
      rows.push_back({item.name});
    } else {
      rows.push_back(
          {item.name == file.config.current_context ? "*" : "", item.name, item.cluster, item.user, item.name_space});
    }
  }
  PrintAligned(rows, context.out);
  return absl::OkStatus();
}

// Sets the one line, so that everything else in the file stays as it is.
std::string WithCurrentContext(const std::string& text, const std::string& name) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  const std::string line = absl::StrCat("current-context: ", name);
  const auto old = std::find_if(lines.begin(), lines.end(),
                                [](const std::string& l) { return absl::StartsWith(l, "current-context:"); });
  if (old != lines.end()) {
    *old = line;
  } else {
    if (lines.back().empty()) lines.pop_back();
    lines.push_back(line);
    lines.emplace_back();
  }
  return absl::StrJoin(lines, "\n");
}

absl::Status RunUseContext(const Args& args, Context& context) {
  if (args.positional.size() != 1) return UsageError("exactly one context name is required");
  const std::string& name = args.positional[0];
  ASSIGN_OR_RETURN(const File file, Read(args, context));
  RETURN_IF_ERROR(FindContext(file, name).status());
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(file.path));
  const std::string changed = WithCurrentContext(text, name);
  const absl::StatusOr<Kubeconfig> check = client::ParseKubeconfig(changed, file.path);
  if (!check.ok() || check->current_context != name) {
    return absl::FailedPreconditionError(
        absl::StrCat(file.path, ": cannot set current-context in this form of the file; edit it by hand"));
  }
  RETURN_IF_ERROR(base::WriteFileAtomically(file.path, changed, 0600));
  context.out << "Switched to context \"" << name << "\".\n";
  return absl::OkStatus();
}

Command Sub(const std::string& name, const std::string& summary, const std::string& usage, const std::string& examples,
            std::vector<Flag> flags, std::function<absl::Status(const Args&, Context&)> run) {
  return {.name = name,
          .aliases = {},
          .summary = summary,
          .usage = absl::StrCat("config ", usage, " [flags]"),
          .examples = examples,
          .flags = std::move(flags),
          .run = std::move(run),
          .subcommands = {}};
}

}  // namespace

Command ConfigCommand() {
  using Kind = Flag::Kind;
  return {
      .name = "config",
      .aliases = {},
      .summary = "Show the kubeconfig, or choose its context",
      .usage = "config (view | current-context | get-contexts | use-context NAME) [flags]",
      .examples = "# The file in use, without its secrets\nkubectl-lite config view",
      .flags = {},
      .run = nullptr,
      .subcommands = {
          Sub("view", "Show the kubeconfig in use", "view",
              "# Without secrets; with them; the current context only\n"
              "kubectl-lite config view\n"
              "kubectl-lite config view --raw\n"
              "kubectl-lite config view --minify",
              {{.name = "raw", .kind = Kind::kBool, .help = "Show secrets too"},
               {.name = "minify", .kind = Kind::kBool, .help = "Only what the current context uses"}},
              RunView),
          Sub("current-context", "Show the name of the current context", "current-context",
              "# Where commands go\nkubectl-lite config current-context", {}, RunCurrentContext),
          Sub("get-contexts", "List the contexts", "get-contexts [NAME ...]",
              "# All of them; names only\nkubectl-lite config get-contexts\nkubectl-lite config get-contexts -o name",
              {{.name = "output", .short_name = 'o', .help = "name"},
               {.name = "no-headers", .kind = Kind::kBool, .help = "No header line"}},
              RunGetContexts),
          Sub("use-context", "Make a context the current one", "use-context NAME",
              "# From now on\nkubectl-lite config use-context kube-lite-four", {}, RunUseContext),
      }};
}

}  // namespace kubelite::cli
