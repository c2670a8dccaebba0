#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace kubelite::base {

// Collects every problem of an options struct, each named by its flag, for Options::Validate().
//   ProblemList problems;
//   problems.Require(!data_dir.empty(), "--data-dir", "must be set to a directory");
//   return problems.ToStatus();
class ProblemList {
 public:
  void Add(absl::string_view flag, absl::string_view problem);
  void Require(bool holds, absl::string_view flag, absl::string_view problem);
  // OK, or InvalidArgument with all problems joined by "; ".
  absl::Status ToStatus() const;

 private:
  std::vector<std::string> problems_;
};

// An "address:port" flag. Port 0 means: choose one.
struct HostPort {
  std::string host;
  int port = 0;
  std::string ToString() const;  // brackets around IPv6 addresses
};
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);
// Upstream's duration flags: "1m30s", "500ms", "2h".
absl::StatusOr<absl::Duration> ParseDurationFlag(absl::string_view flag, absl::string_view text);

}  // namespace kubelite::base
