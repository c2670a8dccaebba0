#include "apiserver/registry/kinds/validation/field_at.h"
#include "apiserver/registry/kinds/validation/kind_rules.h"
#include "common/api/names.h"
#include "k8s/apiregistration/v1.pb.h"

namespace kubelite::apiserver {

void ValidateApiService(const Object& object, FieldErrors* errors) {
  constexpr int kMaxGroupPriority = 20000;
  constexpr int kMaxVersionPriority = 1000;
  const auto& service = static_cast<const k8s::apiregistration::v1::APIService&>(object);
  const auto& spec = service.spec();
  const FieldAt at("spec", errors);
  const std::string name = absl::StrCat(spec.version(), ".", spec.group());
  if (service.metadata().name() != name) {
    FieldAt("metadata.name", errors)
        .Invalid(service.metadata().name(), absl::StrCat("must be `spec.version+\".\"+spec.group`: \"", name, "\""));
  }
  if (spec.group().empty() && spec.version() != "v1") {
    at.Field("group").Required("only v1 may have an empty group and it better be legacy kube");
  }
  if (!spec.group().empty()) at.Field("group").Matches(spec.group(), api::ValidateDns1123Subdomain);
  at.Field("version").PresentAndMatches(spec.version(), api::ValidateDns1035Label);
  if (spec.grouppriorityminimum() <= 0 || spec.grouppriorityminimum() > kMaxGroupPriority) {
    at.Field("groupPriorityMinimum").Invalid(spec.grouppriorityminimum(), "must be positive and less than 20000");
  }
  if (spec.versionpriority() <= 0 || spec.versionpriority() > kMaxVersionPriority) {
    at.Field("versionPriority").Invalid(spec.versionpriority(), "must be positive and less than 1000");
  }
  const auto invalid = [&](const char* field, const char* value, const char* detail) {
    api::FieldError error = api::FieldError::Invalid(at.Field(field).path(), "", detail);
    error.value = value;
    errors->push_back(error);
  };
  if (!spec.has_service()) {
    if (!spec.cabundle().empty()) invalid("caBundle", "<omitted>", "local APIServices may not have a caBundle");
    if (spec.insecureskiptlsverify()) {
      invalid("insecureSkipTLSVerify", "true", "local APIServices may not have insecureSkipTLSVerify");
    }
    return;
  }
  at.Field("service.namespace").Present(spec.service().namespace_());
  at.Field("service.name").Present(spec.service().name());
  at.Field("service.port").Port(spec.service().port());
  if (spec.insecureskiptlsverify() && !spec.cabundle().empty()) {
    invalid("insecureSkipTLSVerify", "true", "may not be true if caBundle is present");
  }
}

}  // namespace kubelite::apiserver
