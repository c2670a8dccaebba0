#pragma once

#include <vector>

#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// Every command, in the order help shows them. To add one: a file commands/<verb>.cc and a line in all.cc.
const std::vector<Command>& AllCommands();

Command AnnotateCommand();
Command ApiResourcesCommand();
Command ApplyCommand();
Command ClusterCommand();
Command ConfigCommand();
Command CreateCommand();
Command DebugCommand();
Command DeleteCommand();
Command DescribeCommand();
Command DownCommand();
Command EventsCommand();
Command GetCommand();
Command HistoryCommand();
Command LabelCommand();
Command LogsCommand();
Command RolloutCommand();
Command ScaleCommand();
Command SetCommand();
Command StatusCommand();
Command UpCommand();
Command VersionCommand();
Command WaitCommand();

}  // namespace kubelite::cli
