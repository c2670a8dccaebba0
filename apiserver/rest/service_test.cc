#include "apiserver/rest/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/base/internal/endian.h"
#include "absl/strings/str_cat.h"
#include "apiserver/rest/testing/admin_certificate.h"
#include "apiserver/rest/testing/recorded_exchange.h"
#include "apiserver/testing/test_server.h"
#include "common/api/stored.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kProtobuf = "application/vnd.kubernetes.protobuf";

class RestServiceTest : public testing::Test {
 protected:
  std::shared_ptr<RecordedExchange> Send(http::Request request) {
    auto exchange = std::make_shared<RecordedExchange>();
    service_.Handle(std::move(request), exchange);
    executor_.Settle();
    return exchange;
  }
  http::Response AsAdmin(const std::string& method, const std::string& target, const std::string& body = "",
                         const std::string& type = "application/json") {
    return Send({.method = method,
                 .target = target,
                 .headers = {{"content-type", type}},
                 .body = body,
                 .client_certificate = admin_})
        ->response;
  }
  http::Response Get(const std::string& target, http::Headers headers) {
    return Send({.method = "GET", .target = target, .headers = std::move(headers), .client_certificate = admin_})
        ->response;
  }
  http::Response AsNobody(const std::string& target, http::Headers headers = {}) {
    return Send({.method = "GET", .target = target, .headers = std::move(headers)})->response;
  }

  base::SimulatedExecutor executor_{1};
  base::Random random_{1};
  TestServer server_{&executor_, &random_};
  RestService service_{&server_.server(), &executor_, &random_};
  const std::string admin_ = AdminCertificate(executor_.clock());
};

TEST_F(RestServiceTest, WritesAndReadsObjects) {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const std::string body = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"b"}})";
  EXPECT_EQ(AsAdmin("POST", maps, body).code, 201);
  EXPECT_EQ(AsAdmin("POST", maps, body).code, 409);
  EXPECT_THAT(AsAdmin("GET", maps + "/m").body, HasSubstr(R"("data":{"a":"b"})"));
  EXPECT_THAT(AsAdmin("GET", maps).body, HasSubstr(R"("kind":"ConfigMapList")"));
  EXPECT_THAT(AsAdmin("GET", maps + "/m?pretty=1").body, HasSubstr("{\n    \"a\": \"b\"\n  }"));
  EXPECT_EQ(AsAdmin("BREW", maps).code, 405);
  EXPECT_EQ(AsAdmin("DELETE", maps + "/m").code, 200);
  EXPECT_EQ(AsAdmin("GET", maps + "/m").code, 404);
}

TEST_F(RestServiceTest, PatchesThatCannotBeAppliedAreInvalid) {
  const std::string map = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt";
  AsAdmin("POST", "/api/v1/namespaces/kube-system/configmaps",
          R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-root-ca.crt"}})");
  const http::Response response =
      AsAdmin("PATCH", map, R"([{"op":"remove","path":"/data/x"}])", "application/json-patch+json");
  EXPECT_EQ(response.code, 422);
  EXPECT_THAT(response.body, HasSubstr("the server rejected our request due to an error in our request"));
  EXPECT_EQ(AsAdmin("PATCH", map, "{}", "application/json-patch+json").code, 400);
}

TEST_F(RestServiceTest, AppliesYaml) {
  const std::string target = "/api/v1/namespaces/default/configmaps/a?fieldManager=me";
  const auto apply = [&](const std::string& query, const std::string& colour) {
    return AsAdmin("PATCH", absl::StrCat(target, query),
                   absl::StrCat("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {colour: ", colour, "}\n"),
                   "application/apply-patch+yaml");
  };
  EXPECT_EQ(apply("", "red").code, 201);
  EXPECT_EQ(apply("", "red").code, 200);
  EXPECT_EQ(AsAdmin("PATCH", "/api/v1/namespaces/default/configmaps/a", R"({"data":{"colour":"blue"}})",
                    "application/merge-patch+json")
                .code,
            200);
  EXPECT_EQ(apply("", "red").code, 409);
  EXPECT_THAT(apply("&force=true", "red").body, HasSubstr(R"("operation":"Apply")"));
  EXPECT_EQ(AsAdmin("PATCH", target, "a: [", "application/apply-patch+yaml").code, 400);
}

TEST_F(RestServiceTest, WithoutCredentialsOneIsAnonymous) {
  const http::Response pods = AsNobody("/api/v1/namespaces/default/pods");
  EXPECT_EQ(pods.code, 403);
  EXPECT_THAT(pods.body, HasSubstr(R"(pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\")"));
  const http::Response discovery = AsNobody("/apis");
  EXPECT_EQ(discovery.code, 403);
  EXPECT_THAT(discovery.body, HasSubstr(R"(forbidden: User \"system:anonymous\" cannot get path \"/apis\")"));
  EXPECT_EQ(AsNobody("/metrics").code, 403);
  EXPECT_EQ(AsNobody("/version").code, 200);
  EXPECT_EQ(AsNobody("/api/v1/pods", {{"authorization", "Bearer x"}}).code, 401);
}

