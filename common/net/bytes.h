#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace kubelite::net {

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

}  // namespace kubelite::net
