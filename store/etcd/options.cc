#include "store/etcd/options.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace kubelite::etcd {
namespace {

constexpr int64_t kMaxRequestBytes = 64 << 20;

void CheckUrls(const Options& options, base::ProblemList* problems) {
  constexpr char kFlag[] = "--listen-client-urls";
  problems->Require(!options.listen_client_urls.empty(), kFlag, "must name at least one URL");
  for (const std::string& text : options.listen_client_urls) {
    const absl::StatusOr<ListenUrl> url = ParseListenUrl(text);
    if (!url.ok()) {
      problems->Add(kFlag, url.status().message());
      continue;
    }
    problems->Require(url->tls || url->loopback(), kFlag,
                      absl::StrCat(text, " is not encrypted, which is only allowed on a loopback address; use https"));
    problems->Require(url->tls || !options.client_cert_auth, kFlag,
                      absl::StrCat(text, " cannot authenticate clients as --client-cert-auth demands; use https"));
    problems->Require(!url->tls || !options.cert_file.empty(), "--cert-file",
                      absl::StrCat("must name the server's certificate, as ", text, " is encrypted"));
    problems->Require(!url->tls || url->loopback() || !options.trusted_ca_file.empty(), "--trusted-ca-file",
                      absl::StrCat("must name the clients' authority, as ", text, " can be reached from elsewhere"));
  }
}

}  // namespace

bool ListenUrl::loopback() const {
  return address.host == "localhost" || address.host == "::1" || absl::StartsWith(address.host, "127.");
}

std::string ListenUrl::ToString() const { return absl::StrCat(tls ? "https" : "http", "://", address.ToString()); }

absl::StatusOr<ListenUrl> ParseListenUrl(absl::string_view text) {
  absl::string_view rest = text;
  ListenUrl url;
  url.tls = absl::ConsumePrefix(&rest, "https://");
  if (!url.tls && !absl::ConsumePrefix(&rest, "http://")) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" must begin with http:// or https://"));
  }
  const absl::StatusOr<base::HostPort> address = base::ParseHostPort(rest);
  if (!address.ok()) return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": ", address.status().message()));
  url.address = *address;
  return url;
}

absl::StatusOr<AutoCompaction> ParseAutoCompaction(const std::string& mode, const std::string& retention) {
  AutoCompaction parsed;
  int64_t number = 0;
  const bool is_number = absl::SimpleAtoi(retention, &number);
  if (mode == "revision") {
    if (!is_number || number < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", retention, "\" must be how many revisions to keep, or 0, in mode revision"));
    }
    parsed.revisions = number;
  } else if (is_number) {
    parsed.age = absl::Hours(number);
  } else {
    ASSIGN_OR_RETURN(parsed.age, base::ParseDurationFlag("--auto-compaction-retention", retention));
  }
  if (parsed.age < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", retention, "\" must not be negative"));
  }
  return parsed;
}

absl::Status Options::Validate() const {
  base::ProblemList problems;
  problems.Require(!name.empty(), "--name", "must not be empty");
  problems.Require(!data_dir.empty(), "--data-dir", "must name the directory of the database");
  CheckUrls(*this, &problems);
  for (const std::string& text : advertise_client_urls) {
    const absl::StatusOr<ListenUrl> url = ParseListenUrl(text);
    if (!url.ok()) problems.Add("--advertise-client-urls", url.status().message());
  }
  problems.Require(cert_file.empty() == key_file.empty(), "--key-file", "must be set together with --cert-file");
  problems.Require(!client_cert_auth || !trusted_ca_file.empty(), "--client-cert-auth",
                   "needs --trusted-ca-file, the authority of the clients");
  problems.Require(max_request_bytes > 0 && max_request_bytes <= kMaxRequestBytes, "--max-request-bytes",
                   absl::StrCat("must be between 1 and ", kMaxRequestBytes));
  problems.Require(max_txn_ops > 0, "--max-txn-ops", "must be positive");
  problems.Require(quota_backend_bytes >= 0, "--quota-backend-bytes", "must not be negative (0: no quota)");
  problems.Require(auto_compaction_mode == "periodic" || auto_compaction_mode == "revision", "--auto-compaction-mode",
                   "must be periodic or revision");
  const absl::Status compaction = ParseAutoCompaction(auto_compaction_mode, auto_compaction_retention).status();
  if (!compaction.ok()) problems.Add("--auto-compaction-retention", compaction.message());
  problems.Require(progress_interval >= absl::Milliseconds(100), "--watch-progress-notify-interval",
                   "must be at least 100ms");
  return problems.ToStatus();
}

}  // namespace kubelite::etcd
