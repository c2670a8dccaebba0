#include "kubectl-lite/config/kubeconfig_lookup.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/cluster/layout.h"

namespace kubelite::cli {

absl::StatusOr<std::string> KubeconfigPath(const Args& args, const std::string& environment) {
  if (const std::string path = args.Get("kubeconfig"); !path.empty()) return path;
  if (!environment.empty()) {
    if (environment.find(':') != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("KUBECONFIG names several files (", environment, "); name one, or use --kubeconfig"));
    }
    return environment;
  }
  const std::string current = CurrentClusterDirectory();
  if (!current.empty()) return Layout(current).Kubeconfig();
  return absl::FailedPreconditionError(
      "there is no local cluster and no kubeconfig; start one with 'kubectl-lite up', or name a file with --kubeconfig "
      "or KUBECONFIG");
}

absl::StatusOr<client::ResolvedContext> ResolveKubeconfig(const Args& args, const std::string& environment) {
  ASSIGN_OR_RETURN(const std::string path, KubeconfigPath(args, environment));
  const absl::StatusOr<client::Kubeconfig> config = client::ReadKubeconfig(path);
  if (absl::IsNotFound(config.status())) {
    return absl::NotFoundError(
        absl::StrCat("the kubeconfig \"", path, "\" does not exist; name another with --kubeconfig or KUBECONFIG"));
  }
  RETURN_IF_ERROR(config.status());
  const size_t slash = path.rfind('/');
  absl::StatusOr<client::ResolvedContext> resolved =
      client::ResolveContext(*config, args.Get("context"), slash == std::string::npos ? "." : path.substr(0, slash));
  if (!resolved.ok()) return base::Annotate(resolved.status(), path);
  return resolved;
}

}  // namespace kubelite::cli
