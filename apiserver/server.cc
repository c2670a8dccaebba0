#include "apiserver/server.h"

#include <utility>

#include "apiserver/node_session/node_sessions.h"
#include "apiserver/node_session/pod_stream.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Upstream's --max-requests-inflight and --max-mutating-requests-inflight together.
constexpr int kMaxInFlight = 600;

}  // namespace

Server::Server(Registry* registry, NodeSessions* sessions, StoreAdmin* store_admin, std::vector<Filter> filters)
    : registry_(registry), sessions_(sessions), store_admin_(store_admin), filters_(std::move(filters)) {}

absl::Status Server::Enter() {
  if (in_flight_.fetch_add(1) < kMaxInFlight) return absl::OkStatus();
  return api::TooManyRequests("Too many requests, please try again later.", 1);
}

absl::Status Server::Begin(Request* request, size_t* passed) {
  request->received = registry_->clock().Now();
  const ResourceDef* def = nullptr;
  if (request->path.empty()) def = registry_->Find(request->group, request->version, request->resource);
  request->info = def == nullptr ? nullptr : def->info;
  for (*passed = 0; *passed < filters_.size(); ++*passed) {
    const Filter& filter = filters_[*passed];
    if (filter.check) RETURN_IF_ERROR(filter.check(request));
  }
  if (request->path.empty() && request->info == nullptr) return api::UnknownResource();
  return absl::OkStatus();
}

void Server::Finish(const Request& request, size_t passed, const absl::Status& result) {
  for (size_t i = std::min(passed + 1, filters_.size()); i-- > 0;) {
    if (filters_[i].done) filters_[i].done(request, result);
  }
}

template <typename Act>
auto Server::Run(Request* request, Act act) -> decltype(act()) {
  size_t passed = 0;
  const absl::Status refused = Begin(request, &passed);
  decltype(act()) result = refused.ok() ? act() : decltype(act())(refused);
  Finish(*request, passed, result.status());
  return result;
}

absl::StatusOr<api::ObjectPtr> Server::Unary(Request* request, std::vector<std::string>* warnings) {
  return Run(request, [&]() -> absl::StatusOr<api::ObjectPtr> {
    if (request->verb == "get") return registry_->Get(*request);
    if (request->verb == "create") {
      absl::StatusOr<api::ObjectPtr> created = registry_->Create(*request, warnings);
      // For the audit line: names are often generated.
      if (created.ok() && request->name.empty()) request->name = api::Meta(**created).name();
      return created;
    }
    if (request->verb == "update") return registry_->Update(*request, warnings);
    if (request->verb == "patch") return registry_->Patch(*request, warnings);
    if (request->verb == "delete") return registry_->Delete(*request);
    return api::MethodNotSupported(*request->info, request->verb);
  });
}

absl::StatusOr<Registry::List> Server::List(Request* request) {
  return Run(request, [&] { return registry_->ListObjects(*request); });
}

absl::StatusOr<int64_t> Server::DeleteCollection(Request* request) {
  return Run(request, [&] { return registry_->DeleteCollection(*request); });
}

absl::StatusOr<std::unique_ptr<client::WatchStream>> Server::Watch(Request* request, std::function<void()> on_ready) {
  return Run(request, [&] { return registry_->Watch(*request, std::move(on_ready)); });
}

absl::StatusOr<std::unique_ptr<NodeStream>> Server::Connect(Request* request, const kubelite::v1::StreamOpen& open,
                                                            std::function<void()> on_ready) {
  request->subresource = std::string(StreamSubresource(open));
  return Run(request, [&]() -> absl::StatusOr<std::unique_ptr<NodeStream>> {
    if (sessions_ == nullptr) return api::ServiceUnavailable("this API server has no node sessions");
    return OpenPodStream(*registry_, *sessions_, *request, open, std::move(on_ready));
  });
}

absl::StatusOr<client::Moment> Server::ResolveMoment(Request* request, absl::string_view at) {
  return Run(request, [&] { return registry_->ResolveMoment(at); });
}

absl::StatusOr<Registry::History> Server::GetHistory(Request* request) {
  return Run(request, [&] { return registry_->GetHistory(*request); });
}

absl::Status Server::MayConnect(Request* request) {
  return ServePath(request, [&] { return FindPodStreamNode(*registry_, *request).status(); });
}

absl::Status Server::ServePath(Request* request, const std::function<absl::Status()>& act) {
  size_t passed = 0;
  absl::Status status = Begin(request, &passed);
  if (status.ok()) status = act();
  Finish(*request, passed, status);
  return status;
}

absl::Status Server::Administer(Request* request, const std::function<absl::Status(StoreAdmin& store)>& act) {
  return ServePath(request, [&] { return act(*store_admin_); });
}

}  // namespace kubelite::apiserver
