#include "kubelet/node/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"

namespace kubelite::kubelet {
namespace {

std::string Line(const std::string& path) {
  const std::string text = base::ReadFile(path).value_or("");
  return std::string(absl::StripAsciiWhitespace(text.substr(0, text.find('\n'))));
}

// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
std::string OsImage() {
  const std::string text = base::ReadFile("/etc/os-release").value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, "PRETTY_NAME=")) continue;
    absl::ConsumePrefix(&line, "\"");
    absl::ConsumeSuffix(&line, "\"");
    return std::string(line);
  }
  return "Linux";
}

// "MemTotal:  8145872 kB"
int64_t MemoryBytes() {
  const std::string text = base::ReadFile("/proc/meminfo").value_or("");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int64_t kilobytes = 0;
    if (!absl::ConsumePrefix(&line, "MemTotal:")) continue;
    absl::ConsumeSuffix(&line, "kB");
    return absl::SimpleAtoi(absl::StripAsciiWhitespace(line), &kilobytes) ? kilobytes * 1024 : 0;
  }
  return 0;
}

std::string GoArchitecture(absl::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  if (absl::StartsWith(machine, "arm")) return "arm";
  if (machine == "i686" || machine == "i386") return "386";
  return std::string(machine);
}

}  // namespace

Machine ReadMachine() {
  Machine machine;
  struct utsname name = {};
  uname(&name);
  machine.cpus = static_cast<int>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
  machine.memory_bytes = MemoryBytes();
  machine.machine_id = Line("/etc/machine-id");
  machine.system_uuid = Line("/sys/class/dmi/id/product_uuid");
  if (machine.system_uuid.empty()) machine.system_uuid = machine.machine_id;
  machine.boot_id = Line("/proc/sys/kernel/random/boot_id");
  machine.kernel_version = name.release;
  machine.os_image = OsImage();
  machine.architecture = GoArchitecture(name.machine);
  machine.hostname = absl::AsciiStrToLower(name.nodename);
  return machine;
}

}  // namespace kubelite::kubelet
