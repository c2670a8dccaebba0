#include <gtest/gtest.h>

#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {
namespace {

Command Sample() {
  using Kind = Flag::Kind;
  Command command;
  command.name = "sample";
  command.flags = {{.name = "output", .short_name = 'o', .help = "x"},
                   {.name = "watch", .short_name = 'w', .kind = Kind::kBool, .help = "x"},
                   {.name = "all", .short_name = 'A', .kind = Kind::kBool, .help = "x"},
                   {.name = "wait", .kind = Kind::kBool, .default_value = "true", .help = "x"},
                   {.name = "replicas", .kind = Kind::kInt, .default_value = "1", .help = "x"},
                   {.name = "timeout", .kind = Kind::kDuration, .default_value = "30s", .help = "x"},
                   {.name = "filename", .short_name = 'f', .kind = Kind::kList, .help = "x"},
                   {.name = "literal", .kind = Kind::kArray, .help = "x"},
                   {.name = "dry-run", .default_value = "none", .help = "x", .bare_value = "client"}};
  return command;
}

Args Parsed(const std::vector<std::string>& tokens) {
  const absl::StatusOr<Args> args = ParseArgs(Sample(), tokens);
  EXPECT_TRUE(args.ok()) << args.status();
  return args.value_or(Args());
}

std::string Problem(const std::vector<std::string>& tokens) {
  const absl::Status status = ParseArgs(Sample(), tokens).status();
  EXPECT_TRUE(IsUsageError(status)) << status;
  return std::string(status.message());
}

using Words = std::vector<std::string>;

TEST(ArgsTest, FlagsStandAnywhereInAllSpellings) {
  EXPECT_EQ(Parsed({"pods", "-o", "yaml", "a"}).Get("output"), "yaml");
  EXPECT_EQ(Parsed({"-oyaml"}).Get("output"), "yaml");
  EXPECT_EQ(Parsed({"-o=yaml"}).Get("output"), "yaml");
  EXPECT_EQ(Parsed({"--output", "yaml"}).Get("output"), "yaml");
  EXPECT_EQ(Parsed({"--output=yaml"}).Get("output"), "yaml");
  EXPECT_EQ(Parsed({"pods", "-o", "yaml", "a"}).positional, (Words{"pods", "a"}));
}

TEST(ArgsTest, Switches) {
  EXPECT_TRUE(Parsed({"-w"}).GetBool("watch"));
  const Args joined = Parsed({"-wAo", "wide", "pods"});
  EXPECT_TRUE(joined.GetBool("watch"));
  EXPECT_TRUE(joined.GetBool("all"));
  EXPECT_EQ(joined.Get("output"), "wide");
  EXPECT_EQ(joined.positional, Words{"pods"});
  // A word after a switch is not its value.
  EXPECT_EQ(Parsed({"-w", "pods"}).positional, Words{"pods"});
  EXPECT_TRUE(Parsed({}).GetBool("wait"));
  EXPECT_FALSE(Parsed({"--wait=false"}).GetBool("wait"));
}

TEST(ArgsTest, ValuesThatMayBeLeftOut) {
  EXPECT_EQ(Parsed({}).Get("dry-run"), "none");
  EXPECT_EQ(Parsed({"--dry-run", "pods"}).Get("dry-run"), "client");
  EXPECT_EQ(Parsed({"--dry-run=server"}).Get("dry-run"), "server");
}

TEST(ArgsTest, ListsAndArrays) {
  EXPECT_EQ(Parsed({"-f", "a,b", "-f", "c"}).GetList("filename"), (Words{"a", "b", "c"}));
  EXPECT_EQ(Parsed({"--literal=a=1,2", "--literal", "b"}).GetArray("literal"), (Words{"a=1,2", "b"}));
}

TEST(ArgsTest, Numbers) {
  EXPECT_EQ(Parsed({}).GetInt("replicas"), 1);
  EXPECT_EQ(Parsed({"--replicas", "-1"}).GetInt("replicas"), -1);
  EXPECT_EQ(Parsed({"--timeout=1m30s"}).GetDuration("timeout"), absl::Seconds(90));
  EXPECT_EQ(Problem({"--replicas=x"}), "invalid argument \"x\" for \"--replicas\" flag: must be a whole number");
  EXPECT_EQ(Problem({"--timeout=5"}),
            "invalid argument \"5\" for \"--timeout\" flag: must be a duration such as 30s or 1m30s");
  EXPECT_EQ(Problem({"--watch=maybe"}), "invalid argument \"maybe\" for \"--watch\" flag: must be true or false");
}

TEST(ArgsTest, UnknownFlagsAndMissingValues) {
  EXPECT_EQ(Problem({"--nope"}), "unknown flag: --nope");
  EXPECT_EQ(Problem({"--nope=1"}), "unknown flag: --nope");
  EXPECT_EQ(Problem({"-wx"}), "unknown shorthand flag: 'x' in -wx");
  EXPECT_EQ(Problem({"--output"}), "flag needs an argument: --output");
  EXPECT_EQ(Problem({"-o"}), "flag needs an argument: 'o' in -o");
}

TEST(ArgsTest, NothingIsAFlagAfterTwoDashes) {
  EXPECT_EQ(Parsed({"a", "--", "-w", "--nope"}).positional, (Words{"a", "-w", "--nope"}));
}

TEST(ArgsTest, ADashIsAWord) { EXPECT_EQ(Parsed({"-f", "-"}).GetList("filename"), Words{"-"}); }

TEST(ArgsTest, GlobalFlagsAreKnownToEveryCommand) {
  EXPECT_EQ(Parsed({"-n", "kube-system"}).Get("namespace"), "kube-system");
  EXPECT_TRUE(Parsed({"-n", "x"}).Has("namespace"));
  EXPECT_FALSE(Parsed({}).Has("namespace"));
  Command command = Sample();
  command.flags.push_back({.name = "nodes", .short_name = 'n', .help = "x"});
  const absl::StatusOr<Args> args = ParseArgs(command, {"-n", "3"});
  ASSERT_TRUE(args.ok());
  EXPECT_EQ(args->Get("nodes"), "3");
  EXPECT_FALSE(args->Has("namespace"));
}

}  // namespace
}  // namespace kubelite::cli
