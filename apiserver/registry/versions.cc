#include "apiserver/registry/versions.h"

#include "k8s/events/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using CoreEvent = k8s::core::v1::Event;
using NewEvent = k8s::events::v1::Event;

std::unique_ptr<api::Object> ToCore(const api::Object& object) {
  const auto& from = static_cast<const NewEvent&>(object);
  auto to = std::make_unique<CoreEvent>();
  *to->mutable_metadata() = from.metadata();
  if (from.has_regarding()) *to->mutable_involvedobject() = from.regarding();
  if (from.has_reason()) to->set_reason(from.reason());
  if (from.has_note()) to->set_message(from.note());
  if (from.has_deprecatedsource()) *to->mutable_source() = from.deprecatedsource();
  if (from.has_deprecatedfirsttimestamp()) *to->mutable_firsttimestamp() = from.deprecatedfirsttimestamp();
  if (from.has_deprecatedlasttimestamp()) *to->mutable_lasttimestamp() = from.deprecatedlasttimestamp();
  if (from.has_deprecatedcount()) to->set_count(from.deprecatedcount());
  if (from.has_type()) to->set_type(from.type());
  if (from.has_eventtime()) *to->mutable_eventtime() = from.eventtime();
  if (from.has_series()) {
    to->mutable_series()->set_count(from.series().count());
    *to->mutable_series()->mutable_lastobservedtime() = from.series().lastobservedtime();
  }
  if (from.has_action()) to->set_action(from.action());
  if (from.has_related()) *to->mutable_related() = from.related();
  if (from.has_reportingcontroller()) to->set_reportingcomponent(from.reportingcontroller());
  if (from.has_reportinginstance()) to->set_reportinginstance(from.reportinginstance());
  return to;
}

std::unique_ptr<api::Object> FromCore(const api::Object& object) {
  const auto& from = static_cast<const CoreEvent&>(object);
  auto to = std::make_unique<NewEvent>();
  *to->mutable_metadata() = from.metadata();
  if (from.has_involvedobject()) *to->mutable_regarding() = from.involvedobject();
  if (from.has_reason()) to->set_reason(from.reason());
  if (from.has_message()) to->set_note(from.message());
  if (from.has_source()) *to->mutable_deprecatedsource() = from.source();
  if (from.has_firsttimestamp()) *to->mutable_deprecatedfirsttimestamp() = from.firsttimestamp();
  if (from.has_lasttimestamp()) *to->mutable_deprecatedlasttimestamp() = from.lasttimestamp();
  if (from.has_count()) to->set_deprecatedcount(from.count());
  if (from.has_type()) to->set_type(from.type());
  if (from.has_eventtime()) *to->mutable_eventtime() = from.eventtime();
  if (from.has_series()) {
    to->mutable_series()->set_count(from.series().count());
    *to->mutable_series()->mutable_lastobservedtime() = from.series().lastobservedtime();
  }
  if (from.has_action()) to->set_action(from.action());
  if (from.has_related()) *to->mutable_related() = from.related();
  if (from.has_reportingcomponent()) to->set_reportingcontroller(from.reportingcomponent());
  if (from.has_reportinginstance()) to->set_reportinginstance(from.reportinginstance());
  return to;
}

}  // namespace

void MakeEventView(ResourceDef* def) {
  if (def->info->descriptor != NewEvent::descriptor()) return;
  def->stored_as = &api::ResourceOf<CoreEvent>();
  def->to_stored = ToCore;
  def->from_stored = FromCore;
}

void BehaveAsStored(const ResourceDef& stored, ResourceDef* view) {
  view->columns = stored.columns;
  for (TableColumn& column : view->columns) {
    column.cell = [convert = view->to_stored, cell = column.cell](const api::Object& object, absl::Time now) {
      return cell(*convert(object), now);
    };
  }
  if (stored.set_defaults && !view->set_defaults) {
    view->set_defaults = [to = view->to_stored, from = view->from_stored,
                          fill = stored.set_defaults](api::Object* view) {
      const std::unique_ptr<api::Object> object = to(*view);
      fill(object.get());
      view->CopyFrom(*from(*object));
    };
  }
  if (stored.validate && !view->validate) {
    view->validate = [to = view->to_stored, check = stored.validate](
                         const api::Object& object, api::FieldErrors* errors) { check(*to(object), errors); };
  }
}

void AddVersions(std::vector<ResourceDef>* resources) {
  for (ResourceDef& def : *resources) {
    MakeEventView(&def);
    MakeAutoscalingView(&def);
    if (def.stored_as == nullptr) continue;
    for (const ResourceDef& stored : *resources) {
      if (stored.info == def.stored_as) BehaveAsStored(stored, &def);
    }
  }
}

}  // namespace kubelite::apiserver
