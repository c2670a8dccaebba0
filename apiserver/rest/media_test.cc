#include "apiserver/rest/media.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/api/errors.h"
#include "common/base/testing/status_matchers.h"
#include "k8s/apimachinery/runtime.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using Form = Media::Form;

TEST(ChooseMediaTest, TakesTheFirstThatCanBeWritten) {
  struct Case {
    std::string accept;
    Form form;
    bool yaml;
  };
  const std::vector<Case> cases = {
      {"", Form::kObject, false},
      {"application/vnd.kubernetes.protobuf,application/json", Form::kObject, false},
      {"application/yaml", Form::kObject, true},
      {"application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Form::kTable, false},
      {"application/json;as=Table;v=v9;g=meta.k8s.io, application/json", Form::kObject, false},
      {"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", Form::kPartial, false},
      {"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
       Form::kAggregatedDiscovery, false},
  };
  for (const Case& test : cases) {
    const absl::StatusOr<Media> media = ChooseMedia(test.accept);
    ASSERT_OK(media);
    EXPECT_EQ(media->form, test.form) << test.accept;
    EXPECT_EQ(media->yaml, test.yaml) << test.accept;
  }
  EXPECT_EQ(api::ToApiStatus(ChooseMedia("image/png").status()).code(), 406);
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
