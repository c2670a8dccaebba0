#include <map>

#include "absl/strings/str_cat.h"
#include "common/api/quantity.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/describe/parts.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::LimitRange;
using k8s::core::v1::Namespace;
using k8s::core::v1::ResourceQuota;

client::ListOptions Inside(const DescribeInput& input) {
  client::ListOptions options;
  options.name_space = api::Meta(*input.object).name();
  return options;
}

std::string TextOf(const QuantityMap& quantities, const std::string& name) {
  const auto found = quantities.find(name);
  return found == quantities.end() ? "-" : api::Quantity::From(found->second).ToString();
}

absl::Status AddQuotas(const DescribeInput& input, Lines* lines) {
  ASSIGN_OR_RETURN(const auto quotas, client::List<ResourceQuota>(input.client, Inside(input)));
  if (quotas.empty()) {
    lines->Add(0, "\nNo resource quota.");
    return absl::OkStatus();
  }
  lines->Add(0, "\nResource Quotas");
  for (const auto& quota : quotas) {
    lines->Add(1, "Name:\t", quota->metadata().name());
    lines->Add(1, "Resource\tUsed\tHard");
    lines->Add(1, "--------\t---\t---");
    std::map<std::string, std::string> hard;
    for (const auto& [name, quantity] : quota->status().hard()) hard[name] = api::Quantity::From(quantity).ToString();
    for (const auto& [name, text] : hard) lines->Add(1, name, "\t", TextOf(quota->status().used(), name), "\t", text);
  }
  return absl::OkStatus();
}

absl::Status AddLimitRanges(const DescribeInput& input, Lines* lines) {
  ASSIGN_OR_RETURN(const auto ranges, client::List<LimitRange>(input.client, Inside(input)));
  if (ranges.empty()) {
    lines->Add(0, "\nNo LimitRange resource.");
    return absl::OkStatus();
  }
  lines->Add(0, "\nResource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit");
  lines->Add(0, " ----\t--------\t---\t---\t---------------\t-------------");
  for (const auto& range : ranges) {
    for (const auto& item : range->spec().limits()) {
      std::map<std::string, bool> names;
      for (const QuantityMap* map : {&item.min(), &item.max(), &item.default_(), &item.defaultrequest()}) {
        for (const auto& entry : *map) names[entry.first] = true;
      }
      for (const auto& entry : names) {
        const std::string& name = entry.first;
        lines->Add(0, " ", item.type(), "\t", name, "\t", TextOf(item.min(), name), "\t", TextOf(item.max(), name),
                   "\t", TextOf(item.defaultrequest(), name), "\t", TextOf(item.default_(), name));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DescribeNamespace(const DescribeInput& input, Lines* lines) {
  const Namespace& name_space = static_cast<const Namespace&>(*input.object);
  DescribeName(input, lines);
  DescribeLabels(input, lines);
  DescribeAnnotations("", name_space.metadata().annotations(), lines);
  lines->Add(0, "Status:\t", name_space.status().phase());
  if (name_space.status().conditions_size() > 0) {
    lines->Add(0, "Conditions:");
    lines->Add(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
    lines->Add(1, "----\t------\t------------------\t------\t-------");
    for (const auto& condition : name_space.status().conditions()) {
      lines->Add(1, condition.type(), "\t", condition.status(), "\t",
                 TimeText(condition.lasttransitiontime(), input.zone), "\t", condition.reason(), "\t",
                 condition.message());
    }
  }
  RETURN_IF_ERROR(AddQuotas(input, lines));
  return AddLimitRanges(input, lines);
}

}  // namespace kubelite::cli
