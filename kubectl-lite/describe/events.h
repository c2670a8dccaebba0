#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/describe/describe.h"

namespace kubelite::cli {

using EventPtr = std::shared_ptr<const k8s::core::v1::Event>;

// When an event was last seen.
absl::Time LastSeen(const k8s::core::v1::Event& event);
// Its age as kubectl shows it: "5m", or "10s (x4 over 3m)" for one seen several times.
std::string EventAge(const k8s::core::v1::Event& event, absl::Time now);
// By LastSeen, oldest first.
void SortByLastSeen(std::vector<EventPtr>* events);

// The Events section of a description: what is known about the object.
absl::Status DescribeEvents(const DescribeInput& input, Lines* lines);

}  // namespace kubelite::cli
