#include "kubelet/runtime/process_spec.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "kubelet/runtime/leftovers.h"

namespace kubelite::kubelet {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// NAME=value, each name once, the last value at the place of the first.
class Environment {
 public:
  void Set(const std::string& name, const std::string& value) {
    const auto [at, added] = index_.emplace(name, entries_.size());
    if (added) entries_.emplace_back();
    entries_[at->second] = absl::StrCat(name, "=", value);
  }
  std::vector<std::string> Take() { return std::move(entries_); }

 private:
  std::map<std::string, size_t> index_;
  std::vector<std::string> entries_;
};

std::vector<std::string> MakeEnv(const image::Manifest& image, const ContainerConfig& config,
                                 const SandboxRecord& sandbox, const std::string& pod_directory, uint32_t uid) {
  Environment env;
  env.Set("PATH", kDefaultPath);
  env.Set("HOSTNAME", sandbox.hostname);
  env.Set("HOME", uid == 0 ? "/root" : "/");
  if (config.tty) env.Set("TERM", "xterm");
  for (const std::string& entry : image.env) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(entry, absl::MaxSplits('=', 1));
    env.Set(parts.first, parts.second);
  }
  for (const auto& [name, value] : config.env) env.Set(name, value);
  // At the end, so that nothing replaces them.
  env.Set("KUBE_LITE_POD_UID", sandbox.sandbox.uid);
  env.Set("KUBE_LITE_POD_IP", sandbox.sandbox.ip);
  env.Set(kPodDirectoryVariable, pod_directory);
  return env.Take();
}

absl::Status SetUser(const image::Manifest& image, const ContainerConfig& config, uint32_t effective_uid,
                     shim::Process* process) {
  process->uid = effective_uid;
  bool asked = false;
  if (!image.user.empty()) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(image.user, absl::MaxSplits(':', 1));
    if (!absl::SimpleAtoi(parts.first, &process->uid) ||
        (!parts.second.empty() && !absl::SimpleAtoi(parts.second, &process->gid))) {
      return absl::InvalidArgumentError(absl::StrCat("image user \"", image.user, "\" is not uid[:gid] in numbers"));
    }
    asked = true;
  }
  if (config.run_as_user) process->uid = static_cast<uint32_t>(*config.run_as_user);
  if (config.run_as_group) process->gid = static_cast<uint32_t>(*config.run_as_group);
  asked = asked || config.run_as_user || config.run_as_group || !config.supplemental_groups.empty();
  if (!asked || (effective_uid != 0 && process->uid == effective_uid && !config.run_as_group)) return absl::OkStatus();
  if (effective_uid != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("running as user ", process->uid, " needs a kubelet that runs as root"));
  }
  process->set_ids = true;
  for (int64_t group : config.supplemental_groups) process->groups.push_back(static_cast<uint32_t>(group));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<shim::Process> MakeProcess(const image::Manifest& image, const ContainerConfig& config,
                                          const SandboxRecord& sandbox, const std::string& pod_directory,
                                          uint32_t effective_uid) {
  shim::Process process;
  process.argv = config.command.empty() ? image.entrypoint : config.command;
  const std::vector<std::string>& args = config.args.empty() && config.command.empty() ? image.cmd : config.args;
  process.argv.insert(process.argv.end(), args.begin(), args.end());
  if (process.argv.empty()) return absl::InvalidArgumentError("no command specified");
  process.cwd = config.working_dir.empty() ? image.working_dir : config.working_dir;
  RETURN_IF_ERROR(SetUser(image, config, effective_uid, &process));
  process.env = MakeEnv(image, config, sandbox, pod_directory, process.uid);
  return process;
}

}  // namespace kubelite::kubelet
