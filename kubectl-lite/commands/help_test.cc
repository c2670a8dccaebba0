#include "kubectl-lite/framework/help.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "kubectl-lite/commands/all.h"

// What every command must tell about itself.
namespace kubelite::cli {
namespace {

struct Named {
  std::string path;
  const Command* command;
};

void Collect(const std::vector<Command>& commands, const std::string& parent, std::vector<Named>* all) {
  for (const Command& command : commands) {
    const std::string path = parent.empty() ? command.name : absl::StrCat(parent, " ", command.name);
    all->push_back({path, &command});
    Collect(command.subcommands, path, all);
  }
}

std::vector<Named> Everything() {
  std::vector<Named> all;
  Collect(AllCommands(), "", &all);
  return all;
}

TEST(HelpTest, NamesAreUnique) {
  std::set<std::string> seen;
  for (const Named& named : Everything()) {
    EXPECT_TRUE(seen.insert(named.path).second) << named.path;
    for (const std::string& alias : named.command->aliases) EXPECT_TRUE(seen.insert(alias).second) << alias;
  }
}

TEST(HelpTest, CommandsHaveASummaryAndUsage) {
  for (const auto& [path, command] : Everything()) {
    EXPECT_FALSE(command->summary.empty()) << path;
    EXPECT_FALSE(absl::EndsWith(command->summary, ".")) << path;
    EXPECT_LE(command->summary.size(), 80U) << path;
    EXPECT_TRUE(absl::StartsWith(command->usage, path.substr(0, path.find(' ')))) << path << ": " << command->usage;
    EXPECT_TRUE(command->run || !command->subcommands.empty()) << path;
  }
}

TEST(HelpTest, CommandsHaveExamplesThatUseThem) {
  for (const auto& [path, command] : Everything()) {
    bool used = false;
    bool commented = false;
    for (absl::string_view line : absl::StrSplit(command->examples, '\n')) {
      if (absl::StartsWith(line, "#")) {
        commented = true;
        continue;
      }
      EXPECT_TRUE(absl::StrContains(line, kProgram)) << path << ": " << line;
      used = used || absl::StrContains(line, absl::StrCat(kProgram, " ", path));
    }
    EXPECT_TRUE(used) << path;
    EXPECT_TRUE(commented) << path;
  }
}

TEST(HelpTest, FlagsHaveHelpAndAppearOnce) {
  for (const auto& [path, command] : Everything()) {
    std::set<std::string> names;
    std::set<char> shorts;
    for (const Flag& flag : AllFlags(*command)) {
      EXPECT_FALSE(flag.help.empty()) << path << " --" << flag.name;
      EXPECT_TRUE(names.insert(flag.name).second) << path << " --" << flag.name;
      if (flag.short_name == 0) continue;
      EXPECT_TRUE(shorts.insert(flag.short_name).second) << path << " -" << flag.short_name;
    }
  }
}

TEST(HelpTest, ExamplesParse) {
  for (const auto& [path, command] : Everything()) {
    for (absl::string_view line : absl::StrSplit(command->examples, '\n')) {
      const size_t at = line.find(absl::StrCat(kProgram, " ", path, " "));
      if (at == absl::string_view::npos || absl::StartsWith(line, "#") || !command->subcommands.empty()) continue;
      const absl::string_view rest = line.substr(at + sizeof(kProgram) + path.size() + 1);
      const std::vector<std::string> words = absl::StrSplit(rest, ' ', absl::SkipEmpty());
      const absl::Status status = ParseArgs(*command, words).status();
      EXPECT_TRUE(status.ok()) << line << ": " << status;
    }
  }
}

TEST(HelpTest, TextsAreAsRecorded) {
  std::string text = ProgramHelp(AllCommands());
  for (const auto& [path, command] : Everything())
    absl::StrAppend(&text, "\n=== ", path, "\n", CommandHelp(*command, path));
  const std::string file = absl::StrCat(KUBELITE_TESTDATA, "/help.txt");
  if (std::getenv("KUBELITE_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(base::WriteFileAtomically(file, text).ok());
  }
  EXPECT_EQ(base::ReadFile(file).value_or(""), text)
      << "run the test with KUBELITE_UPDATE_GOLDEN=1 to record the present texts";
}

}  // namespace
}  // namespace kubelite::cli
