#include "common/api/int_or_string.h"

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/api/go_quote.h"
#include "k8s/apimachinery/intstr.pb.h"

namespace kubelite::api {

using ::k8s::apimachinery::intstr::IntOrString;

IntOrString MakeInt(int value) {
  IntOrString result;
  result.set_type(0);
  result.set_intval(value);
  return result;
}

IntOrString MakeString(const std::string& value) {
  IntOrString result;
  result.set_type(1);
  result.set_strval(value);
  return result;
}

bool IsString(const IntOrString& value) { return value.type() == 1; }

std::string ToString(const IntOrString& value) {
  return IsString(value) ? value.strval() : absl::StrCat(value.intval());
}

absl::StatusOr<int> ScaledValue(const IntOrString& value, int total, bool round_up) {
  if (!IsString(value)) return value.intval();
  absl::string_view digits = value.strval();
  int percent = 0;
  const bool is_percent = !digits.empty() && digits.back() == '%' &&
                          digits.find_first_not_of("0123456789") == digits.size() - 1 && digits.size() > 1;
  if (!is_percent || !absl::SimpleAtoi(digits.substr(0, digits.size() - 1), &percent)) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid value ", GoQuote(value.strval()), ": neither a number nor a percentage such as \"25%\""));
  }
  const int64_t scaled = static_cast<int64_t>(percent) * total;
  return static_cast<int>(std::min<int64_t>((scaled + (round_up ? 99 : 0)) / 100, std::numeric_limits<int>::max()));
}

}  // namespace kubelite::api
