#include "kubectl-lite/commands/all.h"

namespace kubelite::cli {

const std::vector<Command>& AllCommands() {
  static const auto* commands = new std::vector<Command>{
      UpCommand(),    DownCommand(),   StatusCommand(), GetCommand(),  CreateCommand(),
      ApplyCommand(), DeleteCommand(), ScaleCommand(),  LogsCommand(),
  };
  return *commands;
}

}  // namespace kubelite::cli
