#include "apiserver/identity/service_account_tokens.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "apiserver/identity/jwt.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "k8s/authentication/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using api::JsonTree;
using k8s::authentication::v1::TokenRequest;
using k8s::core::v1::Pod;

constexpr int64_t kDefaultSeconds = 3600;
constexpr int64_t kMinSeconds = 600;
constexpr int64_t kMaxSeconds = int64_t{1} << 32;
// What kubelets ask for; such tokens live a year, for programs that read them once only (upstream's
// WarnOnlyBoundTokenExpirationPeriod and ExpirationExtensionSeconds).
constexpr int64_t kExtendedWhenSeconds = 3607;
constexpr int64_t kExtendedSeconds = int64_t{365} * 24 * 3600;
// A pod's tokens stay good this long after its deletion was due.
constexpr absl::Duration kDeletionLeeway = absl::Seconds(60);

// What a token may be bound to.
struct Bindable {
  absl::string_view kind, resource, claim;
  bool namespaced;
};
constexpr std::array<Bindable, 3> kBindable = {
    {{"Pod", "pods", "pod", true}, {"Secret", "secrets", "secret", true}, {"Node", "nodes", "node", false}}};

JsonTree Object() {
  JsonTree tree;
  tree.kind = JsonTree::Kind::kObject;
  return tree;
}

JsonTree Number(int64_t number) {
  JsonTree tree;
  tree.scalar = absl::StrCat(number);
  return tree;
}

JsonTree Texts(const std::vector<std::string>& texts) {
  JsonTree tree;
  tree.kind = JsonTree::Kind::kArray;
  for (const std::string& text : texts) tree.items.push_back(JsonTree::String(text));
  return tree;
}

JsonTree Reference(const api::Object& object) {
  JsonTree tree = Object();
  tree.Set("name", JsonTree::String(api::Meta(object).name()));
  tree.Set("uid", JsonTree::String(api::Meta(object).uid()));
  return tree;
}

std::string TextAt(const JsonTree& tree, absl::string_view key) {
  const JsonTree* const value = tree.is_object() ? tree.Find(key) : nullptr;
  return value == nullptr ? "" : value->Text();
}

absl::StatusOr<absl::Time> TimeAt(const JsonTree& tree, absl::string_view key) {
  const JsonTree* const value = tree.Find(key);
  int64_t seconds = 0;
  if (value == nullptr || !absl::SimpleAtoi(value->scalar, &seconds)) {
    return absl::UnauthenticatedError(absl::StrCat("token has no ", key));
  }
  return absl::FromUnixSeconds(seconds);
}

std::vector<std::string> Audiences(const JsonTree& claims) {
  const JsonTree* const value = claims.Find("aud");
  if (value == nullptr) return {};
  if (!value->is_array()) return {value->Text()};
  std::vector<std::string> audiences;
  for (const JsonTree& item : value->items) audiences.push_back(item.Text());
  return audiences;
}

std::vector<std::string> Common(const std::vector<std::string>& wanted, const std::vector<std::string>& has) {
  std::vector<std::string> common;
  for (const std::string& one : wanted) {
    if (std::count(has.begin(), has.end(), one) > 0) common.push_back(one);
  }
  return common;
}

User UserOf(const JsonTree& claims, const JsonTree& kubernetes, const std::string& name_space,
            const JsonTree& account) {
  User user{.name = absl::StrCat("system:serviceaccount:", name_space, ":", TextAt(account, "name")),
            .groups = {"system:serviceaccounts", absl::StrCat("system:serviceaccounts:", name_space)},
            .uid = TextAt(account, "uid")};
  if (const std::string id = TextAt(claims, "jti"); !id.empty()) {
    user.extra["authentication.kubernetes.io/credential-id"] = {absl::StrCat("JTI=", id)};
  }
  for (const absl::string_view bound : {"pod", "node"}) {
    const JsonTree* const reference = kubernetes.Find(bound);
    if (reference == nullptr) continue;
    for (const absl::string_view part : {"name", "uid"}) {
      user.extra[absl::StrCat("authentication.kubernetes.io/", bound, "-", part)] = {TextAt(*reference, part)};
    }
  }
  return user;
}

absl::Status CheckRequest(const Request& request, const TokenRequest& body) {
  api::FieldErrors errors;
  const int64_t seconds = body.spec().expirationseconds();
  if (body.spec().has_expirationseconds() && seconds < kMinSeconds) {
    errors.push_back(api::FieldError::InvalidNumber("spec.expirationSeconds", seconds,
                                                    "may not specify a duration less than 10 minutes"));
  }
  if (seconds > kMaxSeconds) {
    errors.push_back(api::FieldError::InvalidNumber("spec.expirationSeconds", seconds,
                                                    "may not specify a duration larger than 2^32 seconds"));
  }
  if (!errors.empty()) {
    api::ResourceInfo info;
    info.gvk = {"authentication.k8s.io", "v1", "TokenRequest"};
    return api::Invalid(info, "", errors);
  }
  if (!body.metadata().name().empty() && body.metadata().name() != request.name) {
    return api::BadRequest(absl::StrCat("service account name in token request (", body.metadata().name(),
                                        ") does not match the name on the URL (", request.name, ")"));
  }
  return absl::OkStatus();
}

