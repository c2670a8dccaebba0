#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/api/json.h"
#include "common/api/stored.h"
#include "common/api/time.h"
#include "common/api/yaml.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/print/tab_text.h"
#include "kubectl-lite/print/table.h"

namespace kubelite::cli {
namespace {

// The revision that --at names; 0: the newest.
absl::StatusOr<int64_t> RevisionOf(const Args& args, client::StoreClient& store) {
  if (!args.Has("at")) return 0;
  ASSIGN_OR_RETURN(const client::Moment moment, store.ResolveMoment(args.Get("at")));
  return moment.revision;
}

std::string LeaseText(const kubelite::v1::KeyInfo& info) {
  return info.lease() == 0 ? "<none>" : absl::StrCat(info.lease());
}

absl::Status RunLs(const Args& args, Context& context) {
  if (args.positional.size() > 1) return UsageError("ls takes one prefix");
  if (args.Get("output") != "" && args.Get("output") != "wide") return UsageError("-o must be wide");
  const bool wide = args.Get("output") == "wide";
  const int64_t limit = args.GetInt("limit");
  if (limit < 0) return UsageError("--limit must not be negative; 0 shows all");
  ASSIGN_OR_RETURN(const auto store, ConnectStore(args, context));
  kubelite::v1::ListKeysRequest request;
  if (!args.positional.empty()) request.set_prefix(args.positional[0]);
  ASSIGN_OR_RETURN(const int64_t revision, RevisionOf(args, *store));
  request.set_revision(revision);
  std::vector<std::vector<std::string>> rows = {{"KEY", "CREATED", "REVISION", "VERSION", "BYTES", "LEASE"}};
  int64_t shown = 0;
  do {
    if (limit > 0) request.set_limit(limit - shown);
    ASSIGN_OR_RETURN(const kubelite::v1::ListKeysResponse page, store->ListKeys(request));
    for (const kubelite::v1::KeyInfo& info : page.keys()) {
      ++shown;
      if (!wide) {
        context.out << info.key() << "\n";
        continue;
      }
      rows.push_back({info.key(), absl::StrCat(info.create_revision()), absl::StrCat(info.mod_revision()),
                      absl::StrCat(info.version()), absl::StrCat(info.value_bytes()), LeaseText(info)});
    }
    request.set_start(page.next());
    request.set_revision(page.revision());
  } while (!request.start().empty() && (limit == 0 || shown < limit));
  if (wide && shown > 0) PrintAligned(rows, context.out);
  if (shown == 0) context.err << "No keys found.\n";
  return absl::OkStatus();
}

std::string Header(const kubelite::v1::StoredValue& value) {
  const kubelite::v1::KeyInfo& info = value.info();
  std::string text =
      absl::StrCat("# ", info.key(), "\n# revision ", info.mod_revision(), ", created in ", info.create_revision(),
                   ", version ", info.version(), ", ", info.value_bytes(), " bytes");
  if (info.lease() != 0) absl::StrAppend(&text, ", lease ", info.lease());
  if (value.has_time()) {
    absl::StrAppend(&text, "\n# written ", api::FormatRfc3339Micro(api::FromProto(value.time())), " by ",
                    value.by().user().empty() ? "?" : value.by().user());
    if (!value.by().verb().empty()) absl::StrAppend(&text, " (", value.by().verb(), ")");
  }
  return text + "\n";
}

absl::Status RunGet(const Args& args, Context& context) {
  if (args.positional.size() != 1) return UsageError("get takes one key; 'debug store ls' shows them");
  const std::string format = args.Get("output");
  if (format != "yaml" && format != "json" && format != "raw") return UsageError("-o must be yaml, json or raw");
  ASSIGN_OR_RETURN(const auto store, ConnectStore(args, context));
  ASSIGN_OR_RETURN(const int64_t revision, RevisionOf(args, *store));
  ASSIGN_OR_RETURN(const kubelite::v1::StoredValue value, store->GetKey(args.positional[0], revision));
  if (format == "raw") {
    context.out << value.value();
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<api::Object>> object = api::DecodeStored(value.value());
  if (!object.ok()) return absl::DataLossError(absl::StrCat(args.positional[0], ": ", object.status().message()));
  if (format == "json") {
    context.out << api::EncodeJsonPretty(**object) << "\n";
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string yaml, api::JsonToYaml(api::EncodeJson(**object)));
  context.out << Header(value) << yaml;
  return absl::OkStatus();
}

absl::Status RunStats(const Args& args, Context& context) {
  if (!args.positional.empty()) return UsageError("stats takes no words");
  ASSIGN_OR_RETURN(const auto store, ConnectStore(args, context));
  ASSIGN_OR_RETURN(const kubelite::v1::StoreStats stats, store->GetStats());
  const auto mib = [](int64_t bytes) { return absl::StrFormat("%.1f MiB", static_cast<double>(bytes) / (1 << 20)); };
  const absl::Time oldest = api::FromProto(stats.oldest_time());
  context.out << AlignTabs(
      absl::StrCat("Revision:\t", stats.revision(), "\nOldest revision:\t", stats.oldest_revision(), " (",
                   api::FormatRfc3339(oldest), ", ", api::FormatAge(oldest, context.clock.Now()), " ago)\nKeys:\t",
                   stats.keys(), "\nDisk:\t", mib(stats.disk_bytes()), "\nHistory:\t", mib(stats.history_bytes()),
                   "\nWatches:\t", stats.watchers(), "\nLeases:\t", stats.leases(), "\nWrites:\t",
                   stats.refuses_writes() ? "refused: the disk is full" : "accepted", "\n"));
  return absl::OkStatus();
}

Command LsCommand() {
  return {.name = "ls",
          .aliases = {},
          .summary = "List the keys that begin with a prefix",
          .usage = "debug store ls [PREFIX] [flags]",
          .examples =
              "# Every key; those of one namespace's pods with revisions and sizes\n"
              "kubectl-lite debug store ls\n"
              "kubectl-lite debug store ls /registry/core/pods/default/ -o wide",
          .flags = {{.name = "output", .short_name = 'o', .help = "wide: with revisions, sizes and leases"},
                    {.name = "limit",
                     .kind = Flag::Kind::kInt,
                     .default_value = "0",
                     .help = "At most so many keys; 0: all"},
                    AtFlag()},
          .run = RunLs,
          .subcommands = {}};
}

Command GetKeyCommand() {
  return {
      .name = "get",
      .aliases = {},
      .summary = "Show what is stored under a key",
      .usage = "debug store get KEY [flags]",
      .examples =
          "# An object as it is stored, with who wrote it\n"
          "kubectl-lite debug store get /registry/core/namespaces/default\n"
          "# As it was; the bytes themselves\n"
          "kubectl-lite debug store get /registry/core/namespaces/default --at 12\n"
          "kubectl-lite debug store get /registry/core/namespaces/default -o raw",
      .flags = {{.name = "output", .short_name = 'o', .default_value = "yaml", .help = "yaml, json or raw"}, AtFlag()},
      .run = RunGet,
      .subcommands = {}};
}

Command StatsCommand() {
  return {.name = "stats",
          .aliases = {},
          .summary = "Show revisions, sizes and how far history goes back",
          .usage = "debug store stats",
          .examples = "# How much is kept\nkubectl-lite debug store stats",
          .flags = {},
          .run = RunStats,
          .subcommands = {}};
}

}  // namespace

Command DebugCommand() {
  Command store{.name = "store",
                .aliases = {},
                .summary = "Look into the API server's store; for administrators",
                .usage = "debug store (ls | get | stats) [flags]",
                .examples = "# The keys of the store\nkubectl-lite debug store ls",
                .flags = {},
                .run = nullptr,
                .subcommands = {LsCommand(), GetKeyCommand(), StatsCommand()}};
  return {.name = "debug",
          .aliases = {},
          .summary = "Look below the API",
          .usage = "debug store (ls | get | stats) [flags]",
          .examples = "# How much history is kept\nkubectl-lite debug store stats",
          .flags = {},
          .run = nullptr,
          .subcommands = {std::move(store)}};
}

}  // namespace kubelite::cli
