#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace kubelite::cli {

// The standard input of this process, for commands that pass it on to a running program: a terminal, a pipe or a file.
// Thread-safe where said.
class Console {
 public:
  struct Size {
    int width = 0;
    int height = 0;
  };
  struct Event {
    enum class Kind {
      kInput,        // `data`
      kEnd,          // of the input
      kResize,       // the terminal has another size
      kTerminated,   // by a signal, while the terminal is raw
      kInterrupted,  // by Interrupt
    };
    Kind kind = Kind::kEnd;
    std::string data;
  };

  virtual ~Console() = default;  // Restore()
  virtual bool is_terminal() const = 0;
  virtual std::optional<Size> TerminalSize() const = 0;
  // Every key goes to the program, and what it prints is shown as it is. To be called before other threads are started.
  virtual absl::Status MakeRaw() = 0;
  // Gives the terminal back as it was.
  virtual void Restore() {}
  // Blocks for the next event; without `want_input` input is left where it is. From one thread at a time.
  virtual Event Wait(bool want_input) = 0;
  // From any thread: Wait returns kInterrupted now and for ever.
  virtual void Interrupt() = 0;
};

// That of the descriptor.
std::unique_ptr<Console> OpenConsole(int fd);

}  // namespace kubelite::cli
