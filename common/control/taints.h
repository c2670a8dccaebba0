#pragma once

#include "google/protobuf/repeated_ptr_field.h"

namespace k8s::core::v1 {
class Taint;
class Toleration;
}  // namespace k8s::core::v1

namespace kubelite::control {

using Tolerations = google::protobuf::RepeatedPtrField<k8s::core::v1::Toleration>;

// Rules about taints shared by controllers, scheduler and kubelet. Pure.
bool Tolerates(const k8s::core::v1::Toleration& toleration, const k8s::core::v1::Taint& taint);
bool TolerateTaint(const Tolerations& tolerations, const k8s::core::v1::Taint& taint);

}  // namespace kubelite::control
