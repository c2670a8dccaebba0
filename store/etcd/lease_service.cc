// Lease. Everything here may wait for the disk, so it runs on the executor.

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "common/base/mutex.h"
#include "store/etcd/errors.h"
#include "store/etcd/services.h"
#include "store/etcd/unary.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::LeaseGrantRequest;
using etcdserverpb::LeaseGrantResponse;
using etcdserverpb::LeaseKeepAliveRequest;
using etcdserverpb::LeaseKeepAliveResponse;
using etcdserverpb::LeaseLeasesRequest;
using etcdserverpb::LeaseLeasesResponse;
using etcdserverpb::LeaseRevokeRequest;
using etcdserverpb::LeaseRevokeResponse;
using etcdserverpb::LeaseTimeToLiveRequest;
using etcdserverpb::LeaseTimeToLiveResponse;

constexpr int64_t kMinTtl = 1;
constexpr int64_t kMaxTtl = 9000000000;  // upstream's bound

absl::Status Grant(Backend* backend, store::LeaseExpirer* expirer, const LeaseGrantRequest& request,
                   LeaseGrantResponse* response) {
  if (request.ttl() > kMaxTtl) return LeaseTtlTooLargeError();
  if (backend->over_quota) return NoSpaceError();
  const int64_t ttl = std::max(request.ttl(), kMinTtl);
  store::Lease lease;
  lease.id = request.id();
  lease.ttl = absl::Seconds(ttl);
  while (true) {
    while (lease.id == 0) lease.id = static_cast<int64_t>(backend->random->Next() >> 1);
    lease.deadline = backend->executor->clock().Now() + lease.ttl;
    const absl::Status granted = backend->store->GrantLease(lease);
    if (granted.ok()) break;
    if (!absl::IsAlreadyExists(granted)) return FromStore(granted);
    if (request.id() != 0) return LeaseExistsError();
    lease.id = 0;
  }
  expirer->Expect(lease.deadline);
  response->set_id(lease.id);
  response->set_ttl(ttl);
  return absl::OkStatus();
}

absl::Status Revoke(const Backend& backend, const LeaseRevokeRequest& request, LeaseRevokeResponse* response) {
  const absl::StatusOr<store::Revision> revision = backend.store->RevokeLease(request.id(), backend.Origin());
  if (absl::IsNotFound(revision.status())) return LeaseNotFoundError();
  if (!revision.ok()) return FromStore(revision.status());
  response->mutable_header()->set_revision(ToEtcdRevision(*revision));
  return absl::OkStatus();
}

absl::Status TimeToLive(const Backend& backend, const LeaseTimeToLiveRequest& request,
                        LeaseTimeToLiveResponse* response) {
  response->set_id(request.id());
  const absl::StatusOr<store::Lease> lease = backend.store->GetLease(request.id());
  if (absl::IsNotFound(lease.status())) {
    response->set_ttl(-1);
    return absl::OkStatus();
  }
  if (!lease.ok()) return FromStore(lease.status());
  response->set_ttl(absl::ToInt64Seconds(lease->deadline - backend.executor->clock().Now()));
  response->set_grantedttl(absl::ToInt64Seconds(lease->ttl));
  if (!request.keys()) return absl::OkStatus();
  const absl::StatusOr<std::vector<std::string>> keys = backend.store->LeaseKeys(request.id());
  // Ended in between: it has none.
  if (!keys.ok() && !absl::IsNotFound(keys.status())) return FromStore(keys.status());
  for (const std::string& key : keys.ok() ? *keys : std::vector<std::string>()) response->add_keys(key);
  return absl::OkStatus();
}

// Renews leases in the order of the requests.
class KeepAliveStream : public StreamHandler, public std::enable_shared_from_this<KeepAliveStream> {
 public:
  KeepAliveStream(Backend* backend, CallPtr call) : backend_(backend), call_(std::move(call)) {}

