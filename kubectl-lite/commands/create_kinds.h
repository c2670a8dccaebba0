#pragma once

#include <vector>

#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {

// `create namespace`, `create deployment`, `create configmap`, `create secret generic`.
std::vector<Command> CreateKindCommands();

}  // namespace kubelite::cli
