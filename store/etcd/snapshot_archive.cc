#include "store/etcd/snapshot_archive.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace kubelite::etcd {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kSum = 32;
constexpr size_t kEndBlocks = 2;  // of zeroes, after the last member
constexpr size_t kReadBytes = 1 << 20;
constexpr char kManifest[] = "manifest.json";
constexpr char kDatabase[] = "db/";

// A tar header.
struct Header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2];
  char owner[32], group[32], major[8], minor[8], prefix[155], padding[12];
};
static_assert(sizeof(Header) == kBlock);

uint32_t ChecksumOf(Header header) {
  std::memset(header.checksum, ' ', sizeof(header.checksum));
  std::array<unsigned char, kBlock> bytes;
  std::memcpy(bytes.data(), &header, kBlock);
  uint32_t sum = 0;
  for (const unsigned char byte : bytes) sum += byte;
  return sum;
}

std::string MakeHeader(const std::string& name, int64_t size) {
  Header header = {};
  CHECK(name.size() < sizeof(header.name));
  std::memcpy(header.name, name.data(), name.size());
  std::snprintf(header.mode, sizeof(header.mode), "%07o", 0600);
  std::snprintf(header.uid, sizeof(header.uid), "%07o", 0);
  std::snprintf(header.gid, sizeof(header.gid), "%07o", 0);
  std::snprintf(header.size, sizeof(header.size), "%011llo", static_cast<unsigned long long>(size));
  std::snprintf(header.mtime, sizeof(header.mtime), "%011o", 0);
  header.type = '0';
  std::memcpy(header.magic, "ustar", sizeof(header.magic));
  std::memcpy(header.version, "00", sizeof(header.version));
  std::snprintf(header.checksum, sizeof(header.checksum), "%06o", ChecksumOf(header));
  header.checksum[7] = ' ';
  return std::string(reinterpret_cast<const char*>(&header), kBlock);
}

template <size_t N>
bool ParseOctal(const char (&field)[N], int64_t* value) {
  *value = 0;
  size_t i = 0;
  for (; i < N && field[i] >= '0' && field[i] <= '7'; ++i) *value = *value * 8 + (field[i] - '0');
  return i > 0 && (i == N || field[i] == '\0' || field[i] == ' ');
}

// Only what SnapshotArchive writes: nothing else may be made from a foreign file.
bool IsMemberName(absl::string_view name) {
  if (name == kManifest) return true;
  return absl::ConsumePrefix(&name, kDatabase) && !name.empty() && name != "." && name != ".." &&
         name.find('/') == absl::string_view::npos;
}

size_t Padding(int64_t size) { return static_cast<size_t>(-size) % kBlock; }

class Sha256 {
 public:
  Sha256() { CHECK(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1); }
  void Update(absl::string_view bytes) { CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }
  std::string Finish() {
    std::string sum(kSum, '\0');
    CHECK(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(sum.data()), nullptr) == 1);
    return sum;
  }

 private:
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

// ---- writing --------------------------------------------------------------------------------------------------------

struct Member {
  std::string name;
  int64_t size = 0;
};

class DirectoryArchive : public SnapshotArchive {
 public:
  DirectoryArchive(std::string dir, std::vector<Member> members) : dir_(std::move(dir)), members_(std::move(members)) {
    remaining_ = kEndBlocks * kBlock + kSum;
    for (const Member& member : members_) {
      remaining_ += static_cast<int64_t>(kBlock + Padding(member.size)) + member.size;
    }
  }
  int64_t remaining() const override { return remaining_; }

  absl::StatusOr<std::string> Next(size_t max) override {
    while (ready_.size() < max && !done_) RETURN_IF_ERROR(More(max));
    std::string bytes = ready_.substr(0, max);
    ready_.erase(0, bytes.size());
    remaining_ -= static_cast<int64_t>(bytes.size());
    return bytes;
  }

 private:
  absl::Status More(size_t max) {
    std::string bytes;
    if (left_ > 0) {
      bytes.resize(std::min(static_cast<size_t>(left_), max));
      if (!file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
        return absl::UnavailableError(absl::StrCat("cannot read ", dir_, "/", members_[next_ - 1].name));
      }
      left_ -= static_cast<int64_t>(bytes.size());
      if (left_ == 0) bytes.append(Padding(members_[next_ - 1].size), '\0');
    } else if (next_ < members_.size()) {
      const Member& member = members_[next_++];
      file_ = std::ifstream(absl::StrCat(dir_, "/", member.name), std::ios::binary);
      left_ = member.size;
      bytes = MakeHeader(member.name, member.size);
    } else {
      bytes.assign(kEndBlocks * kBlock, '\0');
      done_ = true;
    }
    sum_.Update(bytes);
    ready_ += bytes;
    if (done_) ready_ += sum_.Finish();
    return absl::OkStatus();
  }

