#include "apiserver/registry/keys.h"

#include "absl/strings/str_cat.h"

namespace kubelite::apiserver {

std::string ResourcePrefix(const api::ResourceInfo& info) {
  return absl::StrCat("/registry/", info.gvk.group.empty() ? "core" : info.gvk.group, "/", info.plural, "/");
}

std::string CollectionPrefix(const api::ResourceInfo& info, absl::string_view name_space) {
  std::string prefix = ResourcePrefix(info);
  if (info.namespaced && !name_space.empty()) absl::StrAppend(&prefix, name_space, "/");
  return prefix;
}

std::string StoreKey(const api::ResourceInfo& info, const api::ObjectKey& key) {
  return absl::StrCat(CollectionPrefix(info, key.name_space), key.name);
}

}  // namespace kubelite::apiserver
