#include <algorithm>
#include <map>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/commands/watch_loop.h"
#include "kubectl-lite/print/names.h"
#include "kubectl-lite/print/objects.h"
#include "kubectl-lite/print/table.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::cli {
namespace {

struct GetOptions {
  std::vector<Selection> selections;
  OutputFormat format = OutputFormat::kTable;
  TableOptions table;
  std::string label_selector, field_selector, sort_by;
  bool watch = false, watch_only = false, ignore_not_found = false;
};

absl::StatusOr<GetOptions> Complete(const Args& args) {
  GetOptions options;
  ASSIGN_OR_RETURN(options.selections, ParseSelections(args.positional));
  ASSIGN_OR_RETURN(options.format, ParseOutputFormat(args.Get("output")));
  options.table = {.wide = options.format == OutputFormat::kWide,
                   .headers = !args.GetBool("no-headers"),
                   .with_namespace = args.GetBool("all-namespaces"),
                   .show_labels = args.GetBool("show-labels"),
                   .label_columns = args.GetList("label-columns"),
                   .name_prefix = ""};
  options.label_selector = args.Get("selector");
  options.field_selector = args.Get("field-selector");
  options.sort_by = args.Get("sort-by");
  options.watch_only = args.GetBool("watch-only");
  options.watch = args.GetBool("watch") || options.watch_only;
  options.ignore_not_found = args.GetBool("ignore-not-found");
  return options;
}

absl::Status Validate(const GetOptions& options, const Session& session) {
  for (const Selection& selection : options.selections) {
    if (selection.names.empty()) continue;
    if (session.all_namespaces && selection.resource->namespaced) {
      return UsageError("a resource cannot be retrieved by name across all namespaces");
    }
    if (!options.label_selector.empty() || !options.field_selector.empty()) {
      return UsageError("name cannot be provided when a selector is specified");
    }
  }
  if (options.watch && options.selections.size() != 1)
    return UsageError("you may only watch a single resource type at a time");
  if (options.watch && options.selections[0].names.size() > 1)
    return UsageError("you may only watch one object by name");
  if (!options.sort_by.empty()) RETURN_IF_ERROR(FieldPath::Parse("--sort-by", options.sort_by).status());
  return absl::OkStatus();
}

client::ListOptions ListOptionsFor(const GetOptions& options, const Selection& selection, const Session& session) {
  return {.name_space = selection.resource->namespaced ? session.ListNamespace() : "",
          .label_selector = options.label_selector,
          .field_selector = options.field_selector,
          .resource_version = "",
          .resource_version_match = "",
          .continue_token = ""};
}

absl::StatusOr<std::vector<api::ObjectPtr>> Fetch(const GetOptions& options, const Selection& selection,
                                                  Session& session) {
  std::vector<api::ObjectPtr> objects;
  for (const std::string& name : selection.names) {
    const api::ObjectKey key{selection.resource->namespaced ? session.name_space : "", name};
    absl::StatusOr<api::ObjectPtr> object = session.client->Get(*selection.resource, key);
    if (api::IsNotFound(object.status()) && options.ignore_not_found) continue;
    if (!object.ok()) return object.status();
    objects.push_back(*object);
  }
  if (selection.names.empty()) {
    ASSIGN_OR_RETURN(client::ListResult list,
                     session.client->List(*selection.resource, ListOptionsFor(options, selection, session)));
    objects = std::move(list.items);
  }
  if (!options.sort_by.empty()) {
    ASSIGN_OR_RETURN(const FieldPath key, FieldPath::Parse("--sort-by", options.sort_by));
    std::stable_sort(objects.begin(), objects.end(), [&](const api::ObjectPtr& a, const api::ObjectPtr& b) {
      return key.SortText(*a) < key.SortText(*b);
    });
  }
  return objects;
}

struct FetchedTable {
  kubelite::v1::Table table;
  std::string resource_version;
};

// Rows in the order of the objects at the sort path.
absl::Status SortRows(const GetOptions& options, const Selection& selection, Session& session,
                      kubelite::v1::Table* table) {
  ASSIGN_OR_RETURN(const std::vector<api::ObjectPtr> objects, Fetch(options, selection, session));
  std::map<api::ObjectKey, size_t> rank;
  for (const api::ObjectPtr& object : objects) rank.emplace(api::KeyOf(*object), rank.size());
  const auto rank_of = [&](const kubelite::v1::Table::Row& row) {
    const auto found = rank.find({row.metadata().namespace_(), row.metadata().name()});
    return found == rank.end() ? rank.size() : found->second;
  };
  std::stable_sort(table->mutable_rows()->begin(), table->mutable_rows()->end(),
                   [&](const auto& a, const auto& b) { return rank_of(a) < rank_of(b); });
  return absl::OkStatus();
}

absl::StatusOr<FetchedTable> FetchTable(const GetOptions& options, const Selection& selection, Session& session) {
  FetchedTable fetched;
  if (selection.names.empty()) {
    ASSIGN_OR_RETURN(client::Client::TableList list,
                     session.client->ListTable(*selection.resource, ListOptionsFor(options, selection, session)));
    fetched.table = std::move(*list.table);
    fetched.resource_version = list.resource_version;
  }
  for (const std::string& name : selection.names) {
    const api::ObjectKey key{selection.resource->namespaced ? session.name_space : "", name};
    absl::StatusOr<kubelite::v1::Table> one = session.client->GetTable(*selection.resource, key);
    if (api::IsNotFound(one.status()) && options.ignore_not_found) continue;
    if (!one.ok()) return one.status();
    if (fetched.table.columns_size() == 0) *fetched.table.mutable_columns() = one->columns();
    for (auto& row : *one->mutable_rows()) {
      fetched.resource_version = row.metadata().resourceversion();
      fetched.table.add_rows()->Swap(&row);
    }
  }
  if (!options.sort_by.empty()) RETURN_IF_ERROR(SortRows(options, selection, session, &fetched.table));
  return fetched;
}

absl::Status Watch(const GetOptions& options, const std::string& resource_version, TablePrinter* printer,
                   Session& session, Context& context) {
  const Selection& selection = options.selections[0];
  client::WatchOptions watch{
      .name_space = selection.resource->namespaced ? session.ListNamespace() : "",
      .label_selector = options.label_selector,
      .field_selector = options.field_selector,
      .resource_version = resource_version,
      .allow_bookmarks = true,
      .as_table = options.format == OutputFormat::kTable || options.format == OutputFormat::kWide};
  if (!selection.names.empty()) watch.field_selector = absl::StrCat("metadata.name=", selection.names[0]);
  return WatchLoop(*session.client, *selection.resource, watch,
                   [&](const client::WatchEvent& event) -> absl::StatusOr<bool> {
                     if (event.table != nullptr)
                       printer->Print(*event.table, context.out);
                     else if (event.object != nullptr)
                       RETURN_IF_ERROR(PrintObjects({event.object}, options.format, false, context.out));
                     context.out.flush();
                     return true;
                   });
}

absl::Status PrintAsObjects(const GetOptions& options, Session& session, Context& context) {
  std::vector<api::ObjectPtr> all;
  bool as_list = options.selections.size() > 1;
  for (const Selection& selection : options.selections) {
    ASSIGN_OR_RETURN(std::vector<api::ObjectPtr> objects, Fetch(options, selection, session));
    all.insert(all.end(), objects.begin(), objects.end());
    as_list = as_list || selection.names.size() != 1;
  }
  if (!options.watch_only) RETURN_IF_ERROR(PrintObjects(all, options.format, as_list, context.out));
  return options.watch ? Watch(options, "", nullptr, session, context) : absl::OkStatus();
}

absl::Status PrintAsTables(const GetOptions& options, Session& session, Context& context) {
  bool any = false;
  for (const Selection& selection : options.selections) {
    ASSIGN_OR_RETURN(const FetchedTable fetched, FetchTable(options, selection, session));
    TableOptions table = options.table;
    table.with_namespace = table.with_namespace && selection.resource->namespaced;
    if (options.selections.size() > 1) {
      table.name_prefix = ObjectName(*selection.resource, "");
      if (any && fetched.table.rows_size() > 0) context.out << "\n";
    }
    TablePrinter printer(table);
    if (!options.watch_only) printer.Print(fetched.table, context.out);
    any = any || fetched.table.rows_size() > 0;
    context.out.flush();
    if (options.watch) return Watch(options, fetched.resource_version, &printer, session, context);
  }
  if (!any && !options.ignore_not_found) {
    const bool namespaced = options.selections[0].resource->namespaced && !session.all_namespaces;
    context.err << (namespaced ? absl::StrCat("No resources found in ", session.name_space, " namespace.")
                               : "No resources found")
                << "\n";
  }
  return absl::OkStatus();
}

absl::Status Run(const Args& args, Context& context) {
  RETURN_IF_ERROR(CheckSelectors(args));
  ASSIGN_OR_RETURN(const GetOptions options, Complete(args));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  RETURN_IF_ERROR(Validate(options, session));
  const bool tables = options.format == OutputFormat::kTable || options.format == OutputFormat::kWide;
  return tables ? PrintAsTables(options, session, context) : PrintAsObjects(options, session, context);
}

}  // namespace

