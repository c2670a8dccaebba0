#include "kubectl-lite/describe/events.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/commands/watch_loop.h"
#include "kubectl-lite/print/objects.h"
#include "kubectl-lite/print/table.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Event;

struct EventsOptions {
  std::string field_selector;
  std::vector<std::string> types;
  Output output;
  bool watch = false;
};

absl::StatusOr<EventsOptions> Complete(const Args& args) {
  EventsOptions options{.types = args.GetList("types"), .watch = args.GetBool("watch")};
  ASSIGN_OR_RETURN(options.output, Output::Parse(args.Get("output"), !args.GetBool("no-headers")));
  if (!args.Has("for")) return options;
  ASSIGN_OR_RETURN(const std::vector<Selection> about, ParseSelections({args.Get("for")}));
  if (about.size() != 1 || about[0].names.size() != 1) return UsageError("--for must be in resource/name form");
  options.field_selector =
      absl::StrCat("involvedObject.kind=", about[0].resource->gvk.kind, ",involvedObject.name=", about[0].names[0]);
  return options;
}

absl::Status Validate(const Args& args, const EventsOptions& options) {
  if (!args.positional.empty())
    return UsageError(absl::StrCat("unexpected word \"", args.positional[0], "\"; choose an object with --for"));
  for (const std::string& type : options.types) {
    if (!absl::EqualsIgnoreCase(type, "Normal") && !absl::EqualsIgnoreCase(type, "Warning")) {
      return UsageError(absl::StrCat("valid --types are Normal or Warning, got \"", type, "\""));
    }
  }
  return absl::OkStatus();
}

bool Wanted(const EventsOptions& options, const Event& event) {
  return options.types.empty() || std::any_of(options.types.begin(), options.types.end(), [&](const std::string& type) {
           return absl::EqualsIgnoreCase(type, event.type());
         });
}

kubelite::v1::Table ToTable(const std::vector<EventPtr>& events, absl::Time now) {
  kubelite::v1::Table table;
  for (const char* name : {"Last Seen", "Type", "Reason", "Object", "Message"}) table.add_columns()->set_name(name);
  for (const EventPtr& event : events) {
    auto* row = table.add_rows();
    row->mutable_metadata()->set_namespace_(event->metadata().namespace_());
    row->add_cells(EventAge(*event, now));
    row->add_cells(event->type());
    row->add_cells(event->reason());
    row->add_cells(absl::StrCat(event->involvedobject().kind(), "/", event->involvedobject().name()));
    row->add_cells(std::string(absl::StripAsciiWhitespace(event->message())));
  }
  return table;
}

absl::Status Print(EventsOptions& options, const std::vector<EventPtr>& events, bool as_list, TablePrinter* printer,
                   Context& context) {
  if (options.output.is_table()) {
    printer->Print(ToTable(events, context.clock.Now()), context.out);
  } else {
    RETURN_IF_ERROR(options.output.Print({events.begin(), events.end()}, as_list, context.out));
  }
  context.out.flush();
  return absl::OkStatus();
}

absl::Status Watch(EventsOptions& options, client::WatchOptions watch, TablePrinter* printer, Session& session,
                   Context& context) {
  return WatchLoop(*session.client, api::ResourceOf<Event>(), std::move(watch),
                   [&](const client::WatchEvent& change) -> absl::StatusOr<bool> {
                     if (change.type == client::WatchEvent::Type::kDeleted || change.object == nullptr) return true;
                     const EventPtr event = api::As<Event>(change.object);
                     if (Wanted(options, *event)) RETURN_IF_ERROR(Print(options, {event}, false, printer, context));
                     return true;
                   });
}

absl::Status Run(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(EventsOptions options, Complete(args));
  RETURN_IF_ERROR(Validate(args, options));
  ASSIGN_OR_RETURN(Session session, Connect(args, context));
  session.all_namespaces = args.GetBool("all-namespaces");
  client::ListOptions list_options;
  list_options.name_space = session.ListNamespace();
  list_options.field_selector = options.field_selector;
  ASSIGN_OR_RETURN(const client::ListResult list, session.client->List(api::ResourceOf<Event>(), list_options));
  std::vector<EventPtr> events;
  for (const api::ObjectPtr& item : list.items) {
    if (Wanted(options, static_cast<const Event&>(*item))) events.push_back(api::As<Event>(item));
  }
  SortByLastSeen(&events);
  TableOptions table;
  table.headers = !args.GetBool("no-headers");
  table.with_namespace = session.all_namespaces;
  TablePrinter printer(table);
  if (!events.empty() || (!options.output.is_table() && !options.watch)) {
    RETURN_IF_ERROR(Print(options, events, true, &printer, context));
  } else if (!options.watch) {
    context.err << (session.all_namespaces ? "No events found."
                                           : absl::StrCat("No events found in ", session.name_space, " namespace."))
                << "\n";
  }
  if (!options.watch) return absl::OkStatus();
  client::WatchOptions watch;
  watch.name_space = session.ListNamespace();
  watch.field_selector = options.field_selector;
  watch.resource_version = list.resource_version;
  return Watch(options, watch, &printer, session, context);
}

}  // namespace

Command EventsCommand() {
  using Kind = Flag::Kind;
  return {.name = "events",
          .aliases = {},
          .summary = "Show what happened, the latest last",
          .usage = "events [--for TYPE/NAME] [flags]",
          .examples =
              "# In the namespace, then everywhere\n"
              "kubectl-lite events\n"
              "kubectl-lite events -A\n"
              "# About one object; only warnings; as they happen\n"
              "kubectl-lite events --for deployment/hello\n"
              "kubectl-lite events --types=Warning\n"
              "kubectl-lite events -w",
          .flags = {{.name = "for", .help = "Only about this object: TYPE/NAME"},
                    {.name = "types", .kind = Kind::kList, .help = "Only these types: Normal, Warning"},
                    {.name = "all-namespaces", .short_name = 'A', .kind = Kind::kBool, .help = "All namespaces"},
                    {.name = "watch", .short_name = 'w', .kind = Kind::kBool, .help = "Go on with new events"},
                    {.name = "output",
                     .short_name = 'o',
                     .help = "json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,..."},
                    {.name = "no-headers", .kind = Kind::kBool, .help = "No header line"}},
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
