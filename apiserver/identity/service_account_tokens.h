#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/request.h"
#include "common/api/json_tree.h"
#include "common/base/random.h"
#include "common/base/signing_key.h"

namespace k8s::authentication::v1 {
class TokenRequest;
}

namespace kubelite::apiserver {

// Issues and recognises the tokens of service accounts: JWTs with upstream's claims, bound to an audience, a time, and
// optionally a Pod, Secret or Node, after whose deletion they are worth nothing (pkg/serviceaccount). Thread-safe.
class ServiceAccountTokens {
 public:
  // The registry outlives it.
  ServiceAccountTokens(std::string issuer, std::unique_ptr<base::SigningKey> key, Registry* registry,
                       base::Random* random);

  struct Identity {
    User user;
    std::vector<std::string> audiences;  // those of the token that were asked for
  };
  // Who the token belongs to, for one of `audiences` (none: this server). Unauthenticated with upstream's reason.
  absl::StatusOr<Identity> Authenticate(absl::string_view token, const std::vector<std::string>& audiences = {}) const;
  // Answers the create of serviceaccounts/token.
  absl::StatusOr<api::ObjectPtr> Issue(const Request& request) const;

  // For clients elsewhere that verify tokens themselves: /.well-known/openid-configuration and /openid/v1/jwks.
  std::string OpenIdConfiguration() const;
  std::string KeySet() const;

 private:
  absl::Status CheckBound(const api::JsonTree& kubernetes, const std::string& name_space) const;
  absl::Status CheckNode(const k8s::authentication::v1::TokenRequest& body, const Request& request) const;
  // The claims about what the token is for.
  absl::StatusOr<api::JsonTree> Bind(const k8s::authentication::v1::TokenRequest& body, const Request& request) const;
  absl::StatusOr<api::ObjectPtr> Find(absl::string_view resource, const std::string& name_space,
                                      const std::string& name) const;

  const std::string issuer_;
  const std::unique_ptr<base::SigningKey> key_;
  Registry* const registry_;
  base::Random* const random_;
};

}  // namespace kubelite::apiserver