TEST_F(RestServiceTest, EveryAnswerHasAnAuditId) {
  EXPECT_EQ(http::FindHeader(AsNobody("/version").headers, "audit-id").size(), 36);
  EXPECT_EQ(http::FindHeader(AsNobody("/%zz", {{"audit-id", "mine"}}).headers, "audit-id"), "mine");
}

TEST_F(RestServiceTest, TellsItsHealth) {
  EXPECT_EQ(AsNobody("/livez").body, "ok");
  EXPECT_EQ(AsNobody("/livez?verbose").body, "[+]ping ok\nlivez check passed\n");
  EXPECT_EQ(AsNobody("/readyz/ping").body, "ok");
  EXPECT_EQ(AsNobody("/readyz/pong").code, 404);
  service_.BeginStop();
  const http::Response ready = AsNobody("/readyz");
  EXPECT_EQ(ready.code, 500);
  EXPECT_EQ(ready.body, "[+]ping ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n");
  EXPECT_EQ(AsNobody("/readyz?exclude=shutdown").code, 200);
  EXPECT_EQ(AsNobody("/livez").code, 200);
}

TEST_F(RestServiceTest, GivesMetricsToAdministrators) {
  AsAdmin("GET", "/api/v1/pods");
  const http::Response metrics = AsAdmin("GET", "/metrics");
  EXPECT_EQ(metrics.code, 200);
  EXPECT_EQ(AsNobody("/nowhere").code, 403);
  EXPECT_EQ(AsAdmin("GET", "/logs").code, 404);
}

TEST_F(RestServiceTest, DescribesWhatIsServed) {
  EXPECT_THAT(AsAdmin("GET", "/api/v1").body, HasSubstr(R"("name":"pods")"));
  EXPECT_THAT(AsAdmin("GET", "/apis").body, HasSubstr(R"("kind":"APIGroupList")"));
  EXPECT_THAT(AsAdmin("GET", "/openapi/v3").body, HasSubstr(R"("apis/apps/v1":{"serverRelativeURL":)"));
  EXPECT_THAT(AsAdmin("GET", "/openapi/v3/apis/apps/v1").body, HasSubstr("io.k8s.apps.v1.Deployment"));
  EXPECT_THAT(
      AsAdmin("GET", "/openapi/v3/api/v1").body,
      AllOf(HasSubstr(R"("x-kubernetes-list-map-keys":["containerPort","protocol"])"),
            HasSubstr(R"("x-kubernetes-map-type":"atomic")"), HasSubstr(R"("application/apply-patch+yaml":{})")));
  EXPECT_EQ(AsAdmin("GET", "/openapi/v3/apis/none/v1").code, 404);
  EXPECT_EQ(AsAdmin("POST", "/apis").code, 405);
}

TEST_F(RestServiceTest, AnswersInProtobuf) {
  const http::Headers protobuf = {{"accept", kProtobuf}};
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  AsAdmin("POST", maps, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"b"}})");
  const http::Response one = Get(maps + "/m", protobuf);
  EXPECT_EQ(http::FindHeader(one.headers, "content-type"), kProtobuf);
  const auto object = api::DecodeStored(one.body);
  ASSERT_OK(object);
  EXPECT_EQ(api::Meta(**object).name(), "m");
  EXPECT_NE(api::Meta(**object).resourceversion(), "");

  const auto list = api::DecodeStored(Get(maps, protobuf).body);
  ASSERT_OK(list);
  const auto& items = static_cast<const k8s::core::v1::ConfigMapList&>(**list);
  ASSERT_EQ(items.items_size(), 1);
  EXPECT_EQ(items.items(0).data().at("a"), "b");
  EXPECT_NE(items.metadata().resourceversion(), "");

  const http::Headers partial = {{"accept", kProtobuf + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}};
  const auto reduced = api::DecodeStored(Get(maps, partial).body);
  ASSERT_OK(reduced);
  EXPECT_EQ(static_cast<const k8s::meta::v1::PartialObjectMetadataList&>(**reduced).items(0).metadata().name(), "m");

  const auto error = api::DecodeStored(Get(maps + "/none", protobuf).body);
  ASSERT_OK(error);
  EXPECT_EQ(static_cast<const k8s::meta::v1::Status&>(**error).reason(), "NotFound");
  EXPECT_EQ(Get(maps, {{"accept", kProtobuf + ";as=Table;g=meta.k8s.io;v=v1"}}).code, 406);
}

TEST_F(RestServiceTest, WatchesInProtobuf) {
  const auto watch = Send({.method = "GET",
                           .target = "/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0",
                           .headers = {{"accept", kProtobuf + ";stream=watch"}},
                           .client_certificate = admin_});
  EXPECT_EQ(http::FindHeader(watch->response.headers, "content-type"), kProtobuf + ";stream=watch");
  AsAdmin("POST", "/api/v1/namespaces/default/configmaps",
          R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"seen"}})");
  const std::string& frame = watch->response.body;
  ASSERT_GT(frame.size(), 4U);
  EXPECT_EQ(absl::big_endian::Load32(frame.data()), frame.size() - 4);
  k8s::meta::v1::WatchEvent event;
  ASSERT_TRUE(event.ParseFromString(frame.substr(4)));
  EXPECT_EQ(event.type(), "ADDED");
  const auto object = api::DecodeStored(event.object().raw());
  ASSERT_OK(object);
  EXPECT_EQ(api::Meta(**object).name(), "seen");
  watch->Leave();
  executor_.Settle();
}

