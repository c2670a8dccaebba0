#include "kubectl-lite/commands/manifests.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <istream>
#include <iterator>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::cli {
namespace {

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
  if (directory == nullptr)
    return absl::PermissionDeniedError(absl::StrCat("cannot read the directory \"", path, "\""));
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
  ManifestObject object;
  object.json = document.json;
  object.source = absl::StrCat(source, ":", document.line);
  const auto fail = [&](absl::string_view problem) {
    return absl::InvalidArgumentError(absl::StrCat(object.source, ": ", problem));
  };
  // Decoded here too, so that a wrong file changes nothing before its first object is sent.
  const absl::StatusOr<std::unique_ptr<api::Object>> decoded = api::DecodeJson(document.json);
  if (!decoded.ok()) return fail(decoded.status().message());
  object.resource = api::Scheme::Builtin().FindDescriptor((*decoded)->GetDescriptor());
  if (object.resource == nullptr) return fail("this kind is not an object that can be created");
  const k8s::meta::v1::ObjectMeta& meta = api::Meta(**decoded);
  object.key.name = meta.name();
  if (meta.name().empty() && meta.generatename().empty()) {
    return fail("metadata.name: Required value: name or generateName is required");
  }
  if (!object.resource->namespaced) return object;
  object.key.name_space = meta.namespace_().empty() ? session.name_space : meta.namespace_();
  if (args.Has("namespace") && object.key.name_space != args.Get("namespace")) {
    return fail(absl::StrCat("the namespace from the provided object \"", meta.namespace_(),
                             "\" does not match the namespace \"", args.Get("namespace"),
                             "\". You must pass '--namespace=", meta.namespace_(), "' to perform this operation."));
  }
  return object;
}

absl::StatusOr<std::string> ReadSource(const std::string& file, Context& context) {
  if (file != "-") return base::ReadFile(file);
  return std::string(std::istreambuf_iterator<char>(context.in), std::istreambuf_iterator<char>());
}

}  // namespace

std::vector<Flag> ManifestFlags() {
  using Kind = Flag::Kind;
  return {{.name = "filename",
           .short_name = 'f',
           .kind = Kind::kList,
           .help = "Files or folders with objects; - is standard input"},
          {.name = "recursive",
           .short_name = 'R',
           .kind = Kind::kBool,
           .help = "Folders of -f with all folders below them"}};
}

absl::StatusOr<std::vector<ManifestObject>> ReadManifests(const Args& args, const Session& session, Context& context) {
  const std::vector<std::string> paths = args.GetList("filename");
  if (paths.empty()) return UsageError("must specify -f with a file, a folder or -");
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (path == "-") {
      files.push_back(path);
    } else {
      RETURN_IF_ERROR(ExpandPath(path, args.GetBool("recursive"), &files));
    }
  }
  if (files.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no *.yaml, *.yml or *.json file in ", absl::StrJoin(paths, ", "),
                                                   "; -R also looks in the folders below"));
  }
  std::vector<ManifestObject> objects;
  std::vector<std::string> problems;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(const std::string text, ReadSource(file, context));
    const std::string source = file == "-" ? "standard input" : file;
    const absl::StatusOr<std::vector<api::ManifestDocument>> documents = api::ReadManifest(text, source);
    if (!documents.ok()) {
      problems.emplace_back(documents.status().message());
      continue;
    }
    for (const api::ManifestDocument& document : *documents) {
      absl::StatusOr<ManifestObject> object = ParseDocument(document, source, session, args);
      if (object.ok()) {
        objects.push_back(*std::move(object));
      } else {
        problems.emplace_back(object.status().message());
      }
    }
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  if (objects.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no objects found in ", absl::StrJoin(files, ", "),
                                                   "; a manifest needs apiVersion, kind and metadata"));
  }
  return objects;
}

}  // namespace kubelite::cli
