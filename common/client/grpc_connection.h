#pragma once

// What the clients over gRPC share; for the transport's .cc files only.

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>

#include "common/base/certificates.h"
#include "common/base/status_macros.h"
#include "common/client/grpc_client.h"
#include "common/client/grpc_codec.h"

namespace kubelite::client {

// A channel with the identity and the deadlines of its calls, which are explained when they fail. Thread-safe.
class GrpcConnection {
 public:
  explicit GrpcConnection(GrpcClientOptions options);

  const GrpcClientOptions& options() const { return options_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // An expired certificate would only show as a vague handshake error after the timeout.
  absl::Status CheckIdentity() const;
  void SetDeadline(grpc::ClientContext* context) const;
  // Turns the status of a failed call into ours.
  Explain Explainer() const;

  // A unary call: `(stub->*method)(&context, request, response)`.
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub* stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) const {
    RETURN_IF_ERROR(CheckIdentity());
    AwaitConnection();
    grpc::ClientContext context;
    SetDeadline(&context);
    const grpc::Status status = (stub->*method)(&context, request, response);
    return status.ok() ? absl::OkStatus() : Explainer()(status);
  }

 private:
  // Waits a little for a connection that is missing. The call itself does not: so it is told why there is none.
  void AwaitConnection() const;

  const GrpcClientOptions options_;
  const absl::StatusOr<base::CertificateInfo> identity_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace kubelite::client
