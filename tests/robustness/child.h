#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace kubelite::robustness {

// A program of ours that prints lines and is killed without notice. The destructor kills and reaps it.
class Child {
 public:
  explicit Child(const std::vector<std::string>& argv);
  ~Child();
  Child(const Child&) = delete;

  // Blocks; nullopt when the program has ended.
  std::optional<std::string> ReadLine();
  // SIGKILL; returns the lines it had printed that were not read yet.
  std::vector<std::string> Kill();

 private:
  pid_t pid_ = 0;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace kubelite::robustness
