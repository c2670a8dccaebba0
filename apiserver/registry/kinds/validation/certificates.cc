#include <set>

#include "absl/strings/match.h"
#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/formats.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "k8s/certificates/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using api::FieldError;
using k8s::certificates::v1::CertificateSigningRequest;

constexpr int kMinSeconds = 600;

const std::vector<std::string>& Usages() {
  static const auto& usages = *new std::vector<std::string>{"any",
                                                            "cert sign",
                                                            "client auth",
                                                            "code signing",
                                                            "content commitment",
                                                            "crl sign",
                                                            "data encipherment",
                                                            "decipher only",
                                                            "digital signature",
                                                            "email protection",
                                                            "encipher only",
                                                            "ipsec end system",
                                                            "ipsec tunnel",
                                                            "ipsec user",
                                                            "key agreement",
                                                            "key encipherment",
                                                            "microsoft sgc",
                                                            "netscape sgc",
                                                            "ocsp signing",
                                                            "s/mime",
                                                            "server auth",
                                                            "signing",
                                                            "timestamping"};
  return usages;
}

void ValidateUsages(const google::protobuf::RepeatedPtrField<std::string>& usages, const FieldAt& at) {
  if (usages.empty()) at.Required();
  std::set<std::string> seen;
  for (int i = 0; i < usages.size(); ++i) {
    if (std::find(Usages().begin(), Usages().end(), usages[i]) == Usages().end()) {
      at.Item(i).NotSupported(usages[i], Usages());
    }
    if (!seen.insert(usages[i]).second) at.Item(i).Duplicate(usages[i]);
  }
}

bool HasCondition(const CertificateSigningRequest& request, absl::string_view type) {
  for (const auto& condition : request.status().conditions()) {
    if (absl::string_view(condition.type()) == type) return true;
  }
  return false;
}

}  // namespace

void ValidateCertificateRequest(const Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const CertificateSigningRequest&>(object).spec();
  const FieldAt at("spec", errors);
  if (!absl::StrContains(spec.request(), "-----BEGIN CERTIFICATE REQUEST-----")) {
    FieldError error =
        FieldError::Invalid(at.Field("request").path(), "", "PEM block type must be CERTIFICATE REQUEST");
    error.value = "<omitted>";
    errors->push_back(error);
  }
  ValidateUsages(spec.usages(), at.Field("usages"));
  const FieldAt signer = at.Field("signerName");
  if (spec.signername() == "kubernetes.io/legacy-unknown") {
    signer.Invalid(spec.signername(), "the legacy signerName is not allowed via this API version");
  } else if (signer.Present(spec.signername())) {
    signer.Matches(spec.signername(), ValidateDomainPrefixedPath);
  }
  if (spec.has_expirationseconds() && spec.expirationseconds() < kMinSeconds) {
    at.Field("expirationSeconds")
        .Invalid(spec.expirationseconds(), "may not specify a duration less than 600 seconds (10 minutes)");
  }
}

void ValidateCertificateApproval(const Object& object, FieldErrors* errors) {
  const auto& request = static_cast<const CertificateSigningRequest&>(object);
  if (HasCondition(request, "Approved") && HasCondition(request, "Denied")) {
    FieldAt("status.conditions", errors).Forbidden("Approved and Denied conditions are mutually exclusive");
  }
}

void ValidateCertificateRequestStatus(const Object& object, const Object& old, FieldErrors* errors) {
  const auto& request = static_cast<const CertificateSigningRequest&>(object);
  const auto& before = static_cast<const CertificateSigningRequest&>(old);
  const FieldAt conditions("status.conditions", errors);
  ValidateCertificateApproval(request, errors);
  for (const char* type : {"Approved", "Denied"}) {
    if (HasCondition(request, type) && !HasCondition(before, type)) {
      conditions.Forbidden(absl::StrCat("updates may not add a condition of type \"", type, "\""));
    }
    if (!HasCondition(request, type) && HasCondition(before, type)) {
      conditions.Forbidden(absl::StrCat("updates may not remove a condition of type \"", type, "\""));
    }
  }
  if (!before.status().certificate().empty() && before.status().certificate() != request.status().certificate()) {
    FieldAt("status.certificate", errors).Forbidden("updates may not modify existing certificate content");
  }
}

}  // namespace kubelite::apiserver
