#include "apiserver/version.h"

#include "absl/strings/str_cat.h"

namespace kubelite::apiserver {
namespace {

#if defined(__aarch64__)
constexpr char kPlatform[] = "linux/arm64";
#elif defined(__x86_64__)
constexpr char kPlatform[] = "linux/amd64";
#else
constexpr char kPlatform[] = "linux/unknown";
#endif

}  // namespace

kubelite::v1::VersionInfo ServerVersion() {
  kubelite::v1::VersionInfo version;
  version.set_major("1");
  version.set_minor("36");
  version.set_git_version(absl::StrCat("v1.36.2+kubelite.", KUBELITE_VERSION));
  version.set_git_commit(KUBELITE_COMMIT);
  version.set_build_date(KUBELITE_BUILD_DATE);
  version.set_compiler(absl::StrCat("g++ ", __VERSION__));
  version.set_platform(kPlatform);
  return version;
}

}  // namespace kubelite::apiserver