TEST_F(RestServiceTest, ClientsKeepDocumentsByTheirEtag) {
  for (const std::string target : {"/apis", "/openapi/v2", "/openapi/v3", "/openapi/v3/apis/apps/v1"}) {
    const http::Response whole = Get(target, {});
    const std::string etag(http::FindHeader(whole.headers, "etag"));
    EXPECT_EQ(etag.size(), 66U) << target;
    const http::Response again = Get(target, {{"if-none-match", etag}});
    EXPECT_EQ(again.code, 304) << target;
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(Get(target, {{"if-none-match", "\"other\""}}).code, 200);
  }
  const std::string index = Get("/openapi/v3", {}).body;
  const size_t at = index.find("/openapi/v3/apis/apps/v1?hash=");
  ASSERT_NE(at, std::string::npos);
  const http::Response named = Get(index.substr(at, index.find('"', at) - at), {});
  EXPECT_THAT(http::FindHeader(named.headers, "cache-control"), HasSubstr("immutable"));
}

TEST_F(RestServiceTest, DescribesEverythingInSwaggerToo) {
  EXPECT_THAT(Get("/openapi/v2", {}).body, HasSubstr(R"("io.k8s.core.v1.Pod":{"type":"object")"));
  const std::string type = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  const http::Response document = Get("/openapi/v2", {{"accept", type}});
  EXPECT_EQ(http::FindHeader(document.headers, "content-type"),
            "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  EXPECT_THAT(document.body, StartsWith("\n\x03"
                                        "2.0"));
  EXPECT_EQ(Get("/openapi/v2", {{"accept", "image/png"}}).code, 406);
}

TEST_F(RestServiceTest, CompressesWhatIsLarge) {
  const http::Response document = Get("/openapi/v2", {{"accept-encoding", "gzip"}});
  EXPECT_EQ(http::FindHeader(document.headers, "content-encoding"), "gzip");
  EXPECT_LT(document.body.size(), 500000U);
  EXPECT_EQ(http::FindHeader(Get("/api", {{"accept-encoding", "gzip"}}).headers, "content-encoding"), "");
}

TEST_F(RestServiceTest, AnUpdateThatCreatesSaysSo) {
  const std::string lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l";
  const std::string body = R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"}})";
  EXPECT_EQ(AsAdmin("PUT", lease, body).code, 201);
  EXPECT_EQ(AsAdmin("GET", lease).code, 200);
}

TEST_F(RestServiceTest, TooManyRequestsAreSentAway) {
  std::vector<std::shared_ptr<RecordedExchange>> all;
  for (int i = 0; i < 601; ++i) {
    all.push_back(std::make_shared<RecordedExchange>());
    service_.Handle({.method = "GET", .target = "/version"}, all.back());
  }
  EXPECT_EQ(all.back()->response.code, 429);
  EXPECT_EQ(http::FindHeader(all.back()->response.headers, "retry-after"), "1");
  executor_.Settle();
  EXPECT_EQ(all.front()->response.code, 200);
  EXPECT_EQ(AsNobody("/version").code, 200);
}

TEST_F(RestServiceTest, WatchesUntilTheClientGoes) {
  const auto watch = Send({.method = "GET",
                           .target = "/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0",
                           .client_certificate = admin_});
  AsAdmin("POST", "/api/v1/namespaces/default/configmaps",
          R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"seen"}})");
  EXPECT_EQ(watch->response.code, 200);
  EXPECT_THAT(watch->response.body, StartsWith(R"({"type":"ADDED","object":{)"));
  EXPECT_FALSE(watch->ended);
  watch->Leave();
  executor_.Settle();
  EXPECT_EQ(watch.use_count(), 1);  // nobody holds the exchange any more
}

TEST_F(RestServiceTest, WatchesEndAfterTheirTime) {
  const auto watch =
      Send({.method = "GET", .target = "/api/v1/configmaps?watch=1&timeoutSeconds=5", .client_certificate = admin_});
  executor_.Advance(absl::Seconds(6));
  EXPECT_TRUE(watch->ended);
  EXPECT_EQ(watch.use_count(), 1);
}

TEST_F(RestServiceTest, LogsOfNoPodAreAnError) {
  const auto log = Send(
      {.method = "GET", .target = "/api/v1/namespaces/default/pods/p/log?follow=true", .client_certificate = admin_});
  EXPECT_EQ(log->response.code, 404);
  EXPECT_EQ(AsAdmin("GET", "/api/v1/namespaces/default/pods/p/log?tailLines=x").code, 400);
}

}  // namespace
}  // namespace kubelite::apiserver
