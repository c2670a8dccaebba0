#include "apiserver/registry/kinds/validation/fields.h"

#include <algorithm>

#include "common/api/int_or_string.h"
#include "common/api/names.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {

void RequireNonNegative(int64_t value, absl::string_view path, FieldErrors* errors) {
  if (value < 0) errors->push_back(FieldError::InvalidNumber(path, value, "must be greater than or equal to 0"));
}

void RequireOneOf(const std::string& value, const std::vector<std::string>& valid, absl::string_view path,
                  FieldErrors* errors) {
  if (value.empty())
    errors->push_back(FieldError::Required(path, ""));
  else
    AllowOneOf(value, valid, path, errors);
}

void AllowOneOf(const std::string& value, const std::vector<std::string>& valid, absl::string_view path,
                FieldErrors* errors) {
  if (value.empty() || std::find(valid.begin(), valid.end(), value) != valid.end()) return;
  errors->push_back(FieldError::NotSupported(path, value, valid));
}

void AddInvalid(const std::vector<std::string>& problems, absl::string_view path, absl::string_view value,
                FieldErrors* errors) {
  for (const std::string& problem : problems) errors->push_back(FieldError::Invalid(path, value, problem));
}

void ValidatePort(int64_t port, absl::string_view path, FieldErrors* errors) {
  for (const std::string& problem : api::ValidatePortNumber(port)) {
    errors->push_back(FieldError::InvalidNumber(path, port, problem));
  }
}

void ValidatePortOrName(const k8s::apimachinery::intstr::IntOrString& port, absl::string_view path,
                        FieldErrors* errors) {
  if (api::IsString(port))
    AddInvalid(api::ValidatePortName(port.strval()), path, port.strval(), errors);
  else
    ValidatePort(port.intval(), path, errors);
}

void ValidateNonNegativeIntOrPercent(const k8s::apimachinery::intstr::IntOrString& value, absl::string_view path,
                                     FieldErrors* errors) {
  if (!api::IsString(value)) return RequireNonNegative(value.intval(), path, errors);
  const std::string& text = value.strval();
  const bool percent = text.size() >= 2 && text.back() == '%' &&
                       std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= '0' && c <= '9'; });
  if (!percent) {
    errors->push_back(
        FieldError::Invalid(path, text,
                            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  "
                            "or '93%', regex used for validation is '[0-9]+%')"));
  }
}

void RejectOverHundredPercent(const FieldAt& at, const k8s::apimachinery::intstr::IntOrString& value) {
  const auto scaled = api::ScaledValue(value, 100, true);
  if (api::IsString(value) && scaled.ok() && *scaled > 100) at.Invalid(value.strval(), "must not be greater than 100%");
}

void InvalidIntOrString(const FieldAt& at, const k8s::apimachinery::intstr::IntOrString& value,
                        absl::string_view detail) {
  if (api::IsString(value)) return at.Invalid(value.strval(), detail);
  at.Invalid(value.intval(), detail);
}

void ValidateLabelSelector(const k8s::meta::v1::LabelSelector& selector, absl::string_view path, FieldErrors* errors) {
  for (const auto& [key, value] : selector.matchlabels()) {
    AddInvalid(api::ValidateQualifiedName(key), Child(path, "matchLabels"), key, errors);
    AddInvalid(api::ValidateLabelValue(value), Child(path, "matchLabels"), value, errors);
  }
  for (int i = 0; i < selector.matchexpressions_size(); ++i) {
    const auto& expression = selector.matchexpressions(i);
    const std::string at = Index(Child(path, "matchExpressions"), i);
    AddInvalid(api::ValidateQualifiedName(expression.key()), Child(at, "key"), expression.key(), errors);
    if (expression.operator_() == "In" || expression.operator_() == "NotIn") {
      if (expression.values_size() == 0) {
        errors->push_back(
            FieldError::Required(Child(at, "values"), "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (expression.operator_() == "Exists" || expression.operator_() == "DoesNotExist") {
      if (expression.values_size() > 0) {
        errors->push_back(FieldError::Forbidden(Child(at, "values"),
                                                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
    } else {
      errors->push_back(
          FieldError::Invalid(Child(at, "operator"), expression.operator_(), "not a valid selector operator"));
    }
    for (int v = 0; v < expression.values_size(); ++v) {
      AddInvalid(api::ValidateLabelValue(expression.values(v)), Index(Child(at, "values"), v), expression.values(v),
                 errors);
    }
  }
}

}  // namespace kubelite::apiserver
