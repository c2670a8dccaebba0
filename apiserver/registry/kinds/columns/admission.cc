#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/kind_columns.h"
#include "k8s/admissionregistration/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using namespace k8s::admissionregistration::v1;  // NOLINT: a file of columns of one group

template <typename T>
Columns WebhookColumns() {
  return {NameColumn(), Number<T>("Webhooks", [](const T& c) -> int64_t { return c.webhooks_size(); }), AgeColumn()};
}

template <typename T>
TableColumn ParamKindColumn() {
  return Text<T>("ParamKind", [](const T& p) -> std::string {
    if (!p.spec().has_paramkind()) return "<unset>";
    return absl::StrCat(p.spec().paramkind().apiversion(), "/", p.spec().paramkind().kind());
  });
}

template <typename T>
std::string ParamRefText(const T& binding) {
  if (!binding.spec().has_paramref()) return "<unset>";
  const ParamRef& ref = binding.spec().paramref();
  if (!ref.name().empty()) return absl::StrCat(ref.namespace_().empty() ? "*" : ref.namespace_(), "/", ref.name());
  return SelectorText(ref.selector());
}

template <typename T>
Columns PolicyBindingColumns() {
  return {NameColumn(), Text<T>("PolicyName", [](const T& b) { return b.spec().policyname(); }),
          Text<T>("ParamRef", ParamRefText<T>), AgeColumn()};
}

}  // namespace

Columns MutatingWebhookColumns() { return WebhookColumns<MutatingWebhookConfiguration>(); }
Columns ValidatingWebhookColumns() { return WebhookColumns<ValidatingWebhookConfiguration>(); }

Columns ValidatingPolicyColumns() {
  using Policy = ValidatingAdmissionPolicy;
  return {NameColumn(),
          Number<Policy>("Validations", [](const Policy& p) -> int64_t { return p.spec().validations_size(); }),
          ParamKindColumn<Policy>(), AgeColumn()};
}
Columns ValidatingPolicyBindingColumns() { return PolicyBindingColumns<ValidatingAdmissionPolicyBinding>(); }

Columns MutatingPolicyColumns() {
  using Policy = MutatingAdmissionPolicy;
  return {NameColumn(),
          Number<Policy>("Mutations", [](const Policy& p) -> int64_t { return p.spec().mutations_size(); }),
          ParamKindColumn<Policy>(), AgeColumn()};
}
Columns MutatingPolicyBindingColumns() { return PolicyBindingColumns<MutatingAdmissionPolicyBinding>(); }

}  // namespace kubelite::apiserver
