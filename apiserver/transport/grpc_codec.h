#pragma once

// Between gRPC's forms and the API server's; for the transport's .cc files only.

#include <grpcpp/support/status.h>

#include <optional>

#include "absl/status/statusor.h"
#include "apiserver/registry/request.h"
#include "common/api/time.h"
#include "google/protobuf/any.pb.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {

// The same code and message, with the API error (metav1.Status) in the binary details.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The request for a verb on a target, without its options.
Request ToRequest(const std::string& verb, const kubelite::v1::Target& target);
// All of them refuse what does not decode with BadRequest, and bodies over the limit of 3 MiB with
// RequestEntityTooLarge.
absl::Status ReadBody(const kubelite::v1::Body& body, Request* request);
absl::Status ReadPatch(const kubelite::v1::PatchRequest& wire, Request* request);
absl::Status ReadOptions(const kubelite::v1::WriteOptions& options, Request* request);
absl::Status ReadOptions(const k8s::meta::v1::DeleteOptions& options, Request* request);

// When a table's ages are told, by the request's print_time; nothing: now.
template <typename WireRequest>
std::optional<absl::Time> PrintTime(const WireRequest& wire) {
  if (!wire.has_print_time()) return std::nullopt;
  return api::FromProto(wire.print_time());
}

void PackObject(const api::Object& object, google::protobuf::Any* any);

}  // namespace kubelite::apiserver
