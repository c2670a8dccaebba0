#include "store/etcd/app.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/certificates.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/net/tls.h"
#include "store/checkpoint.h"
#include "store/etcd/backend.h"
#include "store/etcd/errors.h"
#include "store/etcd/periodic_task.h"
#include "store/etcd/services.h"
#include "store/etcd/snapshot_archive.h"
#include "store/etcd/snapshot_stream.h"
#include "store/etcd/transport/grpc_server.h"
#include "store/etcd/write_queue.h"
#include "store/lease_expirer.h"

namespace kubelite::etcd {
namespace {

// More than a request may have, so that somewhat larger ones get etcd's own answer.
constexpr size_t kRequestOverhead = 512 << 10;
constexpr int kLoops = 2;
constexpr absl::Duration kShutdownGrace = absl::Seconds(5);
constexpr absl::Duration kQuotaInterval = absl::Seconds(2);
constexpr absl::Duration kRevisionInterval = absl::Minutes(5);  // upstream's

uint64_t IdOf(absl::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

absl::StatusOr<std::unique_ptr<net::TlsContext>> MakeTls(const Options& options) {
  if (options.cert_file.empty()) return nullptr;
  absl::StatusOr<base::KeyPair> identity = base::ReadKeyPair(options.cert_file, options.key_file);
  if (!identity.ok()) return base::Annotate(identity.status(), "--cert-file, --key-file");
  std::string client_ca;
  if (!options.trusted_ca_file.empty()) {
    absl::StatusOr<std::string> read = base::ReadFile(options.trusted_ca_file);
    if (!read.ok()) return base::Annotate(read.status(), "--trusted-ca-file");
    client_ca = *std::move(read);
  }
  absl::StatusOr<std::unique_ptr<net::TlsContext>> tls =
      net::TlsContext::New({.identity = *identity, .client_ca_pem = client_ca});
  if (!tls.ok()) return base::Annotate(tls.status(), "--cert-file, --key-file, --trusted-ca-file");
  return tls;
}

void RemoveOldSnapshots(const std::string& data_dir) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(data_dir, error), end; !error && it != end; it.increment(error)) {
    if (!absl::StartsWith(it->path().filename().string(), kSnapshotPrefix)) continue;
    const absl::Status removed = base::RemoveAll(it->path().string());
    if (!removed.ok()) base::LogWarning("Old snapshot not removed", {{"err", removed}});
  }
}

void Compact(store::Store* store, store::Revision to) {
  if (to <= store->CompactedRevision()) return;
  const absl::Status compacted = store->Compact(to);
  if (!compacted.ok()) base::LogWarning("Not compacted", {{"err", compacted}});
}

}  // namespace

struct App::State {
  std::unique_ptr<store::Store> store;
  Backend backend;
  std::unique_ptr<WriteQueue> writes;
  std::unique_ptr<net::TlsContext> tls;
  std::unique_ptr<store::LeaseExpirer> lease_expirer;
  std::unique_ptr<TaskGroup> calls;  // of the services
  std::unique_ptr<GrpcServer> server;
  std::function<void()> notify_progress;
  std::vector<std::unique_ptr<PeriodicTask>> upkeep;
  std::vector<std::string> urls;

  absl::Status Serve(const Options& options, const std::vector<ListenUrl>& listen);
  void StartTasks(const Options& options, const AutoCompaction& compaction);
};

absl::Status App::State::Serve(const Options& options, const std::vector<ListenUrl>& listen) {
  GrpcServerOptions grpc;
  for (const ListenUrl& url : listen) grpc.listen.push_back({url.address, url.tls ? tls.get() : nullptr});
  grpc.max_message_bytes = backend.max_request_bytes + kRequestOverhead;
  grpc.loops = kLoops;
  grpc.on_bound = [&](const std::vector<int>& ports) {
    for (size_t i = 0; i < listen.size(); ++i) {
      ListenUrl url = listen[i];
      url.address.port = ports[i];
      urls.push_back(url.ToString());
    }
    backend.identity.client_urls = options.advertise_client_urls.empty() ? urls : options.advertise_client_urls;
  };
  AddKvService(&backend, &grpc.methods);
  notify_progress = AddWatchService(&backend, &grpc.methods);
  AddLeaseService(&backend, lease_expirer.get(), &grpc.methods);
  AddMaintenanceService(&backend, &grpc.methods);
  AddClusterService(&backend, &grpc.methods);
  AddAuthService(&backend, &grpc.methods);
  absl::StatusOr<std::unique_ptr<GrpcServer>> started = GrpcServer::Start(std::move(grpc));
  if (!started.ok()) {
    return base::Annotate(started.status(), "--listen-client-urls");
  }
  server = *std::move(started);
  return absl::OkStatus();
}

