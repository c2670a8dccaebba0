#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace kubelite::apiserver {

// The flags of kube-lite-apiserver; upstream's names where upstream has the flag.
struct Options {
  std::string data_dir;                    // --data-dir
  bool ephemeral = false;                  // --ephemeral: the store is in memory
  std::string bind_address = "127.0.0.1";  // --bind-address
  int grpc_port = 6444;                    // --grpc-port; 0 chooses one
  int secure_port = 6443;                  // --secure-port: REST; 0 chooses one
  std::string client_ca_file;              // --client-ca-file
  std::string tls_cert_file;               // --tls-cert-file
  std::string tls_private_key_file;        // --tls-private-key-file
  std::string token_auth_file;             // --token-auth-file; empty: none
  // Empty: a key that lives as long as the server.
  std::string service_account_key_file;  // --service-account-signing-key-file
  std::string service_account_issuer = "https://kubernetes.default.svc.cluster.local";  // --service-account-issuer
  std::string snapshot_dir;                   // --snapshot-dir; empty: no snapshots
  absl::Duration event_ttl = absl::Hours(1);  // --event-ttl
  absl::Duration retention = absl::Hours(1);  // --retention
  int64_t retention_bytes = 256 << 20;        // --retention-bytes
  int watch_cache_size = 1024;                // --default-watch-cache-size: events queued in memory per watch
  int64_t object_cache_bytes = 16 << 20;      // --object-cache-bytes
  std::string log_level = "info";             // --log-level, -v

  // Every problem, each named by its flag.
  absl::Status Validate() const;
};

}  // namespace kubelite::apiserver
