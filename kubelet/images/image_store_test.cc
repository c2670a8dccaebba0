#include "kubelet/images/image_store.h"

#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;

class ImageStoreTest : public ::testing::Test {
 protected:
  void Add(const std::string& reference, const std::string& root = "host") {
    image::Manifest manifest;
    manifest.reference = reference;
    manifest.root = root;
    ASSERT_OK(image::WriteImageManifest(dir_.path(), manifest));
  }
  base::TemporaryDirectory dir_;
  ImageStore store_{dir_.path()};
};

TEST_F(ImageStoreTest, HostIsAlwaysThere) {
  ASSERT_OK_AND_ASSIGN(const StoredImage image, store_.Find("host"));
  EXPECT_EQ(image.reference, "host:latest");
  EXPECT_EQ(image.id.substr(0, 7), "sha256:");
  EXPECT_THAT(store_.Remove("host"), StatusIs(absl::StatusCode::kFailedPrecondition, "cannot be removed"));
}

TEST_F(ImageStoreTest, FindsAnImageByAnyFormOfItsName) {
  Add("hello:latest");
  EXPECT_OK(store_.Find("docker.io/library/hello"));
}

TEST_F(ImageStoreTest, TellsUnknownMalformedAndUnsupportedApart) {
  EXPECT_THAT(store_.Find("nope:1"), StatusIs(absl::StatusCode::kNotFound, "image \"nope:1\" is not in"));
  EXPECT_THAT(store_.Find("Nope"), StatusIs(absl::StatusCode::kInvalidArgument, "lowercase"));
  Add("rooted", "/srv/root");
  EXPECT_THAT(store_.Find("rooted"), StatusIs(absl::StatusCode::kFailedPrecondition, "/srv/root"));
  ASSERT_OK(base::WriteFileAtomically(dir_.path() + "/bad:1.json", "{"));
  EXPECT_THAT(store_.Find("bad:1"), StatusIs(absl::StatusCode::kInvalidArgument, "bad:1.json"));
}

TEST_F(ImageStoreTest, ListsAndRemoves) {
  Add("b:1");
  Add("a/x:2");
  std::vector<std::string> names;
  for (const StoredImage& image : store_.List()) names.push_back(image.reference);
  EXPECT_THAT(names, ::testing::ElementsAre("a/x:2", "b:1", "host:latest"));
  EXPECT_OK(store_.Remove("b:1"));
  EXPECT_THAT(store_.Remove("b:1"), StatusIs(absl::StatusCode::kNotFound, "b:1"));
}

}  // namespace
}  // namespace kubelite::kubelet
