#pragma once

#include <vector>

#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// Every command, in the order help shows them. To add one: a file commands/<verb>.cc and a line in all.cc.
const std::vector<Command>& AllCommands();

Command AnnotateCommand();
Command ApiResourcesCommand();
Command ApplyCommand();
Command AttachCommand();
Command ClusterCommand();
Command ConfigCommand();
Command CpCommand();
Command CreateCommand();
Command DebugCommand();
Command DeleteCommand();
Command DescribeCommand();
Command DownCommand();
Command EventsCommand();
Command ExecCommand();
Command GetCommand();
Command HistoryCommand();
Command LabelCommand();
Command LogsCommand();
Command PortForwardCommand();
Command RolloutCommand();
Command ScaleCommand();
Command SetCommand();
Command StatusCommand();
Command UpCommand();
Command VersionCommand();
Command WaitCommand();

}  // namespace kubelite::cli
