#include "store/etcd/snapshot_stream.h"

#include <stdlib.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "etcd/rpc.pb.h"
#include "store/checkpoint.h"
#include "store/etcd/errors.h"
#include "store/etcd/snapshot_archive.h"
#include "store/etcd/transport/framing.h"

namespace kubelite::etcd {
namespace {

constexpr size_t kBlobBytes = 64 << 10;
// Sent before the client is waited for.
constexpr int kBlobsPerTurn = 32;

class SnapshotStream : public StreamHandler, public std::enable_shared_from_this<SnapshotStream> {
 public:
  SnapshotStream(Backend* backend, CallPtr call) : backend_(backend), call_(std::move(call)) {}
  ~SnapshotStream() override {
    if (!dir_.empty()) std::ignore = base::RemoveAll(dir_);
  }

  void OnMessage(std::string) override { Wake(); }
  void OnHalfClose() override {}
  void OnDrained() override { Wake(); }
  void OnClosed() override {
    {
      base::MutexLock lock(&mutex_);
      over_ = true;
    }
    // Removing the checkpoint takes its time: not on the loop.
    backend_->tasks->Post([self = shared_from_this()] {});
  }

 private:
  // Runs a turn on the executor, where it may wait for the disk; one at a time.
  void Wake() {
    {
      base::MutexLock lock(&mutex_);
      wanted_ = true;
      if (std::exchange(running_, true)) return;
    }
    backend_->tasks->Post([self = shared_from_this()] { self->Run(); });
  }

  void Run() {
    while (true) {
      {
        base::MutexLock lock(&mutex_);
        if (!std::exchange(wanted_, false) || over_) {
          running_ = false;
          return;
        }
      }
      if (const absl::Status status = Turn(); !status.ok()) {
        base::LogWarning("Snapshot failed", {{"err", status}});
        call_->Finish(FromStore(status));
      }
    }
  }

  absl::Status Turn() {
    if (archive_ == nullptr) RETURN_IF_ERROR(MakeArchive());
    for (int i = 0; i < kBlobsPerTurn && archive_->remaining() > 0; ++i) {
      etcdserverpb::SnapshotResponse response;
      FillHeader(backend_->identity, revision_, response.mutable_header());
      ASSIGN_OR_RETURN(*response.mutable_blob(), archive_->Next(kBlobBytes));
      response.set_remaining_bytes(static_cast<uint64_t>(archive_->remaining()));
      call_->Send(Frame(response));
    }
    if (archive_->remaining() == 0) call_->Finish(absl::OkStatus());
    return absl::OkStatus();
  }

  absl::Status MakeArchive() {
    if (backend_->data_dir.empty()) return absl::UnimplementedError("a store in memory has no snapshots");
    // Beside the store, so that the checkpoint can be made of hard links.
    std::string dir = absl::StrCat(backend_->data_dir, "/", kSnapshotPrefix, "XXXXXX");
    if (mkdtemp(dir.data()) == nullptr) return base::ErrnoStatus(errno, absl::StrCat("cannot make ", dir));
    dir_ = dir;
    const std::string checkpoint = dir_ + "/checkpoint";
    RETURN_IF_ERROR(backend_->store->Checkpoint(checkpoint, backend_->executor->clock().Now()));
    ASSIGN_OR_RETURN(const store::CheckpointManifest manifest, store::ReadCheckpointManifest(checkpoint));
    revision_ = manifest.revision;
    ASSIGN_OR_RETURN(archive_, SnapshotArchive::Open(checkpoint));
    return absl::OkStatus();
  }

  Backend* const backend_;
  const CallPtr call_;
  // Of the running turn.
  std::string dir_;
  store::Revision revision_ = 0;
  std::unique_ptr<SnapshotArchive> archive_;

  base::Mutex mutex_;
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::shared_ptr<StreamHandler> NewSnapshotStream(Backend* backend, const CallPtr& call) {
  return std::make_shared<SnapshotStream>(backend, call);
}

}  // namespace kubelite::etcd
