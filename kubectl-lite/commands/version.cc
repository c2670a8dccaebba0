#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "common/base/status_macros.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/print/objects.h"

namespace kubelite::cli {
namespace {

constexpr char kVersion[] = "v" KUBELITE_VERSION;
constexpr char kApiVersion[] = "v1.36";  // the Kubernetes release whose API this is

// The address of the API server once it has answered. Any answer counts, a refusal too.
absl::StatusOr<std::string> ServerAddress(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const client::ResolvedContext resolved, context.resolve(args));
  ASSIGN_OR_RETURN(const Session session, Connect(args, context));
  const absl::Status status =
      session.client->Get(api::ResourceOf<k8s::core::v1::Namespace>(), {"", "default"}).status();
  if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return status;
  return resolved.grpc.address;
}

absl::Status Run(const Args& args, Context& context) {
  if (!args.positional.empty()) return UsageError("version takes no words");
  ASSIGN_OR_RETURN(const Output output, Output::Parse(args.Get("output")));
  const OutputFormat format = output.format();
  absl::StatusOr<std::string> server = "";
  if (!args.GetBool("client")) server = ServerAddress(args, context);
  if (format == OutputFormat::kTable) {
    context.out << "Client Version: " << kVersion << "\nKubernetes API: " << kApiVersion << "\n";
    if (server.ok() && !server->empty()) context.out << "Server: " << *server << " answers\n";
    return server.status();
  }
  if (format != OutputFormat::kYaml && format != OutputFormat::kJson)
    return UsageError("--output must be 'yaml' or 'json'");
  std::string json =
      absl::StrCat(R"({"clientVersion":{"gitVersion":")", kVersion, R"("},"kubernetesAPI":")", kApiVersion, "\"");
  if (server.ok() && !server->empty()) absl::StrAppend(&json, R"(,"server":")", *server, "\"");
  json += "}";
  ASSIGN_OR_RETURN(const std::string text,
                   format == OutputFormat::kYaml ? api::JsonToYaml(json) : api::PrettyJson(json));
  context.out << text << (format == OutputFormat::kJson ? "\n" : "");
  return server.status();
}

}  // namespace

Command VersionCommand() {
  return {.name = "version",
          .aliases = {},
          .summary = "Show the version, and whether the API server answers",
          .usage = "version [flags]",
          .examples = "# With a look at the server; without\nkubectl-lite version\nkubectl-lite version --client",
          .flags = {{.name = "client", .kind = Flag::Kind::kBool, .help = "Do not ask the server"},
                    {.name = "output", .short_name = 'o', .help = "json or yaml"}},
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
