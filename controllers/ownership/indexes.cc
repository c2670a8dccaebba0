#include "controllers/ownership/indexes.h"

#include "absl/strings/str_cat.h"

namespace kubelite::controllers {
namespace {

constexpr char kControllerIndex[] = "controller";

// A uid never contains a slash, so one index serves both questions.
std::string OrphanKey(const std::string& name_space) { return absl::StrCat("orphans/", name_space); }

}  // namespace

void AddControllerIndex(client::Informer* informer) {
  informer->AddIndex(kControllerIndex, [](const api::Object& object) -> std::vector<std::string> {
    if (const auto* controller = api::ControllerOf(object)) return {controller->uid()};
    return {OrphanKey(api::Meta(object).namespace_())};
  });
}

std::vector<api::ObjectPtr> OwnedBy(const client::Informer& informer, const std::string& controller_uid) {
  return informer.ByIndex(kControllerIndex, controller_uid);
}

std::vector<api::ObjectPtr> OrphansIn(const client::Informer& informer, const std::string& name_space) {
  return informer.ByIndex(kControllerIndex, OrphanKey(name_space));
}

std::vector<api::ObjectPtr> ClaimCandidates(const client::Informer& informer, const api::Object& owner) {
  std::vector<api::ObjectPtr> candidates = OwnedBy(informer, api::Meta(owner).uid());
  for (api::ObjectPtr& orphan : OrphansIn(informer, api::Meta(owner).namespace_())) {
    candidates.push_back(std::move(orphan));
  }
  return candidates;
}

}  // namespace kubelite::controllers
