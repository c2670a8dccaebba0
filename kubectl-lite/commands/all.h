#pragma once

#include <vector>

#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// Every command, in the order help shows them. To add one: a file commands/<verb>.cc and a line in all.cc.
const std::vector<Command>& AllCommands();

Command UpCommand();
Command DownCommand();
Command StatusCommand();
Command GetCommand();
Command DescribeCommand();
Command CreateCommand();
Command ApplyCommand();
Command DeleteCommand();
Command ScaleCommand();
Command LogsCommand();
Command EventsCommand();
Command RolloutCommand();
Command ApiResourcesCommand();
Command VersionCommand();
Command ConfigCommand();

}  // namespace kubelite::cli
