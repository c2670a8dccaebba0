#include "kubectl-lite/commands/answer.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "kubectl-lite/framework/errors.h"
#include "kubectl-lite/print/names.h"

namespace kubelite::cli {
namespace {

constexpr int kAttempts = 5;

}  // namespace

std::vector<Flag> Answer::Flags() {
  return {
      {.name = "dry-run",
       .default_value = "none",
       .help = "none, client (send nothing) or server (ask the server, store nothing)",
       .bare_value = "client"},
      {.name = "output", .short_name = 'o', .help = "Answer with the object as json, yaml, name or jsonpath=TEMPLATE"}};
}

absl::StatusOr<Answer> Answer::Complete(const Args& args) {
  Answer answer;
  const std::string dry_run = args.Get("dry-run");
  if (dry_run == "client") {
    answer.dry_run_ = DryRun::kClient;
  } else if (dry_run == "server") {
    answer.dry_run_ = DryRun::kServer;
  } else if (dry_run != "none") {
    return UsageError(
        absl::StrCat("invalid dry-run value (", dry_run, "). Must be \"none\", \"server\", or \"client\""));
  }
  ASSIGN_OR_RETURN(answer.output_, Output::Parse(args.Get("output")));
  if (answer.format() == OutputFormat::kWide || answer.format() == OutputFormat::kColumns) {
    return UsageError("--output: allowed formats are: json,jsonpath,jsonpath-file,name,yaml");
  }
  return answer;
}

client::WriteOptions Answer::WriteOptions() {
  warnings_.clear();
  return {.field_manager = "kubectl-lite",
          .dry_run = dry_run_ == DryRun::kServer,
          .field_validation = "Strict",
          .warnings = &warnings_};
}

std::string Answer::Suffix() const {
  return dry_run_ == DryRun::kClient ? " (dry run)" : dry_run_ == DryRun::kServer ? " (server dry run)" : "";
}

absl::Status Answer::Print(const api::ObjectPtr& object, const api::ResourceInfo& resource, const std::string& name,
                           absl::string_view done, Context& context) {
  for (const std::string& warning : warnings_) context.err << "Warning: " << warning << "\n";
  warnings_.clear();
  if (format() == OutputFormat::kTable) {
    context.out << ObjectName(resource, name) << " " << done << Suffix() << "\n";
  } else if (format() == OutputFormat::kName) {
    context.out << ObjectName(resource, name) << "\n";
  } else {
    if (printed_ && format() == OutputFormat::kYaml) context.out << "---\n";
    RETURN_IF_ERROR(output_.Print({object}, false, context.out));
    printed_ = true;
  }
  context.out.flush();
  return absl::OkStatus();
}

absl::StatusOr<api::ObjectPtr> EditObject(client::Client& client, const api::ResourceInfo& resource,
                                          const api::ObjectKey& key, Answer* answer,
                                          const std::function<absl::Status(api::Object*)>& edit) {
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(const api::ObjectPtr current, client.Get(resource, key));
    std::shared_ptr<api::Object> edited = api::Clone(*current);
    RETURN_IF_ERROR(edit(edited.get()));
    const bool same = google::protobuf::util::MessageDifferencer::Equals(*current, *edited);
    if (same || answer->dry_run() == Answer::DryRun::kClient) return api::ObjectPtr(edited);
    absl::StatusOr<api::ObjectPtr> updated = client.Update(resource, *edited, "", answer->WriteOptions());
    if (!api::IsConflict(updated.status()) || attempt == kAttempts) return updated;
  }
}

void ReportFailure(const absl::Status& status, const std::string& source, Context& context) {
  if (IsAlreadyReported(status)) return;
  context.out.flush();
  context.err << ErrorText(status, source, Hint(status, context)) << "\n";
}

}  // namespace kubelite::cli
