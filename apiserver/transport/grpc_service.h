#pragma once

#include <memory>

namespace grpc {
class Service;
}

namespace kubelite::apiserver {

class CallContext;

// The services over `calls`, which outlives them. Apart from the calls because the generated stubs are slow to
// compile.
std::unique_ptr<grpc::Service> NewApiService(CallContext* calls);
std::unique_ptr<grpc::Service> NewNodeSessionService(CallContext* calls);
std::unique_ptr<grpc::Service> NewHistoryService(CallContext* calls);
std::unique_ptr<grpc::Service> NewStoreAdminService(CallContext* calls);

}  // namespace kubelite::apiserver
