#include "kubectl-lite/framework/program.h"

#include <gtest/gtest.h>

#include <sstream>

namespace kubelite::cli {
namespace {

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    Command status;
    status.name = "status";
    status.summary = "Show it";
    status.usage = "rollout status";
    status.examples = "# One\nkubectl-lite rollout status x";
    status.run = [this](const Args& args, Context&) { return Note("status", args); };
    Command rollout;
    rollout.name = "rollout";
    rollout.summary = "Roll";
    rollout.usage = "rollout ...";
    rollout.subcommands = {status};
    Command get;
    get.name = "get";
    get.aliases = {"g"};
    get.summary = "Show objects";
    get.usage = "get TYPE";
    get.flags = {{.name = "output", .short_name = 'o', .default_value = "table", .help = "The format"},
                 {.name = "watch", .short_name = 'w', .kind = Flag::Kind::kBool, .help = "Go on"}};
    get.run = [this](const Args& args, Context&) { return Note("get", args); };
    Command create = get;
    create.name = "create";
    create.aliases = {};
    create.subcommands = {status};
    create.run = [this](const Args& args, Context&) { return Note("create", args); };
    commands_ = {get, rollout, create};
  }

  absl::Status Note(const std::string& name, const Args& args) {
    ran_ = name;
    args_ = args;
    return result_;
  }

  int Run(const std::vector<std::string>& words) {
    out_.str("");
    err_.str("");
    ran_.clear();
    std::istringstream in;
    Context context{.in = in,
                    .out = out_,
                    .err = err_,
                    .clock = base::SystemClock(),
                    .resolve = nullptr,
                    .kubeconfig_path = nullptr,
                    .connect = nullptr};
    return RunProgram(commands_, words, context);
  }

  std::vector<Command> commands_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::string ran_;
  Args args_;
  absl::Status result_;
};

TEST_F(ProgramTest, FlagsMayStandBeforeTheCommand) {
  EXPECT_EQ(Run({"-n", "kube-system", "get", "pods"}), 0);
  EXPECT_EQ(ran_, "get");
  EXPECT_EQ(args_.Get("namespace"), "kube-system");
  EXPECT_EQ(args_.positional, std::vector<std::string>{"pods"});
  EXPECT_EQ(Run({"rollout", "--namespace=x", "status", "a"}), 0);
  EXPECT_EQ(ran_, "status");
  EXPECT_EQ(Run({"g", "pods"}), 0);
  EXPECT_EQ(ran_, "get");
}

TEST_F(ProgramTest, ACommandThatRunsTakesWordsThatAreNoSubcommand) {
  EXPECT_EQ(Run({"create", "something"}), 0);
  EXPECT_EQ(ran_, "create");
  EXPECT_EQ(Run({"create", "-o", "status", "x"}), 0);
  EXPECT_EQ(ran_, "create");
  EXPECT_EQ(Run({"create", "status", "x"}), 0);
  EXPECT_EQ(ran_, "status");
}

TEST_F(ProgramTest, UnknownCommandsAreGuessed) {
  EXPECT_EQ(Run({"gte", "pods"}), 1);
  EXPECT_EQ(err_.str(),
            "error: unknown command \"gte\" for \"kubectl-lite\", did you mean \"get\"? (see 'kubectl-lite help')\n");
  EXPECT_EQ(Run({"frobnicate"}), 1);
  EXPECT_EQ(err_.str(), "error: unknown command \"frobnicate\" for \"kubectl-lite\" (see 'kubectl-lite help')\n");
  EXPECT_EQ(Run({"rollout", "statu"}), 1);
  EXPECT_EQ(err_.str().find("error: unknown command \"statu\" for \"kubectl-lite rollout\", did you mean \"status\"?"),
            0U);
  EXPECT_EQ(Run({"rollout"}), 1);
  EXPECT_EQ(err_.str(), "error: must specify one of: status (see 'kubectl-lite rollout --help')\n");
}

TEST_F(ProgramTest, ErrorsGoToStandardErrorWithStatusOne) {
  result_ = UsageError("no type");
  EXPECT_EQ(Run({"get"}), 1);
  EXPECT_EQ(err_.str(), "error: no type (see 'kubectl-lite get --help')\n");
  EXPECT_EQ(out_.str(), "");
  result_ = absl::InternalError("broken");
  EXPECT_EQ(Run({"get"}), 1);
  EXPECT_EQ(err_.str(), "error: broken\n");
  result_ = AlreadyReported();
  EXPECT_EQ(Run({"get"}), 1);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ProgramTest, HelpInAllItsForms) {
  EXPECT_EQ(Run({}), 0);
  const std::string program_help = out_.str();
  EXPECT_NE(program_help.find("  get      Show objects\n"), std::string::npos) << program_help;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"help"}, {"--help"}, {"-h"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_EQ(out_.str(), program_help);
  }
  EXPECT_EQ(Run({"get", "--help"}), 0);
  const std::string get_help = out_.str();
  EXPECT_EQ(get_help,
            "Show objects.\n"
            "\n"
            "Usage:\n"
            "  kubectl-lite get TYPE\n"
            "\n"
            "Aliases: g\n"
            "\n"
            "Flags:\n"
            "  -o, --output text  The format (default table)\n"
            "  -w, --watch        Go on\n"
            "\n"
            "Flags of every command:\n"
            "      --kubeconfig text           Path to the kubeconfig file; default $KUBECONFIG, then the current "
            "local cluster\n"
            "      --context text              The kubeconfig context to use\n"
            "  -n, --namespace text            The namespace of this request\n"
            "      --request-timeout duration  Give up on a single request after this long (default 30s)\n"
            "  -h, --help                      Help for this command\n");
  EXPECT_EQ(Run({"help", "get"}), 0);
  EXPECT_EQ(out_.str(), get_help);
  EXPECT_EQ(Run({"get", "pods", "-h"}), 0);
  EXPECT_EQ(out_.str(), get_help);
  EXPECT_EQ(Run({"help", "rollout", "status"}), 0);
  EXPECT_NE(out_.str().find("Examples:\n  # One\n  kubectl-lite rollout status x\n"), std::string::npos) << out_.str();
  EXPECT_EQ(ran_, "");
}

}  // namespace
}  // namespace kubelite::cli
