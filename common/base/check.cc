#include "common/base/check.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"

namespace kubelite::base {

void CheckFailed(const char* file, int line, absl::string_view condition) {
  const std::string text = absl::StrCat("F ", file, ":", line, "] CHECK failed: ", condition, "\n");
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  std::abort();
}

void CheckOk(const char* file, int line, absl::string_view expression, const absl::Status& status) {
  if (!status.ok()) CheckFailed(file, line, absl::StrCat(expression, " is ", status.ToString()));
}

}  // namespace kubelite::base
