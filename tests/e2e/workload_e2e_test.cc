// The workload tests on real daemons and processes.

#include "tests/integration/workload_tests.h"

namespace kubelite::testing {

INSTANTIATE_TEST_SUITE_P(Real, WorkloadTest, ::testing::Values(ClusterKind{"Real", NewRealCluster}),
                         [](const auto& info) { return info.param.name; });

}  // namespace kubelite::testing
