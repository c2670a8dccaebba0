#pragma once

#include <memory>
#include <string>

#include "kubelet/runtime/stream.h"
#include "kubelet/transport/event_loop.h"

namespace kubelite::kubelet {

// A new connection to an IPv4 address. It ends when the other side has closed it. InvalidArgument for what is no
// address and port; a connection that cannot be made has the error, as Go's dialer words it, as its result.
absl::StatusOr<std::unique_ptr<RuntimeStream>> DialTcp(EventLoop* loop, const std::string& address, int port,
                                                       RuntimeStream::OnReady on_ready);

}  // namespace kubelite::kubelet
