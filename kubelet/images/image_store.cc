#include "kubelet/images/image_store.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/image/reference.h"

namespace kubelite::kubelet {
namespace {

constexpr char kHostImage[] = "host:latest";

std::string Sha256(absl::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return absl::StrCat("sha256:", absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size)));
}

absl::StatusOr<StoredImage> FromText(const std::string& text) {
  StoredImage image;
  ASSIGN_OR_RETURN(image.manifest, image::ParseManifest(text));
  ASSIGN_OR_RETURN(const image::Reference reference, image::ParseReference(image.manifest.reference));
  image.reference = reference.ToString();
  image.id = Sha256(text);
  image.size = static_cast<int64_t>(text.size());
  return image;
}

StoredImage HostImage() {
  image::Manifest manifest;
  manifest.reference = "host";
  return *FromText(image::FormatManifest(manifest));
}

}  // namespace

absl::StatusOr<StoredImage> ImageStore::Find(const std::string& reference) const {
  ASSIGN_OR_RETURN(const image::Reference parsed, image::ParseReference(reference));
  if (parsed.ToString() == kHostImage) return HostImage();
  ASSIGN_OR_RETURN(const std::string name, image::ManifestFileName(reference));
  const std::string path = absl::StrCat(directory_, "/", name);
  absl::StatusOr<std::string> text = base::ReadFile(path);
  if (absl::IsNotFound(text.status())) {
    return absl::NotFoundError(
        absl::StrCat("image \"", parsed.ToString(), "\" is not in this node's image store ", directory_));
  }
  if (!text.ok()) return text.status();
  absl::StatusOr<StoredImage> image = FromText(*text);
  if (!image.ok()) return base::Annotate(image.status(), path);
  if (image->manifest.root != "host") {
    return absl::FailedPreconditionError(absl::StrCat("image \"", parsed.ToString(), "\" has the root directory ",
                                                      image->manifest.root,
                                                      ": this runtime runs only images with root \"host\""));
  }
  return image;
}

std::vector<StoredImage> ImageStore::List() const {
  std::map<std::string, StoredImage> images;
  images.emplace(kHostImage, HostImage());
  DIR* directory = opendir(directory_.c_str());
  if (directory != nullptr) {
    while (const struct dirent* entry = readdir(directory)) {
      const std::string path = absl::StrCat(directory_, "/", entry->d_name);
      if (!absl::EndsWith(path, ".json")) continue;
      const absl::StatusOr<std::string> text = base::ReadFile(path);
      absl::StatusOr<StoredImage> image = text.ok() ? FromText(*text) : absl::StatusOr<StoredImage>(text.status());
      if (image.ok()) {
        std::string name = image->reference;
        images.emplace(std::move(name), *std::move(image));
      } else {
        base::LogWarning("Image manifest skipped", {{"file", path}, {"err", image.status()}});
      }
    }
    closedir(directory);
  }
  std::vector<StoredImage> list;
  for (auto& [name, image] : images) list.push_back(std::move(image));
  return list;
}

absl::Status ImageStore::Remove(const std::string& reference) const {
  ASSIGN_OR_RETURN(const image::Reference parsed, image::ParseReference(reference));
  if (parsed.ToString() == kHostImage) return absl::FailedPreconditionError("image \"host\" cannot be removed");
  ASSIGN_OR_RETURN(const std::string name, image::ManifestFileName(reference));
  if (unlink(absl::StrCat(directory_, "/", name).c_str()) == 0) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("image \"", parsed.ToString(), "\" is not in this node's image store ", directory_));
}

}  // namespace kubelite::kubelet
