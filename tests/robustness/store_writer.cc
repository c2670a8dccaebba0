// Works on a store until it is killed, and prints what was acknowledged: one line each, with one write.
//   store_writer write <directory> <round> <compact-below>       "ack <writer> <n> <revision>", "compact <revision>"
//   store_writer checkpoint <directory> <round> <checkpoints>    writes, and makes <checkpoints>/0, 1, ... : "begin
//   <i>", "end <i>" store_writer restore <directory> <checkpoint>                restores it again and again: "begin
//   <i>", "end <i>"
// "opening" and "opened" frame what happens before. An error is printed as "error <text>" and ends the program.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/thread_pool.h"
#include "store/checkpoint.h"
#include "store/store.h"
#include "tests/robustness/writer_plan.h"

namespace kubelite::robustness {
namespace {

void Print(const std::string& text) {
  const std::string line = absl::StrCat(text, "\n");
  if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(3);
}

[[noreturn]] void Exit(const absl::Status& status) {
  Print(absl::StrCat("error ", status.ToString()));
  std::_Exit(2);
}

std::unique_ptr<store::Store> Open(const std::string& directory) {
  Print("opening");
  auto opened = store::OpenRocksDb({.directory = directory});
  if (!opened.ok()) Exit(opened.status());
  Print("opened");
  return *std::move(opened);
}

void WriteForEver(store::Store* store, int64_t round, int writer) {
  for (int64_t n = 0;; ++n) {
    const auto revision = Execute(PlannedOperation(round, writer, n), store);
    if (!revision.ok()) Exit(revision.status());
    Print(absl::StrCat("ack ", writer, " ", n, " ", *revision));
  }
}

// Never compacts what the test has not read yet.
void CompactForEver(store::Store* store, Revision below) {
  constexpr Revision kStep = 25;
  for (Revision revision = store->CompactedRevision() + kStep; revision <= below; revision += kStep) {
    Print(absl::StrCat("compact ", revision));
    if (const absl::Status status = store->Compact(revision); !status.ok()) Exit(status);
  }
}

void CheckpointForEver(store::Store* store, const std::string& checkpoints) {
  for (int i = 0;; ++i) {
    Print(absl::StrCat("begin ", i));
    const absl::Status status = store->Checkpoint(absl::StrCat(checkpoints, "/", i), base::SystemClock().Now());
    if (!status.ok()) Exit(status);
    Print(absl::StrCat("end ", i));
  }
}

void RestoreForEver(const std::string& directory, const std::string& checkpoint) {
  for (int i = 0;; ++i) {
    Print(absl::StrCat("begin ", i));
    if (const absl::Status status = store::RestoreCheckpoint(checkpoint, directory); !status.ok()) Exit(status);
    Print(absl::StrCat("end ", i));
  }
}

// Blocks for ever: the threads work until the process is killed.
[[noreturn]] void Wait() {
  base::Mutex mutex;
  base::CondVar never;
  base::MutexLock lock(&mutex);
  while (true) never.Wait(&mutex);
}

int64_t Number(const char* text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) Exit(absl::InvalidArgumentError(absl::StrCat("not a number: ", text)));
  return number;
}

[[noreturn]] void RunWriters(store::Store* store, int64_t round, base::Task beside) {
  base::ThreadPool pool(kWriters + 1);
  for (int writer = 0; writer < kWriters; ++writer) {
    pool.Post([store, round, writer] { WriteForEver(store, round, writer); });
  }
  pool.Post(std::move(beside));
  Wait();
}

int Main(int argc, char** argv) {
  const std::string mode = argc < 4 ? "" : argv[1];
  if (mode == "restore" && argc == 4) RestoreForEver(argv[2], argv[3]);
  if (argc != 5 || (mode != "write" && mode != "checkpoint")) {
    std::fprintf(stderr, "see the first lines of store_writer.cc\n");
    return 2;
  }
  const auto store = Open(argv[2]);
  const int64_t round = Number(argv[3]);
  if (mode == "write") {
    RunWriters(store.get(), round, [&, below = Number(argv[4])] { CompactForEver(store.get(), below); });
  }
  RunWriters(store.get(), round, [&, path = std::string(argv[4])] { CheckpointForEver(store.get(), path); });
}

}  // namespace
}  // namespace kubelite::robustness

int main(int argc, char** argv) { return kubelite::robustness::Main(argc, argv); }