  void OnMessage(std::string message) override {
    LeaseKeepAliveRequest request;
    if (!ParseRequest(message, call_, &request)) return;
    Add(request.id());
  }
  void OnHalfClose() override { Add(kEnd); }
  void OnClosed() override {
    base::MutexLock lock(&mutex_);
    waiting_.clear();
  }

 private:
  static constexpr store::LeaseId kEnd = std::numeric_limits<store::LeaseId>::min();

  void Add(store::LeaseId id) {
    {
      base::MutexLock lock(&mutex_);
      if (waiting_.size() >= kWaiting) {
        call_->Finish(TooManyRequestsError());
        return;
      }
      waiting_.push_back(id);
      if (std::exchange(running_, true)) return;
    }
    backend_->tasks->Post([self = shared_from_this()] { self->Run(); });
  }

  void Run() {
    while (true) {
      store::LeaseId id = 0;
      {
        base::MutexLock lock(&mutex_);
        if (waiting_.empty()) {
          running_ = false;
          return;
        }
        id = waiting_.front();
        waiting_.pop_front();
      }
      if (id == kEnd) {
        call_->Finish(absl::OkStatus());
      } else {
        Renew(id);
      }
    }
  }

  void Renew(store::LeaseId id) {
    LeaseKeepAliveResponse response;
    response.set_id(id);
    // The revision before: a client that sees the lease end later must not think this came after.
    FillHeader(backend_->identity, backend_->store->CurrentRevision(), response.mutable_header());
    const absl::StatusOr<store::Lease> lease = backend_->store->GetLease(id);
    absl::Status renewed = lease.status();
    if (renewed.ok()) renewed = backend_->store->RenewLease(id, backend_->executor->clock().Now() + lease->ttl);
    if (!renewed.ok() && !absl::IsNotFound(renewed)) {
      call_->Finish(FromStore(renewed));
      return;
    }
    if (renewed.ok()) response.set_ttl(absl::ToInt64Seconds(lease->ttl));
    call_->Send(Frame(response));
  }

  static constexpr size_t kWaiting = 1024;
  Backend* const backend_;
  const CallPtr call_;
  base::Mutex mutex_;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<store::LeaseId> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void AddLeaseService(Backend* backend, store::LeaseExpirer* expirer, Methods* methods) {
  AddBlockingMethod<LeaseGrantRequest, LeaseGrantResponse>(
      backend, "/etcdserverpb.Lease/LeaseGrant", methods,
      [=](const LeaseGrantRequest& request, LeaseGrantResponse* response) {
        return Grant(backend, expirer, request, response);
      });
  const auto revoke = [=](const LeaseRevokeRequest& request, LeaseRevokeResponse* response) {
    return Revoke(*backend, request, response);
  };
  const auto time_to_live = [=](const LeaseTimeToLiveRequest& request, LeaseTimeToLiveResponse* response) {
    return TimeToLive(*backend, request, response);
  };
  const auto leases = [=](const LeaseLeasesRequest&, LeaseLeasesResponse* response) {
    for (const store::Lease& lease : backend->store->Leases()) response->add_leases()->set_id(lease.id);
    return absl::OkStatus();
  };
  AddBlockingMethod<LeaseRevokeRequest, LeaseRevokeResponse>(backend, "/etcdserverpb.Lease/LeaseRevoke", methods,
                                                             revoke);
  AddBlockingMethod<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse>(backend, "/etcdserverpb.Lease/LeaseTimeToLive",
                                                                     methods, time_to_live);
  AddBlockingMethod<LeaseLeasesRequest, LeaseLeasesResponse>(backend, "/etcdserverpb.Lease/LeaseLeases", methods,
                                                             leases);
  (*methods)["/etcdserverpb.Lease/LeaseKeepAlive"].stream = [backend](const CallPtr& call) {
    return std::make_shared<KeepAliveStream>(backend, call);
  };
}

}  // namespace kubelite::etcd
