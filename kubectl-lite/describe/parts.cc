#include "kubectl-lite/describe/parts.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/quantity.h"
#include "common/api/time.h"

namespace kubelite::cli {
namespace {

constexpr size_t kMaxAnnotationLine = 140;

bool IsForTools(const std::string& annotation) {
  return annotation == "kubectl.kubernetes.io/last-applied-configuration" ||
         absl::StartsWith(annotation, "control-plane.alpha.kubernetes.io/");
}

}  // namespace

void DescribeName(const DescribeInput& input, Lines* lines) {
  const auto& meta = api::Meta(*input.object);
  lines->Add(0, "Name:\t", meta.name());
  if (input.resource.namespaced) lines->Add(0, "Namespace:\t", meta.namespace_());
}

void DescribeMap(absl::string_view indent, absl::string_view title, const TextMap& map, Lines* lines) {
  if (map.empty()) {
    lines->Add(0, indent, title, ":\t<none>");
    return;
  }
  bool first = true;
  for (const auto& [key, value] : std::map<std::string, std::string>(map.begin(), map.end())) {
    lines->Add(0, indent, first ? absl::StrCat(title, ":") : "", "\t", key, "=", value);
    first = false;
  }
}

void DescribeLabels(const DescribeInput& input, Lines* lines) {
  DescribeMap("", "Labels", api::Meta(*input.object).labels(), lines);
}

void DescribeAnnotations(absl::string_view indent, const TextMap& annotations, Lines* lines) {
  std::string head = absl::StrCat(indent, "Annotations:\t");
  bool any = false;
  for (const auto& [key, value] : std::map<std::string, std::string>(annotations.begin(), annotations.end())) {
    if (IsForTools(key)) continue;
    any = true;
    if (!absl::StrContains(value, "\n") && key.size() + value.size() + 2 <= kMaxAnnotationLine) {
      lines->Add(0, head, key, ": ", value);
    } else {
      lines->Add(0, head, key, ":");
      for (absl::string_view line : absl::StrSplit(value, '\n')) {
        const bool is_long = line.size() > kMaxAnnotationLine - 2;
        lines->Add(0, indent, "\t  ", line.substr(0, kMaxAnnotationLine - 2), is_long ? "..." : "");
      }
    }
    head = absl::StrCat(indent, "\t");
  }
  if (!any) lines->Add(0, head, "<none>");
}

std::string MapText(const TextMap& map) {
  return absl::StrJoin(std::map<std::string, std::string>(map.begin(), map.end()), ",", absl::PairFormatter("="));
}

std::string TimeText(const k8s::meta::v1::Time& time, absl::TimeZone zone) {
  const absl::Time value = api::FromProto(time);
  return value == absl::InfinitePast() ? "" : absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", value, zone);
}

std::string ControllerText(const api::Object& object) {
  const auto* owner = api::ControllerOf(object);
  return owner == nullptr ? "" : absl::StrCat(owner->kind(), "/", owner->name());
}

void DescribeQuantities(int level, absl::string_view title, const QuantityMap& quantities, Lines* lines) {
  if (quantities.empty()) return;
  lines->Add(level, title, ":");
  std::map<std::string, std::string> sorted;
  for (const auto& [name, quantity] : quantities) sorted[name] = api::Quantity::From(quantity).ToString();
  for (const auto& [name, text] : sorted) lines->Add(level + 1, name, ":\t", text);
}

void DescribeScheduling(absl::string_view indent, const k8s::core::v1::PodSpec& spec, Lines* lines) {
  DescribeMap(indent, "Node-Selectors", spec.nodeselector(), lines);
  std::string head = absl::StrCat(indent, "Tolerations:\t");
  if (spec.tolerations_size() == 0) lines->Add(0, head, "<none>");
  for (const auto& toleration : spec.tolerations()) {
    std::string text = toleration.key();
    if (!toleration.value().empty()) absl::StrAppend(&text, "=", toleration.value());
    if (!toleration.effect().empty()) absl::StrAppend(&text, ":", toleration.effect());
    if (toleration.operator_() == "Exists" && toleration.value().empty())
      absl::StrAppend(&text, text.empty() ? "" : " ", "op=Exists");
    if (toleration.has_tolerationseconds()) absl::StrAppend(&text, " for ", toleration.tolerationseconds(), "s");
    lines->Add(0, head, text);
    head = absl::StrCat(indent, "\t");
  }
}

void DescribePodTemplate(const k8s::core::v1::PodTemplateSpec& pod_template, Lines* lines) {
  constexpr char kIndent[] = "  ";
  lines->Add(0, "Pod Template:");
  DescribeMap(kIndent, "Labels", pod_template.metadata().labels(), lines);
  if (!pod_template.metadata().annotations().empty())
    DescribeAnnotations(kIndent, pod_template.metadata().annotations(), lines);
  const auto& spec = pod_template.spec();
  lines->OptionalField(1, "Service Account", spec.serviceaccountname());
  if (spec.initcontainers_size() > 0)
    DescribeContainers("Init Containers", kIndent, spec.initcontainers(), {}, absl::UTCTimeZone(), lines);
  DescribeContainers("Containers", kIndent, spec.containers(), {}, absl::UTCTimeZone(), lines);
  DescribeVolumes(kIndent, spec, lines);
  DescribeScheduling(kIndent, spec, lines);
}

}  // namespace kubelite::cli
