#pragma once

#include <string>
#include <vector>

#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

inline constexpr char kProgram[] = "kubectl-lite";

// What `help` prints: the list of commands.
std::string ProgramHelp(const std::vector<Command>& commands);
// What `help <command>` prints. `path` is the command with its parents: "rollout status".
std::string CommandHelp(const Command& command, const std::string& path);

}  // namespace kubelite::cli
