#include "kubelet/volume/volumes.h"

#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::kubelet {
namespace {

using base::StatusIs;

class VolumesTest : public ::testing::Test {
 protected:
  VolumesTest() { pod_.mutable_spec()->add_containers()->set_name("c"); }
  k8s::core::v1::VolumeSource* AddVolume(const std::string& mount_path) {
    auto* volume = pod_.mutable_spec()->add_volumes();
    volume->set_name("v");
    if (!mount_path.empty()) {
      auto* mount = pod_.mutable_spec()->mutable_containers(0)->add_volumemounts();
      mount->set_name("v");
      mount->set_mountpath(mount_path);
    }
    return volume->mutable_volumesource();
  }
  void HostPath(const std::string& path, const std::string& type, const std::string& mount_path) {
    auto* source = AddVolume(mount_path)->mutable_hostpath();
    source->set_path(path);
    source->set_type(type);
  }
  base::TemporaryDirectory dir_;
  k8s::core::v1::Pod pod_;
};

TEST_F(VolumesTest, AHostPathAtItsOwnPlaceIsThere) {
  HostPath(dir_.path(), "Directory", dir_.path());
  EXPECT_OK(SetUpVolumes(pod_));
}

TEST_F(VolumesTest, AHostPathElsewhereIsRefused) {
  HostPath(dir_.path(), "", "/data");
  EXPECT_THAT(SetUpVolumes(pod_),
              StatusIs(absl::StatusCode::kFailedPrecondition, "MountVolume.SetUp failed for volume \"v\" : "));
}

TEST_F(VolumesTest, OtherMountedVolumesAreRefused) {
  AddVolume("/data")->mutable_emptydir();
  EXPECT_THAT(SetUpVolumes(pod_), StatusIs(absl::StatusCode::kFailedPrecondition, "only hostPath volumes"));
}

TEST_F(VolumesTest, VolumesThatNobodyMountsAreFine) {
  AddVolume("")->mutable_emptydir();
  EXPECT_OK(SetUpVolumes(pod_));
}

TEST_F(VolumesTest, TypesAreCheckedOrMade) {
  const std::string path = dir_.path() + "/a/b";
  HostPath(path, "Directory", path);
  EXPECT_THAT(SetUpVolumes(pod_), StatusIs(absl::StatusCode::kFailedPrecondition, "is not a directory"));
  auto* source = pod_.mutable_spec()->mutable_volumes(0)->mutable_volumesource()->mutable_hostpath();
  source->set_type("DirectoryOrCreate");
  EXPECT_OK(SetUpVolumes(pod_));
  source->set_type("File");
  EXPECT_THAT(SetUpVolumes(pod_), StatusIs(absl::StatusCode::kFailedPrecondition, "is not a file"));
  source->set_type("Nonsense");
  EXPECT_THAT(SetUpVolumes(pod_), StatusIs(absl::StatusCode::kFailedPrecondition, "unknown hostPath type"));
}

}  // namespace
}  // namespace kubelite::kubelet
