#include "common/base/sockets.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::base {
namespace {

TEST(SocketsTest, FreePortIsFree) {
  ASSERT_OK_AND_ASSIGN(const int port, FreeTcpPort("127.0.0.1"));
  EXPECT_GT(port, 0);
  EXPECT_OK(PortIsFree("127.0.0.1", port));
  EXPECT_OK(FreeTcpPort("localhost"));
}

TEST(SocketsTest, PortInUseIsNamed) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const int port = ntohs(address.sin_port);
  EXPECT_THAT(PortIsFree("127.0.0.1", port),
              StatusIs(absl::StatusCode::kFailedPrecondition, absl::StrCat("127.0.0.1:", port, " is in use")));
  close(listener);
  EXPECT_OK(PortIsFree("127.0.0.1", port));
}

TEST(SocketsTest, ForeignAddressIsAnError) {
  EXPECT_FALSE(FreeTcpPort("203.0.113.7").ok());
  EXPECT_FALSE(FreeTcpPort("no host of this name").ok());
}

}  // namespace
}  // namespace kubelite::base
