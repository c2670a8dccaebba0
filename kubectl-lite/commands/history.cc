#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/api/json.h"
#include "common/api/time.h"
#include "common/api/yaml.h"
#include "common/base/status_macros.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/object_history.h"
#include "kubectl-lite/commands/selection.h"
#include "kubectl-lite/print/line_diff.h"
#include "kubectl-lite/print/names.h"
#include "kubectl-lite/print/objects.h"
#include "kubectl-lite/print/table.h"

namespace kubelite::cli {
namespace {

constexpr size_t kChangedWidth = 100;

struct HistoryOptions {
  Selection object;
  OutputFormat format = OutputFormat::kTable;
  int64_t limit = 0;
  bool diff = false;
  bool headers = true;
};

absl::StatusOr<HistoryOptions> Complete(const Args& args) {
  HistoryOptions options{
      .limit = args.GetInt("limit"), .diff = args.GetBool("diff"), .headers = !args.GetBool("no-headers")};
  ASSIGN_OR_RETURN(const std::vector<Selection> selections, ParseSelections(args.positional));
  if (selections.size() != 1 || selections[0].names.size() != 1) {
    return UsageError("name one object, for example: deployment hello, or deployment/hello");
  }
  options.object = selections[0];
  ASSIGN_OR_RETURN(const Output output, Output::Parse(args.Get("output")));
  options.format = output.format();
  const bool as_objects = options.format == OutputFormat::kYaml || options.format == OutputFormat::kJson;
  if (!as_objects && !output.is_table()) return UsageError("-o must be json, yaml or wide");
  if (options.diff && as_objects) return UsageError("--diff and -o exclude each other");
  if (options.limit < 0) return UsageError("--limit must not be negative; 0 shows all that is kept");
  return options;
}

// "update", "patch status"; "?" for a write that tells nothing, as one of the store itself.
std::string VerbText(const kubelite::v1::WriteNote& by) {
  if (by.verb().empty()) return "?";
  return by.subresource().empty() ? by.verb() : absl::StrCat(by.verb(), " ", by.subresource());
}

std::string ProgramText(const kubelite::v1::WriteNote& by) {
  return by.field_manager().empty() ? by.user_agent() : by.field_manager();
}

std::string ChangedText(const ObjectState& state) {
  switch (state.kind) {
    case ObjectState::Kind::kCreated:
      return "<created>";
    case ObjectState::Kind::kDeleted:
      return "<deleted>";
    case ObjectState::Kind::kUnknown:
      return "<the state before is no longer kept>";
    case ObjectState::Kind::kChanged:
      break;
  }
  return state.changed.empty() ? "<nothing of note>" : ChangesText(state.changed, kChangedWidth);
}

void PrintTable(const HistoryOptions& options, const std::vector<ObjectState>& states, Context& context) {
  const bool wide = options.format == OutputFormat::kWide;
  std::vector<std::vector<std::string>> rows;
  if (options.headers) {
    rows.push_back({"REVISION", "AGE", "WHO", "VERB", "CHANGED"});
    if (wide) rows.back().insert(rows.back().begin() + 2, {"WHEN", "PROGRAM"});
  }
  for (const ObjectState& state : states) {
    rows.push_back({absl::StrCat(state.revision), api::FormatAge(state.time, context.clock.Now()),
                    state.by.user().empty() ? "?" : state.by.user(), VerbText(state.by), ChangedText(state)});
    if (wide) {
      const std::string program = ProgramText(state.by);
      rows.back().insert(rows.back().begin() + 2,
                         {api::FormatRfc3339Micro(state.time), program.empty() ? "?" : program});
    }
  }
  PrintAligned(rows, context.out);
}

absl::Status PrintDiffs(const std::vector<ObjectState>& states, Context& context) {
  for (const ObjectState& state : states) {
    context.out << "# revision " << state.revision << ", " << api::FormatRfc3339Micro(state.time) << ", "
                << (state.by.user().empty() ? "?" : state.by.user()) << ", " << VerbText(state.by);
    if (state.kind == ObjectState::Kind::kUnknown) {
      context.out << " ("
                  << "the state before is no longer kept"
                  << ")\n";
      continue;
    }
    context.out << "\n";
    std::string before;
    std::string after;
    if (state.before != nullptr) {
      ASSIGN_OR_RETURN(before, ComparableYaml(*state.before));
    }
    if (state.after != nullptr) {
      ASSIGN_OR_RETURN(after, ComparableYaml(*state.after));
    }
    const std::string from =
        state.before == nullptr ? "/dev/null" : absl::StrCat("revision ", api::ResourceVersion(*state.before));
    const std::string to = state.after == nullptr ? "/dev/null" : absl::StrCat("revision ", state.revision);
    context.out << UnifiedDiff(before, after, from, to);
  }
  return absl::OkStatus();
}

class JsonWriter : public rapidjson::Writer<rapidjson::StringBuffer> {
 public:
  using Writer::Writer;
  void Text(const char* name, const std::string& value) {
    if (value.empty()) return;
    Key(name);
    String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
  }
};

void WriteState(const ObjectState& state, JsonWriter* writer) {
  writer->StartObject();
  writer->Key("revision");
  writer->Int64(state.revision);
  writer->Text("time", api::FormatRfc3339Micro(state.time));
  writer->Text("user", state.by.user());
  writer->Text("verb", state.by.verb());
  writer->Text("subresource", state.by.subresource());
  writer->Text("fieldManager", state.by.field_manager());
  writer->Text("userAgent", state.by.user_agent());
  if (state.kind == ObjectState::Kind::kCreated) writer->Text("change", "Created");
  if (state.kind == ObjectState::Kind::kDeleted) writer->Text("change", "Deleted");
  if (state.kind == ObjectState::Kind::kChanged) writer->Text("change", "Changed");
  if (!state.changed.empty()) {
    writer->Key("changed");
    writer->StartArray();
    for (const FieldChange& change : state.changed) {
      writer->StartObject();
      writer->Text("path", change.path);
      writer->Text("before", change.before);
      writer->Text("after", change.after);
      writer->EndObject();
    }
    writer->EndArray();
  }
  if (state.after != nullptr) {
    const std::string json = PlainJson(*state.after);
    writer->Key("object");
    writer->RawValue(json.c_str(), json.size(), rapidjson::kObjectType);
  }
  writer->EndObject();
}

absl::Status PrintAsObject(OutputFormat format, const std::vector<ObjectState>& states, Context& context) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  writer.Text("apiVersion", "kubelite.dev/v1");
  writer.Text("kind", "ObjectHistory");
  writer.Key("items");
  writer.StartArray();
  for (const ObjectState& state : states) WriteState(state, &writer);
  writer.EndArray();
  writer.EndObject();
  const absl::string_view json(buffer.GetString(), buffer.GetSize());
  ASSIGN_OR_RETURN(const std::string text,
                   format == OutputFormat::kYaml ? api::JsonToYaml(json) : api::PrettyJson(json));
  context.out << text << (format == OutputFormat::kYaml ? "" : "\n");
  return absl::OkStatus();
}

absl::Status Run(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const HistoryOptions options, Complete(args));
  ASSIGN_OR_RETURN(const Session session, Connect(args, context));
  ASSIGN_OR_RETURN(const auto store, ConnectStore(args, context));
  const api::ResourceInfo& resource = *options.object.resource;
  ASSIGN_OR_RETURN(const ObjectHistory history,
                   ReadHistory(*store, resource, session.KeyFor(resource, options.object.names[0]), options.limit));
  if (options.diff) {
    RETURN_IF_ERROR(PrintDiffs(history.states, context));
  } else if (options.format == OutputFormat::kYaml || options.format == OutputFormat::kJson) {
    RETURN_IF_ERROR(PrintAsObject(options.format, history.states, context));
  } else {
    PrintTable(options, history.states, context);
  }
  if (history.more) context.err << "Older changes are kept but not shown; --limit 0 shows all.\n";
  return absl::OkStatus();
}

}  // namespace

Command HistoryCommand() {
  using Kind = Flag::Kind;
  return {.name = "history",
          .aliases = {},
          .summary = "Show who changed an object when, and which fields; also of a deleted one",
          .usage = "history (TYPE NAME | TYPE/NAME) [flags]",
          .examples =
              "# The last changes of a deployment, the latest last\n"
              "kubectl-lite history deployment hello\n"
              "# All that is kept, with times and programs; what exactly changed\n"
              "kubectl-lite history deployment/hello --limit 0 -o wide\n"
              "kubectl-lite history deployment/hello --diff",
          .flags = {{.name = "output", .short_name = 'o', .help = "json, yaml or wide"},
                    {.name = "limit",
                     .kind = Kind::kInt,
                     .default_value = "20",
                     .help = "At most this many of the latest changes; 0: all that are kept"},
                    {.name = "diff", .kind = Kind::kBool, .help = "Each change as a difference of YAML lines"},
                    {.name = "no-headers", .kind = Kind::kBool, .help = "No header line"}},
          .run = Run,
          .subcommands = {}};
}

}  // namespace kubelite::cli
