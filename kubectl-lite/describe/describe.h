#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/api/scheme.h"
#include "common/client/client.h"
#include "kubectl-lite/describe/lines.h"

namespace kubelite::cli {

// What describers work with.
struct DescribeInput {
  const api::ResourceInfo& resource;
  api::ObjectPtr object;
  client::Client& client;  // for what belongs to the object
  absl::Time now;
  absl::TimeZone zone;
};

// Adds the lines of one kind. Blocks on the API server.
using Describer = absl::Status (*)(const DescribeInput& input, Lines* lines);

// The description of an object in kubectl's layout, with its events at the end when `events` (and its kind has some).
absl::StatusOr<std::string> Describe(const DescribeInput& input, bool events);

// The describers, one per file; kinds that have none use DescribeAny. To add one: a file and a row in describe.cc.
absl::Status DescribeAny(const DescribeInput& input, Lines* lines);
absl::Status DescribeConfigMap(const DescribeInput& input, Lines* lines);
absl::Status DescribeDeployment(const DescribeInput& input, Lines* lines);
absl::Status DescribeNamespace(const DescribeInput& input, Lines* lines);
absl::Status DescribeNode(const DescribeInput& input, Lines* lines);
absl::Status DescribePod(const DescribeInput& input, Lines* lines);
absl::Status DescribeReplicaSet(const DescribeInput& input, Lines* lines);
absl::Status DescribeSecret(const DescribeInput& input, Lines* lines);
absl::Status DescribeService(const DescribeInput& input, Lines* lines);

}  // namespace kubelite::cli