// The row for what the request wants the token bound to; null when to nothing.
absl::StatusOr<const Bindable*> BoundKind(const TokenRequest& body) {
  if (!body.spec().has_boundobjectref()) return nullptr;
  const auto& reference = body.spec().boundobjectref();
  for (const Bindable& row : kBindable) {
    if (row.kind == reference.kind() && reference.apiversion() == "v1") return &row;
  }
  return api::BadRequest(
      absl::StrCat("cannot bind token to object of type ", reference.apiversion(), ", Kind=", reference.kind()));
}

absl::Status CheckBinding(const TokenRequest& body, const Request& request, const api::Object& bound) {
  const std::string& wanted = body.spec().boundobjectref().uid();
  if (!wanted.empty() && wanted != api::Meta(bound).uid()) {
    return api::Conflict(*request.info, request.name,
                         absl::StrCat("the UID in the bound object reference (", wanted,
                                      ") does not match the UID in record. The object might have been deleted and then "
                                      "recreated"));
  }
  if (bound.GetDescriptor() != Pod::descriptor()) return absl::OkStatus();
  if (static_cast<const Pod&>(bound).spec().serviceaccountname() == request.name) return absl::OkStatus();
  return api::BadRequest(absl::StrCat("cannot bind token for serviceaccount \"", request.name,
                                      "\" to pod running with different serviceaccount name."));
}

}  // namespace

ServiceAccountTokens::ServiceAccountTokens(std::string issuer, std::unique_ptr<base::SigningKey> key,
                                           Registry* registry, base::Random* random)
    : issuer_(std::move(issuer)), key_(std::move(key)), registry_(registry), random_(random) {}

absl::StatusOr<api::ObjectPtr> ServiceAccountTokens::Find(absl::string_view resource, const std::string& name_space,
                                                          const std::string& name) const {
  const ResourceDef* const def = registry_->Find("", "v1", resource);
  if (def == nullptr) return api::UnknownResource();
  return registry_->Read(*def, {name_space, name});
}

absl::StatusOr<ServiceAccountTokens::Identity> ServiceAccountTokens::Authenticate(
    absl::string_view token, const std::vector<std::string>& audiences) const {
  ASSIGN_OR_RETURN(const JsonTree claims, VerifyJwt(*key_, token));
  if (TextAt(claims, "iss") != issuer_) return absl::UnauthenticatedError("invalid bearer token");
  const absl::Time now = registry_->clock().Now();
  ASSIGN_OR_RETURN(const absl::Time not_before, TimeAt(claims, "nbf"));
  ASSIGN_OR_RETURN(const absl::Time expires, TimeAt(claims, "exp"));
  if (now >= expires) return absl::UnauthenticatedError("service account token has expired");
  if (now < not_before - absl::Minutes(1)) return absl::UnauthenticatedError("service account token is not valid yet");
  const std::vector<std::string> wanted = audiences.empty() ? std::vector<std::string>{issuer_} : audiences;
  const std::vector<std::string> common = Common(wanted, Audiences(claims));
  if (common.empty()) return absl::UnauthenticatedError("token audiences do not match what is asked for");

  const JsonTree* const kubernetes = claims.Find("kubernetes.io");
  const JsonTree* const account = kubernetes == nullptr ? nullptr : kubernetes->Find("serviceaccount");
  if (account == nullptr) return absl::UnauthenticatedError("invalid bearer token");
  const std::string name_space = TextAt(*kubernetes, "namespace");
  const absl::StatusOr<api::ObjectPtr> found = Find("serviceaccounts", name_space, TextAt(*account, "name"));
  if (!found.ok() || api::Meta(**found).uid() != TextAt(*account, "uid")) {
    return absl::UnauthenticatedError("service account token has been invalidated");
  }
  RETURN_IF_ERROR(CheckBound(*kubernetes, name_space));
  return Identity{UserOf(claims, *kubernetes, name_space, *account), common};
}

absl::Status ServiceAccountTokens::CheckBound(const JsonTree& kubernetes, const std::string& name_space) const {
  const bool in_pod = kubernetes.Find("pod") != nullptr;
  for (const Bindable& bindable : kBindable) {
    const JsonTree* const reference = kubernetes.Find(bindable.claim);
    // A pod's token names its node for information only.
    if (reference == nullptr || (in_pod && bindable.claim == "node")) continue;
    const absl::StatusOr<api::ObjectPtr> bound =
        Find(bindable.resource, bindable.namespaced ? name_space : "", TextAt(*reference, "name"));
    const auto gone = [&] { return absl::UnauthenticatedError("service account token has been invalidated"); };
    if (!bound.ok() || api::Meta(**bound).uid() != TextAt(*reference, "uid")) return gone();
    if (!api::IsBeingDeleted(**bound)) continue;
    const absl::Time due = api::FromProto(api::Meta(**bound).deletiontimestamp());
    if (registry_->clock().Now() > due + kDeletionLeeway) return gone();
  }
  return absl::OkStatus();
}

