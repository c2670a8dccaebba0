#include "kubelet/transport/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

namespace kubelite::kubelet {
namespace {

struct Pair {
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0); }
  ~Pair() {
    close(fds[0]);
    close(fds[1]);
  }
  int fds[2];
};

TEST(EventLoop, CallsWhenReadable) {
  EventLoop loop;
  Pair pair;
  std::promise<char> read_byte;
  loop.Watch(pair.fds[0], EventLoop::kReadable, [&] {
    char c = 0;
    ASSERT_EQ(read(pair.fds[0], &c, 1), 1);
    read_byte.set_value(c);
  });
  ASSERT_EQ(write(pair.fds[1], "x", 1), 1);
  EXPECT_EQ(read_byte.get_future().get(), 'x');
  loop.Unwatch(pair.fds[0]);
}

TEST(EventLoop, MayUnwatchFromItsCallback) {
  EventLoop loop;
  Pair pair;
  std::promise<void> called;
  loop.Watch(pair.fds[0], EventLoop::kWritable, [&] {
    loop.Unwatch(pair.fds[0]);
    called.set_value();  // a second call would throw
  });
  called.get_future().get();
}

TEST(EventLoop, UnwatchWaitsForARunningCallback) {
  EventLoop loop;
  Pair pair;
  std::promise<void> entered;
  std::promise<void> go_on;
  bool finished = false;
  loop.Watch(pair.fds[0], EventLoop::kWritable, [&] {
    if (finished) return;
    entered.set_value();
    go_on.get_future().wait();
    finished = true;
  });
  entered.get_future().wait();
  go_on.set_value();
  loop.Unwatch(pair.fds[0]);
  EXPECT_TRUE(finished);
}

TEST(EventLoop, ReportsHangUpToReaders) {
  EventLoop loop;
  Pair pair;
  std::promise<ssize_t> result;
  loop.Watch(pair.fds[0], EventLoop::kReadable, [&] {
    char c;
    result.set_value(read(pair.fds[0], &c, 1));
    loop.Unwatch(pair.fds[0]);
  });
  shutdown(pair.fds[1], SHUT_RDWR);
  EXPECT_EQ(result.get_future().get(), 0);
}

}  // namespace
}  // namespace kubelite::kubelet
