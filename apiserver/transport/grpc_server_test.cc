#include "apiserver/transport/grpc_server.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "apiserver/testing/test_grpc_server.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/base/testing/status_matchers.h"
#include "kubelite/v1/api.grpc.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {
namespace {

using api::ObjectPtr;
using api::ResourceOf;
using base::StatusIs;
using client::WatchEvent;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Namespace;
using k8s::core::v1::Pod;
using ::testing::HasSubstr;

class GrpcServerTest : public ::testing::Test {
 protected:
  static ConfigMap MakeMap(const std::string& name, size_t bytes = 0) {
    ConfigMap map;
    map.mutable_metadata()->set_name(name);
    map.mutable_metadata()->set_namespace_("default");
    if (bytes > 0) (*map.mutable_data())["k"] = std::string(bytes, 'x');
    return map;
  }
  std::unique_ptr<client::WatchStream> Watch(const std::string& version) {
    auto watch = client_->Watch(ResourceOf<ConfigMap>(), {.name_space = "default", .resource_version = version},
                                [this] { ++ready_; });
    EXPECT_OK(watch);
    return watch.ok() ? *std::move(watch) : nullptr;
  }
  // Waits for `count` events, at most `step` at a time.
  static std::vector<std::string> Await(client::WatchStream* watch, size_t count, size_t step = 100) {
    std::vector<std::string> names;
    WaitFor([&] {
      const auto events = watch->Poll(step);
      if (!events.ok()) {
        names.push_back(events.status().ToString());
        return true;
      }
      for (const WatchEvent& event : *events) {
        if (event.object != nullptr) names.push_back(api::Meta(*event.object).name());
      }
      return names.size() >= count;
    });
    return names;
  }

