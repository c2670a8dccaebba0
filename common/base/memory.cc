#include "common/base/memory.h"

#include <malloc.h>

namespace kubelite::base {
namespace {

constexpr int kKeptBytesPerArena = 16 << 20;
// Blocks above it are mapped and unmapped one by one. It is the most that glibc accepts.
constexpr int kLargestKeptBlock = 32 << 20;
constexpr int kArenas = 4;

}  // namespace

void KeepFreedMemory() {
  mallopt(M_TRIM_THRESHOLD, kKeptBytesPerArena);
  mallopt(M_MMAP_THRESHOLD, kLargestKeptBlock);
  mallopt(M_ARENA_MAX, kArenas);
}

}  // namespace kubelite::base
