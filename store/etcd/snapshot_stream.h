#pragma once

#include <memory>

#include "store/etcd/backend.h"
#include "store/etcd/transport/call.h"

namespace kubelite::etcd {

// How the names of the directories begin that hold a checkpoint while it is sent; they are left behind by a crash only.
inline constexpr char kSnapshotPrefix[] = "snapshot-";

// A Snapshot call: makes a checkpoint beside the store, sends it as the client takes it, and removes it.
std::shared_ptr<StreamHandler> NewSnapshotStream(Backend* backend, const CallPtr& call);

}  // namespace kubelite::etcd