// Nodes get tokens for the pods on them only (upstream's NodeRestriction).
absl::Status ServiceAccountTokens::CheckNode(const TokenRequest& body, const Request& request) const {
  const std::string node = NodeOf(request.user);
  if (node.empty()) return absl::OkStatus();
  const auto refuse = [&](absl::string_view why) {
    return api::Forbidden(*request.info, request.name, absl::StrCat("node \"", node, "\": ", why));
  };
  const auto& bound = body.spec().boundobjectref();
  if (bound.kind() != "Pod" || bound.name().empty()) return refuse("node requested token not bound to a pod");
  if (bound.uid().empty()) return refuse("node requested token with a pod binding without a uid");
  const absl::StatusOr<api::ObjectPtr> pod = Find("pods", request.name_space, bound.name());
  if (!pod.ok() || static_cast<const Pod&>(**pod).spec().nodename() != node) {
    return refuse("node requested token bound to a pod scheduled on a different node");
  }
  return absl::OkStatus();
}

absl::StatusOr<JsonTree> ServiceAccountTokens::Bind(const TokenRequest& body, const Request& request) const {
  JsonTree kubernetes = Object();
  kubernetes.Set("namespace", JsonTree::String(request.name_space));
  ASSIGN_OR_RETURN(const api::ObjectPtr account, Find("serviceaccounts", request.name_space, request.name));
  kubernetes.Set("serviceaccount", Reference(*account));
  ASSIGN_OR_RETURN(const Bindable* const bindable, BoundKind(body));
  if (bindable == nullptr) return kubernetes;
  ASSIGN_OR_RETURN(const api::ObjectPtr bound, Find(bindable->resource, bindable->namespaced ? request.name_space : "",
                                                    body.spec().boundobjectref().name()));
  RETURN_IF_ERROR(CheckBinding(body, request, *bound));
  kubernetes.Set(bindable->claim, Reference(*bound));
  if (bindable->kind == "Pod") {
    const absl::StatusOr<api::ObjectPtr> node = Find("nodes", "", static_cast<const Pod&>(*bound).spec().nodename());
    if (node.ok()) kubernetes.Set("node", Reference(**node));
  }
  return kubernetes;
}

absl::StatusOr<api::ObjectPtr> ServiceAccountTokens::Issue(const Request& request) const {
  auto answer = std::make_shared<TokenRequest>(static_cast<const TokenRequest&>(*request.object));
  RETURN_IF_ERROR(CheckRequest(request, *answer));
  RETURN_IF_ERROR(CheckNode(*answer, request));
  auto& spec = *answer->mutable_spec();
  if (spec.audiences().empty()) spec.add_audiences(issuer_);
  if (!spec.has_expirationseconds()) spec.set_expirationseconds(kDefaultSeconds);
  ASSIGN_OR_RETURN(JsonTree kubernetes, Bind(*answer, request));

  const absl::Time received = registry_->clock().Now();
  const int64_t now = absl::ToUnixSeconds(received);
  int64_t seconds = spec.expirationseconds();
  const bool extended = kubernetes.Find("pod") != nullptr && seconds == kExtendedWhenSeconds &&
                        spec.audiences_size() == 1 && spec.audiences(0) == issuer_;
  if (extended) {
    kubernetes.Set("warnafter", Number(now + seconds));
    seconds = kExtendedSeconds;
  }
  JsonTree claims = Object();
  claims.Set("aud", Texts({spec.audiences().begin(), spec.audiences().end()}));
  claims.Set("exp", Number(now + seconds));
  claims.Set("iat", Number(now));
  claims.Set("iss", JsonTree::String(issuer_));
  claims.Set("jti", JsonTree::String(random_->Uuid()));
  claims.Set("kubernetes.io", std::move(kubernetes));
  claims.Set("nbf", Number(now));
  claims.Set("sub", JsonTree::String(absl::StrCat("system:serviceaccount:", request.name_space, ":", request.name)));

  if (!request.dry_run) answer->mutable_status()->set_token(SignJwt(*key_, claims));
  api::ToProto(absl::FromUnixSeconds(now + spec.expirationseconds()),
               answer->mutable_status()->mutable_expirationtimestamp());
  answer->mutable_metadata()->set_name(request.name);
  answer->mutable_metadata()->set_namespace_(request.name_space);
  api::ToProto(received, answer->mutable_metadata()->mutable_creationtimestamp());
  return api::ObjectPtr(std::move(answer));
}

std::string ServiceAccountTokens::OpenIdConfiguration() const {
  JsonTree document = Object();
  document.Set("issuer", JsonTree::String(issuer_));
  document.Set("jwks_uri", JsonTree::String(absl::StrCat(issuer_, "/openid/v1/jwks")));
  document.Set("response_types_supported", Texts({"id_token"}));
  document.Set("subject_types_supported", Texts({"public"}));
  document.Set("id_token_signing_alg_values_supported", Texts({"ES256"}));
  return document.ToJson();
}

std::string ServiceAccountTokens::KeySet() const { return KeySetDocument(*key_); }

}  // namespace kubelite::apiserver
