// kube-lite-store: flags, object graph, shutdown. See README.md.

#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/log.h"
#include "common/base/memory.h"
#include "common/base/options.h"
#include "common/base/random.h"
#include "common/base/signals.h"
#include "common/base/thread_pool.h"
#include "store/etcd/app.h"
#include "store/etcd/options.h"

namespace kubelite::etcd {
namespace {

// Commits, long reads, leases and snapshots block on the disk, one thread each.
constexpr int kThreads = 6;

void AddFlags(CLI::App* cli, Options* options) {
  cli->add_option("--name", options->name, "Name of this member")->capture_default_str();
  cli->add_option("--data-dir", options->data_dir, "Directory of the database; made when absent");
  cli->add_option("--listen-client-urls", options->listen_client_urls,
                  "URLs to listen on, separated by commas; port 0 chooses one; http only on loopback addresses")
      ->delimiter(',')
      ->capture_default_str();
  cli->add_option("--advertise-client-urls", options->advertise_client_urls,
                  "URLs to tell clients, separated by commas; without it those listened on")
      ->delimiter(',');
  cli->add_option("--cert-file", options->cert_file, "The server's certificate (PEM)");
  cli->add_option("--key-file", options->key_file, "The server's private key (PEM)");
  cli->add_option("--trusted-ca-file", options->trusted_ca_file,
                  "Certificate authority of the clients (PEM); with it every client must show a certificate");
  cli->add_flag("--client-cert-auth", options->client_cert_auth, "Insist on --trusted-ca-file");
  cli->add_option("--max-request-bytes", options->max_request_bytes, "Largest request that is accepted")
      ->capture_default_str();
  cli->add_option("--max-txn-ops", options->max_txn_ops, "Most operations in a transaction")->capture_default_str();
  cli->add_option("--quota-backend-bytes", options->quota_backend_bytes,
                  "Bytes on disk above which puts are refused; 0: no quota")
      ->capture_default_str();
  cli->add_option("--auto-compaction-mode", options->auto_compaction_mode, "periodic or revision")
      ->capture_default_str();
  cli->add_option("--auto-compaction-retention", options->auto_compaction_retention,
                  "History to keep: a duration (a plain number is hours), or in mode revision a number of revisions; "
                  "0 keeps all")
      ->capture_default_str();
  cli->add_option_function<std::string>(
         "--watch-progress-notify-interval,--experimental-watch-progress-notify-interval",
         [options](const std::string& text) {
           absl::StatusOr<absl::Duration> parsed = base::ParseDurationFlag("--watch-progress-notify-interval", text);
           if (!parsed.ok()) throw CLI::ValidationError(std::string(parsed.status().message()));
           options->progress_interval = *parsed;
         },
         "How often idle watches that ask for it are told how far they have come")
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(options->progress_interval));
  cli->add_option("--restore-from", options->restore_from,
                  "Put the store of this file (made by etcdctl snapshot save) into --data-dir, and exit; what was "
                  "there is kept in db.before-restore");
  cli->add_option("--log-level", options->log_level, "debug, info, warning or error")->capture_default_str();
}

int Fail(const absl::Status& status, int code) {
  std::cerr << "kube-lite-store: " << status.message() << "\n";
  return code;
}

// Returns the exit code.
int Run(const Options& options) {
  if (absl::Status status = base::SetLogLevel(options.log_level); !status.ok()) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("--log-level: ", status.message())), 2);
  }
  if (absl::Status status = options.Validate(); !status.ok()) return Fail(status, 2);
  if (!options.restore_from.empty()) {
    const absl::Status restored = Restore(options);
    return restored.ok() ? 0 : Fail(restored, 1);
  }
  base::BlockTerminationSignals();
  const std::unique_ptr<base::Random> random = base::Random::FromSystem();
  base::ThreadPool executor(kThreads);
  const absl::Time begun = executor.clock().Now();
  absl::StatusOr<std::unique_ptr<App>> app = App::Start(options, &executor, random.get());
  if (!app.ok()) return Fail(app.status(), 1);
  const std::string urls = absl::StrJoin((*app)->urls(), ",");
  std::cout << "serving " << urls << std::endl;  // for whoever chose port 0
  base::LogInfo("Store serves", {{"urls", urls},
                                 {"data_dir", options.data_dir},
                                 {"trusted_ca_file", options.trusted_ca_file},
                                 {"max_request_bytes", options.max_request_bytes},
                                 {"quota_backend_bytes", options.quota_backend_bytes},
                                 {"auto_compaction_mode", options.auto_compaction_mode},
                                 {"auto_compaction_retention", options.auto_compaction_retention},
                                 {"log_level", options.log_level},
                                 {"started_in", executor.clock().Now() - begun}});
  base::WaitForTerminationSignal();
  base::LogInfo("Store stops");
  (*app)->Stop();
  return 0;
}

}  // namespace
}  // namespace kubelite::etcd

int main(int argc, char** argv) {
  kubelite::base::KeepFreedMemory();
  kubelite::base::InitLog("store", kubelite::base::LogLevel::kInfo);
  kubelite::etcd::Options options;
  CLI::App cli("Serves the store through the API of etcd v3.", "kube-lite-store");
  kubelite::etcd::AddFlags(&cli, &options);
  CLI11_PARSE(cli, argc, argv);
  return kubelite::etcd::Run(options);
}
