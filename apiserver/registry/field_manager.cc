#include "apiserver/registry/field_manager.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/object_changes.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/managed_fields.h"
#include "common/api/object_fields.h"
#include "common/api/structured_merge.h"
#include "common/api/typed_tree.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

using api::JsonTree;
using api::ManagedFields;

constexpr char kBeforeFirstApply[] = "before-first-apply";
constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";
constexpr size_t kMaxManagerBytes = 128;

// Which top-level members a write through this (sub)resource can change, as upstream's strategies reset the others.
auto WantedFields(const ResourceDef& def, const Request& request) {
  const bool status_only = request.subresource == "status";
  const bool has_status = def.info->FindSubresource("status") != nullptr;
  return [status_only, has_status](absl::string_view member) {
    if (status_only) return member == "status" || member == "metadata";
    return !has_status || member != "status";
  };
}

api::FieldManager ManagerOf(const ResourceDef& def, const Request& request, absl::string_view operation) {
  return {ManagerName(request), std::string(operation), def.info->gvk.ApiVersion(), request.subresource};
}

bool IsReset(const ManagedFields::Proto& entries) { return entries.size() == 1 && entries[0].ByteSizeLong() == 0; }

// The entries to go on from: those of the stored object, or what the client put in their place.
ManagedFields BaseOf(const Request& request, const api::Object* old, const ManagedFields::Proto& sent) {
  static const ManagedFields::Proto& none = *new ManagedFields::Proto();
  const ManagedFields::Proto& stored = old == nullptr ? none : api::Meta(*old).managedfields();
  if (!request.subresource.empty() || sent.empty()) return ManagedFields::Trusted(stored);
  if (IsReset(sent)) return ManagedFields();
  if (api::SameManagement(sent, stored)) return ManagedFields::Trusted(stored);
  absl::StatusOr<ManagedFields> managed = ManagedFields::Decode(sent);
  return managed.ok() && !managed->empty() ? *std::move(managed) : ManagedFields::Trusted(stored);
}

JsonTree EmptyObject() {
  JsonTree tree;
  tree.kind = JsonTree::Kind::kObject;
  return tree;
}

// The JSON form without managedFields.
absl::StatusOr<JsonTree> TreeOf(const api::Object& object) {
  std::unique_ptr<api::Object> plain = api::Clone(object);
  api::MutableMeta(plain.get())->clear_managedfields();
  ASSIGN_OR_RETURN(JsonTree tree, JsonTree::Parse(api::EncodeJson(*plain)));
  api::SortMembers(&tree);
  return tree;
}

std::string TextAt(const JsonTree& tree, absl::string_view name) {
  const JsonTree* member = tree.Find(name);
  return member == nullptr ? "" : member->Text();
}

// One application of a body, step by step.
class Application {
 public:
  Application(const ResourceDef& def, const Request& request, const api::Object* live, absl::Time now)
      : def_(def), request_(request), live_(live), now_(now), plan_(api::PlanFor(def.info->descriptor)) {}

