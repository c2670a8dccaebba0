#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/options.h"

namespace kubelite::etcd {

// A URL of --listen-client-urls.
struct ListenUrl {
  bool tls = false;
  base::HostPort address;
  bool loopback() const;
  std::string ToString() const;
};
// InvalidArgument says what is wrong.
absl::StatusOr<ListenUrl> ParseListenUrl(absl::string_view text);

// What --auto-compaction-mode and --auto-compaction-retention say. Both zero: nothing is compacted.
struct AutoCompaction {
  absl::Duration age;     // mode periodic
  int64_t revisions = 0;  // mode revision
};
absl::StatusOr<AutoCompaction> ParseAutoCompaction(const std::string& mode, const std::string& retention);

// The flags of kube-lite-store, with etcd's names.
struct Options {
  std::string name = "default";                                             // --name
  std::string data_dir;                                                     // --data-dir
  std::vector<std::string> listen_client_urls = {"http://127.0.0.1:2379"};  // --listen-client-urls
  std::vector<std::string> advertise_client_urls;        // --advertise-client-urls; empty: as listened
  std::string cert_file;                                 // --cert-file
  std::string key_file;                                  // --key-file
  std::string trusted_ca_file;                           // --trusted-ca-file
  bool client_cert_auth = false;                         // --client-cert-auth
  int64_t max_request_bytes = 1536 << 10;                // --max-request-bytes
  int max_txn_ops = 128;                                 // --max-txn-ops
  int64_t quota_backend_bytes = 0;                       // --quota-backend-bytes; 0: none
  std::string auto_compaction_mode = "periodic";         // --auto-compaction-mode
  std::string auto_compaction_retention = "0";           // --auto-compaction-retention
  absl::Duration progress_interval = absl::Minutes(10);  // --watch-progress-notify-interval
  std::string restore_from;                              // --restore-from
  std::string log_level = "info";                        // --log-level

  // Every problem, each named by its flag.
  absl::Status Validate() const;
};

}  // namespace kubelite::etcd
