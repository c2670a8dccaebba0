#include <map>

#include "store/mvcc_store.h"
#include "store/testing/fault_engine.h"
#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

// Keeps its disk by directory, and loses power whenever it is opened again.
absl::StatusOr<std::unique_ptr<Store>> OpenOnFaultDisk(const std::string& directory, size_t watch_queue_events) {
  static auto& disks = *new std::map<std::string, FaultDisk>();
  return MvccStore::Open(disks[directory].PowerLoss(), watch_queue_events);
}

}  // namespace

std::vector<StoreFactory> StoreFactories() {
  return {
      {"Memory", false, [](const std::string&, size_t queue) { return OpenInMemory(queue); }},
      {"FaultDisk", true, OpenOnFaultDisk},
      {"RocksDb", true,
       [](const std::string& directory, size_t queue) {
         return OpenRocksDb({.directory = directory, .watch_queue_events = queue});
       }},
  };
}

}  // namespace kubelite::store
