#include "kubelet/runtime/runtime.h"

#include <algorithm>
#include <tuple>

namespace kubelite::kubelet {

void SortContainers(RuntimePod* pod) {
  std::sort(pod->containers.begin(), pod->containers.end(), [](const Container& a, const Container& b) {
    return std::tie(a.name, a.attempt) < std::tie(b.name, b.attempt);
  });
}

}  // namespace kubelite::kubelet
