#include "controllers/ownership/claim.h"

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/scheme.h"
#include "common/base/status_macros.h"

namespace kubelite::controllers {
namespace {

using api::ObjectPtr;
using k8s::meta::v1::ObjectMeta;
using k8s::meta::v1::OwnerReference;

void AppendNames(const char* title, const std::vector<ObjectPtr>& objects, std::string* text) {
  if (objects.empty()) return;
  absl::StrAppend(text, text->empty() ? "" : "; ", title, ":");
  for (const ObjectPtr& object : objects) absl::StrAppend(text, " ", api::Meta(*object).name());
}

// Fails unless the owner still exists, is the same one, and is not being deleted.
absl::Status CheckOwnerAlive(const api::Object& owner, client::Client* client) {
  const api::ResourceInfo& resource = *api::Scheme::Builtin().FindDescriptor(owner.GetDescriptor());
  ASSIGN_OR_RETURN(ObjectPtr live, client->Get(resource, api::KeyOf(owner)));
  if (api::Meta(*live).uid() != api::Meta(owner).uid()) {
    return api::Conflict(resource, api::Meta(owner).name(), "the owner was replaced by another object of its name");
  }
  if (api::IsBeingDeleted(*live)) {
    return api::Conflict(resource, api::Meta(owner).name(), "the owner is being deleted");
  }
  return absl::OkStatus();
}

std::unique_ptr<api::Object> WithOwner(const api::Object& object, const api::Object& owner) {
  std::unique_ptr<api::Object> copy = api::Clone(object);
  ObjectMeta* meta = api::MutableMeta(copy.get());
  for (OwnerReference& reference : *meta->mutable_ownerreferences()) {
    if (reference.uid() == api::Meta(owner).uid()) {
      reference = api::MakeControllerRef(owner);
      return copy;
    }
  }
  *meta->add_ownerreferences() = api::MakeControllerRef(owner);
  return copy;
}

std::unique_ptr<api::Object> WithoutOwner(const api::Object& object, const api::Object& owner) {
  std::unique_ptr<api::Object> copy = api::Clone(object);
  auto* references = api::MutableMeta(copy.get())->mutable_ownerreferences();
  for (int i = references->size() - 1; i >= 0; --i) {
    if (references->Get(i).uid() == api::Meta(owner).uid()) references->DeleteSubrange(i, 1);
  }
  return copy;
}

absl::StatusOr<ObjectPtr> Write(const api::Object& object, client::Client* client) {
  return client->Update(*api::Scheme::Builtin().FindDescriptor(object.GetDescriptor()), object);
}

}  // namespace

std::string ClaimPlan::ToString() const {
  std::string text;
  AppendNames("owned", owned, &text);
  AppendNames("adopt", adopt, &text);
  AppendNames("release", release, &text);
  return text;
}

ClaimPlan PlanClaim(const api::Object& owner, const api::LabelSelector& selector,
                    absl::Span<const ObjectPtr> candidates) {
  ClaimPlan plan;
  const bool owner_lives = !api::IsBeingDeleted(owner);
  for (const ObjectPtr& candidate : candidates) {
    const bool matches = selector.Matches(api::Meta(*candidate).labels());
    if (const OwnerReference* controller = api::ControllerOf(*candidate)) {
      if (controller->uid() != api::Meta(owner).uid()) continue;
      if (matches) {
        plan.owned.push_back(candidate);
      } else if (owner_lives) {
        plan.release.push_back(candidate);
      }
    } else if (owner_lives && matches && !api::IsBeingDeleted(*candidate)) {
      plan.adopt.push_back(candidate);
    }
  }
  return plan;
}

absl::StatusOr<std::vector<ObjectPtr>> ExecuteClaim(const ClaimPlan& plan, const api::Object& owner,
                                                    client::Client* client) {
  std::vector<ObjectPtr> owned = plan.owned;
  for (const ObjectPtr& object : plan.release) {
    absl::Status released = Write(*WithoutOwner(*object, owner), client).status();
    if (!released.ok() && !api::IsNotFound(released)) return released;
  }
  if (plan.adopt.empty()) return owned;
  RETURN_IF_ERROR(CheckOwnerAlive(owner, client));
  for (const ObjectPtr& object : plan.adopt) {
    absl::StatusOr<ObjectPtr> adopted = Write(*WithOwner(*object, owner), client);
    if (adopted.ok()) {
      owned.push_back(*std::move(adopted));
    } else if (!api::IsNotFound(adopted.status())) {
      return adopted.status();
    }
  }
  return owned;
}

}  // namespace kubelite::controllers
