// kill -9 of a process that works on a store, at random moments: what it was told is there afterwards, the rest wholly
// or not. KUBELITE_ROUNDS=<n> for more rounds (tests/run --robustness: 200), KUBELITE_SEED=<seed> for other moments.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"
#include "store/checkpoint.h"
#include "store/store.h"
#include "tests/robustness/child.h"
#include "tests/robustness/environment.h"
#include "tests/robustness/ledger.h"
#include "tests/robustness/writer_plan.h"

namespace kubelite::robustness {
namespace {

// What a killed program had printed.
struct Printed {
  std::vector<Acknowledgement> acknowledged;
  std::vector<int> begun;  // of checkpoints or restorations
  std::vector<int> ended;
  std::vector<std::string> errors;
  // How much had been acknowledged when each began.
  std::vector<size_t> acknowledged_at_begin;
};

void Take(const std::string& line, Printed* printed) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  int number = 0;
  if (words[0] == "ack" && words.size() == 4) {
    Acknowledgement ack;
    EXPECT_TRUE(absl::SimpleAtoi(words[1], &ack.writer) && absl::SimpleAtoi(words[2], &ack.n) &&
                absl::SimpleAtoi(words[3], &ack.revision))
        << line;
    printed->acknowledged.push_back(ack);
  } else if (words[0] == "error") {
    printed->errors.push_back(line);
  } else if (words[0] == "begin" && absl::SimpleAtoi(words[1], &number)) {
    printed->begun.push_back(number);
    printed->acknowledged_at_begin.push_back(printed->acknowledged.size());
  } else if (words[0] == "end" && absl::SimpleAtoi(words[1], &number)) {
    printed->ended.push_back(number);
  }
}

class KillTest : public testing::Test {
 protected:
  KillTest() : random_(static_cast<uint64_t>(FromEnvironment("KUBELITE_SEED", 1))) {
    std::printf("KUBELITE_SEED=%lld\n", static_cast<long long>(FromEnvironment("KUBELITE_SEED", 1)));
  }