  TestGrpcServer server_;
  std::unique_ptr<client::Client> client_ = server_.AdminClient();
  std::atomic<int> ready_{0};
};

TEST_F(GrpcServerTest, ObjectsGoThereAndBack) {
  ASSERT_OK_AND_ASSIGN(const auto created, client::Create(*client_, MakeMap("a", 10)));
  ASSERT_OK_AND_ASSIGN(const auto read, client::Get<ConfigMap>(*client_, {"default", "a"}));
  EXPECT_EQ(api::EncodeJson(*read), api::EncodeJson(*created));
  ConfigMap change = *read;
  (*change.mutable_data())["k"] = "new";
  ASSERT_OK(client::Update(*client_, change));
  EXPECT_TRUE(api::IsConflict(client::Update(*client_, change).status()));
  ASSERT_OK(
      client_->Patch(ResourceOf<ConfigMap>(), {"default", "a"}, client::PatchType::kMerge, R"({"data":{"k":null}})"));
  ASSERT_OK_AND_ASSIGN(const ObjectPtr deleted, client_->Delete(ResourceOf<ConfigMap>(), {"default", "a"}));
  EXPECT_EQ(api::Meta(*deleted).name(), "a");
}

TEST_F(GrpcServerTest, ErrorsKeepTheirReasonAndCauses) {
  const absl::Status missing = client::Get<ConfigMap>(*client_, {"default", "nope"}).status();
  EXPECT_TRUE(api::IsNotFound(missing));
  EXPECT_EQ(missing.message(), "configmaps \"nope\" not found");
  const absl::Status invalid = client::Create(*client_, MakeMap("Bad_Name")).status();
  EXPECT_TRUE(api::IsInvalid(invalid));
  EXPECT_EQ(api::ToApiStatus(invalid).details().causes(0).field(), "metadata.name");
  EXPECT_THAT(client_->CreateJson(ResourceOf<ConfigMap>(), "default",
                                  R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"dat":{}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, "unknown field \"dat\""));
}

TEST_F(GrpcServerTest, TheCertificateIsTheIdentity) {
  const auto alice = server_.ClientFor("alice", {"staff"});
  EXPECT_THAT(
      alice->List(ResourceOf<Pod>(), {}),
      StatusIs(
          absl::StatusCode::kPermissionDenied,
          "pods is forbidden: User \"alice\" cannot list resource \"pods\" in API group \"\" at the cluster scope"));
  const auto node = server_.ClientFor("system:node:n1", {"system:nodes"});
  EXPECT_OK(node->List(ResourceOf<Pod>(), {.field_selector = "spec.nodeName=n1"}));
}

TEST_F(GrpcServerTest, ForeignAndExpiredCertificatesAreRefused) {
  const auto refused = [&](client::GrpcClientOptions options) {
    options.timeout = absl::Seconds(5);
    return client::NewGrpcClient(options)->List(ResourceOf<Namespace>(), {}).status();
  };
  client::GrpcClientOptions options = server_.OptionsFor({.common_name = "admin", .organizations = {"system:masters"}});
  ASSERT_OK_AND_ASSIGN(const base::KeyPair other_ca, base::CreateCertificateAuthority("other", base::SystemClock()));
  client::GrpcClientOptions foreign = options;
  ASSERT_OK_AND_ASSIGN(foreign.identity,
                       base::IssueCertificate(other_ca, {.common_name = "admin", .organizations = {"system:masters"}},
                                              base::SystemClock()));
  EXPECT_EQ(refused(foreign).code(), absl::StatusCode::kUnavailable);
  client::GrpcClientOptions wrong_server = options;
  wrong_server.ca_pem = other_ca.certificate_pem;
  EXPECT_THAT(refused(wrong_server), StatusIs(absl::StatusCode::kUnavailable, "certificate"));
  client::GrpcClientOptions expired =
      server_.OptionsFor({.common_name = "admin", .organizations = {"system:masters"}, .lifetime = -absl::Minutes(1)});
  EXPECT_THAT(refused(expired), StatusIs(absl::StatusCode::kUnavailable, "expired"));
  EXPECT_OK(refused(options));
}

TEST_F(GrpcServerTest, ListsComeInChunksAndPages) {
  for (int i = 0; i < 30; ++i) ASSERT_OK(client::Create(*client_, MakeMap(absl::StrCat("m", 100 + i), 100 << 10)));
  ASSERT_OK_AND_ASSIGN(const auto all, client_->List(ResourceOf<ConfigMap>(), {.name_space = "default"}));
  EXPECT_EQ(all.items.size(), 30u);
  ASSERT_OK_AND_ASSIGN(const auto page, client_->List(ResourceOf<ConfigMap>(), {.name_space = "default", .limit = 20}));
  EXPECT_EQ(page.items.size(), 20u);
  EXPECT_EQ(page.remaining_item_count, 10);
  ASSERT_OK_AND_ASSIGN(const auto rest,
                       client_->List(ResourceOf<ConfigMap>(),
                                     {.name_space = "default", .limit = 20, .continue_token = page.continue_token}));
  EXPECT_EQ(rest.items.size(), 10u);
  EXPECT_EQ(api::Meta(*rest.items.front()).name(), "m120");
}

TEST_F(GrpcServerTest, TablesArePrintedByTheServer) {
  ASSERT_OK_AND_ASSIGN(const auto list, client_->ListTable(ResourceOf<Namespace>(), {}));
  EXPECT_EQ(list.table->columns(0).name(), "Name");
  EXPECT_EQ(list.table->rows_size(), 4);
  EXPECT_NE(list.resource_version, "");
  ASSERT_OK_AND_ASSIGN(const auto one, client_->GetTable(ResourceOf<Namespace>(), {"", "default"}));
  EXPECT_EQ(one.rows(0).cells(0), "default");
}

// As another client would send it: ours does not even try.
TEST_F(GrpcServerTest, TooLargeBodiesAreRefused) {
  const auto stub = kubelite::v1::Api::NewStub(
      client::NewChannel(server_.OptionsFor({.common_name = "admin", .organizations = {"system:masters"}})));
  for (const size_t bytes : {size_t{4} << 20, size_t{10} << 20}) {
    kubelite::v1::CreateRequest request;
    request.mutable_target()->set_version("v1");
    request.mutable_target()->set_resource("configmaps");
    request.mutable_target()->set_namespace_("default");
    request.mutable_body()->set_json(std::string(bytes, 'x'));
    kubelite::v1::ObjectResponse response;
    grpc::ClientContext context;
    const grpc::Status answer = stub->Create(&context, request, &response);
    k8s::meta::v1::Status status;
    ASSERT_TRUE(status.ParseFromString(answer.error_details()));
    EXPECT_EQ(status.code(), 413);
    EXPECT_EQ(status.message(), absl::StrCat("Request entity too large: limit is 3145728 bytes, this has ", bytes));
  }
}

TEST_F(GrpcServerTest, WatchesGoOnAfterALostConnection) {
  ASSERT_OK_AND_ASSIGN(const auto first, client::Create(*client_, MakeMap("first")));
  std::string version = first->metadata().resourceversion();
  {
    const auto watch = Watch(version);
    ASSERT_OK_AND_ASSIGN(const auto second, client::Create(*client_, MakeMap("second")));
    EXPECT_THAT(Await(watch.get(), 1), ::testing::ElementsAre("second"));
    version = second->metadata().resourceversion();
    server_.Restart();
    EXPECT_THAT(Await(watch.get(), 1), ::testing::ElementsAre(HasSubstr("UNAVAILABLE")));
  }
  // The client may still be about to find the server again.
  ASSERT_TRUE(WaitFor([&] { return client::Create(*client_, MakeMap("third")).ok(); }));
  const auto watch = Watch(version);
  EXPECT_THAT(Await(watch.get(), 1), ::testing::ElementsAre("third"));
}

TEST_F(GrpcServerTest, SlowReadersGetEverythingLater) {
  ASSERT_OK_AND_ASSIGN(const auto first, client::Create(*client_, MakeMap("first")));
  const auto watch = Watch(first->metadata().resourceversion());
  // More than client, transport and server keep for a reader together; the rest waits in the store.
  constexpr int kWrites = 3000;
  const auto direct = server_.api().AdminClient();
  for (int i = 0; i < kWrites; ++i) ASSERT_OK(client::Create(*direct, MakeMap(absl::StrCat("m", 10000 + i), 1000)));
  const std::vector<std::string> names = Await(watch.get(), kWrites, 50);
  ASSERT_EQ(names.size(), static_cast<size_t>(kWrites));
  for (int i = 0; i < kWrites; ++i) ASSERT_EQ(names[i], absl::StrCat("m", 10000 + i));
}

TEST_F(GrpcServerTest, ExpiredWatchesSaySo) {
  ASSERT_OK_AND_ASSIGN(const auto first, client::Create(*client_, MakeMap("a")));
  ASSERT_OK(client::Create(*client_, MakeMap("b")));
  ASSERT_OK(client::Create(*client_, MakeMap("c")));
  store::Store& store = server_.api().store();
  ASSERT_OK(store.Compact(store.CurrentRevision()));
  const auto watch = Watch(first->metadata().resourceversion());
  absl::Status end;
  ASSERT_TRUE(WaitFor([&] {
    end = watch->Poll(10).status();
    return !end.ok();
  }));
  EXPECT_TRUE(api::IsExpired(end)) << end;
}

TEST_F(GrpcServerTest, WatchesTimeOut) {
  const auto watch = client_->Watch(ResourceOf<ConfigMap>(), {.timeout_seconds = 1}, [] {});
  ASSERT_OK(watch);
  absl::Status end;
  ASSERT_TRUE(WaitFor([&] {
    end = (*watch)->Poll(10).status();
    return !end.ok();
  }));
  EXPECT_THAT(end, StatusIs(absl::StatusCode::kUnavailable, "watch timed out"));
}

TEST_F(GrpcServerTest, AbandonedWatchesAreForgotten) {
  for (int i = 0; i < 50; ++i) Watch("").reset();
  ASSERT_OK(client::Create(*client_, MakeMap("a")));
}

TEST_F(GrpcServerTest, ABusyPortIsNamed) {
  GrpcServerOptions options;
  options.port = std::stoi(server_.address().substr(server_.address().rfind(':') + 1));
  options.client_ca_pem = server_.ca().certificate_pem;
  options.server = &server_.api().server();
  base::ThreadPool executor(1);
  options.executor = &executor;
  const auto second = GrpcServer::Start(options);
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition, "is in use by another process"));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("--grpc-port"));
}

}  // namespace
}  // namespace kubelite::apiserver
