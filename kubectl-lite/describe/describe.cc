#include "kubectl-lite/describe/describe.h"

#include "common/base/status_macros.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "kubectl-lite/describe/events.h"
#include "kubectl-lite/print/tab_text.h"

namespace kubelite::cli {
namespace {

using google::protobuf::Descriptor;

struct Row {
  const Descriptor* kind;
  Describer describe;
  bool events;
};

const std::vector<Row>& Rows() {
  static const auto* rows = new std::vector<Row>{
      {k8s::core::v1::ConfigMap::descriptor(), DescribeConfigMap, true},
      {k8s::apps::v1::Deployment::descriptor(), DescribeDeployment, true},
      {k8s::core::v1::Namespace::descriptor(), DescribeNamespace, false},
      {k8s::core::v1::Node::descriptor(), DescribeNode, true},
      {k8s::core::v1::Pod::descriptor(), DescribePod, true},
      {k8s::apps::v1::ReplicaSet::descriptor(), DescribeReplicaSet, true},
      {k8s::core::v1::Secret::descriptor(), DescribeSecret, false},
      {k8s::core::v1::Service::descriptor(), DescribeService, true},
  };
  return *rows;
}

}  // namespace

absl::StatusOr<std::string> Describe(const DescribeInput& input, bool events) {
  Row row{nullptr, DescribeAny, true};
  for (const Row& candidate : Rows()) {
    if (candidate.kind == input.object->GetDescriptor()) row = candidate;
  }
  Lines lines;
  RETURN_IF_ERROR(row.describe(input, &lines));
  if (events && row.events) RETURN_IF_ERROR(DescribeEvents(input, &lines));
  return AlignTabs(lines.text());
}

}  // namespace kubelite::cli
