// The client contract on the API server: in process in virtual time, and over real gRPC.

#include "apiserver/testing/test_grpc_server.h"
#include "common/base/simulated_executor.h"
#include "tests/contract/client_contract.h"

namespace kubelite::apiserver {
namespace {

using client::ClientContract;
using client::ClientFactory;

class InProcessWorld : public client::ClientWorld {
 public:
  client::Client& client() override { return *client_; }
  bool Eventually(const std::function<bool()>& condition) override {
    return executor_.AdvanceUntil([&condition] { return condition(); }, absl::Minutes(1));
  }
  void CutWatches() override { client_->CutWatches(); }

 private:
  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  TestServer server_{&executor_, &random_};
  const std::unique_ptr<InProcessClient> client_ = server_.AdminClient();
};

class GrpcWorld : public client::ClientWorld {
 public:
  client::Client& client() override { return *client_; }
  bool Eventually(const std::function<bool()>& condition) override { return WaitFor(condition); }
  void CutWatches() override { server_.Restart(); }

 private:
  TestGrpcServer server_;
  const std::unique_ptr<client::Client> client_ = server_.AdminClient();
};

}  // namespace
}  // namespace kubelite::apiserver

namespace kubelite::client {
namespace {

INSTANTIATE_TEST_SUITE_P(InProcess, ClientContract, ::testing::Values(ClientFactory([] {
                           return std::make_unique<apiserver::InProcessWorld>();
                         })));
INSTANTIATE_TEST_SUITE_P(Grpc, ClientContract,
                         ::testing::Values(ClientFactory([] { return std::make_unique<apiserver::GrpcWorld>(); })));

}  // namespace
}  // namespace kubelite::client
