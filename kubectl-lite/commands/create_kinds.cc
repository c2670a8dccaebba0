#include "kubectl-lite/commands/create_kinds.h"

#include <dirent.h>
#include <sys/stat.h>

#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/names.h"
#include "common/api/utf8.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/commands/answer.h"

namespace kubelite::cli {
namespace {

using Kind = Flag::Kind;
using k8s::apps::v1::Deployment;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Namespace;
using k8s::core::v1::Secret;

absl::StatusOr<std::string> OneName(const Args& args) {
  if (args.positional.size() == 1 && !args.positional[0].empty()) return args.positional[0];
  return UsageError(args.positional.empty()
                        ? "exactly one NAME is required, got 0"
                        : absl::StrCat("exactly one NAME is required, got ", args.positional.size()));
}

// Sends an object made from flags.
absl::Status Send(api::Object* object, const Args& args, Context& context) {
  const api::ResourceInfo& resource = *api::Scheme::Builtin().FindDescriptor(object->GetDescriptor());
  ASSIGN_OR_RETURN(const std::string name, OneName(args));
  ASSIGN_OR_RETURN(Answer answer, Answer::Complete(args));
  api::MutableMeta(object)->set_name(name);
  std::shared_ptr<const api::Object> result = api::Clone(*object);
  if (answer.dry_run() != Answer::DryRun::kClient) {
    ASSIGN_OR_RETURN(const Session session, Connect(args, context));
    if (resource.namespaced) api::MutableMeta(object)->set_namespace_(session.name_space);
    ASSIGN_OR_RETURN(result, session.client->Create(resource, *object, answer.WriteOptions()));
  }
  return answer.Print(result, resource, name, "created", context);
}

std::vector<Flag> WithAnswerFlags(std::vector<Flag> flags) {
  for (const Flag& flag : Answer::Flags()) flags.push_back(flag);
  return flags;
}

absl::Status RunNamespace(const Args& args, Context& context) {
  Namespace object;
  return Send(&object, args, context);
}

// "kube-lite/hello:1" -> "hello", the name of a container.
std::string ContainerName(const std::string& image) {
  std::string name = image.substr(image.rfind('/') == std::string::npos ? 0 : image.rfind('/') + 1);
  name = name.substr(0, name.find_first_of(":@"));
  for (char& c : name) {
    if (c == '_' || c == '.') c = '-';
  }
  return name;
}

absl::Status RunDeployment(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const std::string name, OneName(args));
  if (args.GetArray("image").empty()) return UsageError("required flag(s) \"image\" not set");
  if (args.GetInt("replicas") < 0) return UsageError("--replicas: must be 0 or more");
  const int64_t port = args.GetInt("port");
  if (args.Has("port") && !api::ValidatePortNumber(port).empty())
    return UsageError("--port: must be between 1 and 65535");
  Deployment deployment;
  (*deployment.mutable_metadata()->mutable_labels())["app"] = name;
  auto* spec = deployment.mutable_spec();
  spec->set_replicas(static_cast<int>(args.GetInt("replicas")));
  (*spec->mutable_selector()->mutable_matchlabels())["app"] = name;
  (*spec->mutable_template_()->mutable_metadata()->mutable_labels())["app"] = name;
  for (const std::string& image : args.GetArray("image")) {
    auto* container = spec->mutable_template_()->mutable_spec()->add_containers();
    container->set_name(ContainerName(image));
    container->set_image(image);
    if (args.Has("port")) container->add_ports()->set_containerport(static_cast<int>(port));
  }
  return Send(&deployment, args, context);
}

using AddEntry = std::function<absl::Status(const std::string& key, const std::string& value)>;

absl::Status AddLiterals(const Args& args, const AddEntry& add) {
  for (const std::string& literal : args.GetArray("from-literal")) {
    const size_t equals = literal.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(absl::StrCat("invalid literal source ", literal, ", expected key=value"));
    }
    RETURN_IF_ERROR(add(literal.substr(0, equals), literal.substr(equals + 1)));
  }
  return absl::OkStatus();
}

absl::Status AddFile(const std::string& key, const std::string& path, const AddEntry& add) {
  ASSIGN_OR_RETURN(const std::string content, base::ReadFile(path));
  return add(key, content);
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
}

absl::Status AddFolder(const std::string& path, const AddEntry& add) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr)
    return absl::PermissionDeniedError(absl::StrCat("cannot read the directory \"", path, "\""));
  std::map<std::string, std::string> files;  // sorted
  while (const dirent* entry = readdir(directory.get())) {
    const std::string file = absl::StrCat(path, "/", entry->d_name);
    struct stat info;
    if (stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode)) files[entry->d_name] = file;
  }
  for (const auto& [key, file] : files) RETURN_IF_ERROR(AddFile(key, file, add));
  return absl::OkStatus();
}

absl::Status AddFiles(const Args& args, const AddEntry& add) {
  for (const std::string& source : args.GetArray("from-file")) {
    const size_t equals = source.find('=');
    const std::string path = equals == std::string::npos ? source : source.substr(equals + 1);
    struct stat info;
    if (stat(path.c_str(), &info) != 0)
      return absl::NotFoundError(absl::StrCat("the path \"", path, "\" of --from-file does not exist"));
    if (S_ISDIR(info.st_mode)) {
      if (equals != std::string::npos) return UsageError("cannot give a key name for a directory path");
      RETURN_IF_ERROR(AddFolder(path, add));
      continue;
    }
    RETURN_IF_ERROR(AddFile(equals == std::string::npos ? BaseName(path) : source.substr(0, equals), path, add));
  }
  return absl::OkStatus();
}

