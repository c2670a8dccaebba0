#include "kubectl-lite/describe/events.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Event;

absl::Time FirstSeen(const Event& event) {
  const absl::Time first = api::FromProto(event.firsttimestamp());
  return first == absl::InfinitePast() ? api::FromProto(event.eventtime()) : first;
}

int Count(const Event& event) { return event.has_series() ? event.series().count() : event.count(); }

// The uid in the events of an object. A kubelet's events are about the static pod, whose uid its mirror pod carries as
// an annotation.
std::string EventUid(const k8s::meta::v1::ObjectMeta& meta) {
  const auto mirrored = meta.annotations().find("kubernetes.io/config.mirror");
  return mirrored == meta.annotations().end() ? meta.uid() : mirrored->second;
}

// Events that belong to an object; a node's own events name it as their uid.
absl::StatusOr<std::vector<EventPtr>> EventsOf(const DescribeInput& input) {
  const auto& meta = api::Meta(*input.object);
  const bool is_node = input.object->GetDescriptor() == k8s::core::v1::Node::descriptor();
  client::ListOptions options;
  options.name_space = input.resource.namespaced ? meta.namespace_() : "";
  options.field_selector =
      absl::StrCat("involvedObject.name=", meta.name(), ",involvedObject.kind=", input.resource.gvk.kind);
  if (!is_node) absl::StrAppend(&options.field_selector, ",involvedObject.uid=", EventUid(meta));
  return client::List<Event>(input.client, options);
}

}  // namespace

absl::Time LastSeen(const Event& event) {
  if (event.has_series()) return api::FromProto(event.series().lastobservedtime());
  const absl::Time last = api::FromProto(event.lasttimestamp());
  return last == absl::InfinitePast() ? FirstSeen(event) : last;
}

std::string EventAge(const Event& event, absl::Time now) {
  const std::string first = api::FormatAge(FirstSeen(event), now);
  if (!event.has_series() && Count(event) <= 1) return first;
  return absl::StrCat(api::FormatAge(LastSeen(event), now), " (x", Count(event), " over ", first, ")");
}

void SortByLastSeen(std::vector<EventPtr>* events) {
  // Within a second, which is all that times tell, in the order in which they were written.
  const auto rank = [](const EventPtr& event) { return std::pair(LastSeen(*event), api::ResourceVersion(*event)); };
  std::sort(events->begin(), events->end(), [&](const EventPtr& a, const EventPtr& b) { return rank(a) < rank(b); });
}

absl::Status DescribeEvents(const DescribeInput& input, Lines* lines) {
  ASSIGN_OR_RETURN(std::vector<EventPtr> events, EventsOf(input));
  if (events.empty()) {
    lines->Field(0, "Events", "");
    return absl::OkStatus();
  }
  SortByLastSeen(&events);
  lines->Add(0, "Events:");
  lines->Add(1, "Type\tReason\tAge\tFrom\tMessage");
  lines->Add(1, "----\t------\t----\t----\t-------");
  for (const EventPtr& event : events) {
    const std::string from =
        event->source().component().empty() ? event->reportingcomponent() : event->source().component();
    lines->Add(1, event->type(), "\t", event->reason(), "\t", EventAge(*event, input.now), "\t", from, "\t",
               absl::StripAsciiWhitespace(event->message()));
  }
  return absl::OkStatus();
}

}  // namespace kubelite::cli
