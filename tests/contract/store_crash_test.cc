// kill -9 of a process that writes: every acknowledged write is there afterwards, once.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "store/store.h"
#include "tests/contract/store_fixture.h"

namespace kubelite::store {
namespace {

constexpr int kWriters = 4;
constexpr int kRounds = 5;
constexpr size_t kWritesBeforeKill = 400;

// ---- the process that is killed: prints "<key> <revision>" for each acknowledged write
// --------------------------------

void WriteForEver(Store* store, int writer) {
  for (int64_t i = store->CurrentRevision();; ++i) {
    const std::string key = absl::StrCat("w", writer, "/", i % 50);
    const auto old = store->Get(key);
    // The value tells the revision that it replaced, so that the test can check it.
    const Revision before = old.ok() ? old->mod_revision : 0;
    const auto revision = store->Put(key, absl::StrCat("after ", before, std::string(300, '.')), before);
    if (!revision.ok()) std::_Exit(3);
    const std::string line = absl::StrCat(key, " ", *revision, " ", before, "\n");
    if (write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(4);
    if (writer == 0 && i % 100 == 0 && *revision > 200 && !store->Compact(*revision - 200).ok()) std::_Exit(5);
  }
}

int RunWriterProcess(const char* directory) {
  auto store = OpenRocksDb({.directory = directory});
  if (!store.ok()) {
    fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 2;
  }
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) threads.emplace_back(WriteForEver, store->get(), writer);
  for (std::thread& thread : threads) thread.join();
  return 0;
}

// ---- the test
// ---------------------------------------------------------------------------------------------------------

struct Acknowledged {
  std::string key;
  Revision revision = 0;
  Revision before = 0;
};

// Starts the writer process, kills it after some lines, and returns all that it printed.
std::vector<Acknowledged> RunAndKill(const std::string& directory) {
  int fds[2];
  EXPECT_EQ(pipe2(fds, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  std::string program = "/proc/self/exe";
  std::string mode = "--write-for-ever";
  std::string target = directory;
  char* const arguments[] = {program.data(), mode.data(), target.data(), nullptr};
  pid_t child = 0;
  EXPECT_EQ(posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(fds[1]);

  std::string output;
  bool killed = false;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fds[0], buffer, sizeof(buffer))) > 0;) {
    output.append(buffer, static_cast<size_t>(n));
    const auto lines = std::count(output.begin(), output.end(), '\n');
    if (!killed && static_cast<size_t>(lines) >= kWritesBeforeKill) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  close(fds[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer failed with status " << WEXITSTATUS(status);

  std::vector<Acknowledged> all;
  for (const absl::string_view line : absl::StrSplit(output, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    Acknowledged one;
    if (words.size() != 3) continue;
    one.key = words[0];
    EXPECT_TRUE(absl::SimpleAtoi(words[1], &one.revision) && absl::SimpleAtoi(words[2], &one.before));
    all.push_back(one);
  }
  return all;
}

void ExpectIntact(Store* store, const std::vector<Acknowledged>& acknowledged) {
  const Revision compacted = store->CompactedRevision();
  std::map<std::string, Acknowledged> newest;
  for (const Acknowledged& write : acknowledged) {
    EXPECT_LE(write.revision, store->CurrentRevision());
    if (newest[write.key].revision < write.revision) newest[write.key] = write;
    if (write.revision < compacted) continue;
    const auto then = store->Get(write.key, write.revision);
    ASSERT_OK(then);
    EXPECT_EQ(then->mod_revision, write.revision);
    EXPECT_TRUE(then->value.starts_with(absl::StrCat("after ", write.before, "."))) << write.key;
  }
  for (const auto& [key, write] : newest) {
    const auto now = store->Get(key);
    ASSERT_OK(now);
    EXPECT_GE(now->mod_revision, write.revision) << key;
  }
  // The log has every revision once.
  const auto watch = store->NewWatch(KeyRange::All(), std::max<Revision>(compacted, 1), nullptr);
  ASSERT_OK(watch);
  const auto batch = (*watch)->Poll(1'000'000);
  ASSERT_OK(batch);
  EXPECT_EQ(static_cast<Revision>(batch->events.size()), store->CurrentRevision() - std::max<Revision>(compacted, 1));
}

TEST(StoreCrashTest, AcknowledgedWritesSurviveKill) {
  const base::TemporaryDirectory parent;
  const std::string directory = parent.path() + "/store";
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    const std::vector<Acknowledged> acknowledged = RunAndKill(directory);
    ASSERT_GE(acknowledged.size(), kWritesBeforeKill);
    const auto store = OpenRocksDb({.directory = directory});
    ASSERT_OK(store);
    ExpectIntact(store->get(), acknowledged);
  }
}

}  // namespace
}  // namespace kubelite::store

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write-for-ever") return kubelite::store::RunWriterProcess(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
