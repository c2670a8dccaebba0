#pragma once

#include <memory>

#include "store/etcd/backend.h"
#include "store/etcd/transport/call.h"

namespace kubelite::etcd {

// A Snapshot call: makes a checkpoint beside the store, sends it as the client takes it, and removes it.
std::shared_ptr<StreamHandler> NewSnapshotStream(Backend* backend, const CallPtr& call);

}  // namespace kubelite::etcd
