#include "kubelet/probe/socket_prober.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "common/base/thread_pool.h"

namespace kubelite::kubelet {
namespace {

constexpr absl::Duration kLong = absl::Seconds(20);

// Listens on a free port of the loopback address.
class Listener {
 public:
  Listener() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<struct sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<struct sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { Close(); }
  int port() const { return port_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  // Accepts one connection, reads a request, and answers; returns the request.
  std::string Answer(const std::string& response) {
    const int fd = accept(fd_, nullptr, nullptr);
    char bytes[4096];
    const ssize_t n = read(fd, bytes, sizeof(bytes));
    EXPECT_EQ(write(fd, response.data(), response.size()), static_cast<ssize_t>(response.size()));
    close(fd);
    return std::string(bytes, n > 0 ? n : 0);
  }

 private:
  int fd_ = -1;
  int port_ = 0;
};

class SocketProberTest : public ::testing::Test {
 protected:
  std::future<ProbeOutcome> Http(const HttpProbe& probe, absl::Duration timeout = kLong) {
    auto promise = std::make_shared<std::promise<ProbeOutcome>>();
    prober_.HttpGet(probe, timeout, [promise](ProbeOutcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }
  std::future<ProbeOutcome> Tcp(int port) {
    auto promise = std::make_shared<std::promise<ProbeOutcome>>();
    prober_.TcpConnect("127.0.0.1", port, kLong,
                       [promise](ProbeOutcome outcome) { promise->set_value(std::move(outcome)); });
    return promise->get_future();
  }
  HttpProbe Probe(const std::string& path = "/healthz") { return {"127.0.0.1", listener_.port(), path, {}}; }

  Listener listener_;
  base::ThreadPool executor_{2};
  EventLoop loop_;
  SocketProber prober_{&loop_, &executor_};
};

TEST_F(SocketProberTest, StatusOf200IsSuccess) {
  std::future<ProbeOutcome> outcome = Http({"127.0.0.1", listener_.port(), "/healthz?x=1", {{"X-A", "b"}}});
  const std::string request = listener_.Answer("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(outcome.get().kind, ProbeOutcome::Kind::kSuccess);
  EXPECT_EQ(request, "GET /healthz?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(listener_.port()) +
                         "\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\nConnection: close\r\nX-A: b\r\n\r\n");
}

TEST_F(SocketProberTest, OtherStatusesFail) {
  std::future<ProbeOutcome> outcome = Http(Probe());
  listener_.Answer("HTTP/1.1 500 Internal Server Error\r\n\r\n");
  const ProbeOutcome result = outcome.get();
  EXPECT_EQ(result.kind, ProbeOutcome::Kind::kFailure);
  EXPECT_EQ(result.output, "HTTP probe failed with statuscode: 500");
}

TEST_F(SocketProberTest, GarbageFails) {
  std::future<ProbeOutcome> outcome = Http(Probe());
  listener_.Answer("hello\r\n");
  EXPECT_EQ(outcome.get().kind, ProbeOutcome::Kind::kFailure);
}

TEST_F(SocketProberTest, NobodyListeningIsTold) {
  const HttpProbe probe = Probe();
  listener_.Close();
  const ProbeOutcome result = Http(probe).get();
  EXPECT_EQ(result.kind, ProbeOutcome::Kind::kRefused);
  const std::string at = "127.0.0.1:" + std::to_string(probe.port);
  EXPECT_EQ(result.output, "Get \"http://" + at + "/healthz\": dial tcp " + at + ": connect: connection refused");
}

TEST_F(SocketProberTest, SilenceTimesOut) {
  const ProbeOutcome result = Http(Probe(), absl::Milliseconds(20)).get();
  EXPECT_EQ(result.kind, ProbeOutcome::Kind::kFailure);
  EXPECT_NE(result.output.find("context deadline exceeded"), std::string::npos);
}

TEST_F(SocketProberTest, TcpSucceedsWhenSomethingListens) {
  const int port = listener_.port();
  EXPECT_EQ(Tcp(port).get().kind, ProbeOutcome::Kind::kSuccess);
  listener_.Close();
  EXPECT_EQ(Tcp(port).get().kind, ProbeOutcome::Kind::kRefused);
}

TEST_F(SocketProberTest, WhatCannotBeProbedIsAnError) {
  EXPECT_EQ(Http({"not-an-address", 80, "/", {}}).get().kind, ProbeOutcome::Kind::kError);
  EXPECT_EQ(Tcp(0).get().kind, ProbeOutcome::Kind::kError);
}

}  // namespace
}  // namespace kubelite::kubelet
