#include "tests/robustness/truth.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kubelite::robustness {

absl::Status AppendStep(absl::Span<const store::EventPtr> step, const Origin& origin, Model* model) {
  const Revision revision = step.front()->revision();
  if (revision != model->current() + 1) {
    return absl::FailedPreconditionError(absl::StrCat("watch complete: the watch of all keys tells ",
                                                      ToText(*step.front()), " after revision ", model->current()));
  }
  std::vector<KeyChange> changes;
  std::set<std::string> keys;
  for (const store::EventPtr& event : step) {
    const bool deleted = event->type == Event::Type::kDelete;
    if (!keys.insert(event->kv.key).second) {
      return absl::FailedPreconditionError(absl::StrCat("watch unique: a step has two changes of ", ToText(*event)));
    }
    if (deleted && !model->Get(event->kv.key, model->current())) {
      return absl::FailedPreconditionError(absl::StrCat("watch content: ", ToText(*event), " deletes an absent key"));
    }
    changes.push_back({event->kv.key, deleted ? std::nullopt : std::make_optional(event->kv.value), event->kv.lease});
  }
  model->Append(changes, origin);
  return absl::OkStatus();
}

namespace {

absl::Status AppendKnown(const std::vector<store::EventPtr>& step, const std::map<Revision, Origin>& origins,
                         Model* model) {
  const auto origin = origins.find(step.front()->revision());
  if (origin == origins.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("origin: that of revision ", step.front()->revision(), " is not known"));
  }
  return AppendStep(step, origin->second, model);
}

}  // namespace

absl::StatusOr<Model> BuildTruth(const Subscription& journal, const std::map<Revision, Origin>& origins) {
  Model model;
  std::vector<store::EventPtr> step;
  for (const WatchRecord& watch : journal.watches) {
    for (const PollRecord& poll : watch.polls) {
      for (const store::EventPtr& event : poll.events) {
        if (!step.empty() && step.front()->revision() != event->revision()) {
          if (absl::Status status = AppendKnown(step, origins, &model); !status.ok()) return status;
          step.clear();
        }
        step.push_back(event);
      }
    }
  }
  if (!step.empty()) {
    if (absl::Status status = AppendKnown(step, origins, &model); !status.ok()) return status;
  }
  return model;
}

void LocateLost(const Model& truth, std::vector<Session>* sessions) {
  std::map<std::string, Revision> revisions;
  for (Revision revision = 1; revision <= truth.current(); ++revision) {
    revisions.emplace(truth.origin(revision).note, revision);
  }
  for (Session& session : *sessions) {
    for (Operation& op : session) {
      if (!op.lost) continue;
      const auto found = revisions.find(op.note);
      op.revision = found == revisions.end() ? 0 : found->second;
    }
  }
}

absl::Status CheckDurable(const Model& truth, const std::vector<Session>& sessions) {
  for (const Session& session : sessions) {
    for (const Operation& op : session) {
      if (op.lost || !op.IsStep()) continue;
      if (op.revision > truth.current()) {
        return absl::FailedPreconditionError(
            absl::StrCat("durable: ", ToText(op), " was acknowledged, but the log ends at ", truth.current()));
      }
      if (op.kind != Operation::Kind::kPut && op.kind != Operation::Kind::kDelete) continue;
      const std::string& note = truth.origin(op.revision).note;
      if (note == op.note) continue;
      return absl::FailedPreconditionError(
          absl::StrCat("durable: ", ToText(op), " was acknowledged, but its revision is by \"", note, "\""));
    }
  }
  return absl::OkStatus();
}

}  // namespace kubelite::robustness
