#include "apiserver/registry/kinds/columns/columns.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/selectors.h"
#include "common/api/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {

TableColumn NameColumn() {
  return {.name = "Name", .type = "string", .format = "name", .cell = [](const api::Object& object, absl::Time) {
            return api::Meta(object).name();
          }};
}

TableColumn AgeColumn() {
  return {.name = "Age", .cell = [](const api::Object& object, absl::Time now) {
            return api::FormatAge(api::FromProto(api::Meta(object).creationtimestamp()), now);
          }};
}

std::string OrNone(const std::string& text) { return text.empty() ? "<none>" : text; }

std::string OrUnset(const std::string& text) { return text.empty() ? "<unset>" : text; }

std::string ContainerNames(const k8s::core::v1::PodTemplateSpec& pod_template) {
  return absl::StrJoin(pod_template.spec().containers(), ",",
                       [](std::string* out, const k8s::core::v1::Container& c) { out->append(c.name()); });
}

std::string ContainerImages(const k8s::core::v1::PodTemplateSpec& pod_template) {
  return absl::StrJoin(pod_template.spec().containers(), ",",
                       [](std::string* out, const k8s::core::v1::Container& c) { out->append(c.image()); });
}

std::string MapText(const google::protobuf::Map<std::string, std::string>& map) {
  const std::map<std::string, std::string> sorted(map.begin(), map.end());
  return OrNone(absl::StrJoin(sorted, ",", absl::PairFormatter("=")));
}

std::string SelectorText(const k8s::meta::v1::LabelSelector& selector) {
  const absl::StatusOr<api::LabelSelector> parsed = api::LabelSelector::From(selector);
  return parsed.ok() ? parsed->ToString() : "<invalid>";
}

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& items) { return absl::StrJoin(items, ","); }

std::string FirstThree(const std::vector<std::string>& items) {
  constexpr size_t kShown = 3;
  if (items.size() <= kShown) return absl::StrJoin(items, ",");
  return absl::StrCat(absl::StrJoin(items.begin(), items.begin() + kShown, ","), " + ", items.size() - kShown,
                      " more...");
}

std::string HostPort(const std::string& host, int port) {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

}  // namespace kubelite::apiserver
