#include "apiserver/identity/token_requests.h"

#include "apiserver/identity/user_info.h"
#include "common/api/errors.h"
#include "k8s/authentication/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::authentication::v1::TokenReview;

absl::StatusOr<api::ObjectPtr> Review(const ServiceAccountTokens& tokens, const Request& request) {
  auto review = std::make_shared<TokenReview>(static_cast<const TokenReview&>(*request.object));
  if (review->spec().token().empty()) return api::BadRequest("token is required for TokenReview in authentication");
  const auto& asked = review->spec().audiences();
  const auto identity = tokens.Authenticate(review->spec().token(), {asked.begin(), asked.end()});
  auto& status = *review->mutable_status();
  status.Clear();
  if (!identity.ok()) {
    status.set_error(std::string(identity.status().message()));
    return api::ObjectPtr(std::move(review));
  }
  status.set_authenticated(true);
  for (const std::string& audience : identity->audiences) status.add_audiences(audience);
  FillUserInfo(identity->user, status.mutable_user());
  status.mutable_user()->add_groups("system:authenticated");
  return api::ObjectPtr(std::move(review));
}

}  // namespace

void AddTokenRequests(const std::unique_ptr<ServiceAccountTokens>* tokens, std::vector<ResourceDef>* resources) {
  for (ResourceDef& def : *resources) {
    const google::protobuf::Descriptor* const type = def.info->descriptor;
    if (type == k8s::core::v1::ServiceAccount::descriptor()) {
      def.create_subresource["token"] = [tokens](Registry&, const Request& request) {
        return (*tokens)->Issue(request);
      };
    } else if (type == TokenReview::descriptor()) {
      def.create_subresource[""] = [tokens](Registry&, const Request& request) { return Review(**tokens, request); };
    }
  }
}

}  // namespace kubelite::apiserver
