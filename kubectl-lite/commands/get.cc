#include <algorithm>
#include <map>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/answer.h"
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
  Output output;
  TableOptions table;
  std::string label_selector, field_selector, sort_by;
  bool watch = false, watch_only = false, ignore_not_found = false;
};

absl::StatusOr<GetOptions> Complete(const Args& args) {
  GetOptions options;
  ASSIGN_OR_RETURN(options.selections, ParseSelections(args.positional));
  ASSIGN_OR_RETURN(options.output, Output::Parse(args.Get("output"), !args.GetBool("no-headers")));
  options.output.set_show_managed_fields(args.GetBool("show-managed-fields"));
  options.table = {.wide = options.output.format() == OutputFormat::kWide,
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
  if (args.Has("at") && options.watch) {
    return UsageError("--at shows the past, which does not change: it cannot be used together with --watch");
  }
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

// Runs one `get`. Objects that are missing do not hold up the others: they are reported at the end.
class Getter {
 public:
  Getter(const GetOptions& options, const Session& session, Context& context)
      : options_(options), output_(options.output), session_(session), context_(context) {}

  absl::Status Run() {
    RETURN_IF_ERROR(options_.output.is_table() ? PrintTables() : PrintAsObjects());
    for (const absl::Status& problem : problems_) ReportFailure(problem, "", context_);
    return problems_.empty() ? absl::OkStatus() : AlreadyReported();
  }

 private:
  struct Objects {
    std::vector<api::ObjectPtr> items;
    std::string resource_version;
  };
  struct Rows {
    kubelite::v1::Table table;
    std::string resource_version;
  };

  client::ListOptions ListOptionsFor(const Selection& selection) const {
    client::ListOptions list;
    list.name_space = selection.resource->namespaced ? session_.ListNamespace() : "";
    list.label_selector = options_.label_selector;
    list.field_selector = options_.field_selector;
    return list;
  }

  // True when there is an object; false when it is missing, which is noted; else the error.
  absl::StatusOr<bool> Found(const absl::Status& status) {
    if (status.ok()) return true;
    if (!api::IsNotFound(status)) return status;
    if (!options_.ignore_not_found) problems_.push_back(status);
    return false;
  }

  absl::StatusOr<Objects> Fetch(const Selection& selection) {
    Objects fetched;
    for (const std::string& name : selection.names) {
      const absl::StatusOr<api::ObjectPtr> object =
          session_.client->Get(*selection.resource, session_.KeyFor(*selection.resource, name));
      ASSIGN_OR_RETURN(const bool found, Found(object.status()));
      if (!found) continue;
      fetched.items.push_back(*object);
      fetched.resource_version = api::Meta(**object).resourceversion();
    }
    if (selection.names.empty()) {
      ASSIGN_OR_RETURN(client::ListResult list, session_.client->List(*selection.resource, ListOptionsFor(selection)));
      fetched = {std::move(list.items), list.resource_version};
    }
    RETURN_IF_ERROR(Sort(&fetched.items));
    return fetched;
  }

  absl::Status Sort(std::vector<api::ObjectPtr>* objects) const {
    if (options_.sort_by.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const FieldPath path, FieldPath::Parse("--sort-by", options_.sort_by));
    std::stable_sort(objects->begin(), objects->end(), [&](const api::ObjectPtr& a, const api::ObjectPtr& b) {
      return path.SortText(*a) < path.SortText(*b);
    });
    return absl::OkStatus();
  }

  // Puts the rows in the order of the objects at the sort path.
  absl::Status SortRows(const Selection& selection, kubelite::v1::Table* table) const {
    if (options_.sort_by.empty() || !selection.names.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(client::ListResult list, session_.client->List(*selection.resource, ListOptionsFor(selection)));
    RETURN_IF_ERROR(Sort(&list.items));
    std::map<api::ObjectKey, size_t> rank;
    for (const api::ObjectPtr& object : list.items) rank.emplace(api::KeyOf(*object), rank.size());
    const auto rank_of = [&](const kubelite::v1::Table::Row& row) {
      const auto found = rank.find({row.metadata().namespace_(), row.metadata().name()});
      return found == rank.end() ? rank.size() : found->second;
    };
    std::stable_sort(table->mutable_rows()->begin(), table->mutable_rows()->end(),
                     [&](const auto& a, const auto& b) { return rank_of(a) < rank_of(b); });
    return absl::OkStatus();
  }

  absl::StatusOr<Rows> FetchRows(const Selection& selection) {
    Rows fetched;
    if (selection.names.empty()) {
      ASSIGN_OR_RETURN(client::Client::TableList list,
                       session_.client->ListTable(*selection.resource, ListOptionsFor(selection)));
      fetched = {std::move(*list.table), list.resource_version};
    }
    for (const std::string& name : selection.names) {
      absl::StatusOr<kubelite::v1::Table> one =
          session_.client->GetTable(*selection.resource, session_.KeyFor(*selection.resource, name));
      ASSIGN_OR_RETURN(const bool found, Found(one.status()));
      if (!found) continue;
      if (fetched.table.columns_size() == 0) *fetched.table.mutable_columns() = one->columns();
      for (auto& row : *one->mutable_rows()) {
        fetched.resource_version = row.metadata().resourceversion();
        fetched.table.add_rows()->Swap(&row);
      }
    }
    RETURN_IF_ERROR(SortRows(selection, &fetched.table));
    return fetched;
  }

  absl::Status Watch(const std::string& resource_version, TablePrinter* printer) {
    const Selection& selection = options_.selections[0];
    client::WatchOptions watch;
    watch.name_space = selection.resource->namespaced ? session_.ListNamespace() : "";
    watch.label_selector = options_.label_selector;
    watch.field_selector =
        selection.names.empty() ? options_.field_selector : absl::StrCat("metadata.name=", selection.names[0]);
    watch.resource_version = resource_version;
    watch.as_table = printer != nullptr;
    return WatchLoop(*session_.client, *selection.resource, watch,
                     [&](const client::WatchEvent& event) -> absl::StatusOr<bool> {
                       if (event.table != nullptr && printer != nullptr) {
                         printer->Print(*event.table, context_.out);
                       } else if (event.object != nullptr) {
                         RETURN_IF_ERROR(output_.Print({event.object}, false, context_.out));
                       }
                       context_.out.flush();
                       return true;
                     });
  }

  absl::Status PrintAsObjects() {
    Objects all;
    bool as_list = options_.selections.size() > 1;
    for (const Selection& selection : options_.selections) {
      ASSIGN_OR_RETURN(const Objects fetched, Fetch(selection));
      all.items.insert(all.items.end(), fetched.items.begin(), fetched.items.end());
      all.resource_version = fetched.resource_version;
      as_list = as_list || selection.names.size() != 1;
    }
    const bool nothing_named = !as_list && all.items.empty();  // missing, and reported so
    if (!options_.watch_only && !nothing_named) {
      RETURN_IF_ERROR(output_.Print(all.items, as_list, context_.out));
    }
    context_.out.flush();
    return options_.watch && problems_.empty() ? Watch(all.resource_version, nullptr) : absl::OkStatus();
  }

  absl::Status PrintTables() {
    bool any = false;
    for (const Selection& selection : options_.selections) {
      ASSIGN_OR_RETURN(const Rows fetched, FetchRows(selection));
      TableOptions table = options_.table;
      table.with_namespace = table.with_namespace && selection.resource->namespaced;
      if (options_.selections.size() > 1) {
        table.name_prefix = ObjectName(*selection.resource, "");
        if (any && fetched.table.rows_size() > 0) context_.out << "\n";
      }
      TablePrinter printer(table);
      if (!options_.watch_only) printer.Print(fetched.table, context_.out);
      any = any || fetched.table.rows_size() > 0;
      context_.out.flush();
      if (options_.watch && problems_.empty()) return Watch(fetched.resource_version, &printer);
    }
    if (!any && problems_.empty() && !options_.ignore_not_found) ReportNothing();
    return absl::OkStatus();
  }

  void ReportNothing() {
    const bool namespaced = options_.selections[0].resource->namespaced && !session_.all_namespaces;
    context_.err << (namespaced ? absl::StrCat("No resources found in ", session_.name_space, " namespace.")
                                : "No resources found")
                 << "\n";
  }

  const GetOptions& options_;
  Output output_;
  const Session& session_;
  Context& context_;
  std::vector<absl::Status> problems_;
};

absl::Status Run(const Args& args, Context& context) {
  RETURN_IF_ERROR(CheckSelectors(args));
  ASSIGN_OR_RETURN(const GetOptions options, Complete(args));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  RETURN_IF_ERROR(Validate(options, session));
  return Getter(options, session, context).Run();
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
          "# Single fields, and columns of one's own\n"
          "kubectl-lite get pods -o jsonpath='{range "
          ".items[*]}{.metadata.name}{\"\\t\"}{.status.podIP}{\"\\n\"}{end}'\n"
          "kubectl-lite get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image\n"
          "# Several kinds; by label; as they change\n"
          "kubectl-lite get deploy,rs,pods\n"
          "kubectl-lite get pods -l app=hello\n"
          "kubectl-lite get pods -w\n"
          "# As they were ten minutes ago\n"
          "kubectl-lite get pods --at -10m\n"
          "# Oldest first\n"
          "kubectl-lite get events --sort-by=.metadata.creationTimestamp",
      .flags = {{.name = "output",
                 .short_name = 'o',
                 .help =
                     "json, yaml, name, wide, jsonpath=TEMPLATE, jsonpath-file=FILE or custom-columns=HEADER:PATH,..."},
                {.name = "selector", .short_name = 'l', .help = "Label selector, for example app=hello,tier!=db"},
                {.name = "field-selector", .help = "Field selector, for example status.phase=Running"},
                {.name = "all-namespaces", .short_name = 'A', .kind = Kind::kBool, .help = "All namespaces"},
                {.name = "watch", .short_name = 'w', .kind = Kind::kBool, .help = "Go on with changes after the list"},
                {.name = "watch-only", .kind = Kind::kBool, .help = "Changes only, without the list"},
                AtFlag(),
                {.name = "sort-by", .help = "Field path to sort by, for example .metadata.name"},
                {.name = "show-labels", .kind = Kind::kBool, .help = "A last column with all labels"},
                {.name = "show-managed-fields",
                 .kind = Kind::kBool,
                 .help = "With -o yaml or json: also who manages which field"},
                {.name = "label-columns", .short_name = 'L', .kind = Kind::kList, .help = "Labels to show as columns"},
                {.name = "no-headers", .kind = Kind::kBool, .help = "No header line"},
                {.name = "ignore-not-found", .kind = Kind::kBool, .help = "Nothing and status 0 for a missing object"}},
      .run = Run,
      .subcommands = {}};
}

}  // namespace kubelite::cli
