#include "common/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"

namespace kubelite::http {
namespace {

class ServerTest : public testing::Test {
 protected:
  void Serve(Handler handler, base::Executor* executor = nullptr) {
    ServerOptions options;
    options.listen.address = {"127.0.0.1", 0};
    options.handler = std::move(handler);
    options.executor = executor == nullptr ? &executor_ : executor;
    auto server = Server::Start(std::move(options));
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  net::Fd Dial() {
    net::Fd fd(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  static void Send(const net::Fd& fd, absl::string_view text) {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  // What comes until it ends with `end`, or until the server closes.
  static std::string Receive(const net::Fd& fd, absl::string_view end) {
    std::string all;
    std::array<char, 4096> buffer;
    while (end.empty() || !absl::EndsWith(all, end)) {
      const ssize_t size = recv(fd.get(), buffer.data(), buffer.size(), 0);
      if (size <= 0) break;
      all.append(buffer.data(), static_cast<size_t>(size));
    }
    return all;
  }

  // The loop may note its last progress after the client has seen it, thus at a later time: then once more.
  void AdvanceUntilClosed(const net::Fd& fd, absl::Duration timeout) {
    pollfd readable = {.fd = fd.get(), .events = POLLIN, .revents = 0};
    do {
      time_.Advance(timeout);
    } while (poll(&readable, 1, 10) == 0);
    EXPECT_EQ(Receive(fd, ""), "");
  }

  base::ThreadPool executor_{1};
  base::SimulatedExecutor time_{1};
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersSeveralRequestsOnAConnection) {
  Serve([](Request request, ExchangePtr exchange) {
    exchange->Respond({.headers = {{"x", "y"}}, .body = request.target + request.body});
  });
  const net::Fd fd = Dial();
  Send(fd, "GET /a HTTP/1.1\r\n\r\nPUT /b HTTP/1.1\r\nContent-Length: 1\r\nConnection: close\r\n\r\nc");
  EXPECT_EQ(Receive(fd, ""),
            "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 2\r\n\r\n/a"
            "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 3\r\nconnection: close\r\n\r\n/bc");
}

TEST_F(ServerTest, StreamsInChunks) {
  Serve([](Request, ExchangePtr exchange) {
    exchange->Start(200, {}, {});
    exchange->Write("hello");
    exchange->End();
  });
  const net::Fd fd = Dial();
  Send(fd, "GET /a HTTP/1.1\r\n\r\n");
  EXPECT_EQ(Receive(fd, "0\r\n\r\n"), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
}

TEST_F(ServerTest, ClosesConnectionsThatStopHalfWay) {
  Serve([](Request, ExchangePtr exchange) { exchange->Respond({.body = "a"}); }, &time_);
  const net::Fd slow = Dial();
  const net::Fd idle = Dial();
  Send(slow, "GET / HTTP/1.1\r\n\r\nGET");
  Receive(slow, "a");
  Send(idle, "GET / HTTP/1.1\r\n\r\n");
  Receive(idle, "a");
  AdvanceUntilClosed(slow, absl::Seconds(35));
  AdvanceUntilClosed(idle, absl::Minutes(4));
}

constexpr char kSwitched[] = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n";

TEST_F(ServerTest, TunnelsBytesOfAnotherProtocol) {
  Serve([](Request, ExchangePtr exchange) {
    exchange->Upgrade({{"upgrade", "echo"}}, {.received =
                                                  [exchange](std::string bytes) {
                                                    exchange->Write(absl::StrCat("<", bytes, ">"));
                                                    bytes == "end" ? exchange->End() : exchange->ReadMore();
                                                  },
                                              .closed = [] {}});
    exchange->ReadMore();
  });
  const net::Fd fd = Dial();
  Send(fd, "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");
  EXPECT_EQ(Receive(fd, ">"), absl::StrCat(kSwitched, "<early>"));
  Send(fd, "a");
  EXPECT_EQ(Receive(fd, ">"), "<a>");
  Send(fd, "end");
  EXPECT_EQ(Receive(fd, ">"), "<end>");
  Send(fd, "ignored");
  shutdown(fd.get(), SHUT_WR);
  EXPECT_EQ(Receive(fd, ""), "");
}

TEST_F(ServerTest, DoesNotWaitForeverForATunnelsClientToClose) {
  Serve(
      [](Request, ExchangePtr exchange) {
        exchange->Upgrade({{"upgrade", "echo"}}, {.received = [](const std::string&) {}});
        exchange->Write("bye");
        exchange->End();
      },
      &time_);
  const net::Fd fd = Dial();
  Send(fd, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(Receive(fd, "bye"), absl::StrCat(kSwitched, "bye"));
  AdvanceUntilClosed(fd, absl::Seconds(15));
}

// Nobody reads, as when a command does not read its input.
TEST_F(ServerTest, TellsThatATunnelsClientIsGone) {
  base::Mutex mutex;
  base::CondVar changed;
  bool gone = false;
  Serve([&](Request, ExchangePtr exchange) {
    exchange->Upgrade({{"upgrade", "echo"}}, {.received = [](const std::string&) {},
                                              .closed =
                                                  [&] {
                                                    base::MutexLock lock(&mutex);
                                                    gone = true;
                                                    changed.SignalAll();
                                                  }});
  });
  {
    const net::Fd fd = Dial();
    Send(fd, "GET / HTTP/1.1\r\n\r\nnever read");
    Receive(fd, "\r\n\r\n");
  }
  base::MutexLock lock(&mutex);
  while (!gone) changed.Wait(&mutex);
}

TEST_F(ServerTest, RefusesWhatIsNoRequest) {
  Serve([](Request, ExchangePtr exchange) { exchange->Respond({}); });
  const net::Fd fd = Dial();
  Send(fd, "nonsense\r\n\r\n");
  EXPECT_TRUE(absl::StartsWith(Receive(fd, ""), "HTTP/1.1 400 Bad Request\r\n"));
}

}  // namespace
}  // namespace kubelite::http
