#include "apiserver/rest/event_cache.h"

#include <gtest/gtest.h>

#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

TEST(EventCacheTest, EncodesEachEventOnce) {
  EventCache cache;
  const api::ObjectPtr object = std::make_shared<k8s::core::v1::ConfigMap>();
  const Media json;
  const Media protobuf{.encoding = Media::Encoding::kProtobuf};
  int encoded = 0;
  const auto get = [&](absl::string_view type, const api::ObjectPtr& of, const Media& media) {
    return *cache.Get(type, of, media, [&] { return std::to_string(++encoded); });
  };
  EXPECT_EQ(get("ADDED", object, json), "1");
  EXPECT_EQ(get("ADDED", object, json), "1");
  EXPECT_EQ(get("DELETED", object, json), "2");
  EXPECT_EQ(get("ADDED", object, protobuf), "3");
  for (int i = 0; i < 100; ++i) get("ADDED", std::make_shared<k8s::core::v1::ConfigMap>(), json);
  EXPECT_EQ(get("ADDED", object, json), "104");
}

}  // namespace
}  // namespace kubelite::apiserver
