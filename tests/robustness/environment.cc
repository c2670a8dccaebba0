#include "tests/robustness/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/numbers.h"

namespace kubelite::robustness {

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  int64_t number = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &number)) ADD_FAILURE() << name << " is not a number: " << text;
  return number;
}

}  // namespace kubelite::robustness
