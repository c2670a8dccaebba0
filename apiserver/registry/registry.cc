#include "apiserver/registry/registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/registry/registry_state.h"
#include "common/base/check.h"

namespace kubelite::apiserver {
namespace {

std::string RowKey(absl::string_view group, absl::string_view version, absl::string_view resource) {
  return absl::StrCat(group, "/", version, "/", resource);
}

}  // namespace

Registry::State::State(Options given)
    : options(std::move(given)),
      expirer(options.store, options.executor),
      leases(options.store, &expirer, options.executor->clock()),
      objects(options.store, &leases, options.executor->clock(), options.cache_bytes),
      compactor(options.store, options.executor, {options.retention, options.retention_bytes}) {
  for (ResourceDef& def : options.resources) {
    if (def.time_to_live > absl::ZeroDuration() && options.event_ttl > absl::ZeroDuration()) {
      def.time_to_live = options.event_ttl;
    }
    const auto& gvk = def.info->gvk;
    const bool added = by_resource.emplace(RowKey(gvk.group, gvk.version, def.info->plural), &def).second;
    CHECK(added);  // two rows for one resource
  }
}

absl::StatusOr<const ResourceDef*> Registry::State::Row(const Request& request) const {
  const auto found = by_resource.find(RowKey(request.group, request.version, request.resource));
  if (found == by_resource.end()) return api::UnknownResource();
  const ResourceDef* def = found->second;
  if (request.subresource.empty()) {
    if (!def->info->HasVerb(request.verb)) return api::MethodNotSupported(*def->info, request.verb);
    return def;
  }
  const api::SubresourceInfo* subresource = def->info->FindSubresource(request.subresource);
  if (subresource == nullptr) return api::UnknownResource();
  if (std::count(subresource->verbs.begin(), subresource->verbs.end(), request.verb) == 0) {
    return api::MethodNotSupported(*def->info, request.verb);
  }
  return def;
}

Registry::Registry(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Registry::~Registry() = default;

const ResourceDef* Registry::Find(absl::string_view group, absl::string_view version,
                                  absl::string_view resource) const {
  const auto found = state_->by_resource.find(RowKey(group, version, resource));
  return found == state_->by_resource.end() ? nullptr : found->second;
}

const std::vector<ResourceDef>& Registry::resources() const { return state_->options.resources; }

absl::StatusOr<api::ObjectPtr> Registry::Read(const ResourceDef& def, const api::ObjectKey& key) {
  return state_->objects.Get(def, key);
}

const base::Clock& Registry::clock() const { return state_->options.executor->clock(); }
base::Random& Registry::random() { return *state_->options.random; }

}  // namespace kubelite::apiserver
