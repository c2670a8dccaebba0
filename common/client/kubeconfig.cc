#include "common/client/kubeconfig.h"

#include <yaml-cpp/yaml.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/certificates.h"
#include "common/base/file.h"
#include "common/base/options.h"
#include "common/base/status_macros.h"

namespace kubelite::client {
namespace {

constexpr char kGrpcExtension[] = "kube-lite.dev/grpc";

// Reads one kubeconfig document. The first problem is kept; reading goes on with empty values.
class Reader {
 public:
  explicit Reader(std::string source) : source_(std::move(source)) {}

  absl::StatusOr<Kubeconfig> Read(const YAML::Node& root);

 private:
  void Fail(const std::string& path, absl::string_view problem) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(source_, ": ", path, ": ", problem));
  }
  // The member of a map; null when absent.
  YAML::Node Map(const YAML::Node& parent, const std::string& path, const char* key) {
    const YAML::Node node = parent[key];
    if (node && !node.IsNull() && !node.IsMap()) Fail(absl::StrCat(path, key), "must be a map");
    return node && node.IsMap() ? node : YAML::Node(YAML::NodeType::Map);
  }
  std::string Text(const YAML::Node& parent, const std::string& path, const char* key) {
    const YAML::Node node = parent[key];
    if (!node || node.IsNull()) return "";
    if (node.IsScalar()) return node.Scalar();
    Fail(absl::StrCat(path, key), "must be a string");
    return "";
  }
  // Base64 in the file, the bytes here.
  std::string Data(const YAML::Node& parent, const std::string& path, const char* key) {
    const std::string text = Text(parent, path, key);
    std::string bytes;
    if (!absl::Base64Unescape(text, &bytes)) Fail(absl::StrCat(path, key), "is not valid base64");
    return bytes;
  }
  // Calls `item` with each element of a list of named maps, and its path ("clusters[0].").
  template <typename Item>
  void Each(const YAML::Node& parent, const std::string& path, const char* key, Item item) {
    const YAML::Node list = parent[key];
    if (!list || list.IsNull()) return;
    if (!list.IsSequence()) return Fail(absl::StrCat(path, key), "must be a list");
    for (size_t i = 0; i < list.size(); ++i) {
      const std::string item_path = absl::StrCat(path, key, "[", i, "].");
      if (!list[i].IsMap()) return Fail(absl::StrCat(path, key, "[", i, "]"), "must be a map");
      const std::string name = Text(list[i], item_path, "name");
      if (name.empty()) return Fail(item_path + "name", "is required");
      item(list[i], item_path, name);
    }
  }
  Kubeconfig::Cluster ReadCluster(const YAML::Node& body, const std::string& path);
  Kubeconfig::User ReadUser(const YAML::Node& body, const std::string& path);

  const std::string source_;
  absl::Status status_;
};

Kubeconfig::Cluster Reader::ReadCluster(const YAML::Node& body, const std::string& path) {
  Kubeconfig::Cluster cluster;
  cluster.server = Text(body, path, "server");
  cluster.certificate_authority = Text(body, path, "certificate-authority");
  cluster.certificate_authority_data = Data(body, path, "certificate-authority-data");
  cluster.tls_server_name = Text(body, path, "tls-server-name");
  Each(body, path, "extensions", [&](const YAML::Node& item, const std::string& item_path, const std::string& name) {
    if (name != kGrpcExtension) return;
    cluster.grpc_address = Text(Map(item, item_path, "extension"), item_path + "extension.", "address");
    if (cluster.grpc_address.empty()) Fail(item_path + "extension.address", "is required");
  });
  return cluster;
}

Kubeconfig::User Reader::ReadUser(const YAML::Node& body, const std::string& path) {
  Kubeconfig::User user;
  user.client_certificate = Text(body, path, "client-certificate");
  user.client_certificate_data = Data(body, path, "client-certificate-data");
  user.client_key = Text(body, path, "client-key");
  user.client_key_data = Data(body, path, "client-key-data");
  user.token = Text(body, path, "token");
  return user;
}

absl::StatusOr<Kubeconfig> Reader::Read(const YAML::Node& root) {
  Kubeconfig config;
  if (root.IsNull()) return config;
  if (!root.IsMap()) return absl::InvalidArgumentError(absl::StrCat(source_, ": a kubeconfig must be a map"));
  const std::string kind = Text(root, "", "kind");
  if (!kind.empty() && kind != "Config") Fail("kind", absl::StrCat("must be Config, not \"", kind, "\""));
  const std::string version = Text(root, "", "apiVersion");
  if (!version.empty() && version != "v1") Fail("apiVersion", absl::StrCat("must be v1, not \"", version, "\""));
  config.current_context = Text(root, "", "current-context");
  Each(root, "", "clusters", [&](const YAML::Node& item, const std::string& path, const std::string& name) {
    config.clusters.push_back(ReadCluster(Map(item, path, "cluster"), path + "cluster."));
    config.clusters.back().name = name;
  });
  Each(root, "", "users", [&](const YAML::Node& item, const std::string& path, const std::string& name) {
    config.users.push_back(ReadUser(Map(item, path, "user"), path + "user."));
    config.users.back().name = name;
  });
  Each(root, "", "contexts", [&](const YAML::Node& item, const std::string& path, const std::string& name) {
    const YAML::Node body = Map(item, path, "context");
    const std::string body_path = path + "context.";
    config.contexts.push_back(
        {name, Text(body, body_path, "cluster"), Text(body, body_path, "user"), Text(body, body_path, "namespace")});
  });
  if (!status_.ok()) return status_;
  return config;
}

