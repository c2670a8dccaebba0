#include <cstdlib>
#include <iostream>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/client/grpc_client.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/config/kubeconfig_lookup.h"
#include "kubectl-lite/framework/program.h"

int main(int argc, char** argv) {
  using kubelite::cli::Args;
  // gRPC's own log lines are of no use to a person; the answers say what went wrong.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  kubelite::base::InitLog("kubectl-lite", kubelite::base::LogLevel::kWarning);
  const char* variable = std::getenv("KUBECONFIG");
  const std::string environment = variable == nullptr ? "" : variable;
  kubelite::cli::Context context{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .clock = kubelite::base::SystemClock(),
      .resolve = [&](const Args& args) { return kubelite::cli::ResolveKubeconfig(args, environment); },
      .kubeconfig_path = [&](const Args& args) { return kubelite::cli::KubeconfigPath(args, environment); },
      .connect = [](const kubelite::client::GrpcClientOptions& options) -> std::shared_ptr<kubelite::client::Client> {
        return kubelite::client::NewGrpcClient(options);
      },
      .connect_store = [](const kubelite::client::GrpcClientOptions& options)
          -> std::shared_ptr<kubelite::client::StoreClient> { return kubelite::client::NewGrpcStoreClient(options); },
      .open_console = [] { return kubelite::cli::OpenConsole(0); },
  };
  return kubelite::cli::RunProgram(kubelite::cli::AllCommands(), {argv + 1, argv + argc}, context);
}
