#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace kubelite::etcd {

// Immutable memory that any number of answers may share without copying it.
struct Bytes {
  std::shared_ptr<const void> owner;
  absl::string_view view;

  static Bytes Own(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    const absl::string_view view = *owner;
    return {std::move(owner), view};
  }
};

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
