#include "apiserver/rest/document.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/digest.h"

namespace kubelite::apiserver {
namespace {

bool Matches(absl::string_view if_none_match, absl::string_view etag) {
  for (absl::string_view item : absl::StrSplit(if_none_match, ',', absl::SkipEmpty())) {
    item = absl::StripAsciiWhitespace(item);
    absl::ConsumePrefix(&item, "W/");
    if (item == etag || item == "*") return true;
  }
  return false;
}

}  // namespace

std::string EtagOf(absl::string_view body) {
  return absl::StrCat("\"", absl::AsciiStrToUpper(base::Sha256Hex(body)), "\"");
}

http::Response AnswerDocument(Document document, absl::string_view if_none_match) {
  http::Response response;
  response.headers = {
      {"etag", document.etag},
      {"vary", "Accept"},
      {"cache-control", document.immutable ? "public, immutable, max-age=31536000" : "no-cache, private"}};
  if (Matches(if_none_match, document.etag)) {
    response.code = 304;
    return response;
  }
  response.headers.emplace_back("content-type", std::move(document.content_type));
  response.body = std::move(document.body);
  return response;
}

}  // namespace kubelite::apiserver
