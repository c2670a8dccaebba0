// kube-lite-apiserver: flags, object graph, shutdown. See README.md.

#include <functional>
#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "apiserver/app.h"
#include "apiserver/snapshots/snapshot_commands.h"
#include "common/base/log.h"
#include "common/base/memory.h"
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
  cli->add_option("--secure-port", options->secure_port, "Port for REST over HTTPS; 0 chooses one")
      ->capture_default_str();
  cli->add_option("--client-ca-file", options->client_ca_file, "Certificate authority of the clients (PEM)");
  cli->add_option("--tls-cert-file", options->tls_cert_file, "The server's certificate (PEM)");
  cli->add_option("--tls-private-key-file", options->tls_private_key_file, "The server's private key (PEM)");
  cli->add_option("--token-auth-file", options->token_auth_file,
                  "Fixed bearer tokens for REST: lines of token,user,uid,\"group1,group2\"");
  cli->add_option(
      "--service-account-signing-key-file", options->service_account_key_file,
      "Private key (PEM, EC P-256) that signs service account tokens; without it tokens end with the server");
  cli->add_option("--service-account-issuer", options->service_account_issuer, "Names this cluster in tokens")
      ->capture_default_str();
  AddDuration(cli, "--event-ttl", &options->event_ttl, "How long events are kept");
  AddDuration(cli, "--retention", &options->retention, "How long history is kept; 0: however old it is");
  cli->add_option("--retention-bytes", options->retention_bytes,
                  "How much history is kept, about, in bytes; 0: however much it is")
      ->capture_default_str();
  cli->add_option("--snapshot-dir", options->snapshot_dir,
                  "Where snapshots are saved; on the filesystem of --data-dir they cost no copy");
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
                                      {"secure_port", (*app)->secure_port()},
                                      {"data_dir", options.ephemeral ? "(memory)" : options.data_dir},
                                      {"client_ca_file", options.client_ca_file},
                                      {"tls_cert_file", options.tls_cert_file},
                                      {"event_ttl", options.event_ttl},
                                      {"retention", options.retention},
                                      {"retention_bytes", options.retention_bytes},
                                      {"snapshot_dir", options.snapshot_dir},
                                      {"watch_cache_size", options.watch_cache_size},
                                      {"object_cache_bytes", options.object_cache_bytes},
                                      {"log_level", options.log_level},
                                      {"started_in", executor.clock().Now() - begun}});
  base::WaitForTerminationSignal();
  base::LogInfo("API server stops");
  (*app)->Stop();
  return 0;
}

// `snapshot <verb>` instead of serving: for kubectl-lite (docs/decisions/0004).
void AddSnapshotCommands(CLI::App* cli, SnapshotOptions* options,
                         std::function<absl::StatusOr<std::string>()>* chosen) {
  CLI::App* snapshot = cli->add_subcommand("snapshot", "Works on saved copies of a database that is not open");
  snapshot->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, std::function<absl::StatusOr<std::string>()> run) {
    CLI::App* command = snapshot->add_subcommand(name, help);
    command->callback([chosen, run = std::move(run)] { *chosen = run; });
    return command;
  };
  add("ls", "Tells about each, one line of JSON", [options] {
    return ListSnapshots(*options);
  })->add_option("--snapshot-dir", options->snapshot_dir, "Where they are");
  const auto add_from = [options](CLI::App* command) {
    command->add_option("--from", options->from, "Directory of the snapshot");
    return command;
  };
  const auto add_target = [options](CLI::App* command) {
    command->add_option("--data-dir", options->data_dir, "Directory of the database");
    command->add_option("--nodes", options->nodes, "All nodes of the cluster that goes on with it")->delimiter(',');
  };
  add_from(add("verify", "Compares every file with its checksum", [options] { return VerifySnapshot(*options); }));
  add_target(add_from(add("restore", "Puts it in place of a database",
                          [options] { return RestoreSnapshot(*options, base::SystemClock()); })));
  add_target(add_from(add("fork", "Makes a new database begin as it",
                          [options] { return ForkSnapshot(*options, base::SystemClock()); })));
}

}  // namespace
}  // namespace kubelite::apiserver

int main(int argc, char** argv) {
  kubelite::base::KeepFreedMemory();
  kubelite::base::InitLog("apiserver", kubelite::base::LogLevel::kInfo);
  kubelite::apiserver::Options options;
  CLI::App cli("Serves the Kubernetes API and owns its store.", "kube-lite-apiserver");
  kubelite::apiserver::AddFlags(&cli, &options);
  kubelite::apiserver::SnapshotOptions snapshot_options;
  std::function<absl::StatusOr<std::string>()> command;
  kubelite::apiserver::AddSnapshotCommands(&cli, &snapshot_options, &command);
  CLI11_PARSE(cli, argc, argv);
  if (!command) return kubelite::apiserver::Run(options);
  const absl::StatusOr<std::string> output = command();
  if (!output.ok()) return kubelite::apiserver::Fail(output.status(), 1);
  std::cout << *output;
  return 0;
}
