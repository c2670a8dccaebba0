#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/executor.h"
#include "common/base/random.h"
#include "etcd/rpc.pb.h"
#include "store/etcd/task_group.h"
#include "store/store.h"

namespace kubelite::etcd {

class WriteQueue;

// Who answers: in each response's header, and in the list of members.
struct Identity {
  std::string name;
  uint64_t cluster_id = 0;
  uint64_t member_id = 0;
  std::vector<std::string> client_urls;
};

// What the services share; outlives them.
struct Backend {
  store::Store* store = nullptr;
  base::Executor* executor = nullptr;  // for its clock
  TaskGroup* tasks = nullptr;          // for what may block
  base::Random* random = nullptr;
  WriteQueue* writes = nullptr;
  Identity identity;
  std::string data_dir;  // where a snapshot's checkpoint is made; empty: there are no snapshots
  size_t max_request_bytes = 1536 << 10;
  int max_txn_ops = 128;
  std::atomic<bool> over_quota{false};

  store::Origin Origin() const { return {.time = executor->clock().Now()}; }
};

// An etcd store starts at revision 1 and its first write makes 2; ours starts at 0. All conversions are here.
inline constexpr int64_t kRaftTerm = 1;
inline int64_t ToEtcdRevision(store::Revision revision) { return revision + 1; }
inline store::Revision ToStoreRevision(int64_t revision) { return revision - 1; }

inline void FillHeader(const Identity& identity, store::Revision revision, etcdserverpb::ResponseHeader* header) {
  header->set_cluster_id(identity.cluster_id);
  header->set_member_id(identity.member_id);
  header->set_revision(ToEtcdRevision(revision));
  header->set_raft_term(kRaftTerm);
}

// [key, range_end) in etcd's way of writing ranges.
inline store::KeyRange ToRange(const std::string& key, const std::string& range_end) {
  if (range_end.empty()) return store::KeyRange::Single(key);
  if (range_end.size() == 1 && range_end[0] == '\0') return {key, ""};
  return {key, range_end};
}
inline bool IsEmpty(const store::KeyRange& range) { return !range.end.empty() && range.end <= range.begin; }

}  // namespace kubelite::etcd
