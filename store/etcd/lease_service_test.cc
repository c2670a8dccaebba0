#include <gmock/gmock.h>

#include "store/etcd/testing/test_server.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::Lease;
using etcdserverpb::LeaseGrantRequest;
using etcdserverpb::LeaseGrantResponse;
using etcdserverpb::LeaseKeepAliveRequest;
using etcdserverpb::LeaseKeepAliveResponse;
using etcdserverpb::LeaseLeasesResponse;
using etcdserverpb::LeaseRevokeRequest;
using etcdserverpb::LeaseRevokeResponse;
using etcdserverpb::LeaseTimeToLiveRequest;
using etcdserverpb::LeaseTimeToLiveResponse;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class LeaseServiceTest : public EtcdTest {
 protected:
  LeaseGrantRequest GrantOf(int64_t ttl, int64_t id = 0) {
    LeaseGrantRequest request;
    request.set_ttl(ttl);
    request.set_id(id);
    return request;
  }
  int64_t Grant(int64_t ttl, int64_t id = 0) {
    return Call<LeaseGrantResponse>(*leases_, &Lease::Stub::LeaseGrant, GrantOf(ttl, id)).id();
  }
  LeaseTimeToLiveResponse TimeToLive(int64_t id) {
    LeaseTimeToLiveRequest request;
    request.set_id(id);
    request.set_keys(true);
    return Call<LeaseTimeToLiveResponse>(*leases_, &Lease::Stub::LeaseTimeToLive, request);
  }
  void PutWithLease(const std::string& key, int64_t lease) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value("x");
    request.set_lease(lease);
    Put(request);
  }

  const std::unique_ptr<Lease::Stub> leases_ = Lease::NewStub(channel_);
};

TEST_F(LeaseServiceTest, GrantChoosesAnId) {
  const int64_t first = Grant(100);
  const int64_t second = Grant(100);
  EXPECT_GT(first, 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(Grant(100, 7), 7);
  std::vector<int64_t> ids;
  const auto listed =
      Call<LeaseLeasesResponse>(*leases_, &Lease::Stub::LeaseLeases, etcdserverpb::LeaseLeasesRequest());
  for (const auto& lease : listed.leases()) {
    ids.push_back(lease.id());
  }
  EXPECT_THAT(ids, UnorderedElementsAre(7, first, second));
}

TEST_F(LeaseServiceTest, GrantRefusals) {
  Grant(100, 7);
  EXPECT_EQ(Error<LeaseGrantResponse>(*leases_, &Lease::Stub::LeaseGrant, GrantOf(100, 7)),
            "9 etcdserver: lease already exists");
  EXPECT_EQ(Error<LeaseGrantResponse>(*leases_, &Lease::Stub::LeaseGrant, GrantOf(9000000001)),
            "11 etcdserver: too large lease TTL");
}

TEST_F(LeaseServiceTest, RevokeDeletesTheKeys) {
  const int64_t lease = Grant(100);
  PutWithLease("a", lease);
  PutWithLease("b", lease);
  Put("c", "stays");
  LeaseRevokeRequest request;
  request.set_id(lease);
  const auto revoked = Call<LeaseRevokeResponse>(*leases_, &Lease::Stub::LeaseRevoke, request);
  EXPECT_EQ(revoked.header().revision(), 5);
  EXPECT_EQ(Get("a"), "");
  EXPECT_EQ(Get("b"), "");
  EXPECT_EQ(Get("c"), "stays");
  EXPECT_EQ(Error<LeaseRevokeResponse>(*leases_, &Lease::Stub::LeaseRevoke, request),
            "5 etcdserver: requested lease not found");
}

TEST_F(LeaseServiceTest, TimeToLiveTellsKeysAndTime) {
  const int64_t lease = Grant(100);
  PutWithLease("a", lease);
  const LeaseTimeToLiveResponse known = TimeToLive(lease);
  EXPECT_EQ(known.grantedttl(), 100);
  EXPECT_GT(known.ttl(), 0);
  EXPECT_LE(known.ttl(), 100);
  EXPECT_THAT(known.keys(), ElementsAre("a"));
  EXPECT_EQ(TimeToLive(4711).ttl(), -1);
}

TEST_F(LeaseServiceTest, KeepAliveRenewsInOrder) {
  const int64_t lease = Grant(100);
  grpc::ClientContext context;
  const auto stream = leases_->LeaseKeepAlive(&context);
  for (const int64_t id : {lease, int64_t{4711}, int64_t{0}, lease}) {
    LeaseKeepAliveRequest request;
    request.set_id(id);
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  std::vector<std::pair<int64_t, int64_t>> answers;
  LeaseKeepAliveResponse response;
  while (stream->Read(&response)) answers.emplace_back(response.id(), response.ttl());
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(answers, ElementsAre(std::pair(lease, 100), std::pair(4711, 0), std::pair(0, 0), std::pair(lease, 100)));
}

TEST_F(LeaseServiceTest, PutKeepsTheLeaseWhenAsked) {
  const int64_t lease = Grant(100);
  PutWithLease("a", lease);
  etcdserverpb::PutRequest request;
  request.set_key("a");
  request.set_value("2");
  request.set_ignore_lease(true);
  Put(request);
  EXPECT_THAT(TimeToLive(lease).keys(), ElementsAre("a"));
  Put("a", "3");
  EXPECT_EQ(TimeToLive(lease).keys_size(), 0) << "a plain put takes it away";
}

}  // namespace
}  // namespace kubelite::etcd