  absl::StatusOr<std::unique_ptr<api::Object>> Run(std::vector<std::string>* warnings) {
    RETURN_IF_ERROR(ReadConfig(warnings));
    RETURN_IF_ERROR(ReadLive());
    ASSIGN_OR_RETURN(api::StructuredResult result, Merge(request_.force));
    if (!result.conflicts.empty()) {
      const std::vector<api::ApplyConflict> left = WithoutClientSideApply(result.conflicts);
      if (!left.empty()) return api::ConflictStatus(left);
      ASSIGN_OR_RETURN(result, Merge(/*force=*/true));
    }
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> object, api::Scheme::Builtin().New(def_.info->gvk));
    RETURN_IF_ERROR(
        api::DecodeJsonInto(result.object.ToJson(), object.get(), {.unknown = api::DecodeOptions::Unknown::kIgnore}));
    KeepLastApplied(object.get());
    managed_.Encode(api::MutableMeta(object.get())->mutable_managedfields());
    return object;
  }

 private:
  absl::Status ReadConfig(std::vector<std::string>* warnings) {
    absl::StatusOr<JsonTree> tree = JsonTree::Parse(request_.body_json);
    if (!tree.ok()) return api::BadRequest(absl::StrCat("error decoding YAML: ", tree.status().message()));
    if (!tree->is_object()) return api::BadRequest("error decoding YAML: the body is no object");
    config_ = *std::move(tree);
    api::SortMembers(&config_);
    RETURN_IF_ERROR(CheckKind());
    const JsonTree* metadata = config_.Find("metadata");
    const JsonTree* sent = metadata == nullptr ? nullptr : metadata->Find("managedFields");
    if (sent != nullptr && !sent->is_null()) return api::BadRequest("metadata.managedFields must be nil");
    return CheckFields(warnings);
  }

  absl::Status CheckKind() const {
    const absl::StatusOr<api::GroupVersionKind> given =
        api::ParseApiVersion(TextAt(config_, "apiVersion"), TextAt(config_, "kind"));
    if (given.ok() && *given == def_.info->gvk) return absl::OkStatus();
    const api::GroupVersionKind shown = given.value_or(api::GroupVersionKind());
    return api::BadRequest(
        absl::StrCat("invalid object type: ", shown.group, "/", shown.version, ", Kind=", shown.kind));
  }

  // Unknown fields are refused in any case, because a manager cannot own them; duplicate keys as fieldValidation says.
  absl::Status CheckFields(std::vector<std::string>* warnings) const {
    const absl::Status fields = api::FieldsOf(config_, plan_).status();
    if (!fields.ok()) return NotTyped(fields.message());
    ASSIGN_OR_RETURN(std::unique_ptr<api::Object> scratch, api::Scheme::Builtin().New(def_.info->gvk));
    std::vector<std::string> notes;
    const absl::Status decoded = api::DecodeJsonInto(
        request_.body_json, scratch.get(), {.unknown = api::DecodeOptions::Unknown::kWarn, .warnings = &notes});
    if (!decoded.ok()) return NotTyped(decoded.message());
    std::vector<std::string> duplicates;
    for (const std::string& note : notes) {
      if (absl::StartsWith(note, "unknown field")) return NotTyped(note);
      duplicates.push_back(note);
    }
    if (duplicates.empty() || request_.field_validation == "Ignore") return absl::OkStatus();
    if (request_.field_validation != "Warn") {
      return api::BadRequest(absl::StrCat("error strict decoding YAML: ", absl::StrJoin(duplicates, ", ")));
    }
    if (warnings != nullptr) warnings->insert(warnings->end(), duplicates.begin(), duplicates.end());
    return absl::OkStatus();
  }

  absl::Status NotTyped(absl::string_view problem) const {
    const JsonTree* metadata = config_.Find("metadata");
    const std::string name = metadata == nullptr ? "" : TextAt(*metadata, "name");
    const std::string name_space = metadata == nullptr ? "" : TextAt(*metadata, "namespace");
    k8s::meta::v1::Status status;
    status.set_status("Failure");
    status.set_code(500);
    status.set_message(absl::StrCat("failed to create typed patch object (", name_space, "/", name, "; ",
                                    def_.info->gvk.ApiVersion(), ", Kind=", def_.info->gvk.kind, "): ", problem));
    return api::FromApiStatus(status);
  }

  absl::Status ReadLive() {
    tree_ = EmptyObject();
    if (live_ == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(tree_, TreeOf(*live_));
    absl::StatusOr<ManagedFields> managed = ManagedFields::Decode(api::Meta(*live_).managedfields());
    if (!managed.ok()) {
      return api::InternalError(absl::StrCat("failed to decode managed fields: ", managed.status().message(),
                                             "; set metadata.managedFields to [{}] to start anew"));
    }
    managed_ = *std::move(managed);
    if (!managed_.empty()) return absl::OkStatus();
    api::FieldManager before = ManagerOf(def_, request_, "Update");
    before.name = kBeforeFirstApply;
    api::RecordUpdate(api::CompareObjects(nullptr, *live_, WantedFields(def_, request_)), before, now_, &managed_);
    return absl::OkStatus();
  }

  absl::StatusOr<api::StructuredResult> Merge(bool force) {
    const auto wanted = WantedFields(def_, request_);
    absl::StatusOr<api::StructuredResult> result = api::ApplyStructured({.live = tree_,
                                                                         .applied = config_,
                                                                         .plan = plan_,
                                                                         .manager = ManagerOf(def_, request_, "Apply"),
                                                                         .now = now_,
                                                                         .force = force,
                                                                         .wanted = wanted},
                                                                        &managed_);
    if (!result.ok()) return NotTyped(result.status().message());
    return result;
  }

  // Fields that kubectl's client-side apply has set may be taken by its server-side apply: it is the same user who
  // changes the tool.
  std::vector<api::ApplyConflict> WithoutClientSideApply(const std::vector<api::ApplyConflict>& conflicts) const {
    if (ManagerName(request_) != "kubectl" || live_ == nullptr) return conflicts;
    const std::string annotation = api::GetAnnotation(*live_, kLastApplied);
    absl::StatusOr<JsonTree> last = JsonTree::Parse(annotation);
    if (annotation.empty() || !last.ok() || !last->is_object()) return conflicts;
    if (TextAt(*last, "apiVersion") != def_.info->gvk.ApiVersion()) return conflicts;
    api::SortMembers(&*last);
    return api::WithoutFields(conflicts, api::LastAppliedFields(*last, tree_, plan_));
  }

  // So that one may go back to client-side apply.
  void KeepLastApplied(api::Object* object) const {
    if (ManagerName(request_) != "kubectl" || api::GetAnnotation(*object, kLastApplied).empty()) return;
    JsonTree config = config_;
    JsonTree* metadata = config.Find("metadata");
    JsonTree* annotations = metadata == nullptr ? nullptr : metadata->Find("annotations");
    if (annotations != nullptr) annotations->Erase(kLastApplied);
    (*api::MutableMeta(object)->mutable_annotations())[kLastApplied] = absl::StrCat(config.ToJson(), "\n");
  }

  const ResourceDef& def_;
  const Request& request_;
  const api::Object* const live_;
  const absl::Time now_;
  const api::MessagePlan& plan_;
  JsonTree config_;
  JsonTree tree_;
  ManagedFields managed_;
};

}  // namespace

