#include "kubectl-lite/framework/program.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/edit_distance.h"
#include "kubectl-lite/framework/errors.h"
#include "kubectl-lite/framework/help.h"

namespace kubelite::cli {
namespace {

const Command* Find(const std::vector<Command>& commands, const std::string& name) {
  for (const Command& command : commands) {
    if (command.name == name || std::count(command.aliases.begin(), command.aliases.end(), name) != 0) return &command;
  }
  return nullptr;
}

bool TakesNextWord(const std::vector<Flag>& flags, const std::string& token) {
  for (const Flag& flag : flags) {
    const bool named =
        token == "--" + flag.name || (flag.short_name != 0 && token == std::string{'-', flag.short_name});
    if (named) return flag.kind != Flag::Kind::kBool && flag.bare_value.empty();
  }
  return false;
}

// The position of the first word that is neither a flag nor a flag's value, or the end.
size_t NextWord(const std::vector<std::string>& tokens, size_t from, const std::vector<Flag>& flags) {
  for (size_t i = from; i < tokens.size(); ++i) {
    if (tokens[i] == "--") return tokens.size();
    if (tokens[i].size() < 2 || tokens[i][0] != '-') return i;
    if (TakesNextWord(flags, tokens[i])) ++i;
  }
  return tokens.size();
}

absl::Status UnknownCommand(const std::vector<Command>& commands, const std::string& name, const std::string& parent) {
  std::string hint;
  size_t least = std::min<size_t>(3, name.size());
  for (const Command& command : commands) {
    const size_t distance = api::EditDistance(name, command.name);
    if (distance >= least) continue;
    least = distance;
    hint = command.name;
  }
  const std::string full = parent.empty() ? kProgram : absl::StrCat(kProgram, " ", parent);
  if (!hint.empty())
    return UsageError(absl::StrCat("unknown command \"", name, "\" for \"", full, "\", did you mean \"", hint, "\"?"));
  return UsageError(absl::StrCat("unknown command \"", name, "\" for \"", full, "\""));
}

struct Found {
  const Command* command = nullptr;  // null: none was named
  std::string path;
  std::vector<std::string> tokens;  // without the command's words
};

absl::StatusOr<Found> FindCommand(const std::vector<Command>& commands, std::vector<std::string> tokens) {
  Found found;
  const std::vector<Command>* level = &commands;
  for (size_t at = 0; !level->empty();) {
    at = NextWord(tokens, at, found.command == nullptr ? GlobalFlags() : AllFlags(*found.command));
    if (at == tokens.size()) break;
    const Command* command = Find(*level, tokens[at]);
    if (command == nullptr) {
      // A command that runs itself takes the word.
      if (found.command != nullptr && found.command->run) break;
      return UnknownCommand(*level, tokens[at], found.path);
    }
    absl::StrAppend(&found.path, found.path.empty() ? "" : " ", command->name);
    found.command = command;
    level = &command->subcommands;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at));
  }
  found.tokens = std::move(tokens);
  return found;
}

bool AsksForHelp(const std::vector<std::string>& tokens) {
  const auto end = std::find(tokens.begin(), tokens.end(), "--");
  return std::find(tokens.begin(), end, "--help") != end || std::find(tokens.begin(), end, "-h") != end;
}

absl::Status RunFound(const std::vector<Command>& commands, const Found& found, Context& context) {
  if (found.command == nullptr) {
    context.out << ProgramHelp(commands);
    return absl::OkStatus();
  }
  if (AsksForHelp(found.tokens)) {
    context.out << CommandHelp(*found.command, found.path);
    return absl::OkStatus();
  }
  if (!found.command->run) {
    std::vector<std::string> names;
    for (const Command& command : found.command->subcommands) names.push_back(command.name);
    return UsageError(absl::StrCat("must specify one of: ", absl::StrJoin(names, ", ")));
  }
  const absl::StatusOr<Args> args = ParseArgs(*found.command, found.tokens);
  if (!args.ok()) return args.status();
  return found.command->run(*args, context);
}

}  // namespace

std::string Hint(const absl::Status& status, const Context& context) {
  return absl::IsUnavailable(status) && context.unreachable_hint ? context.unreachable_hint() : "";
}

int RunProgram(const std::vector<Command>& commands, const std::vector<std::string>& words, Context& context) {
  std::vector<std::string> tokens = words;
  const size_t first = NextWord(tokens, 0, GlobalFlags());
  if (first < tokens.size() && tokens[first] == "help") {
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(first));
    tokens.push_back("--help");
  }
  const absl::StatusOr<Found> found = FindCommand(commands, tokens);
  const absl::Status status = found.ok() ? RunFound(commands, *found, context) : found.status();
  context.out.flush();
  if (status.ok()) return 0;
  if (IsAlreadyReported(status)) return 1;
  if (const int code = ExitCodeOf(status); code != 0) return code;
  context.err << ErrorText(status, "", Hint(status, context));
  if (IsUsageError(status)) {
    const std::string topic = found.ok() && found->command != nullptr ? found->path + " --help" : "help";
    context.err << " (see '" << kProgram << " " << topic << "')";
  }
  context.err << "\n";
  return 1;
}

}  // namespace kubelite::cli