void App::State::StartTasks(const Options& options, const AutoCompaction& compaction) {
  base::Executor* executor = backend.executor;
  upkeep.push_back(std::make_unique<PeriodicTask>(executor, options.progress_interval, notify_progress));
  if (compaction.age > absl::ZeroDuration()) {
    const absl::Duration interval = std::clamp(compaction.age / 10, absl::Seconds(1), absl::Hours(1));
    upkeep.push_back(std::make_unique<PeriodicTask>(executor, interval, [this, age = compaction.age] {
      const absl::StatusOr<store::Revision> old = store->RevisionAt(backend.executor->clock().Now() - age);
      if (old.ok()) Compact(store.get(), *old);
    }));
  }
  if (compaction.revisions > 0) {
    upkeep.push_back(std::make_unique<PeriodicTask>(executor, kRevisionInterval, [this, keep = compaction.revisions] {
      Compact(store.get(), store->CurrentRevision() - keep);
    }));
  }
  if (options.quota_backend_bytes > 0) {
    upkeep.push_back(
        std::make_unique<PeriodicTask>(executor, kQuotaInterval, [this, quota = options.quota_backend_bytes] {
          const absl::StatusOr<store::Stats> stats = store->GetStats();
          if (stats.ok()) backend.over_quota = stats->disk_bytes > quota;
        }));
  }
}

App::App(std::unique_ptr<State> state) : state_(std::move(state)) {}
App::~App() { Stop(); }

absl::StatusOr<std::unique_ptr<App>> App::Start(const Options& options, base::Executor* executor,
                                                base::Random* random) {
  RETURN_IF_ERROR(options.Validate());
  absl::StatusOr<std::unique_ptr<store::Store>> opened = store::OpenRocksDb({.directory = options.data_dir});
  if (!opened.ok()) return base::Annotate(opened.status(), "--data-dir");
  RemoveOldSnapshots(options.data_dir);
  return Start(options, *std::move(opened), executor, random);
}

absl::StatusOr<std::unique_ptr<App>> App::Start(const Options& options, std::unique_ptr<store::Store> store,
                                                base::Executor* executor, base::Random* random) {
  std::vector<ListenUrl> listen;
  for (const std::string& text : options.listen_client_urls) {
    ASSIGN_OR_RETURN(listen.emplace_back(), ParseListenUrl(text));
  }
  ASSIGN_OR_RETURN(const AutoCompaction compaction,
                   ParseAutoCompaction(options.auto_compaction_mode, options.auto_compaction_retention));
  auto state = std::make_unique<State>();
  state->store = std::move(store);
  ASSIGN_OR_RETURN(state->tls, MakeTls(options));
  state->writes = std::make_unique<WriteQueue>(state->store.get(), executor);
  state->calls = std::make_unique<TaskGroup>(executor);
  state->lease_expirer = std::make_unique<store::LeaseExpirer>(state->store.get(), executor);
  Backend& backend = state->backend;
  backend.store = state->store.get();
  backend.executor = executor;
  backend.tasks = state->calls.get();
  backend.random = random;
  backend.writes = state->writes.get();
  backend.identity.name = options.name;
  backend.identity.cluster_id = IdOf("kube-lite-store");
  backend.identity.member_id = IdOf(options.name);
  backend.data_dir = options.data_dir;
  backend.max_request_bytes = static_cast<size_t>(options.max_request_bytes);
  backend.max_txn_ops = options.max_txn_ops;
  RETURN_IF_ERROR(state->Serve(options, listen));
  state->lease_expirer->Start();
  state->StartTasks(options, compaction);
  return std::unique_ptr<App>(new App(std::move(state)));
}

const std::vector<std::string>& App::urls() const { return state_->urls; }
store::Store& App::store() { return *state_->store; }

void App::Stop() {
  if (state_ == nullptr) return;
  state_->upkeep.clear();
  state_->server->Shutdown(StoppedError(), kShutdownGrace);
  // What is left of calls still answers them, into loops that do not run any more.
  state_->calls.reset();
  state_->writes.reset();
  state_->server.reset();
  state_.reset();
}

absl::Status Restore(const Options& options) {
  std::string dir = options.data_dir;
  while (absl::EndsWith(dir, "/")) dir.pop_back();
  dir += ".restoring";
  RETURN_IF_ERROR(base::RemoveAll(dir));
  absl::Status restored = ExtractSnapshot(options.restore_from, dir);
  if (restored.ok()) restored = store::RestoreCheckpoint(dir, options.data_dir);
  const absl::Status removed = base::RemoveAll(dir);
  if (restored.ok() && !removed.ok()) base::LogWarning("Not removed after the restore", {{"err", removed}});
  return restored;
}

}  // namespace kubelite::etcd
