#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/net/bytes.h"

namespace kubelite::etcd {

using net::Bytes;

// A framed gRPC message (see framing.h): `head` starts with the prefix, `tail` follows it.
struct Message {
  std::string head;
  std::vector<Bytes> tail;

  size_t size() const {
    size_t total = head.size();
    for (const Bytes& part : tail) total += part.view.size();
    return total;
  }
};

}  // namespace kubelite::etcd
