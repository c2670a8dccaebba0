#pragma once

#include <string>
#include <vector>

#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// Finds the command that the words name (flags may stand before it), runs it, or prints help, and prints what went
// wrong. Returns the exit status: 0, or 1 after an error.
int RunProgram(const std::vector<Command>& commands, const std::vector<std::string>& words, Context& context);

}  // namespace kubelite::cli
