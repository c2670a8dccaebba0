#include "kubectl-lite/commands/all.h"

namespace kubelite::cli {

const std::vector<Command>& AllCommands() {
  static const auto* commands = new std::vector<Command>{
      UpCommand(),      DownCommand(),        StatusCommand(),  ClusterCommand(), GetCommand(),   DescribeCommand(),
      HistoryCommand(), CreateCommand(),      ApplyCommand(),   DeleteCommand(),  ScaleCommand(), SetCommand(),
      LabelCommand(),   AnnotateCommand(),    RolloutCommand(), WaitCommand(),    LogsCommand(),  ExecCommand(),
      AttachCommand(),  PortForwardCommand(), CpCommand(),      EventsCommand(),  DebugCommand(), ApiResourcesCommand(),
      VersionCommand(), ConfigCommand(),
  };
  return *commands;
}

}  // namespace kubelite::cli
