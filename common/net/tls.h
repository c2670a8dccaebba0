#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/certificates.h"
#include "common/net/socket.h"

namespace kubelite::net {

struct TlsOptions {
  base::KeyPair identity;
  std::string client_ca_pem;              // empty: clients need no certificate
  bool client_certificate_needed = true;  // false: one that is shown must still be good
  // By ALPN, best first; clients that offer others only are refused.
  std::vector<std::string> protocols = {"h2"};
};

// What a TLS listener presents and demands. Thread-safe.
class TlsContext {
 public:
  // InvalidArgument for keys that TLS refuses.
  static absl::StatusOr<std::unique_ptr<TlsContext>> New(const TlsOptions& options);
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<Socket> Accept(Fd fd) = 0;
};

}  // namespace kubelite::net
