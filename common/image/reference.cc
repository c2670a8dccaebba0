#include "common/image/reference.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace kubelite::image {
namespace {

constexpr char kDefaultDomain[] = "docker.io";
constexpr char kOfficialPrefix[] = "library/";
constexpr size_t kMaxName = 255;
constexpr size_t kMaxTag = 128;

absl::Status Malformed(absl::string_view detail = "") {
  return absl::InvalidArgumentError(absl::StrCat("invalid reference format", detail.empty() ? "" : ": ", detail));
}

bool IsAlphanumeric(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }

// Lower-case letters and digits, joined by one '.', one or two '_', or any number of '-'.
bool IsPathComponent(absl::string_view text) {
  if (text.empty() || !IsAlphanumeric(text.front()) || !IsAlphanumeric(text.back())) return false;
  for (size_t i = 0; i < text.size();) {
    if (IsAlphanumeric(text[i])) {
      ++i;
      continue;
    }
    const char separator = text[i];
    size_t run = 0;
    while (i < text.size() && text[i] == separator) ++i, ++run;
    const size_t allowed = separator == '.' ? 1 : separator == '_' ? 2 : separator == '-' ? kMaxName : 0;
    if (run > allowed || !IsAlphanumeric(text[i])) return false;
  }
  return true;
}

bool IsTag(absl::string_view text) {
  if (text.empty() || text.size() > kMaxTag || text[0] == '.' || text[0] == '-') return false;
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_' && c != '.' && c != '-') return false;
  }
  return true;
}

bool IsDigest(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  if (parts.first.empty() || parts.second.size() < 32) return false;
  for (char c : parts.second) {
    if (!absl::ascii_isxdigit(c)) return false;
  }
  return true;
}

bool IsDomain(absl::string_view text) {
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '-' && c != ':' && c != '[' && c != ']') return false;
  }
  return !text.empty();
}

// "registry.example:5000/team/app" -> its domain and the rest; a first part without dot, port or "localhost" is no
// domain.
void SplitDomain(absl::string_view name, Reference* out) {
  const size_t slash = name.find('/');
  const absl::string_view first = name.substr(0, slash);
  if (slash != absl::string_view::npos &&
      (first.find_first_of(".:") != absl::string_view::npos || first == "localhost")) {
    out->domain = std::string(first);
    out->path = std::string(name.substr(slash + 1));
  } else {
    out->domain = kDefaultDomain;
    out->path = std::string(name);
  }
  if (out->domain == "index.docker.io") out->domain = kDefaultDomain;
  if (out->domain == kDefaultDomain && out->path.find('/') == std::string::npos) {
    out->path = absl::StrCat(kOfficialPrefix, out->path);
  }
}

}  // namespace

std::string Reference::ToString() const {
  absl::string_view short_path = path;
  if (domain == kDefaultDomain) absl::ConsumePrefix(&short_path, kOfficialPrefix);
  return absl::StrCat(domain == kDefaultDomain ? "" : absl::StrCat(domain, "/"), short_path, tag.empty() ? "" : ":",
                      tag, digest.empty() ? "" : "@", digest);
}

absl::StatusOr<Reference> ParseReference(absl::string_view text) {
  Reference reference;
  absl::string_view name = text;
  if (const size_t at = name.find('@'); at != absl::string_view::npos) {
    reference.digest = std::string(name.substr(at + 1));
    if (!IsDigest(reference.digest)) return Malformed();
    name = name.substr(0, at);
  }
  const size_t colon = name.rfind(':');
  if (colon != absl::string_view::npos && name.find('/', colon) == absl::string_view::npos) {
    reference.tag = std::string(name.substr(colon + 1));
    if (!IsTag(reference.tag)) return Malformed();
    name = name.substr(0, colon);
  } else if (reference.digest.empty()) {
    reference.tag = "latest";
  }
  if (name.empty() || name.size() > kMaxName) return Malformed();
  SplitDomain(name, &reference);
  if (!IsDomain(reference.domain)) return Malformed();
  for (absl::string_view component : absl::StrSplit(reference.path, '/')) {
    if (IsPathComponent(component)) continue;
    return IsPathComponent(absl::AsciiStrToLower(component)) ? Malformed("repository name must be lowercase")
                                                             : Malformed();
  }
  return reference;
}

}  // namespace kubelite::image
