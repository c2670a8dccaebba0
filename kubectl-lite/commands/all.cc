#include "kubectl-lite/commands/all.h"

namespace kubelite::cli {

const std::vector<Command>& AllCommands() {
  static const auto* commands = new std::vector<Command>{
      UpCommand(),     DownCommand(),         StatusCommand(),  GetCommand(),    DescribeCommand(),
      CreateCommand(), ApplyCommand(),        DeleteCommand(),  ScaleCommand(),  SetCommand(),
      LabelCommand(),  AnnotateCommand(),     RolloutCommand(), WaitCommand(),   LogsCommand(),
      EventsCommand(), ApiResourcesCommand(), VersionCommand(), ConfigCommand(),
  };
  return *commands;
}

}  // namespace kubelite::cli
