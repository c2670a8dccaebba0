#include "kubelet/static_pods/manifest_source.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"

namespace kubelite::kubelet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ManifestSourceTest : public ::testing::Test {
 protected:
  void Write(const std::string& file, const std::string& pod) {
    ASSERT_OK(base::WriteFileAtomically(dir_.path() + "/" + file,
                                        absl::StrCat("apiVersion: v1\nkind: Pod\nmetadata: {name: ", pod,
                                                     "}\nspec: {containers: [{name: c, image: x}]}")));
  }
  void Start(base::Executor* executor, EventLoop* loop) {
    source_.emplace(dir_.path(), "n1", executor, loop, [this](const std::vector<ManifestSource::PodPtr>& pods) {
      base::MutexLock lock(&mutex_);
      ++calls_;
      names_.clear();
      for (const auto& pod : pods) names_.push_back(pod->metadata().name());
      changed_.SignalAll();
    });
    source_->Start();
  }
  std::vector<std::string> Names() {
    base::MutexLock lock(&mutex_);
    return names_;
  }
  // Waits for call number `n`.
  std::vector<std::string> NamesAtCall(int n) {
    base::MutexLock lock(&mutex_);
    while (calls_ < n) {
      if (!changed_.WaitForNanos(&mutex_, absl::ToInt64Nanoseconds(absl::Seconds(20)))) break;
    }
    return names_;
  }

  base::TemporaryDirectory dir_;
  base::SimulatedExecutor executor_{1};
  base::Mutex mutex_;
  base::CondVar changed_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> names_ ABSL_GUARDED_BY(mutex_);
  std::optional<ManifestSource> source_;
};

TEST_F(ManifestSourceTest, ReadsTheDirectoryBeforeStartReturns) {
  Write("b.yaml", "b");
  Write("a.json", "a");
  Write(".hidden.yaml", "hidden");
  Write("notes.txt", "notes");
  Start(&executor_, nullptr);
  EXPECT_THAT(Names(), ElementsAre("a-n1", "b-n1"));
}

TEST_F(ManifestSourceTest, WithoutEventsItLooksEverySecond) {
  Start(&executor_, nullptr);
  EXPECT_THAT(Names(), IsEmpty());
  Write("a.yaml", "a");
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(Names(), ElementsAre("a-n1"));
  ASSERT_EQ(unlink((dir_.path() + "/a.yaml").c_str()), 0);
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ManifestSourceTest, TellsOnlyChanges) {
  Write("a.yaml", "a");
  Start(&executor_, nullptr);
  executor_.Advance(absl::Seconds(10));
  base::MutexLock lock(&mutex_);
  EXPECT_EQ(calls_, 1);
}

TEST_F(ManifestSourceTest, ABrokenFileKeepsItsLastPods) {
  Write("a.yaml", "a");
  Start(&executor_, nullptr);
  ASSERT_OK(base::WriteFileAtomically(dir_.path() + "/a.yaml", "{"));
  Write("b.yaml", "b");
  executor_.Advance(absl::Seconds(1));
  EXPECT_THAT(Names(), ElementsAre("a-n1", "b-n1"));
}

TEST_F(ManifestSourceTest, FollowsWithEvents) {
  base::ThreadPool executor(2);
  EventLoop loop;
  Start(&executor, &loop);
  Write("a.yaml", "a");
  EXPECT_THAT(NamesAtCall(2), ElementsAre("a-n1"));
  ASSERT_EQ(unlink((dir_.path() + "/a.yaml").c_str()), 0);
  EXPECT_THAT(NamesAtCall(3), IsEmpty());
  source_.reset();
}

}  // namespace
}  // namespace kubelite::kubelet
