#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kubectl-lite/commands/pod_selection.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/framework/command.h"
#include "kubectl-lite/framework/console.h"

namespace kubelite::cli {

// How a command with streams uses the console.
struct ConsoleUse {
  bool in = false;
  bool tty = false;
};

// What -i and -t come to: a terminal needs input from one. Says so on context.err when it does not have it.
ConsoleUse UseConsole(bool in, bool tty, const Console& console, Context& context);

// Runs a command or an attachment to its end: input from the console, outputs to the context's streams. A command's
// exit code becomes this program's.
absl::Status RunStream(client::Client& client, const kubelite::v1::StreamOpen& open, const ConsoleUse& use,
                       Console& console, Context& context);

// As RunStream's result: OK for the regular end, a command's exit code for this program, otherwise the error.
absl::Status StreamEnd(const absl::Status& end, Context& context);

// What POD or TYPE/NAME names.
absl::StatusOr<Selection> ParsePodWord(const std::string& word);
// Its pod; of several the most useful one.
absl::StatusOr<PodPtr> FindPod(const std::string& word, Session& session);

// The container named by -c, by annotation, or the first; told on context.err unless `quiet`.
absl::StatusOr<std::string> StreamContainer(const k8s::core::v1::Pod& pod, const std::string& wanted, bool quiet,
                                            Context& context);

}  // namespace kubelite::cli
