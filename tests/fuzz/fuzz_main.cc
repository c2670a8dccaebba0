// libFuzzer's entry: one program per function of entry_points.h, named by KUBELITE_FUZZ.

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/entry_points.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kubelite::fuzz::KUBELITE_FUZZ({reinterpret_cast<const char*>(data), size});
  return 0;
}
