#include <gmock/gmock.h>

#include "store/etcd/testing/test_server.h"

namespace kubelite::etcd {
namespace {

using namespace etcdserverpb;  // NOLINT: one use of each of many messages

class MaintenanceServiceTest : public EtcdTest {
 protected:
  using Stub = Maintenance::Stub;
  const std::unique_ptr<Maintenance::Stub> maintenance_ = Maintenance::NewStub(channel_);
};

TEST_F(MaintenanceServiceTest, StatusIsOfASingleMember) {
  Put("a", "1");
  const auto status = Call<StatusResponse>(*maintenance_, &Stub::Status, StatusRequest());
  EXPECT_EQ(status.header().revision(), 2);
  EXPECT_EQ(status.leader(), status.header().member_id());
  EXPECT_EQ(status.raftindex(), 2u);
  EXPECT_EQ(status.version(), "3.5.13");
  EXPECT_EQ(status.errors_size(), 0);
}

TEST_F(MaintenanceServiceTest, HashesTellContentsApart) {
  const auto hash_at = [&](int64_t revision) {
    HashKVRequest request;
    request.set_revision(revision);
    return Call<HashKVResponse>(*maintenance_, &Stub::HashKV, request).hash();
  };
  Put("a", "1");
  const uint32_t first = hash_at(0);
  Put("a", "2");
  EXPECT_NE(hash_at(0), first);
  EXPECT_EQ(hash_at(2), first);
  EXPECT_EQ(Call<HashResponse>(*maintenance_, &Stub::Hash, HashRequest()).hash(), hash_at(3));
  HashKVRequest future;
  future.set_revision(9);
  EXPECT_EQ(Error<HashKVResponse>(*maintenance_, &Stub::HashKV, future),
            "11 etcdserver: mvcc: required revision is a future revision");
}

TEST_F(MaintenanceServiceTest, ThereAreNoAlarmsAndNothingToDefragment) {
  EXPECT_EQ(Call<AlarmResponse>(*maintenance_, &Stub::Alarm, AlarmRequest()).alarms_size(), 0);
  Call<DefragmentResponse>(*maintenance_, &Stub::Defragment, DefragmentRequest());
}

TEST_F(MaintenanceServiceTest, TheLeaderStays) {
  EXPECT_EQ(Error<MoveLeaderResponse>(*maintenance_, &Stub::MoveLeader, MoveLeaderRequest()),
            "9 etcdserver: bad leader transferee");
}

TEST_F(MaintenanceServiceTest, TheMemberIsListedAlone) {
  const auto cluster = Cluster::NewStub(channel_);
  const auto list = Call<MemberListResponse>(*cluster, &Cluster::Stub::MemberList, MemberListRequest());
  ASSERT_EQ(list.members_size(), 1);
  EXPECT_EQ(list.members(0).id(), list.header().member_id());
  EXPECT_EQ(list.members(0).name(), "default");
  EXPECT_THAT(list.members(0).clienturls(), testing::ElementsAre(app_->urls().front()));
  EXPECT_THAT(Error<MemberAddResponse>(*cluster, &Cluster::Stub::MemberAdd, MemberAddRequest()),
              testing::HasSubstr("single member"));
}

TEST_F(MaintenanceServiceTest, AuthenticationIsNotEnabled) {
  const auto auth = Auth::NewStub(channel_);
  EXPECT_FALSE(Call<AuthStatusResponse>(*auth, &Auth::Stub::AuthStatus, AuthStatusRequest()).enabled());
}

TEST_F(MaintenanceServiceTest, AStoreInMemoryHasNoSnapshots) {
  grpc::ClientContext context;
  const auto stream = maintenance_->Snapshot(&context, SnapshotRequest());
  SnapshotResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace kubelite::etcd
