#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/certificates.h"
#include "store/etcd/transport/socket.h"

namespace kubelite::etcd {

// What a TLS listener presents and demands. Thread-safe.
class TlsContext {
 public:
  // `client_ca_pem` empty: clients need no certificate. InvalidArgument for keys that TLS refuses.
  static absl::StatusOr<std::unique_ptr<TlsContext>> New(const base::KeyPair& identity,
                                                         const std::string& client_ca_pem);
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<Socket> Accept(Fd fd) = 0;
};

}  // namespace kubelite::etcd
