#include "common/base/memory.h"

#include <sys/resource.h>

#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#if defined(__SANITIZE_ADDRESS__) || defined(_GLIBCXX_TSAN)  // see the top CMakeLists.txt about the other macro
#define KUBELITE_OTHER_ALLOCATOR 1
#else
#define KUBELITE_OTHER_ALLOCATOR 0
#endif

namespace kubelite::base {
namespace {

constexpr size_t kBlock = 1024;
constexpr size_t kBlocks = 4096;
constexpr int64_t kPages = kBlock * kBlocks / 4096;

int64_t PageFaults() {
  rusage usage = {};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

// As a list does: many small blocks, and one large one for the answer.
void BuildAndDropAnAnswer() {
  std::vector<std::unique_ptr<char[]>> blocks;
  blocks.reserve(kBlocks);
  for (size_t i = 0; i < kBlocks; ++i) blocks.push_back(std::make_unique<char[]>(kBlock));
  const auto answer = std::make_unique<char[]>(kBlock * kBlocks);
}

TEST(MemoryTest, TheNextAnswerFindsTheMemoryOfTheLast) {
  if (KUBELITE_OTHER_ALLOCATOR) GTEST_SKIP() << "the sanitizer's allocator is not ours to tune";
  KeepFreedMemory();
  int64_t faults = 0;
  std::thread worker([&faults] {
    for (int i = 0; i < 3; ++i) BuildAndDropAnAnswer();
    const int64_t before = PageFaults();
    for (int i = 0; i < 10; ++i) BuildAndDropAnAnswer();
    faults = PageFaults() - before;
  });
  worker.join();
  EXPECT_LT(faults, kPages) << "ten answers of " << 2 * kPages << " pages each";
}

}  // namespace
}  // namespace kubelite::base
