// Each validator accepts a correct watch and finds its own kind of mistake.

#include "tests/robustness/watch_validators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace kubelite::robustness {
namespace {

using store::EventPtr;
using testing::ElementsAre;
using testing::IsEmpty;

class WatchValidatorsTest : public testing::Test {
 protected:
  // 1: a, b   2: a   3: x   4: -a, b   5: b; each put by the tick 10 * revision + 1, a compaction to 2 at tick 100.
  void SetUp() override {
    Step({{"a", "1", 0}, {"b", "1", 0}});
    Step({{"a", "2", 0}});
    Step({{"x", "3", 0}});
    Step({{"a", std::nullopt, 0}, {"b", "4", 0}});
    Step({{"b", "5", 0}});
    Operation compact;
    compact.kind = Operation::Kind::kCompact;
    compact.call = 100;
    compact.returned = 101;
    compact.at = 2;
    session_.push_back(compact);
  }

  void Step(std::vector<KeyChange> changes) {
    Operation op;
    op.kind = Operation::Kind::kTransaction;
    op.revision = truth_.current() + 1;
    op.call = 10 * op.revision;
    op.returned = op.call + 1;
    op.note = absl::StrCat("s", op.revision);
    truth_.Append(changes, {absl::UnixEpoch(), op.note});
    session_.push_back(op);
  }

  // The matching changes of these revisions, in one poll at `tick`.
  PollRecord Poll(Tick tick, std::vector<Revision> revisions, Revision progress, size_t max = 10) {
    PollRecord poll;
    poll.call = tick;
    poll.returned = tick + 1;
    poll.max = max;
    poll.progress = progress;
    for (const Revision revision : revisions) {
      for (const Event& event : truth_.Changes(revision)) {
        if (event.kv.key < "c") poll.events.push_back(std::make_shared<const Event>(event));
      }
    }
    return poll;
  }
  // A watch of the keys before "c".
  static WatchRecord Watch(Revision after, Tick tick, std::vector<PollRecord> polls) {
    WatchRecord watch;
    watch.range = {"", "c"};
    watch.after = after;
    watch.call = tick;
    watch.returned = tick + 1;
    watch.polls = std::move(polls);
    return watch;
  }
  // The same event with something else in it.
  template <typename Edit>
  static EventPtr Edited(const EventPtr& event, Edit edit) {
    Event copy = *event;
    edit(&copy);
    return std::make_shared<const Event>(copy);
  }

  // The names of the validators that refuse.
  std::vector<std::string> Broken(std::vector<WatchRecord> watches) {
    const Timeline timeline(truth_, {session_});
    std::vector<std::string> names;
    for (const WatchValidator& validator : WatchValidators()) {
      if (!validator.check({"w", watches}, {truth_, timeline}).ok()) names.push_back(validator.name);
    }
    return names;
  }

  Model truth_;
  Session session_;
};

TEST_F(WatchValidatorsTest, AcceptACorrectWatch) {
  EXPECT_THAT(Broken({Watch(0, 1, {Poll(12, {1}, 1), Poll(32, {2}, 3), Poll(60, {4, 5}, 5)})}), IsEmpty());
  EXPECT_THAT(Broken({Watch(1, 60, {Poll(62, {2}, 2, 1), Poll(64, {4}, 4, 1)}), Watch(4, 66, {Poll(68, {5}, 5)})}),
              IsEmpty());
}

TEST_F(WatchValidatorsTest, Filtered) {
  PollRecord poll = Poll(60, {2, 4, 5}, 5);
  poll.events.insert(poll.events.begin() + 1, std::make_shared<const Event>(truth_.Changes(3)[0]));
  EXPECT_THAT(Broken({Watch(1, 55, {poll})}), ElementsAre("filtered"));
}

TEST_F(WatchValidatorsTest, Ordered) {
  PollRecord poll = Poll(60, {4, 2, 5}, 5);
  EXPECT_THAT(Broken({Watch(1, 55, {poll})}), ElementsAre("ordered", "complete"));
}

TEST_F(WatchValidatorsTest, Unique) {
  EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {2, 4}, 4, 3)}), Watch(3, 65, {Poll(66, {4, 5}, 5)})}),
              ElementsAre("unique", "atomic"));
}