Command GetCommand() {
  using Kind = Flag::Kind;
  return {
      .name = "get",
      .aliases = {},
      .summary = "Show one or many objects",
      .usage = "get TYPE[,TYPE] [NAME ...] | TYPE/NAME ... [flags]",
      .examples =
          "# All pods of the namespace, then of all namespaces with their nodes\n"
          "kubectl-lite get pods\n"
          "kubectl-lite get pods -A -o wide\n"
          "# One object as YAML\n"
          "kubectl-lite get deployment hello -o yaml\n"
          "# Several kinds; by label; as they change\n"
          "kubectl-lite get deploy,rs,pods\n"
          "kubectl-lite get pods -l app=hello\n"
          "kubectl-lite get pods -w\n"
          "# Oldest first\n"
          "kubectl-lite get events --sort-by=.metadata.creationTimestamp",
      .flags = {{.name = "output", .short_name = 'o', .help = "json, yaml, name or wide"},
                {.name = "selector", .short_name = 'l', .help = "Label selector, for example app=hello,tier!=db"},
                {.name = "field-selector", .help = "Field selector, for example status.phase=Running"},
                {.name = "all-namespaces", .short_name = 'A', .kind = Kind::kBool, .help = "All namespaces"},
                {.name = "watch", .short_name = 'w', .kind = Kind::kBool, .help = "Go on with changes after the list"},
                {.name = "watch-only", .kind = Kind::kBool, .help = "Changes only, without the list"},
                {.name = "sort-by", .help = "Field path to sort by, for example .metadata.name"},
                {.name = "show-labels", .kind = Kind::kBool, .help = "A last column with all labels"},
                {.name = "label-columns", .short_name = 'L', .kind = Kind::kList, .help = "Labels to show as columns"},
                {.name = "no-headers", .kind = Kind::kBool, .help = "No header line"},
                {.name = "ignore-not-found", .kind = Kind::kBool, .help = "Nothing and status 0 for a missing object"}},
      .run = Run,
      .subcommands = {}};
}

}  // namespace kubelite::cli
