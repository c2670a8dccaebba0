#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/columns.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "common/api/time.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::core::v1::Event;

constexpr absl::Duration kTimeToLive = absl::Hours(1);  // upstream's --event-ttl; the flag overrides it
constexpr int kMaxMessage = 1024;

std::string FirstSeen(const Event& event, absl::Time now) {
  const absl::Time first = api::FromProto(event.firsttimestamp());
  return api::FormatAge(first != absl::InfinitePast() ? first : api::FromProto(event.eventtime()), now);
}

std::string LastSeen(const Event& event, absl::Time now) {
  if (event.has_series()) return api::FormatAge(api::FromProto(event.series().lastobservedtime()), now);
  const absl::Time last = api::FromProto(event.lasttimestamp());
  return last != absl::InfinitePast() ? api::FormatAge(last, now) : FirstSeen(event, now);
}

std::string ObjectText(const Event& event) {
  const auto& object = event.involvedobject();
  const std::string kind = absl::AsciiStrToLower(object.kind());
  return object.name().empty() ? kind : absl::StrCat(kind, "/", object.name());
}

std::string SourceText(const Event& event) {
  std::string text = event.source().component().empty() ? event.reportingcomponent() : event.source().component();
  const std::string& host = event.source().host().empty() ? event.reportinginstance() : event.source().host();
  return host.empty() ? text : absl::StrCat(text, ", ", host);
}

int Count(const Event& event) {
  if (event.has_series()) return event.series().count();
  return event.count() == 0 ? 1 : event.count();
}

void Validate(const api::Object& object, FieldErrors* errors) {
  const Event& event = static_cast<const Event&>(object);
  const std::string& about = event.involvedobject().namespace_();
  const std::string expected = about.empty() ? "default" : about;
  if (event.metadata().namespace_() != expected && !(about.empty() && event.metadata().namespace_() == "kube-system")) {
    errors->push_back(FieldError::Invalid("involvedObject.namespace", about, "does not match event.namespace"));
  }
  if (event.message().size() > kMaxMessage) {
    errors->push_back(FieldError::Invalid("message", "", "can have at most 1024 characters"));
  }
}

std::string SelectableField(const api::Object& object, const std::string& field) {
  const Event& event = static_cast<const Event&>(object);
  const auto& about = event.involvedobject();
  if (field == "involvedObject.kind") return about.kind();
  if (field == "involvedObject.namespace") return about.namespace_();
  if (field == "involvedObject.name") return about.name();
  if (field == "involvedObject.uid") return about.uid();
  if (field == "involvedObject.apiVersion") return about.apiversion();
  if (field == "involvedObject.resourceVersion") return about.resourceversion();
  if (field == "involvedObject.fieldPath") return about.fieldpath();
  if (field == "reason") return event.reason();
  if (field == "reportingComponent") return event.reportingcomponent();
  if (field == "source")
    return event.source().component().empty() ? event.reportingcomponent() : event.source().component();
  if (field == "type") return event.type();
  return "";
}

}  // namespace

std::vector<ResourceDef> EventResources() {
  const auto text = [](std::string name, int priority, std::string (*cell)(const Event&)) {
    return Column<Event>(std::move(name), "string", priority, [cell](const Event& e, absl::Time) { return cell(e); });
  };
  ResourceDef def{.info = &api::ResourceOf<Event>(), .validate = Validate, .selectable_field = SelectableField};
  def.columns = {
      Column<Event>("Last Seen", "string", 0, LastSeen),
      text("Type", 0, [](const Event& e) { return e.type(); }),
      text("Reason", 0, [](const Event& e) { return e.reason(); }),
      text("Object", 0, ObjectText),
      text("Subobject", 1, [](const Event& e) { return e.involvedobject().fieldpath(); }),
      text("Source", 1, SourceText),
      text("Message", 0, [](const Event& e) { return std::string(absl::StripAsciiWhitespace(e.message())); }),
      Column<Event>("First Seen", "string", 1, FirstSeen),
      text("Count", 1, [](const Event& e) { return absl::StrCat(Count(e)); }),
      text("Name", 1, [](const Event& e) { return e.metadata().name(); })};
  def.columns.back().format = "name";
  def.time_to_live = kTimeToLive;
  return {std::move(def)};
}

}  // namespace kubelite::apiserver
