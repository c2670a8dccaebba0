#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "store/memory_engine.h"
#include "store/mvcc_store.h"
#include "store/rocksdb_engine.h"
#include "store/store.h"
#include "store/store_directory.h"

namespace kubelite::store {
namespace {

absl::StatusOr<std::unique_ptr<Store>> OpenIn(const OpenOptions& options) {
  RETURN_IF_ERROR(PrepareDirectory(options.directory));
  ASSIGN_OR_RETURN(base::FileLock lock, LockDirectory(options.directory));
  RETURN_IF_ERROR(FinishRestore(options.directory));
  ASSIGN_OR_RETURN(auto engine, OpenRocksDbEngine(DatabasePath(options.directory), std::move(lock)));
  return MvccStore::Open(std::move(engine), options.watch_queue_events);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDb(const OpenOptions& options) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenIn(options);
  if (!store.ok()) return base::Annotate(store.status(), absl::StrCat("opening the store in ", options.directory));
  return store;
}

std::unique_ptr<Store> OpenInMemory(size_t watch_queue_events) {
  // An empty memory engine has nothing to be damaged and no disk to fail.
  return *MvccStore::Open(std::make_unique<MemoryEngine>(), watch_queue_events);
}

}  // namespace kubelite::store
