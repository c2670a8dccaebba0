#include "kubectl-lite/print/names.h"

#include "absl/strings/str_cat.h"

namespace kubelite::cli {
namespace {

std::string KindName(const api::ResourceInfo& resource) {
  return resource.gvk.group.empty() ? resource.singular : absl::StrCat(resource.singular, ".", resource.gvk.group);
}

}  // namespace

std::string ObjectName(const api::ResourceInfo& resource, const std::string& name) {
  return absl::StrCat(KindName(resource), "/", name);
}

std::string QuotedName(const api::ResourceInfo& resource, const std::string& name) {
  return absl::StrCat(KindName(resource), " \"", name, "\"");
}

}  // namespace kubelite::cli
