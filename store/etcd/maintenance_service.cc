// Maintenance, Cluster and Auth: what is said about a single member without users.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/etcd/errors.h"
#include "store/etcd/services.h"
#include "store/etcd/snapshot_stream.h"
#include "store/etcd/unary.h"

namespace kubelite::etcd {
namespace {

using namespace etcdserverpb;  // NOLINT: one use of each of many messages

// The release of etcd whose API this is. The Kubernetes API server asks for it to know whether progress requests can be
// relied on (from 3.5.13).
constexpr char kVersion[] = "3.5.13";

absl::Status GetStatus(const Backend& backend, StatusResponse* response) {
  const absl::StatusOr<store::Stats> stats = backend.store->GetStats();
  if (!stats.ok()) return FromStore(stats.status());
  const auto revision = static_cast<uint64_t>(ToEtcdRevision(stats->current));
  response->set_version(kVersion);
  response->set_dbsize(stats->disk_bytes);
  response->set_dbsizeinuse(std::max<int64_t>(0, stats->disk_bytes - stats->history_bytes));
  response->set_leader(backend.identity.member_id);
  response->set_raftindex(revision);
  response->set_raftappliedindex(revision);
  response->set_raftterm(kRaftTerm);
  if (stats->refuses_puts || backend.over_quota) {
    response->add_errors(absl::StrCat("memberID:", backend.identity.member_id, " alarm:NOSPACE "));
  }
  return absl::OkStatus();
}

absl::Status GetAlarms(const Backend& backend, const AlarmRequest& request, AlarmResponse* response) {
  // They follow from the state of the disk: raising or clearing one by hand would change nothing.
  if (request.action() != AlarmRequest::GET && request.action() != AlarmRequest::DEACTIVATE) {
    return absl::UnimplementedError("etcdserver: kube-lite-store raises its alarms itself");
  }
  const absl::StatusOr<store::Stats> stats = backend.store->GetStats();
  if (!stats.ok()) return FromStore(stats.status());
  if (request.action() != AlarmRequest::GET || !(stats->refuses_puts || backend.over_quota)) return absl::OkStatus();
  AlarmMember* alarm = response->add_alarms();
  alarm->set_memberid(backend.identity.member_id);
  alarm->set_alarm(NOSPACE);
  return absl::OkStatus();
}

// FNV-1a over all keys and what belongs to them, at one revision: equal for stores with equal contents.
absl::StatusOr<uint32_t> HashAt(store::Store* store, store::Revision at) {
  constexpr size_t kPage = 1000;
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](absl::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  };
  const auto add_number = [&add](int64_t number) {
    add(absl::string_view(reinterpret_cast<const char*>(&number), sizeof(number)));
  };
  store::KeyRange range = store::KeyRange::All();
  while (at > 0) {
    const absl::StatusOr<store::ListResult> page = store->List(range, kPage, at);
    if (!page.ok()) return FromStore(page.status());
    for (const store::KeyValue& kv : page->items) {
      for (const std::string* bytes : {&kv.key, &kv.value}) {
        add_number(static_cast<int64_t>(bytes->size()));
        add(*bytes);
      }
      for (const int64_t number : {kv.create_revision, kv.mod_revision, kv.version, kv.lease}) add_number(number);
    }
    if (!page->more) break;
    range = range.From(page->items.back().key + '\0');
  }
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

absl::Status GetHashKv(const Backend& backend, const HashKVRequest& request, HashKVResponse* response) {
  const store::Revision current = backend.store->CurrentRevision();
  const store::Revision at = request.revision() <= 0 ? current : ToStoreRevision(request.revision());
  if (at > current) return FutureRevisionError();
  const absl::StatusOr<uint32_t> hash = HashAt(backend.store, at);
  if (!hash.ok()) return hash.status();
  response->set_hash(*hash);
  response->set_compact_revision(ToEtcdRevision(backend.store->CompactedRevision()));
  response->mutable_header()->set_revision(ToEtcdRevision(current));
  return absl::OkStatus();
}

template <typename Request, typename Response>
void AddRefusal(Backend* backend, absl::string_view path, const absl::Status& refusal, Methods* methods) {
  AddBlockingMethod<Request, Response>(backend, path, methods,
                                       [refusal](const Request&, Response*) { return refusal; });
}

}  // namespace

void AddMaintenanceService(Backend* backend, Methods* methods) {
  AddBlockingMethod<StatusRequest, StatusResponse>(
      backend, "/etcdserverpb.Maintenance/Status", methods,
      [=](const StatusRequest&, StatusResponse* response) { return GetStatus(*backend, response); });
  AddBlockingMethod<AlarmRequest, AlarmResponse>(
      backend, "/etcdserverpb.Maintenance/Alarm", methods,
      [=](const AlarmRequest& request, AlarmResponse* response) { return GetAlarms(*backend, request, response); });
  AddBlockingMethod<HashRequest, HashResponse>(
      backend, "/etcdserverpb.Maintenance/Hash", methods, [=](const HashRequest&, HashResponse* response) {
        const absl::StatusOr<uint32_t> hash = HashAt(backend->store, backend->store->CurrentRevision());
        if (hash.ok()) response->set_hash(*hash);
        return hash.status();
      });
  AddBlockingMethod<HashKVRequest, HashKVResponse>(
      backend, "/etcdserverpb.Maintenance/HashKV", methods,
      [=](const HashKVRequest& request, HashKVResponse* response) { return GetHashKv(*backend, request, response); });
  // RocksDB gives space back by itself.
  AddRefusal<DefragmentRequest, DefragmentResponse>(backend, "/etcdserverpb.Maintenance/Defragment", absl::OkStatus(),
                                                    methods);
  AddRefusal<MoveLeaderRequest, MoveLeaderResponse>(backend, "/etcdserverpb.Maintenance/MoveLeader",
                                                    BadLeaderTransfereeError(), methods);
  AddRefusal<DowngradeRequest, DowngradeResponse>(backend, "/etcdserverpb.Maintenance/Downgrade", SingleMemberError(),
                                                  methods);
  (*methods)["/etcdserverpb.Maintenance/Snapshot"].stream = [backend](const CallPtr& call) {
    return NewSnapshotStream(backend, call);
  };
}

void AddClusterService(Backend* backend, Methods* methods) {
  AddBlockingMethod<MemberListRequest, MemberListResponse>(
      backend, "/etcdserverpb.Cluster/MemberList", methods,
      [=](const MemberListRequest&, MemberListResponse* response) {
        Member* member = response->add_members();
        member->set_id(backend->identity.member_id);
        member->set_name(backend->identity.name);
        for (const std::string& url : backend->identity.client_urls) member->add_clienturls(url);
        return absl::OkStatus();
      });
  AddRefusal<MemberAddRequest, MemberAddResponse>(backend, "/etcdserverpb.Cluster/MemberAdd", SingleMemberError(),
                                                  methods);
  AddRefusal<MemberRemoveRequest, MemberRemoveResponse>(backend, "/etcdserverpb.Cluster/MemberRemove",
                                                        SingleMemberError(), methods);
  AddRefusal<MemberUpdateRequest, MemberUpdateResponse>(backend, "/etcdserverpb.Cluster/MemberUpdate",
                                                        SingleMemberError(), methods);
  AddRefusal<MemberPromoteRequest, MemberPromoteResponse>(backend, "/etcdserverpb.Cluster/MemberPromote",
                                                          SingleMemberError(), methods);
}

void AddAuthService(Backend* backend, Methods* methods) {
  AddBlockingMethod<AuthStatusRequest, AuthStatusResponse>(
      backend, "/etcdserverpb.Auth/AuthStatus", methods,
      [](const AuthStatusRequest&, AuthStatusResponse*) { return absl::OkStatus(); });
  // Users are client certificates; there is nothing to manage.
  for (const char* name : {"AuthEnable", "AuthDisable", "Authenticate", "UserAdd", "UserGet", "UserList", "UserDelete",
                           "UserChangePassword", "UserGrantRole", "UserRevokeRole", "RoleAdd", "RoleGet", "RoleList",
                           "RoleDelete", "RoleGrantPermission", "RoleRevokePermission"}) {
    (*methods)[absl::StrCat("/etcdserverpb.Auth/", name)].unary = [](const CallPtr& call, std::string) {
      call->Finish(AuthNotEnabledError());
    };
  }
}

}  // namespace kubelite::etcd
