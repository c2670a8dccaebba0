#include "apiserver/rest/url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

absl::StatusOr<std::string> Unescape(absl::string_view text, bool plus_is_blank) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
        return api::BadRequest(absl::StrCat("invalid URL escape in \"", text, "\""));
      }
      absl::StrAppend(&out, absl::HexStringToBytes(text.substr(i + 1, 2)));
      i += 2;
    } else {
      out.push_back(plus_is_blank && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

}  // namespace

absl::string_view Url::Query(absl::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return "";
}

bool Url::IsTrue(absl::string_view name) const {
  const absl::string_view value = Query(name);
  return value == "true" || value == "1";
}

absl::StatusOr<Url> ParseUrl(absl::string_view target) {
  Url url;
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(target, absl::MaxSplits('?', 1));
  url.path = std::string(parts.first);
  for (const absl::string_view segment : absl::StrSplit(parts.first, '/', absl::SkipEmpty())) {
    ASSIGN_OR_RETURN(std::string text, Unescape(segment, false));
    url.segments.push_back(std::move(text));
  }
  for (const absl::string_view item : absl::StrSplit(parts.second, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(item, absl::MaxSplits('=', 1));
    ASSIGN_OR_RETURN(std::string key, Unescape(pair.first, true));
    ASSIGN_OR_RETURN(std::string value, Unescape(pair.second, true));
    url.query.emplace_back(std::move(key), std::move(value));
  }
  return url;
}

}  // namespace kubelite::apiserver
