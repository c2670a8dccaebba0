// The client contract on the fake API server, and on the gRPC client with that server behind a bridge.

#include <chrono>
#include <mutex>

#include "common/base/simulated_executor.h"
#include "common/base/thread_pool.h"
#include "common/client/fake/fake_client.h"
#include "common/client/testing/grpc_bridge.h"
#include "tests/contract/client_contract.h"

namespace kubelite::client {
namespace {

class FakeWorld : public ClientWorld {
 public:
  Client& client() override { return *client_; }
  bool Eventually(const std::function<bool()>& condition) override {
    return executor_.AdvanceUntil([&condition] { return condition(); }, absl::Minutes(1));
  }
  void CutWatches() override { client_->CutWatches(); }

 private:
  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  const std::unique_ptr<FakeClient> client_ = FakeClient::New(&executor_, &random_);
};

class GrpcWorld : public ClientWorld {
 public:
  Client& client() override { return *client_; }
  bool Eventually(const std::function<bool()>& condition) override {
    base::Mutex mutex;
    base::CondVar never;
    for (int i = 0; i < 20'000; ++i) {
      if (condition()) return true;
      base::MutexLock lock(&mutex);
      never.WaitForNanos(&mutex, 1'000'000);
    }
    return false;
  }
  void CutWatches() override { fake_->CutWatches(); }

 private:
  base::ThreadPool pool_{2};
  base::Random random_{1};
  const std::unique_ptr<FakeClient> fake_ = FakeClient::New(&pool_, &random_);
  const base::KeyPair ca_ = testing::NewTestAuthority();
  const testing::GrpcBridge bridge_{fake_.get(), ca_};
  const std::unique_ptr<Client> client_ = NewGrpcClient(testing::OptionsFor(bridge_.address(), ca_));
};

INSTANTIATE_TEST_SUITE_P(Fake, ClientContract,
                         ::testing::Values(ClientFactory([] { return std::make_unique<FakeWorld>(); })));
INSTANTIATE_TEST_SUITE_P(Grpc, ClientContract,
                         ::testing::Values(ClientFactory([] { return std::make_unique<GrpcWorld>(); })));

}  // namespace
}  // namespace kubelite::client
