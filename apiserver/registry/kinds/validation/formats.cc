#include "apiserver/registry/kinds/validation/formats.h"

#include <arpa/inet.h>

#include <array>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/names.h"

namespace kubelite::apiserver {
namespace {

using Problems = std::vector<std::string>;

struct Block {
  std::array<unsigned char, 16> address = {};
  int bits = 0;      // of the prefix
  int max_bits = 0;  // 32 or 128
};

std::optional<Block> ParseBlock(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  Block block;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &block.bits) || block.bits < 0) return std::nullopt;
  block.max_bits = IsIpv4(parts[0]) ? 32 : IsIpv6(parts[0]) ? 128 : -1;
  if (block.bits > block.max_bits) return std::nullopt;
  inet_pton(block.max_bits == 32 ? AF_INET : AF_INET6, parts[0].c_str(), block.address.data());
  return block;
}

bool BitOf(const Block& block, int i) { return (block.address[static_cast<size_t>(i / 8)] >> (7 - i % 8)) & 1; }

bool StartsWithBits(const Block& block, const Block& prefix) {
  if (block.max_bits != prefix.max_bits) return false;
  for (int i = 0; i < prefix.bits; ++i) {
    if (BitOf(block, i) != BitOf(prefix, i)) return false;
  }
  return true;
}

}  // namespace

bool IsIpv4(absl::string_view text) {
  unsigned char address[4];
  return !absl::StrContains(text, absl::string_view("\0", 1)) &&
         inet_pton(AF_INET, std::string(text).c_str(), address) == 1;
}

bool IsIpv6(absl::string_view text) {
  unsigned char address[16];
  return !absl::StrContains(text, absl::string_view("\0", 1)) &&
         inet_pton(AF_INET6, std::string(text).c_str(), address) == 1;
}

Problems ValidateCidr(absl::string_view text) {
  if (ParseBlock(text).has_value()) return {};
  return {"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"};
}

bool StrictlyWithin(absl::string_view inner, absl::string_view outer) {
  const std::optional<Block> block = ParseBlock(inner);
  const std::optional<Block> around = ParseBlock(outer);
  return block.has_value() && around.has_value() && block->bits > around->bits && StartsWithBits(*block, *around);
}

Problems ValidateDomainPrefixedPath(absl::string_view text) {
  const size_t slash = text.find('/');
  const bool shaped = slash != absl::string_view::npos && slash > 0 && slash + 1 < text.size();
  if (!shaped) return {"must be a domain-prefixed path (such as \"acme.io/foo\")"};
  Problems problems;
  for (const std::string& problem : api::ValidateDns1123Subdomain(text.substr(0, slash))) {
    problems.push_back(absl::StrCat("prefix part ", problem));
  }
  for (const char c : text.substr(slash + 1)) {
    if (absl::ascii_isalnum(c) || absl::StrContains("/-._~%!$&'()*+,;=:", c)) continue;
    problems.push_back("Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
    break;
  }
  return problems;
}

Problems ValidateFullyQualifiedName(absl::string_view text) {
  const Problems problems = api::ValidateDns1123Subdomain(text);
  if (!problems.empty()) return problems;
  const std::vector<std::string> segments = absl::StrSplit(text, '.');
  if (segments.size() < 3) return {"should be a domain with at least three segments separated by dots"};
  return {};
}

Problems ValidateWildcardSubdomain(absl::string_view text) {
  if (absl::StartsWith(text, "*.") && api::ValidateDns1123Subdomain(text.substr(2)).empty()) return {};
  return {
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
      "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', "
      "regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"};
}

Problems ValidateCsiDriverName(absl::string_view text) {
  constexpr size_t kMax = 63;
  Problems problems;
  if (text.size() > kMax) problems.push_back(absl::StrCat("must be no more than ", kMax, " bytes"));
  for (std::string& problem : api::ValidateDns1123Subdomain(absl::AsciiStrToLower(text))) {
    problems.push_back(std::move(problem));
  }
  return problems;
}

Problems ValidateQuotaResource(absl::string_view text) {
  static const auto& standard = *new std::set<std::string>{"cpu",
                                                           "memory",
                                                           "ephemeral-storage",
                                                           "requests.cpu",
                                                           "requests.memory",
                                                           "requests.storage",
                                                           "requests.ephemeral-storage",
                                                           "limits.cpu",
                                                           "limits.memory",
                                                           "limits.ephemeral-storage",
                                                           "pods",
                                                           "resourcequotas",
                                                           "services",
                                                           "replicationcontrollers",
                                                           "secrets",
                                                           "persistentvolumeclaims",
                                                           "configmaps",
                                                           "services.nodeports",
                                                           "services.loadbalancers"};
  Problems problems = api::ValidateQualifiedName(text);
  if (!problems.empty() || absl::StrContains(text, '/') || standard.contains(std::string(text))) return problems;
  if (absl::StartsWith(text, "hugepages-") || absl::StartsWith(text, "requests.hugepages-")) return {};
  return {"must be a standard resource for quota"};
}

Problems ValidateReachableIp(absl::string_view text) {
  Problems problems = api::ValidateIpAddress(text);
  if (!problems.empty()) return problems;
  const std::string host = absl::StrCat(text, IsIpv4(text) ? "/32" : "/128");
  const auto within = [&host](absl::string_view v4, absl::string_view v6) {
    return StrictlyWithin(host, v4) || StrictlyWithin(host, v6);
  };
  if (text == "0.0.0.0" || text == "::") problems.push_back("may not be unspecified (0.0.0.0 or ::)");
  if (within("127.0.0.0/8", "") || text == "::1") {
    problems.push_back("may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (within("169.254.0.0/16", "fe80::/10")) {
    problems.push_back("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (within("224.0.0.0/24", "ff02::/10")) {
    problems.push_back("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
  return problems;
}

}  // namespace kubelite::apiserver
