#pragma once

#include <string>

namespace grpc {
class ServerContextBase;
}

namespace kubelite::apiserver {

// The client certificate of a call's connection that TLS has verified, PEM; empty when there is none.
std::string PeerCertificate(const grpc::ServerContextBase& context);

}  // namespace kubelite::apiserver
