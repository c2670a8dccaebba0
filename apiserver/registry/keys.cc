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

api::ObjectKey ParseStoreKey(const api::ResourceInfo& info, absl::string_view store_key) {
  store_key.remove_prefix(std::min(store_key.size(), ResourcePrefix(info).size()));
  const size_t slash = store_key.find('/');
  if (!info.namespaced || slash == absl::string_view::npos) return {"", std::string(store_key)};
  return {std::string(store_key.substr(0, slash)), std::string(store_key.substr(slash + 1))};
}

}  // namespace kubelite::apiserver