TEST_F(WatchValidatorsTest, Atomic) {
  PollRecord half = Poll(60, {2, 4}, 4, 2);
  half.events.pop_back();
  PollRecord rest = Poll(62, {4, 5}, 5);
  rest.events.erase(rest.events.begin());
  EXPECT_THAT(Broken({Watch(1, 55, {half, rest})}), ElementsAre("atomic"));
  EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {2, 4, 5}, 5, 3)})}), ElementsAre("atomic"));  // 5 is beyond the bound
}

TEST_F(WatchValidatorsTest, Complete) {
  EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {4, 5}, 5)})}), ElementsAre("complete"));
}

TEST_F(WatchValidatorsTest, Content) {
  PollRecord poll = Poll(60, {2, 4, 5}, 5);
  poll.events[0] = Edited(poll.events[0], [](Event* event) { event->kv.version = 7; });
  EXPECT_THAT(Broken({Watch(1, 55, {poll})}), ElementsAre("content"));
}

TEST_F(WatchValidatorsTest, Previous) {
  PollRecord poll = Poll(60, {2, 4, 5}, 5);
  poll.events[2] = Edited(poll.events[2], [](Event* event) { event->previous = nullptr; });
  EXPECT_THAT(Broken({Watch(1, 55, {poll})}), ElementsAre("previous"));
  // Once revision 2 is compacted, what it replaced may be gone.
  PollRecord compacted = Poll(110, {2, 4, 5}, 5);
  compacted.events[0] = Edited(compacted.events[0], [](Event* event) { event->previous = nullptr; });
  EXPECT_THAT(Broken({Watch(1, 105, {compacted})}), IsEmpty());
}

TEST_F(WatchValidatorsTest, Bookmark) {
  EXPECT_THAT(Broken({Watch(1, 15, {Poll(25, {2}, 4)})}), ElementsAre("bookmark"));  // ahead of the store
  EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {2}, 4, 1), Poll(62, {4, 5}, 5)})}), ElementsAre("bookmark"));
  EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {2}, 3, 1), Poll(62, {}, 2, 0)})}), ElementsAre("bookmark"));  // back
}

TEST_F(WatchValidatorsTest, Fresh) { EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {2, 4}, 4)})}), ElementsAre("fresh")); }

TEST_F(WatchValidatorsTest, Resumable) {
  WatchRecord refused = Watch(2, 65, {});
  refused.opened = absl::OutOfRangeError("compacted");
  EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {2}, 2, 1)}), refused}), ElementsAre("resumable"));
  EXPECT_THAT(Broken({Watch(2, 55, {Poll(60, {2, 4, 5}, 5)})}), ElementsAre("resumable"));  // begins too early
}

TEST_F(WatchValidatorsTest, ResumptionMayBeRefusedAfterCompaction) {
  session_.back().at = 4;
  WatchRecord refused = Watch(2, 105, {});
  refused.opened = absl::OutOfRangeError("compacted");
  EXPECT_THAT(Broken({Watch(1, 55, {Poll(60, {2}, 2, 1)}), refused}), IsEmpty());
}

TEST_F(WatchValidatorsTest, Woken) {
  PollRecord last = Poll(60, {4, 5}, 5);
  last.unasked = true;
  WatchRecord watch = Watch(1, 15, {Poll(25, {2}, 2), last});
  EXPECT_THAT(Broken({watch}), ElementsAre("woken"));
  watch.wakeups = {45};
  EXPECT_THAT(Broken({watch}), IsEmpty());
}

}  // namespace
}  // namespace kubelite::robustness
