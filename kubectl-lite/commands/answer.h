#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/api/scheme.h"
#include "common/client/client.h"
#include "kubectl-lite/framework/command.h"
#include "kubectl-lite/print/objects.h"

namespace kubelite::cli {

// How a writing command acts and answers: `deployment.apps/hello created`, with -o the object itself, with --dry-run
// without effect.
class Answer {
 public:
  enum class DryRun { kNone, kClient, kServer };
  // --dry-run and -o.
  static std::vector<Flag> Flags();
  static absl::StatusOr<Answer> Complete(const Args& args);

  DryRun dry_run() const { return dry_run_; }
  // With the server's side of --dry-run; warnings are collected here and printed by Print.
  client::WriteOptions WriteOptions();
  // `done` is the word of the answer: "created".
  absl::Status Print(const api::ObjectPtr& object, const api::ResourceInfo& resource, const std::string& name,
                     absl::string_view done, Context& context);
  // "", " (dry run)" or " (server dry run)".
  std::string Suffix() const;
  bool prints_objects() const { return !output_.is_table() && format() != OutputFormat::kName; }
  OutputFormat format() const { return output_.format(); }

 private:
  DryRun dry_run_ = DryRun::kNone;
  Output output_;
  std::vector<std::string> warnings_;
  bool printed_ = false;
};

// Reads, edits and updates one object; tries again when another writer came between. `edit` may refuse. With a dry run
// on the client's side the edited object is returned unsent. An edit that changes nothing is not sent.
absl::StatusOr<api::ObjectPtr> EditObject(client::Client& client, const api::ResourceInfo& resource,
                                          const api::ObjectKey& key, Answer* answer,
                                          const std::function<absl::Status(api::Object*)>& edit);

// Prints a failure as ErrorText words it, unless it was reported already.
void ReportFailure(const absl::Status& status, const std::string& source, Context& context);

// Runs `act` for every item and reports each failure on its own, so that one bad object does not hold up the others.
// AlreadyReported when one failed. Item has a member `source`: its file and line, or "".
template <typename Item, typename Act>
absl::Status ForEach(const std::vector<Item>& items, Context& context, Act act) {
  bool failed = false;
  for (const Item& item : items) {
    const absl::Status status = act(item);
    if (status.ok()) continue;
    failed = true;
    ReportFailure(status, item.source, context);
  }
  return failed ? AlreadyReported() : absl::OkStatus();
}

}  // namespace kubelite::cli
