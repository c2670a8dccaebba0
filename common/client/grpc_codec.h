#pragma once

// Between gRPC's forms and ours; for the transport's .cc files only.

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/client/client.h"
#include "google/protobuf/any.pb.h"
#include "kubelite/v1/api.grpc.pb.h"

namespace kubelite::client {

// The API error in the status' details; without one a plain status of the same code.
absl::Status FromGrpcStatus(const grpc::Status& status);
// Whether the status comes from the API server rather than from the transport.
bool IsApiStatus(const grpc::Status& status);
// DataLoss for bytes that do not parse or a kind that this program does not know.
absl::StatusOr<ObjectPtr> FromAny(const google::protobuf::Any& any);

kubelite::v1::Target MakeTarget(const ResourceInfo& resource, const std::string& name_space, const std::string& name,
                                const std::string& subresource = "");

// The two streams. `explain` words transport failures.
using Explain = std::function<absl::Status(const grpc::Status&)>;
std::unique_ptr<WatchStream> StartGrpcWatch(kubelite::v1::Api::Stub* stub, kubelite::v1::WatchRequest request,
                                            bool wait_for_ready, Explain explain, std::function<void()> on_ready);
absl::StatusOr<std::unique_ptr<ByteStream>> StartGrpcConnect(kubelite::v1::Api::Stub* stub,
                                                             const kubelite::v1::StreamOpen& open, bool wait_for_ready,
                                                             Explain explain);

}  // namespace kubelite::client
