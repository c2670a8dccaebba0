#include "common/daemon/run.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/signals.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"
#include "common/client/grpc_client.h"
#include "common/client/kubeconfig.h"
#include "common/client/leader_identity.h"

namespace kubelite::daemon {
namespace {

constexpr int kUsage = 2;

int Fail(const Program& program, const absl::Status& status, int code) {
  std::cerr << program.name << ": " << status.message() << "\n";
  return code;
}

}  // namespace

int Run(const Program& program, const absl::Status& valid, Options* options, const MakeApp& make) {
  const absl::Status level = base::Annotate(base::SetLogLevel(options->log_level), "--log-level");
  if (!level.ok()) return Fail(program, level, kUsage);
  if (!valid.ok()) return Fail(program, valid, kUsage);
  absl::StatusOr<client::ResolvedContext> context = client::LoadKubeconfig(options->kubeconfig);
  if (!context.ok()) return Fail(program, context.status(), 1);
  base::BlockTerminationSignals();
  const std::unique_ptr<base::Random> random = base::Random::FromSystem();
  const client::LeaderIdentity identity = client::LeaderIdentity::Claim(options->kubeconfig, random.get());
  options->leader_elect_identity = identity.text();
  context->grpc.field_manager = program.component;
  base::ThreadPool executor(program.threads);
  const std::unique_ptr<client::Client> client = client::NewGrpcClient(context->grpc);
  std::atomic<bool> lost{false};
  const std::unique_ptr<App> app = make({client.get(), &executor, random.get()}, [&lost] {
    lost = true;
    kill(getpid(), SIGTERM);
  });
  base::LogInfo("Daemon starts", {{"program", program.name},
                                  {"server", context->grpc.address},
                                  {"leader_elect", options->leader_elect},
                                  {"identity", identity.text()}});
  app->Start();
  base::WaitForTerminationSignal();
  base::LogInfo("Daemon stops", {{"program", program.name}, {"lost_lease", lost.load()}});
  app->Stop();
  return lost ? 1 : 0;
}

}  // namespace kubelite::daemon