void EmitText(YAML::Emitter& out, const char* key, const std::string& value) {
  if (!value.empty()) out << YAML::Key << key << YAML::Value << value;
}

void EmitData(YAML::Emitter& out, const char* key, const std::string& bytes, bool redact) {
  if (!bytes.empty()) EmitText(out, key, redact ? "DATA+OMITTED" : absl::Base64Escape(bytes));
}

void EmitCluster(YAML::Emitter& out, const Kubeconfig::Cluster& cluster, bool redact) {
  out << YAML::BeginMap << YAML::Key << "cluster" << YAML::Value << YAML::BeginMap;
  EmitText(out, "certificate-authority", cluster.certificate_authority);
  EmitData(out, "certificate-authority-data", cluster.certificate_authority_data, redact);
  if (!cluster.grpc_address.empty()) {
    out << YAML::Key << "extensions" << YAML::Value << YAML::BeginSeq << YAML::BeginMap;
    out << YAML::Key << "extension" << YAML::Value << YAML::BeginMap;
    EmitText(out, "address", cluster.grpc_address);
    out << YAML::EndMap;
    EmitText(out, "name", kGrpcExtension);
    out << YAML::EndMap << YAML::EndSeq;
  }
  EmitText(out, "server", cluster.server);
  EmitText(out, "tls-server-name", cluster.tls_server_name);
  out << YAML::EndMap;
  EmitText(out, "name", cluster.name);
  out << YAML::EndMap;
}

void EmitUser(YAML::Emitter& out, const Kubeconfig::User& user, bool redact) {
  out << YAML::BeginMap;
  EmitText(out, "name", user.name);
  out << YAML::Key << "user" << YAML::Value << YAML::BeginMap;
  EmitText(out, "client-certificate", user.client_certificate);
  EmitData(out, "client-certificate-data", user.client_certificate_data, redact);
  EmitText(out, "client-key", user.client_key);
  EmitData(out, "client-key-data", user.client_key_data, redact);
  EmitText(out, "token", redact && !user.token.empty() ? "REDACTED" : user.token);
  out << YAML::EndMap << YAML::EndMap;
}

void EmitContext(YAML::Emitter& out, const Kubeconfig::Context& context) {
  out << YAML::BeginMap << YAML::Key << "context" << YAML::Value << YAML::BeginMap;
  EmitText(out, "cluster", context.cluster);
  EmitText(out, "namespace", context.name_space);
  EmitText(out, "user", context.user);
  out << YAML::EndMap;
  EmitText(out, "name", context.name);
  out << YAML::EndMap;
}

template <typename T>
absl::StatusOr<const T*> Find(const std::vector<T>& items, absl::string_view what, const std::string& name) {
  for (const T& item : items) {
    if (item.name == name) return &item;
  }
  return absl::InvalidArgumentError(absl::StrCat(what, " \"", name, "\" does not exist in the kubeconfig"));
}

// PEM text and where the kubeconfig has it from, for errors.
struct Pem {
  std::string text;
  std::string source;  // 'user "admin": client-key-data', 'user "admin": client-key /etc/admin.key'
};

// The inline data, or the content of the file. Relative files are beside the kubeconfig.
absl::StatusOr<Pem> DataOrFile(const std::string& owner, const char* key, const std::string& data,
                               const std::string& file, const std::string& directory) {
  const std::string source = absl::StrCat(owner, ": ", key);
  if (!data.empty()) return Pem{data, absl::StrCat(source, "-data")};
  if (file.empty()) return absl::InvalidArgumentError(absl::StrCat(owner, " has no ", key, " or ", key, "-data"));
  const std::string path = file[0] == '/' || directory.empty() ? file : absl::StrCat(directory, "/", file);
  absl::StatusOr<std::string> text = base::ReadFile(path);
  if (!text.ok()) return base::Annotate(text.status(), source);
  return Pem{*std::move(text), absl::StrCat(source, " ", path)};
}

