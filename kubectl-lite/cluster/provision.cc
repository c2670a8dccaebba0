#include "kubectl-lite/cluster/provision.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/certificates.h"
#include "common/base/file.h"
#include "common/base/signing_key.h"
#include "common/base/status_macros.h"
#include "common/client/kubeconfig.h"
#include "common/image/manifest.h"

namespace kubelite::cli {
namespace {

constexpr absl::Duration kRenewBefore = absl::Hours(24 * 30);

struct Identity {
  std::string file;  // below pki/
  base::CertificateRequest request;
};

std::vector<Identity> Identities(const ClusterRecord& record) {
  std::vector<Identity> identities = {
      {"apiserver",
       {.common_name = "kube-apiserver",
        .dns_names = {"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                      "kubernetes.default.svc.cluster.local"},
        .ip_addresses = {"127.0.0.1", "::1", "10.96.0.1"},
        .server = true,
        .client = false}},
      {"admin", {.common_name = "kubernetes-admin", .organizations = {"system:masters"}}},
      {"scheduler", {.common_name = "system:kube-scheduler"}},
      {"controller-manager", {.common_name = "system:kube-controller-manager"}},
  };
  for (const std::string& node : record.nodes) {
    identities.push_back({absl::StrCat("kubelet-", node),
                          {.common_name = absl::StrCat("system:node:", node), .organizations = {"system:nodes"}}});
  }
  return identities;
}

bool StillGood(const absl::StatusOr<base::KeyPair>& pair, const base::Clock& clock) {
  if (!pair.ok()) return false;
  const absl::StatusOr<base::CertificateInfo> info = base::ParseCertificate(pair->certificate_pem);
  return info.ok() && info->not_after - clock.Now() > kRenewBefore;
}

// The pair at `base`, read when `reusable`, else made by `create` and written.
template <typename Create>
absl::StatusOr<base::KeyPair> EnsurePair(const std::string& base, bool reusable, const base::Clock& clock,
                                         Create create) {
  const absl::StatusOr<base::KeyPair> old = base::ReadKeyPair(base + ".crt", base + ".key");
  if (reusable && StillGood(old, clock)) return *old;
  ASSIGN_OR_RETURN(base::KeyPair pair, create());
  RETURN_IF_ERROR(base::WriteKeyPair(pair, base));
  return pair;
}

std::string FormatConfig(const Layout& layout, const ClusterRecord& record, const std::string& user,
                         const std::string& key_base) {
  client::Kubeconfig config;
  config.clusters.push_back({.name = record.name,
                             .server = absl::StrCat("https://127.0.0.1:", record.grpc_port - 1),
                             .grpc_address = absl::StrCat("127.0.0.1:", record.grpc_port),
                             .certificate_authority = layout.PkiBase("ca") + ".crt"});
  config.users.push_back({.name = user, .client_certificate = key_base + ".crt", .client_key = key_base + ".key"});
  const std::string context = absl::StrCat("kube-lite-", record.name);
  config.contexts.push_back({.name = context, .cluster = record.name, .user = user});
  config.current_context = context;
  return client::FormatKubeconfig(config);
}

absl::Status WriteIdentities(const Layout& layout, const ClusterRecord& record, const base::Clock& clock) {
  RETURN_IF_ERROR(base::MakeDirectories(layout.directory() + "/pki", 0700));
  const std::string ca_base = layout.PkiBase("ca");
  const absl::StatusOr<base::KeyPair> old_ca = base::ReadKeyPair(ca_base + ".crt", ca_base + ".key");
  ASSIGN_OR_RETURN(const base::KeyPair ca, EnsurePair(ca_base, true, clock, [&] {
                     return base::CreateCertificateAuthority(absl::StrCat("kube-lite-", record.name), clock);
                   }));
  const bool same_ca = old_ca.ok() && old_ca->certificate_pem == ca.certificate_pem;
  for (const Identity& identity : Identities(record)) {
    RETURN_IF_ERROR(EnsurePair(layout.PkiBase(identity.file), same_ca, clock, [&] {
                      return base::IssueCertificate(ca, identity.request, clock);
                    }).status());
  }
  const std::string account_key = layout.PkiBase("sa") + ".key";
  const absl::StatusOr<std::string> kept = base::ReadFile(account_key);
  if (kept.ok() && base::SigningKey::FromPem(*kept).ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::unique_ptr<base::SigningKey> key, base::SigningKey::Create());
  return base::WriteFileAtomically(account_key, key->ToPem(), 0600);
}

absl::Status WriteKubeconfigs(const Layout& layout, const ClusterRecord& record) {
  const auto write = [&](const std::string& path, const std::string& user, const std::string& key) {
    return base::WriteFileAtomically(path, FormatConfig(layout, record, user, layout.PkiBase(key)), 0600);
  };
  RETURN_IF_ERROR(write(layout.Kubeconfig(), "kubernetes-admin", "admin"));
  RETURN_IF_ERROR(write(layout.ComponentKubeconfig("scheduler"), "system:kube-scheduler", "scheduler"));
  RETURN_IF_ERROR(
      write(layout.ComponentKubeconfig("controller-manager"), "system:kube-controller-manager", "controller-manager"));
  for (const std::string& node : record.nodes) {
    RETURN_IF_ERROR(base::MakeDirectories(layout.Node(node)));
    RETURN_IF_ERROR(
        write(layout.Node(node) + "/kubeconfig", absl::StrCat("system:node:", node), absl::StrCat("kubelet-", node)));
  }
  return absl::OkStatus();
}

std::string YamlQuote(absl::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string StaticPod(const std::string& name, const std::vector<std::string>& command) {
  std::string yaml =
      absl::StrCat("apiVersion: v1\nkind: Pod\nmetadata:\n  name: ", name,
                   "\n  namespace: kube-system\n  labels:\n    component: ", name,
                   "\n    tier: control-plane\nspec:\n  hostNetwork: true\n  priorityClassName: system-node-critical\n",
                   "  containers:\n  - name: ", name, "\n    image: host\n    command:\n");
  for (const std::string& argument : command) absl::StrAppend(&yaml, "    - ", YamlQuote(argument), "\n");
  return yaml;
}

absl::Status WriteManifests(const Layout& layout, const ClusterRecord& record, const std::string& binaries) {
  const std::string directory = layout.Node(record.nodes.front()) + "/manifests";
  RETURN_IF_ERROR(base::MakeDirectories(directory));
  std::vector<std::string> apiserver = {binaries + "/kube-lite-apiserver",
                                        absl::StrCat("--grpc-port=", record.grpc_port),
                                        absl::StrCat("--secure-port=", record.grpc_port - 1),
                                        "--client-ca-file=" + layout.PkiBase("ca") + ".crt",
                                        "--tls-cert-file=" + layout.PkiBase("apiserver") + ".crt",
                                        "--tls-private-key-file=" + layout.PkiBase("apiserver") + ".key",
                                        "--service-account-signing-key-file=" + layout.PkiBase("sa") + ".key"};
  if (record.ephemeral) {
    apiserver.push_back("--ephemeral");
  } else {
    apiserver.insert(apiserver.end(), {"--data-dir=" + layout.Store(), "--snapshot-dir=" + layout.Snapshots()});
  }
  RETURN_IF_ERROR(
      base::WriteFileAtomically(directory + "/kube-apiserver.yaml", StaticPod("kube-apiserver", apiserver)));
  for (const auto& [component, binary, identity] :
       {std::tuple("kube-scheduler", "kube-lite-scheduler", "scheduler"),
        std::tuple("kube-controller-manager", "kube-lite-controllers", "controller-manager")}) {
    RETURN_IF_ERROR(base::WriteFileAtomically(
        absl::StrCat(directory, "/", component, ".yaml"),
        StaticPod(component, {absl::StrCat(binaries, "/", binary),
                              absl::StrCat("--kubeconfig=", layout.ComponentKubeconfig(identity))})));
  }
  return absl::OkStatus();
}

// The sample image, in two versions that differ in what they answer.
absl::Status WriteImages(const Layout& layout, const ClusterRecord& record, const std::string& binaries) {
  for (const std::string& node : record.nodes) {
    for (const char* version : {"1", "2"}) {
      RETURN_IF_ERROR(image::WriteImageManifest(layout.Node(node) + "/images",
                                                {.reference = absl::StrCat("kube-lite/hello:", version),
                                                 .entrypoint = {binaries + "/kube-lite-hello"},
                                                 .env = {absl::StrCat("HELLO_VERSION=", version)},
                                                 .exposed_ports = {"8080/tcp"}}));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Provision(const Layout& layout, const ClusterRecord& record, const std::string& binary_directory,
                       const base::Clock& clock) {
  RETURN_IF_ERROR(base::MakeDirectories(layout.directory(), 0700));
  RETURN_IF_ERROR(WriteIdentities(layout, record, clock));
  RETURN_IF_ERROR(WriteKubeconfigs(layout, record));
  RETURN_IF_ERROR(WriteImages(layout, record, binary_directory));
  RETURN_IF_ERROR(WriteManifests(layout, record, binary_directory));
  return WriteClusterRecord(layout, record);
}

}  // namespace kubelite::cli
