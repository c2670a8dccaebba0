#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/client/client.h"
#include "common/client/kubeconfig.h"

namespace kubelite::cli {

// A flag of a command. Spelled as kubectl spells it.
struct Flag {
  enum class Kind { kBool, kString, kInt, kList };  // kList may be repeated or comma separated
  std::string name;                                 // without dashes
  char short_name = 0;
  Kind kind = Kind::kString;
  std::string default_value;
  std::string help;
  // What the flag means without "=value", as --dry-run does; empty: a value is required.
  std::string bare_value;
};

// The parsed command line of one command.
class Args {
 public:
  std::vector<std::string> positional;
  // Of a flag that the command or the program declares; CHECK-fails for others.
  std::string Get(const std::string& flag) const;
  bool GetBool(const std::string& flag) const;
  int64_t GetInt(const std::string& flag) const;
  std::vector<std::string> GetList(const std::string& flag) const;
  // Given on the command line.
  bool Has(const std::string& flag) const;

 private:
  friend absl::StatusOr<Args> ParseArgs(const struct Command& command, const std::vector<std::string>& tokens);
  std::map<std::string, std::vector<std::string>> values_;
  std::map<std::string, std::string> defaults_;
};

// What a command works with; only main.cc touches the process's own streams.
struct Context {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const base::Clock& clock;
  std::function<absl::StatusOr<client::ResolvedContext>(const Args& args)> resolve;
  std::function<std::unique_ptr<client::Client>(const client::GrpcClientOptions& options)> connect;
};

// A command is a value. `run` completes its options from args, checks them, and acts; it returns what went wrong.
struct Command {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;   // one line
  std::string usage;     // "get [TYPE[,TYPE] [NAME...] | TYPE/NAME ...] [flags]"
  std::string examples;  // lines; a comment before each
  std::vector<Flag> flags;
  std::function<absl::Status(const Args& args, Context& context)> run;
  std::vector<Command> subcommands;  // "config view", "rollout status"
};

// Flags that every command has: --kubeconfig, --context, --namespace, --server... .
const std::vector<Flag>& GlobalFlags();

// Reads flags in any position. InvalidArgument `unknown flag: --x` and the like.
absl::StatusOr<Args> ParseArgs(const Command& command, const std::vector<std::string>& tokens);

// An error of use: printed with a pointer to the command's help.
absl::Status UsageError(absl::string_view message);
bool IsUsageError(const absl::Status& status);

// A failure whose messages have been printed already: only the exit status is left to say.
absl::Status AlreadyReported();
bool IsAlreadyReported(const absl::Status& status);

// The client and namespace of an invocation.
struct Session {
  std::unique_ptr<client::Client> client;
  std::string name_space;       // of --namespace or the kubeconfig
  bool all_namespaces = false;  // of --all-namespaces, where the command has it
  std::string ListNamespace() const { return all_namespaces ? "" : name_space; }
};
absl::StatusOr<Session> Connect(const Args& args, Context& context);

}  // namespace kubelite::cli
