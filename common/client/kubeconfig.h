#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/client/grpc_client.h"

namespace kubelite::client {

// A kubeconfig in the standard format. The gRPC address is in the cluster's extension `kube-lite.dev/grpc`:
//   extensions: [{name: kube-lite.dev/grpc, extension: {address: "127.0.0.1:6444"}}]
// Members named _data hold the bytes (PEM); the file has them in base64.
struct Kubeconfig {
  struct Cluster {
    std::string name, server, grpc_address, certificate_authority, certificate_authority_data, tls_server_name;
  };
  struct User {
    std::string name, client_certificate, client_certificate_data, client_key, client_key_data, token;
  };
  struct Context {
    std::string name, cluster, user, name_space;
  };
  std::vector<Cluster> clusters;
  std::vector<User> users;
  std::vector<Context> contexts;
  std::string current_context;
};

// Errors name the file and the key. Unknown keys are kept out, as kubectl does.
absl::StatusOr<Kubeconfig> ParseKubeconfig(const std::string& yaml, const std::string& source);
absl::StatusOr<Kubeconfig> ReadKubeconfig(const std::string& path);
std::string FormatKubeconfig(const Kubeconfig& config);
// `redact` replaces key material as `kubectl config view` does.
std::string FormatKubeconfig(const Kubeconfig& config, bool redact);

// The address and identity of a context ("" = current-context). Reads the certificate files it names (relative to
// `directory`). Errors name the cluster or user, its field, and the file: an address that is none, a certificate or key
// that cannot be read or is none, a key that does not belong to its certificate.
struct ResolvedContext {
  GrpcClientOptions grpc;
  std::string name_space;  // "default" when unset
};
absl::StatusOr<ResolvedContext> ResolveContext(const Kubeconfig& config, const std::string& context,
                                               const std::string& directory);
// Reads `path` and resolves its current context: what every daemon's --kubeconfig does.
absl::StatusOr<ResolvedContext> LoadKubeconfig(const std::string& path);

}  // namespace kubelite::client
