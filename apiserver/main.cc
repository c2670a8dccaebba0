// kube-lite-apiserver: flags, object graph, shutdown. See README.md.

#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "apiserver/app.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/base/signals.h"
#include "common/base/thread_pool.h"
#include "common/daemon/flags.h"

namespace kubelite::apiserver {
namespace {

// Requests block on the store's sync, one thread each.
constexpr int kThreads = 8;

using daemon::AddDuration;

void AddFlags(CLI::App* cli, Options* options) {
  cli->add_option("--data-dir", options->data_dir, "Directory of the database; made when absent");
  cli->add_flag("--ephemeral", options->ephemeral, "Keep everything in memory and forget it at exit");
  cli->add_option("--bind-address", options->bind_address, "IP address to listen on")->capture_default_str();
  cli->add_option("--grpc-port", options->grpc_port, "Port for gRPC over mTLS; 0 chooses one")->capture_default_str();
  cli->add_option("--client-ca-file", options->client_ca_file, "Certificate authority of the clients (PEM)");
  cli->add_option("--tls-cert-file", options->tls_cert_file, "The server's certificate (PEM)");
  cli->add_option("--tls-private-key-file", options->tls_private_key_file, "The server's private key (PEM)");
  AddDuration(cli, "--event-ttl", &options->event_ttl, "How long events are kept");
  AddDuration(cli, "--retention", &options->retention, "How long history is kept; 0 keeps it for ever");
  cli->add_option("--default-watch-cache-size", options->watch_cache_size,
                  "Changes queued in memory per watch; slower watchers read the log on disk")
      ->capture_default_str();
  cli->add_option("--object-cache-bytes", options->object_cache_bytes, "Bound of the decoded objects kept in memory")
      ->capture_default_str();
  cli->add_option("-v,--log-level", options->log_level, "debug, info, warning or error")->capture_default_str();
}

int Fail(const absl::Status& status, int code) {
  std::cerr << "kube-lite-apiserver: " << status.message() << "\n";
  return code;
}

// Returns the exit code.
int Run(const Options& options) {
  if (absl::Status status = base::SetLogLevel(options.log_level); !status.ok()) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("--log-level: ", status.message())), 2);
  }
  if (absl::Status status = options.Validate(); !status.ok()) return Fail(status, 2);
  base::BlockTerminationSignals();
  const std::unique_ptr<base::Random> random = base::Random::FromSystem();
  base::ThreadPool executor(kThreads);
  const absl::Time begun = executor.clock().Now();
  absl::StatusOr<std::unique_ptr<App>> app = App::Start(options, &executor, random.get());
  if (!app.ok()) return Fail(app.status(), 1);
  base::LogInfo("API server serves", {{"address", (*app)->grpc_address()},
                                      {"data_dir", options.ephemeral ? "(memory)" : options.data_dir},
                                      {"client_ca_file", options.client_ca_file},
                                      {"tls_cert_file", options.tls_cert_file},
                                      {"event_ttl", options.event_ttl},
                                      {"retention", options.retention},
                                      {"watch_cache_size", options.watch_cache_size},
                                      {"object_cache_bytes", options.object_cache_bytes},
                                      {"log_level", options.log_level},
                                      {"started_in", executor.clock().Now() - begun}});
  base::WaitForTerminationSignal();
  base::LogInfo("API server stops");
  (*app)->Stop();
  return 0;
}

}  // namespace
}  // namespace kubelite::apiserver

int main(int argc, char** argv) {
  kubelite::base::InitLog("apiserver", kubelite::base::LogLevel::kInfo);
  kubelite::apiserver::Options options;
  CLI::App cli("Serves the Kubernetes API and owns its store.", "kube-lite-apiserver");
  kubelite::apiserver::AddFlags(&cli, &options);
  CLI11_PARSE(cli, argc, argv);
  return kubelite::apiserver::Run(options);
}
