#pragma once

#include <string>

namespace k8s::core::v1 {
class Pod;
class Taint;
class Toleration;
}  // namespace k8s::core::v1

namespace kubelite::scheduler {

// Upstream: core/v1 Toleration.ToleratesTaint.
bool Tolerates(const k8s::core::v1::Toleration& toleration, const k8s::core::v1::Taint& taint);
bool Tolerates(const k8s::core::v1::Pod& pod, const k8s::core::v1::Taint& taint);

}  // namespace kubelite::scheduler