absl::Status ReadCluster(const Kubeconfig::Cluster& cluster, const std::string& directory, GrpcClientOptions* out) {
  const std::string owner = absl::StrCat("cluster \"", cluster.name, "\"");
  if (cluster.grpc_address.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(owner, " has no extension ", kGrpcExtension,
                                                   " with the address of its gRPC port; is it a kube-lite cluster?"));
  }
  absl::StatusOr<base::HostPort> address = base::ParseHostPort(cluster.grpc_address);
  if (address.ok() && address->port == 0) {
    address = absl::InvalidArgumentError(absl::StrCat("address \"", cluster.grpc_address,
                                                      "\" has an invalid port: it must be a number from 1 to 65535"));
  }
  RETURN_IF_ERROR(base::Annotate(address.status(), absl::StrCat(owner, ": extension ", kGrpcExtension)));
  ASSIGN_OR_RETURN(const Pem ca, DataOrFile(owner, "certificate-authority", cluster.certificate_authority_data,
                                            cluster.certificate_authority, directory));
  RETURN_IF_ERROR(base::Annotate(base::ParseCertificate(ca.text).status(), ca.source));
  out->address = cluster.grpc_address;
  out->server_name = cluster.tls_server_name;
  out->ca_pem = ca.text;
  return absl::OkStatus();
}

absl::Status ReadUser(const Kubeconfig::User& user, const std::string& directory, base::KeyPair* out) {
  const std::string owner = absl::StrCat("user \"", user.name, "\"");
  ASSIGN_OR_RETURN(const Pem certificate, DataOrFile(owner, "client-certificate", user.client_certificate_data,
                                                     user.client_certificate, directory));
  ASSIGN_OR_RETURN(const Pem key, DataOrFile(owner, "client-key", user.client_key_data, user.client_key, directory));
  *out = {certificate.text, key.text};
  return base::CheckKeyPair(*out, certificate.source, key.source);
}

}  // namespace

absl::StatusOr<Kubeconfig> ParseKubeconfig(const std::string& yaml, const std::string& source) {
  try {
    return Reader(source).Read(YAML::Load(yaml));
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": line ", e.mark.line + 1, ": ", e.msg));
  }
}

absl::StatusOr<Kubeconfig> ReadKubeconfig(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string yaml, base::ReadFile(path));
  return ParseKubeconfig(yaml, path);
}

std::string FormatKubeconfig(const Kubeconfig& config) { return FormatKubeconfig(config, false); }

std::string FormatKubeconfig(const Kubeconfig& config, bool redact) {
  YAML::Emitter out;
  out.SetSeqFormat(YAML::Block);
  out << YAML::BeginMap;
  EmitText(out, "apiVersion", "v1");
  out << YAML::Key << "clusters" << YAML::Value << YAML::BeginSeq;
  for (const Kubeconfig::Cluster& cluster : config.clusters) EmitCluster(out, cluster, redact);
  out << YAML::EndSeq << YAML::Key << "contexts" << YAML::Value << YAML::BeginSeq;
  for (const Kubeconfig::Context& context : config.contexts) EmitContext(out, context);
  out << YAML::EndSeq << YAML::Key << "current-context" << YAML::Value << YAML::DoubleQuoted << config.current_context;
  EmitText(out, "kind", "Config");
  out << YAML::Key << "users" << YAML::Value << YAML::BeginSeq;
  for (const Kubeconfig::User& user : config.users) EmitUser(out, user, redact);
  out << YAML::EndSeq << YAML::EndMap;
  return absl::StrCat(out.c_str(), "\n");
}

absl::StatusOr<ResolvedContext> ResolveContext(const Kubeconfig& config, const std::string& context,
                                               const std::string& directory) {
  const std::string& name = context.empty() ? config.current_context : context;
  if (name.empty()) return absl::InvalidArgumentError("no context is given and current-context is not set");
  ASSIGN_OR_RETURN(const Kubeconfig::Context* chosen, Find(config.contexts, "context", name));
  ASSIGN_OR_RETURN(const Kubeconfig::Cluster* cluster, Find(config.clusters, "cluster", chosen->cluster));
  ASSIGN_OR_RETURN(const Kubeconfig::User* user, Find(config.users, "user", chosen->user));
  ResolvedContext resolved;
  resolved.name_space = chosen->name_space.empty() ? "default" : chosen->name_space;
  RETURN_IF_ERROR(ReadCluster(*cluster, directory, &resolved.grpc));
  RETURN_IF_ERROR(ReadUser(*user, directory, &resolved.grpc.identity));
  return resolved;
}

absl::StatusOr<ResolvedContext> LoadKubeconfig(const std::string& path) {
  ASSIGN_OR_RETURN(const Kubeconfig config, ReadKubeconfig(path));
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "" : path.substr(0, slash);
  absl::StatusOr<ResolvedContext> resolved = ResolveContext(config, "", directory);
  if (!resolved.ok()) return base::Annotate(resolved.status(), path);
  return resolved;
}

}  // namespace kubelite::client
