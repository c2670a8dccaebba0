#include <utility>

#include "absl/strings/str_cat.h"
#include "apiserver/filters/filters.h"
#include "apiserver/identity/user_info.h"
#include "common/api/errors.h"
#include "k8s/authentication/v1.pb.h"
#include "k8s/authorization/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::authentication::v1::SelfSubjectReview;
using k8s::authorization::v1::LocalSubjectAccessReview;
using k8s::authorization::v1::ResourceAttributes;
using k8s::authorization::v1::SelfSubjectAccessReview;
using k8s::authorization::v1::SubjectAccessReview;

Decision Ask(Registry& registry, const User& user, const ResourceAttributes& attributes) {
  Request asked;
  asked.user = user;
  asked.verb = attributes.verb();
  asked.group = attributes.group();
  asked.resource = attributes.resource();
  asked.subresource = attributes.subresource();
  asked.name_space = attributes.namespace_();
  asked.name = attributes.name();
  asked.field_selector = attributes.fieldselector().rawselector();
  return Decide(registry, asked);
}

// Answers a review whose spec names what is asked; `subject` is who it is asked about.
template <typename Review>
absl::StatusOr<api::ObjectPtr> Answer(Registry& registry, const Request& request, const User& subject) {
  auto review = std::make_shared<Review>(static_cast<const Review&>(*request.object));
  const auto& spec = review->spec();
  if (spec.has_resourceattributes() == spec.has_nonresourceattributes()) {
    return api::Invalid(*request.info, "",
                        {api::FieldError::Invalid("spec.resourceAttributes", "",
                                                  "exactly one of nonResourceAttributes or resourceAttributes must be "
                                                  "specified")});
  }
  const Decision decision = spec.has_resourceattributes()
                                ? Ask(registry, subject, spec.resourceattributes())
                                : Decision{.allowed = MayUsePath(subject, spec.nonresourceattributes().verb(),
                                                                 spec.nonresourceattributes().path()),
                                           .reason = ""};
  review->mutable_status()->set_allowed(decision.allowed);
  if (!decision.reason.empty()) review->mutable_status()->set_reason(decision.reason);
  return api::ObjectPtr(std::move(review));
}

absl::StatusOr<api::ObjectPtr> AnswerSelf(Registry& registry, const Request& request) {
  return Answer<SelfSubjectAccessReview>(registry, request, request.user);
}

template <typename Review>
absl::StatusOr<api::ObjectPtr> AnswerOther(Registry& registry, const Request& request) {
  const auto& spec = static_cast<const Review&>(*request.object).spec();
  return Answer<Review>(registry, request, User{spec.user(), {spec.groups().begin(), spec.groups().end()}});
}

absl::StatusOr<api::ObjectPtr> WhoAmI(Registry&, const Request& request) {
  auto review = std::make_shared<SelfSubjectReview>();
  FillUserInfo(request.user, review->mutable_status()->mutable_userinfo());
  return api::ObjectPtr(std::move(review));
}

}  // namespace

void AddAccessReviews(std::vector<ResourceDef>* resources) {
  for (ResourceDef& def : *resources) {
    const google::protobuf::Descriptor* type = def.info->descriptor;
    SubresourceHandler handler;
    if (type == SelfSubjectAccessReview::descriptor()) handler = AnswerSelf;
    if (type == SubjectAccessReview::descriptor()) handler = AnswerOther<SubjectAccessReview>;
    if (type == LocalSubjectAccessReview::descriptor()) handler = AnswerOther<LocalSubjectAccessReview>;
    if (type == SelfSubjectReview::descriptor()) handler = WhoAmI;
    if (handler) def.create_subresource[""] = std::move(handler);
  }
}

}  // namespace kubelite::apiserver
