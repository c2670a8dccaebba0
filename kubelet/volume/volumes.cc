#include "kubelet/volume/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/errno_status.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace kubelite::kubelet {

using k8s::core::v1::Container;
using k8s::core::v1::Pod;
using k8s::core::v1::Volume;

namespace {

absl::Status Refuse(const std::string& volume, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("MountVolume.SetUp failed for volume \"", volume, "\" : ", why));
}

absl::Status CheckType(const Volume& volume, const std::string& path, const char* kind, bool (*is_kind)(mode_t)) {
  struct stat st;
  if (stat(path.c_str(), &st) == 0 && is_kind(st.st_mode)) return absl::OkStatus();
  return Refuse(volume.name(), absl::StrCat("hostPath type check failed: ", path, " is not a ", kind));
}

absl::Status SetUpHostPath(const Volume& volume) {
  const auto& source = volume.volumesource().hostpath();
  const std::string& path = source.path();
  const std::string& type = source.type();
  if (type.empty()) return absl::OkStatus();
  if (type == "DirectoryOrCreate") {
    const absl::Status made = base::MakeDirectories(path);
    if (!made.ok()) return Refuse(volume.name(), made.message());
  }
  if (type == "FileOrCreate") {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return Refuse(volume.name(), base::ErrnoStatus(errno, path).message());
    close(fd);
  }
  if (type == "Directory" || type == "DirectoryOrCreate") {
    return CheckType(volume, path, "directory", [](mode_t m) { return S_ISDIR(m); });
  }
  if (type == "File" || type == "FileOrCreate")
    return CheckType(volume, path, "file", [](mode_t m) { return S_ISREG(m); });
  if (type == "Socket") return CheckType(volume, path, "socket file", [](mode_t m) { return S_ISSOCK(m); });
  if (type == "CharDevice") return CheckType(volume, path, "character device", [](mode_t m) { return S_ISCHR(m); });
  if (type == "BlockDevice") return CheckType(volume, path, "block device", [](mode_t m) { return S_ISBLK(m); });
  return Refuse(volume.name(), absl::StrCat("unknown hostPath type \"", type, "\""));
}

const Volume* FindVolume(const Pod& pod, const std::string& name) {
  for (const Volume& volume : pod.spec().volumes()) {
    if (volume.name() == name) return &volume;
  }
  return nullptr;
}

absl::Status CheckMounts(const Pod& pod, const Container& container) {
  for (const auto& mount : container.volumemounts()) {
    const Volume* volume = FindVolume(pod, mount.name());
    if (volume == nullptr) return Refuse(mount.name(), "the pod has no such volume");
    if (!volume->volumesource().has_hostpath()) {
      return Refuse(mount.name(),
                    "containers run without a mount namespace here, so only hostPath volumes can be mounted");
    }
    const std::string& path = volume->volumesource().hostpath().path();
    if (mount.mountpath() != path || !mount.subpath().empty() || mount.readonly()) {
      return Refuse(mount.name(), absl::StrCat("containers run without a mount namespace here, so hostPath ", path,
                                               " can only be mounted writable at ", path));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SetUpVolumes(const Pod& pod) {
  for (const Volume& volume : pod.spec().volumes()) {
    if (volume.volumesource().has_hostpath()) RETURN_IF_ERROR(SetUpHostPath(volume));
  }
  for (const Container& container : pod.spec().initcontainers()) RETURN_IF_ERROR(CheckMounts(pod, container));
  for (const Container& container : pod.spec().containers()) RETURN_IF_ERROR(CheckMounts(pod, container));
  return absl::OkStatus();
}

}  // namespace kubelite::kubelet
