#include "apiserver/options.h"

#include "common/base/options.h"

namespace kubelite::apiserver {

absl::Status Options::Validate() const {
  base::ProblemList problems;
  problems.Require(ephemeral || !data_dir.empty(), "--data-dir",
                   "must name the directory of the database (or use --ephemeral to keep everything in memory)");
  problems.Require(!ephemeral || data_dir.empty(), "--data-dir", "must not be set together with --ephemeral");
  problems.Require(!bind_address.empty(), "--bind-address", "must be an IP address to listen on");
  problems.Require(grpc_port >= 0 && grpc_port <= 65535, "--grpc-port", "must be between 0 and 65535 (0: choose one)");
  problems.Require(secure_port >= 0 && secure_port <= 65535, "--secure-port",
                   "must be between 0 and 65535 (0: choose one)");
  problems.Require(!client_ca_file.empty(), "--client-ca-file", "must name the file of the clients' authority");
  problems.Require(!tls_cert_file.empty(), "--tls-cert-file", "must name the file of the server's certificate");
  problems.Require(!tls_private_key_file.empty(), "--tls-private-key-file", "must name the file of the server's key");
  problems.Require(!service_account_issuer.empty(), "--service-account-issuer",
                   "must name this cluster in service account tokens, as a URL");
  problems.Require(event_ttl > absl::ZeroDuration(), "--event-ttl", "must be positive");
  problems.Require(retention >= absl::ZeroDuration(), "--retention", "must not be negative (0: however old)");
  problems.Require(retention_bytes >= 0, "--retention-bytes", "must not be negative (0: however much)");
  problems.Require(retention != absl::ZeroDuration() || retention_bytes != 0, "--retention",
                   "must not be 0 together with --retention-bytes=0: history would fill the disk");
  problems.Require(!ephemeral || snapshot_dir.empty(), "--snapshot-dir", "must not be set together with --ephemeral");
  problems.Require(watch_cache_size > 0, "--default-watch-cache-size", "must be positive");
  problems.Require(object_cache_bytes >= 0, "--object-cache-bytes", "must not be negative");
  return problems.ToStatus();
}

}  // namespace kubelite::apiserver
