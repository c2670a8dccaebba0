#include "apiserver/rest/media.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/api/stored.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/apimachinery/runtime.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using Form = Media::Form;

constexpr Media::Encoding kJson = Media::Encoding::kJson;
constexpr Media::Encoding kYaml = Media::Encoding::kYaml;
constexpr Media::Encoding kProtobuf = Media::Encoding::kProtobuf;

TEST(ChooseMediaTest, TakesTheBestThatCanBeWritten) {
  struct Case {
    std::string accept;
    Form form;
    Media::Encoding encoding;
  };
  const std::vector<Case> cases = {
      {"", Form::kObject, kJson},
      {"application/vnd.kubernetes.protobuf,application/json", Form::kObject, kProtobuf},
      {"application/vnd.kubernetes.protobuf;q=0.5, application/json", Form::kObject, kJson},
      {"application/vnd.kubernetes.protobuf;q=0, */*;q=0.1", Form::kObject, kJson},
      {"application/json;q=0.2,application/yaml;q=0.9", Form::kObject, kYaml},
      {"application/yaml", Form::kObject, kYaml},
      {"application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Form::kTable, kJson},
      {"application/json;as=Table;v=v9;g=meta.k8s.io, application/json", Form::kObject, kJson},
      {"application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io, application/json", Form::kObject, kJson},
      {"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Form::kPartial, kJson},
      {"application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", Form::kPartial,
       kProtobuf},
      {"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
       Form::kAggregatedDiscovery, kJson},
  };
  for (const Case& test : cases) {
    const absl::StatusOr<Media> media = ChooseMedia(test.accept);
    ASSERT_OK(media);
    EXPECT_EQ(media->form, test.form) << test.accept;
    EXPECT_EQ(media->encoding, test.encoding) << test.accept;
  }
  EXPECT_EQ(api::ToApiStatus(ChooseMedia("image/png").status()).code(), 406);
}

TEST(ChooseMediaTest, WatchesNeedFrames) {
  const absl::StatusOr<Media> media = ChooseMedia("application/yaml, application/vnd.kubernetes.protobuf", true);
  ASSERT_OK(media);
  EXPECT_EQ(media->content_type, "application/vnd.kubernetes.protobuf;stream=watch");
  ASSERT_OK(ChooseMedia("application/json;stream=watch", true));
  EXPECT_EQ(api::ToApiStatus(ChooseMedia("application/json;stream=watch").status()).code(), 406);
  EXPECT_EQ(api::ToApiStatus(ChooseMedia("application/yaml", true).status()).code(), 406);
}

TEST(ReadDeleteOptionsTest, ReadsEveryEncoding) {
  k8s::meta::v1::DeleteOptions options;
  options.set_graceperiodseconds(7);
  const std::string json = R"({"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":7})";
  for (const auto& [type, body] : std::vector<std::pair<std::string, std::string>>{
           {"application/json", json},
           {"application/yaml", "kind: DeleteOptions\napiVersion: v1\ngracePeriodSeconds: 7\n"},
           {"application/vnd.kubernetes.protobuf", api::EncodeStored(options)}}) {
    Request request;
    ASSERT_OK(ReadDeleteOptions(type, body, &request)) << type;
    EXPECT_EQ(request.delete_options.grace_period_seconds, 7) << type;
  }
  Request request;
  ASSERT_OK(ReadDeleteOptions("", "", &request));
  EXPECT_EQ(request.delete_options.grace_period_seconds, -1);
}

TEST(ReadBodyTest, KnowsPatchesByTheirType) {
  Request request;
  request.verb = "patch";
  ASSERT_OK(ReadBody("application/strategic-merge-patch+json; charset=utf-8", "{}", &request));
  EXPECT_EQ(request.patch_type, client::PatchType::kStrategic);
  EXPECT_EQ(request.body_json, "{}");
  EXPECT_EQ(api::ToApiStatus(ReadBody("application/json", "{}", &request)).code(), 415);
}

TEST(ReadBodyTest, ReadsProtobuf) {
  k8s::core::v1::ConfigMap map;
  map.mutable_metadata()->set_name("m");
  k8s::apimachinery::runtime::Unknown envelope;
  envelope.mutable_typemeta()->set_apiversion("v1");
  envelope.mutable_typemeta()->set_kind("ConfigMap");
  envelope.set_raw(map.SerializeAsString());
  Request request;
  request.verb = "create";
  ASSERT_OK(ReadBody("application/vnd.kubernetes.protobuf", std::string("k8s\0", 4) + envelope.SerializeAsString(),
                     &request));
  EXPECT_EQ(api::Meta(*request.object).name(), "m");
  EXPECT_EQ(api::ToApiStatus(ReadBody("application/vnd.kubernetes.protobuf", "x", &request)).code(), 400);
}

}  // namespace
}  // namespace kubelite::apiserver
