#include "common/client/grpc_connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "common/base/clock.h"

namespace kubelite::client {
namespace {

constexpr absl::Duration kConnectionWait = absl::Seconds(3);

}  // namespace

GrpcConnection::GrpcConnection(GrpcClientOptions options)
    : options_(std::move(options)),
      identity_(base::ParseCertificate(options_.identity.certificate_pem)),
      channel_(NewChannel(options_)) {}

absl::Status GrpcConnection::CheckIdentity() const {
  const absl::Time now = base::SystemClock().Now();
  if (identity_.ok() && identity_->not_before <= now && now <= identity_->not_after) return absl::OkStatus();
  return ExplainUnavailable(options_, "", now);
}

void GrpcConnection::AwaitConnection() const {
  if (!options_.wait_for_ready || channel_->GetState(true) == GRPC_CHANNEL_READY) return;
  channel_->WaitForConnected(
      absl::ToChronoTime(base::SystemClock().Now() + std::min(kConnectionWait, options_.timeout)));
}

void GrpcConnection::SetDeadline(grpc::ClientContext* context) const {
  context->set_deadline(absl::ToChronoTime(base::SystemClock().Now() + options_.timeout));
}

Explain GrpcConnection::Explainer() const {
  return [options = options_](const grpc::Status& status) -> absl::Status {
    if (IsApiStatus(status)) return FromGrpcStatus(status);
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      return absl::UnavailableError(absl::StrCat("no answer from the API server at ", options.address, " within ",
                                                 api::FormatGoDuration(options.timeout)));
    }
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return FromGrpcStatus(status);
    return ExplainUnavailable(options, status.error_message(), base::SystemClock().Now());
  };
}

}  // namespace kubelite::client
