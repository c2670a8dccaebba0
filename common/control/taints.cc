#include "common/control/taints.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::control {
namespace {

using k8s::core::v1::Taint;
using k8s::core::v1::Toleration;

// Operators Lt and Gt: the taint's value is less (greater) than the toleration's.
bool NumberMatches(const Toleration& toleration, const Taint& taint) {
  int64_t wanted = 0;
  int64_t present = 0;
  if (!absl::SimpleAtoi(toleration.value(), &wanted) || !absl::SimpleAtoi(taint.value(), &present)) return false;
  return toleration.operator_() == "Lt" ? present < wanted : present > wanted;
}

}  // namespace

bool Tolerates(const Toleration& toleration, const Taint& taint) {
  if (!toleration.effect().empty() && toleration.effect() != taint.effect()) return false;
  if (!toleration.key().empty() && toleration.key() != taint.key()) return false;
  const std::string& op = toleration.operator_();
  if (op == "Exists") return true;
  if (op.empty() || op == "Equal") return toleration.value() == taint.value();
  if (op == "Lt" || op == "Gt") return NumberMatches(toleration, taint);
  return false;
}

bool TolerateTaint(const Tolerations& tolerations, const Taint& taint) {
  return std::any_of(tolerations.begin(), tolerations.end(),
                     [&taint](const Toleration& toleration) { return Tolerates(toleration, taint); });
}

}  // namespace kubelite::control
