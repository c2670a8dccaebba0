#include "common/base/options.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace kubelite::base {

void ProblemList::Add(absl::string_view flag, absl::string_view problem) {
  problems_.push_back(absl::StrCat(flag, " ", problem));
}

void ProblemList::Require(bool holds, absl::string_view flag, absl::string_view problem) {
  if (!holds) Add(flag, problem);
}

absl::Status ProblemList::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(problems_, "; "));
}

std::string HostPort::ToString() const {
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

absl::StatusOr<HostPort> ParseHostPort(absl::string_view text) {
  const auto error = [text](absl::string_view problem) {
    return absl::InvalidArgumentError(absl::StrCat("address \"", text, "\" ", problem));
  };
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return error("has no port: write it as host:port");
  absl::string_view host = text.substr(0, colon);
  const absl::string_view port_text = text.substr(colon + 1);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != absl::string_view::npos) {
    return error("is ambiguous: write an IPv6 address as [address]:port");
  }
  if (host.empty()) return error("has no host: write 127.0.0.1:port, or 0.0.0.0:port for all addresses");
  HostPort result;
  result.host = std::string(host);
  const bool digits = !port_text.empty() && port_text.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!digits || !absl::SimpleAtoi(port_text, &result.port) || result.port > 65535) {
    return error("has an invalid port: it must be a number from 0 to 65535");
  }
  return result;
}

absl::StatusOr<absl::Duration> ParseDurationFlag(absl::string_view flag, absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration == absl::InfiniteDuration() ||
      duration == -absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " has an invalid duration \"", text, "\": write it like 500ms, 30s, 1m30s or 2h"));
  }
  return duration;
}

}  // namespace kubelite::base