// Checks keys before they are put where they belong.
absl::Status AddSources(const Args& args, const std::string& kind, const AddEntry& put) {
  std::map<std::string, bool> seen;
  const AddEntry add = [&](const std::string& key, const std::string& value) -> absl::Status {
    const std::vector<std::string> problems = api::ValidateConfigMapKey(key);
    if (!problems.empty())
      return absl::InvalidArgumentError(
          absl::StrCat("\"", key, "\" is not a valid key name for a ", kind, ": ", problems[0]));
    if (!seen.emplace(key, true).second) {
      return absl::AlreadyExistsError(
          absl::StrCat("cannot add key ", key, ", another key by that name already exists"));
    }
    return put(key, value);
  };
  RETURN_IF_ERROR(AddFiles(args, add));
  return AddLiterals(args, add);
}

bool IsText(const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const int length = api::Utf8Length(bytes, at);
    if (length == 0) return false;
    at += static_cast<size_t>(length);
  }
  return true;
}

absl::Status RunConfigMap(const Args& args, Context& context) {
  ConfigMap object;
  RETURN_IF_ERROR(AddSources(args, "ConfigMap", [&](const std::string& key, const std::string& value) {
    (IsText(value) ? *object.mutable_data() : *object.mutable_binarydata())[key] = value;
    return absl::OkStatus();
  }));
  return Send(&object, args, context);
}

absl::Status RunGenericSecret(const Args& args, Context& context) {
  Secret object;
  object.set_type(args.Get("type"));
  RETURN_IF_ERROR(AddSources(args, "Secret", [&](const std::string& key, const std::string& value) {
    (*object.mutable_data())[key] = value;
    return absl::OkStatus();
  }));
  return Send(&object, args, context);
}

const std::vector<Flag>& SourceFlags() {
  static const auto* flags = new std::vector<Flag>{
      {.name = "from-literal", .kind = Kind::kArray, .help = "A key and its value: key=value; may be repeated"},
      {.name = "from-file", .kind = Kind::kArray, .help = "A file, key=file, or a folder of files; may be repeated"}};
  return *flags;
}

Command SecretCommand() {
  std::vector<Flag> flags = SourceFlags();
  flags.push_back({.name = "type", .default_value = "Opaque", .help = "The type of the secret"});
  Command generic = {
      .name = "generic",
      .aliases = {},
      .summary = "Create a secret from literal values and files",
      .usage = "create secret generic NAME [--from-literal=KEY=VALUE] [--from-file=[KEY=]FILE] [flags]",
      .examples =
          "# From values\n"
          "kubectl-lite create secret generic db --from-literal=user=admin --from-literal=password=s3cret\n"
          "# From a file\n"
          "kubectl-lite create secret generic key --from-file=id_ed25519",
      .flags = WithAnswerFlags(flags),
      .run = RunGenericSecret,
      .subcommands = {}};
  return {.name = "secret",
          .aliases = {},
          .summary = "Create a secret",
          .usage = "create secret generic NAME [flags]",
          .examples = "# From values\nkubectl-lite create secret generic db --from-literal=password=s3cret",
          .flags = {},
          .run = nullptr,
          .subcommands = {generic}};
}

}  // namespace

std::vector<Command> CreateKindCommands() {
  Command name_space = {.name = "namespace",
                        .aliases = {"ns"},
                        .summary = "Create a namespace",
                        .usage = "create namespace NAME [flags]",
                        .examples = "# A namespace for a team\nkubectl-lite create namespace team-a",
                        .flags = WithAnswerFlags({}),
                        .run = RunNamespace,
                        .subcommands = {}};
  Command deployment = {
      .name = "deployment",
      .aliases = {"deploy"},
      .summary = "Create a deployment that runs an image",
      .usage = "create deployment NAME --image=IMAGE [flags]",
      .examples =
          "# Three pods\n"
          "kubectl-lite create deployment hello --image=kube-lite/hello:1 --replicas=3 --port=8080\n"
          "# A file to start from\n"
          "kubectl-lite create deployment hello --image=kube-lite/hello:1 --dry-run=client -o yaml",
      .flags = WithAnswerFlags(
          {{.name = "image", .kind = Kind::kArray, .help = "Image to run; required, may be repeated"},
           {.name = "replicas", .short_name = 'r', .kind = Kind::kInt, .default_value = "1", .help = "Number of pods"},
           {.name = "port", .kind = Kind::kInt, .help = "Port that the containers listen on"}}),
      .run = RunDeployment,
      .subcommands = {}};
  Command config_map = {.name = "configmap",
                        .aliases = {"cm"},
                        .summary = "Create a config map from literal values and files",
                        .usage = "create configmap NAME [--from-literal=KEY=VALUE] [--from-file=[KEY=]FILE] [flags]",
                        .examples =
                            "# From values\n"
                            "kubectl-lite create configmap web --from-literal=color=blue --from-literal=size=3\n"
                            "# From a file, and from all files of a folder\n"
                            "kubectl-lite create configmap web --from-file=app.properties\n"
                            "kubectl-lite create configmap web --from-file=config/",
                        .flags = WithAnswerFlags(SourceFlags()),
                        .run = RunConfigMap,
                        .subcommands = {}};
  return {name_space, deployment, config_map, SecretCommand()};
}

}  // namespace kubelite::cli