  const std::string dir_;
  const std::vector<Member> members_;
  int64_t remaining_ = 0;
  size_t next_ = 0;
  std::ifstream file_;  // of the member before next_
  int64_t left_ = 0;    // of that member
  Sha256 sum_;
  std::string ready_;
  bool done_ = false;
};

// ---- reading --------------------------------------------------------------------------------------------------------

absl::Status Damaged(const std::string& file, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the snapshot ", file, " is damaged: ", what, "; use another snapshot"));
}

class Extraction {
 public:
  Extraction(const std::string& file, const std::string& dir) : file_(file), dir_(dir), in_(file, std::ios::binary) {}

  // The sum over all comes first: nothing is written from a file that was changed.
  absl::Status Verify() {
    std::error_code error;
    const uintmax_t size = std::filesystem::file_size(file_, error);
    if (error) return absl::NotFoundError(absl::StrCat("cannot read the snapshot ", file_, ": ", error.message()));
    if (size < kSum + kBlock || (size - kSum) % kBlock != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_, " is no snapshot of kube-lite-store, or it is cut; make one with etcdctl snapshot save"));
    }
    Sha256 sum;
    std::string bytes;
    for (left_ = static_cast<int64_t>(size - kSum); left_ > 0;) {
      RETURN_IF_ERROR(Read(std::min(static_cast<size_t>(left_), kReadBytes), &bytes));
      sum.Update(bytes);
    }
    left_ = kSum;
    RETURN_IF_ERROR(Read(kSum, &bytes));
    if (bytes != sum.Finish()) return Damaged(file_, "its SHA-256 does not match");
    in_.seekg(0);
    left_ = static_cast<int64_t>(size - kSum);
    return absl::OkStatus();
  }

  absl::Status Extract() {
    RETURN_IF_ERROR(base::MakeDirectories(absl::StrCat(dir_, "/db"), 0700));
    std::string block;
    while (true) {
      RETURN_IF_ERROR(Read(kBlock, &block));
      if (block.find_first_not_of('\0') == std::string::npos) return absl::OkStatus();
      Header header;
      std::memcpy(&header, block.data(), kBlock);
      int64_t checksum = 0;
      int64_t size = 0;
      const std::string name(header.name, strnlen(header.name, sizeof(header.name)));
      if (!ParseOctal(header.checksum, &checksum) || checksum != ChecksumOf(header) ||
          !ParseOctal(header.size, &size) || header.type != '0' || !IsMemberName(name)) {
        return absl::InvalidArgumentError(absl::StrCat(file_, " is no snapshot of kube-lite-store"));
      }
      RETURN_IF_ERROR(ExtractMember(name, size));
    }
  }

 private:
  absl::Status Read(size_t size, std::string* bytes) {
    bytes->resize(size);
    if (left_ < static_cast<int64_t>(size) || !in_.read(bytes->data(), static_cast<std::streamsize>(size))) {
      return Damaged(file_, "it ends too early");
    }
    left_ -= static_cast<int64_t>(size);
    return absl::OkStatus();
  }

  absl::Status ExtractMember(const std::string& name, int64_t size) {
    const std::string path = absl::StrCat(dir_, "/", name);
    std::ofstream out(path, std::ios::binary);
    std::string bytes;
    for (int64_t left = size; left > 0; left -= static_cast<int64_t>(bytes.size())) {
      RETURN_IF_ERROR(Read(std::min(static_cast<size_t>(left), kReadBytes), &bytes));
      out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    out.close();
    if (!out) return absl::UnavailableError(absl::StrCat("cannot write ", path, "; is the disk full?"));
    return Read(Padding(size), &bytes);
  }

  const std::string file_;
  const std::string dir_;
  std::ifstream in_;
  int64_t left_ = 0;  // of the archive
};

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotArchive>> SnapshotArchive::Open(const std::string& dir) {
  std::vector<Member> members = {{kManifest, 0}};
  std::error_code error;
  for (std::filesystem::directory_iterator it(absl::StrCat(dir, "/db"), error), end; it != end; it.increment(error)) {
    members.push_back({kDatabase + it->path().filename().string(), 0});
    if (error) break;
  }
  std::sort(members.begin() + 1, members.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
  for (Member& member : members) {
    if (!error)
      member.size = static_cast<int64_t>(std::filesystem::file_size(absl::StrCat(dir, "/", member.name), error));
  }
  if (error) return absl::UnavailableError(absl::StrCat("cannot read the checkpoint ", dir, ": ", error.message()));
  return std::make_unique<DirectoryArchive>(dir, std::move(members));
}

absl::Status ExtractSnapshot(const std::string& file, const std::string& dir) {
  Extraction extraction(file, dir);
  RETURN_IF_ERROR(extraction.Verify());
  const absl::Status extracted = extraction.Extract();
  if (!extracted.ok()) std::ignore = base::RemoveAll(dir);
  return extracted;
}

}  // namespace kubelite::etcd
