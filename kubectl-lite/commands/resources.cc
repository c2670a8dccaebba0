#include "kubectl-lite/commands/resources.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <istream>
#include <iterator>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/base/file.h"
#include "common/base/options.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::cli {
namespace {

absl::StatusOr<std::vector<const api::ResourceInfo*>> ResolveTypes(absl::string_view text) {
  std::vector<const api::ResourceInfo*> types;
  for (absl::string_view word : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    std::vector<const api::ResourceInfo*> category = api::Scheme::Builtin().Category(word);
    if (!category.empty()) {
      types.insert(types.end(), category.begin(), category.end());
      continue;
    }
    absl::StatusOr<const api::ResourceInfo*> resource = api::Scheme::Builtin().Resolve(word);
    if (!resource.ok()) return UsageError(resource.status().message());
    types.push_back(*resource);
  }
  if (types.empty()) return UsageError("you must specify the type of resource, for example: pods");
  return types;
}

bool IsManifestName(const std::string& name) {
  return absl::EndsWith(name, ".yaml") || absl::EndsWith(name, ".yml") || absl::EndsWith(name, ".json");
}

absl::Status ExpandPath(const std::string& path, bool recursive, std::vector<std::string>* files) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    return absl::NotFoundError(absl::StrCat("the path \"", path, "\" does not exist"));
  }
  if (!S_ISDIR(info.st_mode)) {
    files->push_back(path);
    return absl::OkStatus();
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) return absl::PermissionDeniedError(absl::StrCat("cannot read the directory \"", path, "\""));
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory.get())) names.push_back(entry->d_name);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string child = absl::StrCat(path, "/", name);
    if (name == "." || name == ".." || stat(child.c_str(), &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) {
      if (recursive) RETURN_IF_ERROR(ExpandPath(child, recursive, files));
    } else if (IsManifestName(name)) {
      files->push_back(child);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ManifestObject> ParseDocument(const api::ManifestDocument& document, const std::string& source,
                                             const Session& session, const Args& args) {
  ManifestObject object{.json = document.json, .source = absl::StrCat(source, ":", document.line)};
  const auto fail = [&](absl::string_view problem) {
    return absl::InvalidArgumentError(absl::StrCat(object.source, ": ", problem));
  };
  // Decoded here too, so that a wrong file changes nothing before its first object is sent.
  absl::StatusOr<std::unique_ptr<api::Object>> decoded = api::DecodeJson(document.json);
  if (!decoded.ok()) return fail(decoded.status().message());
  object.resource = api::Scheme::Builtin().FindDescriptor((*decoded)->GetDescriptor());
  if (object.resource == nullptr) return fail("this kind is not a resource that can be created");
  const auto& meta = api::Meta(**decoded);
  object.key.name = meta.name();
  if (meta.name().empty() && meta.generatename().empty()) {
    return fail("metadata.name: Required value: name or generateName is required");
  }
  if (object.resource->namespaced) {
    object.key.name_space = meta.namespace_().empty() ? session.name_space : meta.namespace_();
    if (args.Has("namespace") && object.key.name_space != args.Get("namespace")) {
      return fail(absl::StrCat("the namespace from the provided object \"", meta.namespace_(),
                               "\" does not match the namespace \"", args.Get("namespace"),
                               "\". You must pass '--namespace=", meta.namespace_(), "' to perform this operation."));
    }
  }
  return object;
}

}  // namespace

absl::StatusOr<std::vector<Selection>> ParseSelections(const std::vector<std::string>& words) {
  if (words.empty()) return UsageError("you must specify the type of resource, for example: pods");
  std::vector<Selection> selections;
  if (absl::StrContains(words[0], '/')) {
    for (const std::string& word : words) {
      const std::vector<std::string> parts = absl::StrSplit(word, '/');
      if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
        return UsageError(absl::StrCat("arguments in resource/name form must have a single resource and name: \"", word, "\""));
      }
      ASSIGN_OR_RETURN(const auto types, ResolveTypes(parts[0]));
      for (const api::ResourceInfo* type : types) selections.push_back({type, {parts[1]}});
    }
    return selections;
  }
  const std::vector<std::string> names(words.begin() + 1, words.end());
  for (const std::string& name : names) {
    if (absl::StrContains(name, '/')) {
      return UsageError("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form");
    }
  }
  ASSIGN_OR_RETURN(const auto types, ResolveTypes(words[0]));
  for (const api::ResourceInfo* type : types) selections.push_back({type, names});
  return selections;
}

std::string ObjectName(const api::ResourceInfo& resource, const std::string& name) {
  return resource.gvk.group.empty() ? absl::StrCat(resource.singular, "/", name)
                                    : absl::StrCat(resource.singular, ".", resource.gvk.group, "/", name);
}

absl::StatusOr<std::vector<ManifestObject>> ReadManifests(const std::vector<std::string>& paths, bool recursive,
                                                          const Session& session, const Args& args, Context& context) {
  if (paths.empty()) return UsageError("must specify one of -f and -k");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (path == "-") files.push_back(path);
    else RETURN_IF_ERROR(ExpandPath(path, recursive, &files));
  }
  std::vector<ManifestObject> objects;
  std::vector<std::string> problems;
  for (const std::string& file : files) {
    std::string text;
    if (file == "-") {
      text.assign(std::istreambuf_iterator<char>(context.in), std::istreambuf_iterator<char>());
    } else {
      ASSIGN_OR_RETURN(text, base::ReadFile(file));
    }
    const std::string source = file == "-" ? "standard input" : file;
    absl::StatusOr<std::vector<api::ManifestDocument>> documents = api::ReadManifest(text, source);
    if (!documents.ok()) {
      problems.emplace_back(documents.status().message());
      continue;
    }
    for (const api::ManifestDocument& document : *documents) {
      absl::StatusOr<ManifestObject> object = ParseDocument(document, source, session, args);
      if (object.ok()) objects.push_back(*std::move(object));
      else problems.emplace_back(object.status().message());
    }
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  if (objects.empty()) return absl::InvalidArgumentError("no objects passed");
  return objects;
}

std::string ErrorText(const absl::Status& status, const std::string& server) {
  const k8s::meta::v1::Status api = api::ToApiStatus(status);
  if (absl::IsUnavailable(status) && api.reason() != "ServiceUnavailable") {
    return absl::StrCat("error: cannot reach the API server ", server, ": ", std::string(status.message()),
                        "; is the cluster up? (kubectl-lite status)");
  }
  if (status.ok() || !api::IsApiError(status)) return absl::StrCat("error: ", std::string(status.message()));
  if (api.reason() == "Invalid") return absl::StrCat("The ", api.message());
  return absl::StrCat("Error from server (", api.reason(), "): ", api.message());
}

absl::StatusOr<Session> Connect(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(client::ResolvedContext resolved, context.resolve(args));
  ASSIGN_OR_RETURN(resolved.grpc.timeout, base::ParseDurationFlag("--request-timeout", args.Get("request-timeout")));
  resolved.grpc.field_manager = "kubectl-lite";
  Session session;
  session.client = context.connect(resolved.grpc);
  session.name_space = args.Has("namespace") ? args.Get("namespace") : resolved.name_space;
  return session;
}

}  // namespace kubelite::cli
