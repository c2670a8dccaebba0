#include "common/net/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"

namespace kubelite::net {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::New();
    ASSERT_OK(loop);
    loop_ = *std::move(loop);
  }
  std::unique_ptr<EventLoop> loop_;
};

TEST_F(EventLoopTest, RunsTasksInOrder) {
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) loop_->Post([&ran, i] { ran.push_back(i); });
  loop_->Stop();
  EXPECT_FALSE(loop_->OnLoop());
  loop_->Run();
  EXPECT_THAT(ran, testing::ElementsAre(0, 1, 2));
}

TEST_F(EventLoopTest, OtherThreadsWakeIt) {
  constexpr int kTasks = 10000;
  int ran = 0;
  {
    base::ThreadPool threads(3);
    for (int thread = 0; thread < 2; ++thread) {
      threads.Post([&] {
        for (int i = 0; i < kTasks; ++i) {
          loop_->Post([&] {
            EXPECT_TRUE(loop_->OnLoop());
            if (++ran == 2 * kTasks) loop_->Stop();
          });
        }
      });
    }
    loop_->Run();
  }
  EXPECT_EQ(ran, 2 * kTasks);
}

TEST_F(EventLoopTest, ABatchWakesOnceAtItsEnd) {
  int ran = 0;
  base::ThreadPool threads(1);
  threads.Post([&] {
    {
      const EventLoop::WakeBatch batch;
      for (int i = 0; i < 100; ++i) loop_->Post([&ran] { ++ran; });
    }
    loop_->Stop();
  });
  loop_->Run();
  EXPECT_EQ(ran, 100);
}

// A handler that reads a pipe and asks for the round's end.
class Reader : public EventLoop::Handler {
 public:
  Reader(EventLoop* loop, std::vector<std::string>* log) : loop_(loop), log_(log) {}
  ~Reader() override { log_->push_back("deleted"); }
  void OnReady(uint32_t) override {
    char byte = 0;
    ASSERT_EQ(read(fds[0], &byte, 1), 1);
    log_->push_back(std::string("ready ") + byte);
    loop_->CallAtRoundEnd(this);
    loop_->Post([log = log_] { log->push_back("task"); });
  }
  void OnRoundEnd() override {
    log_->push_back("round end");
    loop_->Unwatch(fds[0]);
    loop_->DeleteLater(std::unique_ptr<EventLoop::Handler>(this));
    loop_->Stop();
  }
  int fds[2] = {-1, -1};

 private:
  EventLoop* const loop_;
  std::vector<std::string>* const log_;
};

TEST_F(EventLoopTest, SocketsThenTasksThenTheRoundsEnd) {
  std::vector<std::string> log;
  auto* reader = new Reader(loop_.get(), &log);
  ASSERT_EQ(pipe(reader->fds), 0);
  const int read_end = reader->fds[0];
  const int write_end = reader->fds[1];
  ASSERT_OK(loop_->Watch(read_end, EPOLLIN, reader));
  ASSERT_EQ(write(write_end, "x", 1), 1);
  loop_->Run();
  EXPECT_THAT(log, testing::ElementsAre("ready x", "round end", "deleted", "task"));
  close(read_end);
  close(write_end);
}

}  // namespace
}  // namespace kubelite::net
