#pragma once

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "store/etcd/backend.h"
#include "store/etcd/errors.h"
#include "store/etcd/transport/call.h"
#include "store/etcd/transport/framing.h"

namespace kubelite::etcd {

// Parses `bytes`; finishes the call with an error when they are no such message.
template <typename Request>
bool ParseRequest(const std::string& bytes, const CallPtr& call, Request* request) {
  if (request->ParseFromString(bytes)) return true;
  call->Finish(absl::InternalError("grpc: failed to unmarshal the received message"));
  return false;
}

// A method whose body may block: it is a task. `body(request, &response)` returns a status and need not fill
// in the header, but for its revision when that is not the latest.
template <typename Request, typename Response, typename BodyFn>
void AddBlockingMethod(Backend* backend, absl::string_view path, Methods* methods, BodyFn body) {
  (*methods)[path].unary = [backend, body](const CallPtr& call, std::string bytes) {
    backend->tasks->Post([backend, body, call, bytes = std::move(bytes)] {
      Request request;
      if (!ParseRequest(bytes, call, &request)) return;
      Response response;
      const absl::Status status = body(request, &response);
      if (!status.ok()) {
        call->Finish(status);
        return;
      }
      auto* header = response.mutable_header();
      const store::Revision revision =
          header->revision() != 0 ? ToStoreRevision(header->revision()) : backend->store->CurrentRevision();
      FillHeader(backend->identity, revision, header);
      call->Finish(Frame(response));
    });
  };
}

}  // namespace kubelite::etcd