bool IsApply(const Request& request) { return request.patch_type == client::PatchType::kApply; }

std::string ManagerName(const Request& request) {
  if (!request.field_manager.empty()) return request.field_manager;
  std::string name;
  for (const char c : request.user_agent.substr(0, request.user_agent.find('/'))) {
    if (c >= ' ' && c <= '~' && name.size() < kMaxManagerBytes) name.push_back(c);
  }
  return name.empty() ? "unknown" : name;
}

void TrackWrite(const ResourceDef& def, const Request& request, const api::Object* old, absl::Time now,
                api::Object* object) {
  ManagedFields::Proto* entries = api::MutableMeta(object)->mutable_managedfields();
  ManagedFields managed = BaseOf(request, old, *entries);
  if (old == nullptr || !managed.empty()) {
    const api::FieldChanges changes = api::CompareObjects(old, *object, WantedFields(def, request));
    api::RecordUpdate(changes, ManagerOf(def, request, "Update"), now, &managed);
  }
  managed.Encode(entries);
}

absl::StatusOr<std::unique_ptr<api::Object>> ApplyBody(const ResourceDef& def, const Request& request,
                                                       const api::Object* live, absl::Time now,
                                                       std::vector<std::string>* warnings) {
  return Application(def, request, live, now).Run(warnings);
}

bool ChangesNothing(const api::Object& stored, api::Object* object) {
  ManagedFields::Proto* entries = api::MutableMeta(object)->mutable_managedfields();
  const ManagedFields::Proto& old = api::Meta(stored).managedfields();
  if (!api::SameManagement(*entries, old)) return false;
  ManagedFields::Proto now = old;
  entries->Swap(&now);
  if (SameContent(*object, stored)) return true;
  entries->Swap(&now);
  return false;
}

}  // namespace kubelite::apiserver
