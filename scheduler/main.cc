// kube-lite-scheduler: flags, object graph. See README.md.

#include "CLI/CLI.hpp"
#include "common/base/log.h"
#include "common/daemon/run.h"
#include "scheduler/app.h"

int main(int argc, char** argv) {
  using kubelite::scheduler::App;
  kubelite::base::InitLog("scheduler", kubelite::base::LogLevel::kInfo);
  kubelite::scheduler::Options options;
  CLI::App cli("Assigns pods to nodes.", "kube-lite-scheduler");
  kubelite::daemon::AddFlags(&cli, kubelite::scheduler::kComponent, &options);
  cli.add_option("--scheduler-name", options.scheduler_name, "Schedules pods with this spec.schedulerName")
      ->capture_default_str();
  CLI11_PARSE(cli, argc, argv);
  return kubelite::daemon::Run(
      {.name = "kube-lite-scheduler", .component = kubelite::scheduler::kComponent}, options.Validate(), &options,
      [&options](const auto& deps, auto on_lost) { return std::make_unique<App>(deps, options, std::move(on_lost)); });
}
