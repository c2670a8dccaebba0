// The workload tests in one process on virtual time.

#include "tests/integration/workload_tests.h"

namespace kubelite::testing {

INSTANTIATE_TEST_SUITE_P(Simulated, WorkloadTest, ::testing::Values(ClusterKind{"Simulated", NewSimulatedCluster}),
                         [](const auto& info) { return info.param.name; });

}  // namespace kubelite::testing
