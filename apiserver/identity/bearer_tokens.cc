#include "apiserver/identity/bearer_tokens.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

constexpr char kBearer[] = "bearer ";

// The fields of one CSV line (RFC 4180 without line breaks in fields).
std::vector<std::string> Fields(absl::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      const bool literal = quoted && i + 1 < line.size() && line[i + 1] == '"';
      if (literal) fields.back() += line[++i];
      if (!literal) quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  for (std::string& field : fields) absl::StripAsciiWhitespace(&field);
  return fields;
}

}  // namespace

absl::StatusOr<TokenFile> TokenFile::Read(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path));
  TokenFile file;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view trimmed = absl::StripAsciiWhitespace(line);
    if (trimmed.empty() || trimmed[0] == '#') continue;
    const std::vector<std::string> fields = Fields(trimmed);
    if (fields.size() < 3 || fields.size() > 4 || fields[0].empty() || fields[1].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": must be token,user,uid or token,user,uid,\"group1,group2\""));
    }
    User user{.name = fields[1], .uid = fields[2]};
    if (fields.size() == 4) user.groups = absl::StrSplit(fields[3], ',', absl::SkipEmpty());
    if (!file.users_.emplace(fields[0], std::move(user)).second) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": repeats a token"));
    }
  }
  return file;
}

const User* TokenFile::Find(absl::string_view token) const {
  const auto found = users_.find(token);
  return found == users_.end() ? nullptr : &found->second;
}

absl::StatusOr<User> BearerTokens::Of(absl::string_view authorization) const {
  if (!absl::StartsWithIgnoreCase(authorization, kBearer)) {
    return absl::UnauthenticatedError("only bearer tokens are accepted");
  }
  const absl::string_view token = absl::StripAsciiWhitespace(authorization.substr(sizeof(kBearer) - 1));
  if (const User* const user = file_.Find(token)) return *user;
  if (accounts_ == nullptr) return absl::UnauthenticatedError("invalid bearer token");
  ASSIGN_OR_RETURN(ServiceAccountTokens::Identity identity, accounts_->Authenticate(token));
  return std::move(identity.user);
}

}  // namespace kubelite::apiserver
