#pragma once

#include <cstdint>
#include <string>

namespace kubelite::kubelet {

// What the machine is, for the Node object.
struct Machine {
  int cpus = 1;
  int64_t memory_bytes = 0;
  std::string machine_id;
  std::string system_uuid;
  std::string boot_id;
  std::string kernel_version;
  std::string os_image;
  std::string architecture = "amd64";  // Go's names
  std::string hostname;
};

// Reads /proc, /etc and /sys; what is missing stays empty.
Machine ReadMachine();

}  // namespace kubelite::kubelet
