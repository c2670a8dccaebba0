#include "apiserver/rest/health.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace kubelite::apiserver {
namespace {

struct Check {
  absl::string_view name;
  bool passes = true;
};

std::vector<Check> ChecksOf(absl::string_view endpoint, bool stopping) {
  std::vector<Check> checks = {{"ping"}};
  if (endpoint == "readyz") checks.push_back({"shutdown", !stopping});
  return checks;
}

bool Excluded(const Url& url, absl::string_view name) {
  return std::any_of(url.query.begin(), url.query.end(),
                     [name](const auto& pair) { return pair.first == "exclude" && pair.second == name; });
}

http::Response Text(int code, std::string text) {
  return {.code = code,
          .headers = {{"content-type", "text/plain; charset=utf-8"}, {"x-content-type-options", "nosniff"}},
          .body = std::move(text)};
}

}  // namespace

std::optional<http::Response> AnswerHealth(const Url& url, bool stopping) {
  if (url.segments.empty() || url.segments.size() > 2) return std::nullopt;
  const std::string& endpoint = url.segments[0];
  if (endpoint != "healthz" && endpoint != "livez" && endpoint != "readyz") return std::nullopt;
  const std::vector<Check> checks = ChecksOf(endpoint, stopping);
  if (url.segments.size() == 2) {
    for (const Check& check : checks) {
      if (check.name != url.segments[1]) continue;
      return check.passes ? Text(200, "ok") : Text(500, "internal server error: process is shutting down\n");
    }
    return Text(404, "404 page not found\n");
  }
  bool passes = true;
  std::string list;
  for (const Check& check : checks) {
    if (Excluded(url, check.name)) {
      absl::StrAppend(&list, "[+]", check.name, " excluded: ok\n");
    } else {
      passes &= check.passes;
      absl::StrAppend(&list, check.passes ? "[+]" : "[-]", check.name,
                      check.passes ? " ok\n" : " failed: reason withheld\n");
    }
  }
  if (!passes) return Text(500, absl::StrCat(list, endpoint, " check failed\n"));
  const bool verbose =
      std::any_of(url.query.begin(), url.query.end(), [](const auto& q) { return q.first == "verbose"; });
  return Text(200, verbose ? absl::StrCat(list, endpoint, " check passed\n") : "ok");
}

}  // namespace kubelite::apiserver
