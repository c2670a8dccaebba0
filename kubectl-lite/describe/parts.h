#pragma once

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/map.h"
#include "google/protobuf/repeated_field.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/describe/describe.h"
#include "kubectl-lite/describe/lines.h"

namespace kubelite::cli {

// Pieces that descriptions share.

using TextMap = google::protobuf::Map<std::string, std::string>;
using QuantityMap = google::protobuf::Map<std::string, k8s::apimachinery::resource::Quantity>;

// Name, and Namespace for namespaced kinds.
void DescribeName(const DescribeInput& input, Lines* lines);
// One key=value per line, the first beside the title. `indent` is put before each line.
void DescribeMap(absl::string_view indent, absl::string_view title, const TextMap& map, Lines* lines);
// Labels and Annotations of the object, without what tools keep there for themselves.
void DescribeLabels(const DescribeInput& input, Lines* lines);
void DescribeAnnotations(absl::string_view indent, const TextMap& annotations, Lines* lines);
// "key=value,key=value", or "" when empty.
std::string MapText(const TextMap& map);
// "Mon, 02 Jan 2006 15:04:05 +0000"; "" for an unset time.
std::string TimeText(const k8s::meta::v1::Time& time, absl::TimeZone zone);
// "ReplicaSet/hello-5d78c9869d"; "" without a controller.
std::string ControllerText(const api::Object& object);
// A section with one quantity per line; nothing when empty.
void DescribeQuantities(int level, absl::string_view title, const QuantityMap& quantities, Lines* lines);

using Containers = google::protobuf::RepeatedPtrField<k8s::core::v1::Container>;
using ContainerStatuses = google::protobuf::RepeatedPtrField<k8s::core::v1::ContainerStatus>;
// `status` and `zone` matter for pods only; templates pass no statuses and an indent of two blanks.
void DescribeContainers(absl::string_view title, absl::string_view indent, const Containers& containers,
                        const ContainerStatuses& statuses, absl::TimeZone zone, Lines* lines);
void DescribeVolumes(absl::string_view indent, const k8s::core::v1::PodSpec& spec, Lines* lines);
void DescribeScheduling(absl::string_view indent, const k8s::core::v1::PodSpec& spec, Lines* lines);
void DescribePodTemplate(const k8s::core::v1::PodTemplateSpec& pod_template, Lines* lines);

}  // namespace kubelite::cli
