#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/client/client.h"
#include "common/client/kubeconfig.h"
#include "common/client/store_client.h"
#include "kubectl-lite/framework/console.h"

namespace kubelite::cli {

// A flag of a command. Spelled as kubectl spells it.
struct Flag {
  enum class Kind {
    kBool,
    kString,
    kInt,
    kDuration,  // Go's form: 90s, 1m30s
    kList,      // repeated or comma separated
    kArray,     // repeated; commas belong to the value
  };
  std::string name;  // without dashes
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
  // How many words came before "--", if there was one.
  std::optional<size_t> before_dash;
  // Of a flag that the command or the program declares; CHECK-fails for others.
  std::string Get(const std::string& flag) const;
  bool GetBool(const std::string& flag) const;
  int64_t GetInt(const std::string& flag) const;
  absl::Duration GetDuration(const std::string& flag) const;
  std::vector<std::string> GetList(const std::string& flag) const;   // of a kList
  std::vector<std::string> GetArray(const std::string& flag) const;  // of a kArray
  // Given on the command line.
  bool Has(const std::string& flag) const;

 private:
  friend class ArgsParser;
  std::map<std::string, std::vector<std::string>> values_;
  std::map<std::string, std::string> defaults_;
};

// What a command works with; only main.cc touches the process's own streams.
struct Context {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const base::Clock& clock;
  // The kubeconfig context that the flags and the environment name.
  std::function<absl::StatusOr<client::ResolvedContext>(const Args& args)> resolve;
  // The kubeconfig file that they name, for `config`.
  std::function<absl::StatusOr<std::string>(const Args& args)> kubeconfig_path;
  std::function<std::shared_ptr<client::Client>(const client::GrpcClientOptions& options)> connect;
  std::function<std::shared_ptr<client::StoreClient>(const client::GrpcClientOptions& options)> connect_store;
  std::function<std::unique_ptr<Console>()> open_console;
  // Set by Connect: what to tell a person when the server does not answer.
  std::function<std::string()> unreachable_hint;
};

// A command is a value. `run` completes its options from args, checks them, and acts; it returns what went wrong.
struct Command {
  std::string name;
  std::vector<std::string> aliases;
  std::string summary;   // one line
  std::string usage;     // "get TYPE[,TYPE] [NAME ...] | TYPE/NAME ... [flags]"
  std::string examples;  // lines; a comment before each
  std::vector<Flag> flags;
  std::function<absl::Status(const Args& args, Context& context)> run;  // may be empty when there are subcommands
  std::vector<Command> subcommands;                                     // "config view", "rollout status"
};

// context.unreachable_hint for an error that means that no server answered, else "".
std::string Hint(const absl::Status& status, const Context& context);

// Flags that every command has: --kubeconfig, --context, --namespace ... .
const std::vector<Flag>& GlobalFlags();
// The command's own flags and the global ones that it does not replace. A short name belongs to the command first.
std::vector<Flag> AllFlags(const Command& command);

// Reads flags in any position as kubectl does; a UsageError such as `unknown flag: --x`.
absl::StatusOr<Args> ParseArgs(const Command& command, const std::vector<std::string>& tokens);

// An error of use: printed with a pointer to the command's help.
absl::Status UsageError(absl::string_view message);
bool IsUsageError(const absl::Status& status);

// A failure whose messages have been printed already: only the exit status is left to say.
absl::Status AlreadyReported();
bool IsAlreadyReported(const absl::Status& status);

// The program ends with this exit status, and has said why.
absl::Status ExitWith(int code);
// The status of ExitWith; 0 for others.
int ExitCodeOf(const absl::Status& status);

// The client and namespace of an invocation.
struct Session {
  std::shared_ptr<client::Client> client;
  std::string name_space;       // of --namespace or the kubeconfig
  bool all_namespaces = false;  // of --all-namespaces, where the command has it
  absl::Time now;               // as of when ages are told: the present, or the moment of --at
  std::string ListNamespace() const { return all_namespaces ? "" : name_space; }
  // The key of a named object of the session's namespace.
  client::ObjectKey KeyFor(const client::ResourceInfo& resource, const std::string& name) const {
    return {resource.namespaced ? name_space : "", name};
  }
};
// With --at, where the command has it, the client shows that moment and only reads. What that means is asked of the
// server, which alone knows its clock.
absl::StatusOr<Session> Connect(const Args& args, Context& context);
Flag AtFlag();
// What the server's store remembers, for the same server.
absl::StatusOr<std::shared_ptr<client::StoreClient>> ConnectStore(const Args& args, Context& context);

}  // namespace kubelite::cli