  // Runs store_writer until it has printed `lines` lines that begin with `word`, and a little longer.
  Printed RunAndKill(std::vector<std::string> arguments, const std::string& word, uint64_t lines) {
    // mutations/run puts one with a mistake in its place.
    const char* given = std::getenv("KUBELITE_STORE_WRITER");
    arguments.insert(arguments.begin(), given != nullptr ? given : KUBELITE_STORE_WRITER);
    Printed printed;
    Child child(arguments);
    while (lines > 0) {
      const auto line = child.ReadLine();
      if (!line) break;
      Take(*line, &printed);
      if (absl::StartsWith(*line, word)) --lines;
    }
    // The moments between two lines matter too.
    for (uint64_t spins = random_.Uniform(20) * random_.Uniform(20'000); spins > 0; --spins) random_.Next();
    for (const std::string& line : child.Kill()) Take(line, &printed);
    EXPECT_THAT(printed.errors, testing::IsEmpty());
    return printed;
  }

  void OpenAndAdopt(int64_t round, const Printed& printed) {
    auto store = store::OpenRocksDb({.directory = directory()});
    ASSERT_OK(store);
    ASSERT_OK(ledger_.Adopt(store->get(), round, printed.acknowledged));
  }

  // One round of writes, then a checkpoint. Returns its revision.
  Revision WriteAndCheckpoint(int64_t round, const std::string& checkpoint) {
    OpenAndAdopt(round, RunAndKill({"write", directory(), absl::StrCat(round), "0"}, "ack", 200));
    auto store = store::OpenRocksDb({.directory = directory()});
    EXPECT_OK(store);
    EXPECT_OK((*store)->Checkpoint(checkpoint, absl::UnixEpoch()));
    return ledger_.truth().current();
  }

  // The store there is what it was at one of these revisions.
  void ExpectHolds(const std::string& where, const std::vector<Revision>& revisions) {
    auto store = store::OpenRocksDb({.directory = where});
    ASSERT_OK(store);
    ASSERT_THAT(revisions, testing::Contains((*store)->CurrentRevision()));
    ASSERT_OK(ledger_.Compare(store->get(), (*store)->CurrentRevision()));
  }

  std::string directory() const { return parent_.path() + "/store"; }
  std::string Under(const std::string& name) const { return absl::StrCat(parent_.path(), "/", name); }

  const base::TemporaryDirectory parent_;
  base::Random random_;
  Ledger ledger_;
};

TEST_F(KillTest, AcknowledgedStepsSurvive) {
  const int64_t rounds = FromEnvironment("KUBELITE_ROUNDS", 4);
  int64_t acknowledged = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const Revision known = ledger_.truth().current();
    // Some are killed while they open or compact.
    static const std::vector<std::string> kMoments = {"ack", "ack", "ack", "compact", "opening"};
    const std::string moment = round < 2 ? "ack" : kMoments[random_.Uniform(kMoments.size())];
    const uint64_t lines = moment == "opening" ? 1 : 1 + random_.Uniform(moment == "ack" ? 400 : 8);
    const Printed printed = RunAndKill({"write", directory(), absl::StrCat(round), absl::StrCat(known)}, moment, lines);
    OpenAndAdopt(round, printed);
    if (HasFatalFailure()) return;
    acknowledged += static_cast<int64_t>(printed.acknowledged.size());
  }
  std::printf("%lld rounds, %lld acknowledged, revision %lld\n", static_cast<long long>(rounds),
              static_cast<long long>(acknowledged), static_cast<long long>(ledger_.truth().current()));
}

TEST_F(KillTest, CheckpointsThatWereCutShortAreRefusedAndTheOthersAreWhole) {
  const int64_t rounds = FromEnvironment("KUBELITE_ROUNDS", 2);
  for (int64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const std::string checkpoints = Under("checkpoints");
    ASSERT_OK(base::MakeDirectories(checkpoints));
    const Printed printed =
        RunAndKill({"checkpoint", directory(), absl::StrCat(round), checkpoints}, "begin", 2 + random_.Uniform(3));
    OpenAndAdopt(round, printed);
    if (HasFatalFailure()) return;
    for (size_t i = 0; i < printed.begun.size(); ++i) {
      const std::string checkpoint = absl::StrCat(checkpoints, "/", printed.begun[i]);
      const auto manifest = store::VerifyCheckpoint(checkpoint);
      if (i < printed.ended.size()) {
        ASSERT_OK(manifest);
      }
      if (!manifest.ok()) {
        EXPECT_THAT(manifest, base::StatusIs(manifest.status().code(), checkpoint));  // it is named
        continue;
      }
      // Whatever was acknowledged before it began is in it.
      for (size_t ack = 0; ack < printed.acknowledged_at_begin[i]; ++ack) {
        ASSERT_LE(printed.acknowledged[ack].revision, manifest->revision);
      }
      const std::string fork = Under("fork");
      ASSERT_OK(store::ForkCheckpoint(checkpoint, fork));
      auto store = store::OpenRocksDb({.directory = fork});
      ASSERT_OK(store);
      ASSERT_OK(ledger_.Compare(store->get(), manifest->revision));
      store->reset();
      ASSERT_OK(base::RemoveAll(fork));
    }
    ASSERT_OK(base::RemoveAll(checkpoints));
  }
}

// The store is the old or the new one, never neither, and what was cut short does not block the next restoration.
TEST_F(KillTest, ARestorationHappensWhollyOrNot) {
  const int64_t rounds = FromEnvironment("KUBELITE_ROUNDS", 3);
  const Revision earlier = WriteAndCheckpoint(0, Under("earlier"));
  const Revision later = WriteAndCheckpoint(1, Under("later"));
  for (int64_t round = 0; round < rounds && !HasFatalFailure(); ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const std::string target = Under(absl::StrCat("target", round));
    ASSERT_OK(store::ForkCheckpoint(Under("later"), target));
    const Printed printed = RunAndKill({"restore", target, Under("earlier")}, "begin", 1 + random_.Uniform(3));
    ExpectHolds(target, printed.ended.empty() ? std::vector<Revision>{earlier, later} : std::vector<Revision>{earlier});
    ASSERT_OK(store::RestoreCheckpoint(Under("later"), target));
    ExpectHolds(target, {later});
    ASSERT_OK(base::RemoveAll(target));
  }
}

}  // namespace
}  // namespace kubelite::robustness
