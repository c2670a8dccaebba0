#include <map>

#include "absl/strings/str_cat.h"
#include "kubectl-lite/describe/parts.h"

// ConfigMaps and Secrets.
namespace kubelite::cli {

using k8s::core::v1::ConfigMap;
using k8s::core::v1::Secret;

absl::Status DescribeConfigMap(const DescribeInput& input, Lines* lines) {
  const ConfigMap& config = static_cast<const ConfigMap&>(*input.object);
  DescribeName(input, lines);
  DescribeLabels(input, lines);
  DescribeAnnotations("", config.metadata().annotations(), lines);
  lines->Add(0, "\nData\n====");
  for (const auto& [key, value] : std::map<std::string, std::string>(config.data().begin(), config.data().end())) {
    lines->Add(0, key, ":\n----\n", value, "\n");
  }
  lines->Add(0, "\nBinaryData\n====");
  for (const auto& [key, value] :
       std::map<std::string, std::string>(config.binarydata().begin(), config.binarydata().end())) {
    lines->Add(0, key, ": ", value.size(), " bytes");
  }
  lines->Add(0);
  return absl::OkStatus();
}

absl::Status DescribeSecret(const DescribeInput& input, Lines* lines) {
  const Secret& secret = static_cast<const Secret&>(*input.object);
  DescribeName(input, lines);
  DescribeLabels(input, lines);
  DescribeAnnotations("", secret.metadata().annotations(), lines);
  lines->Add(0, "\nType:\t", secret.type(), "\n\nData\n====");
  for (const auto& [key, value] : std::map<std::string, std::string>(secret.data().begin(), secret.data().end())) {
    lines->Add(0, key, ":\t", value.size(), " bytes");
  }
  return absl::OkStatus();
}

}  // namespace kubelite::cli
