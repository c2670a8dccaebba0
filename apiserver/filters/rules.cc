#include "apiserver/filters/rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kubelite::apiserver {
namespace {

bool ListHas(absl::string_view list, absl::string_view wanted) {
  if (list == "*") return true;
  for (absl::string_view item : absl::StrSplit(list, ' ')) {
    if (item == wanted) return true;
  }
  return false;
}

}  // namespace

std::string ResourceText(const Request& request) {
  std::string text = request.resource;
  if (!request.group.empty()) absl::StrAppend(&text, ".", request.group);
  if (!request.subresource.empty()) absl::StrAppend(&text, "/", request.subresource);
  return text;
}

bool AnyRuleCovers(const std::vector<Rule>& rules, const Request& request) {
  const std::string resource = ResourceText(request);
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    return ListHas(rule.verbs, request.verb) && ListHas(rule.resources, resource) &&
           (rule.name_space.empty() || rule.name_space == request.name_space);
  });
}

}  // namespace kubelite::apiserver
