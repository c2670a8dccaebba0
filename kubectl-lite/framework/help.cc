#include "kubectl-lite/framework/help.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace kubelite::cli {
namespace {

std::string Indented(const std::string& lines) {
  std::string text;
  for (absl::string_view line : absl::StrSplit(lines, '\n')) absl::StrAppend(&text, "  ", line, "\n");
  return text;
}

// Two columns; the second starts at the same place on all lines.
std::string Columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  std::string text;
  for (const auto& [left, right] : rows)
    absl::StrAppend(&text, "  ", left, std::string(width - left.size() + 2, ' '), right, "\n");
  return text;
}

std::string FlagText(const Flag& flag) {
  std::string text = flag.short_name == 0 ? "    " : absl::StrCat("-", std::string(1, flag.short_name), ", ");
  absl::StrAppend(&text, "--", flag.name);
  switch (flag.kind) {
    case Flag::Kind::kBool:
      return text;
    case Flag::Kind::kInt:
      return text + " number";
    case Flag::Kind::kDuration:
      return text + " duration";
    case Flag::Kind::kList:
      return text + " list";
    case Flag::Kind::kString:
    case Flag::Kind::kArray:
      break;
  }
  return absl::StrCat(text, flag.bare_value.empty() ? " text" : "[=text]");
}

std::string FlagsText(const std::vector<Flag>& flags) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Flag& flag : flags) {
    const bool show_default = !flag.default_value.empty() && flag.default_value != "false";
    rows.emplace_back(FlagText(flag),
                      show_default ? absl::StrCat(flag.help, " (default ", flag.default_value, ")") : flag.help);
  }
  return Columns(rows);
}

std::string CommandsText(const std::vector<Command>& commands) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : commands) rows.emplace_back(command.name, command.summary);
  return Columns(rows);
}

}  // namespace

std::string ProgramHelp(const std::vector<Command>& commands) {
  return absl::StrCat(
      kProgram, " runs local kube-lite clusters and talks to their API server as kubectl does.\n\nUsage:\n  ", kProgram,
      " <command> [flags]\n\nCommands:\n", CommandsText(commands), "\nFlags of every command:\n",
      FlagsText(GlobalFlags()), "\n\"", kProgram, " help <command>\" shows a command with examples.\n");
}

std::string CommandHelp(const Command& command, const std::string& path) {
  std::string text = absl::StrCat(command.summary, ".\n\nUsage:\n  ", kProgram, " ", command.usage, "\n");
  if (!command.aliases.empty()) absl::StrAppend(&text, "\nAliases: ", absl::StrJoin(command.aliases, ", "), "\n");
  if (!command.examples.empty()) absl::StrAppend(&text, "\nExamples:\n", Indented(command.examples));
  if (!command.subcommands.empty()) {
    absl::StrAppend(&text, "\nCommands:\n", CommandsText(command.subcommands));
  }
  if (!command.flags.empty()) absl::StrAppend(&text, "\nFlags:\n", FlagsText(command.flags));
  std::vector<Flag> global = AllFlags(command);
  global.erase(global.begin(), global.begin() + static_cast<std::ptrdiff_t>(command.flags.size()));
  absl::StrAppend(&text, "\nFlags of every command:\n", FlagsText(global));
  if (!command.subcommands.empty()) {
    absl::StrAppend(&text, "\n\"", kProgram, " help ", path, " <command>\" shows one of these with examples.\n");
  }
  return text;
}

}  // namespace kubelite::cli
