// The only unit that includes all generated headers; they are heavy.
#include "common/api/schema_files.h"

#include "k8s/admission/v1.pb.h"
#include "k8s/admissionregistration/v1.pb.h"
#include "k8s/apidiscovery/v2.pb.h"
#include "k8s/apiextensions/v1.pb.h"
#include "k8s/apimachinery/intstr.pb.h"
#include "k8s/apimachinery/resource.pb.h"
#include "k8s/apimachinery/runtime.pb.h"
#include "k8s/apiregistration/v1.pb.h"
#include "k8s/apps/v1.pb.h"
#include "k8s/authentication/v1.pb.h"
#include "k8s/authorization/v1.pb.h"
#include "k8s/autoscaling/v1.pb.h"
#include "k8s/autoscaling/v2.pb.h"
#include "k8s/batch/v1.pb.h"
#include "k8s/certificates/v1.pb.h"
#include "k8s/coordination/v1.pb.h"
#include "k8s/core/v1.pb.h"
#include "k8s/discovery/v1.pb.h"
#include "k8s/events/v1.pb.h"
#include "k8s/flowcontrol/v1.pb.h"
#include "k8s/meta/v1.pb.h"
#include "k8s/metrics/v1beta1.pb.h"
#include "k8s/networking/v1.pb.h"
#include "k8s/node/v1.pb.h"
#include "k8s/policy/v1.pb.h"
#include "k8s/rbac/v1.pb.h"
#include "k8s/resource/v1.pb.h"
#include "k8s/scheduling/v1.pb.h"
#include "k8s/storage/v1.pb.h"

namespace kubelite::api {

std::vector<const google::protobuf::FileDescriptor*> SchemaFiles() {
  const google::protobuf::Descriptor* const one_of_each[] = {
      k8s::core::v1::Pod::descriptor(),
      k8s::meta::v1::ObjectMeta::descriptor(),
      k8s::admission::v1::AdmissionReview::descriptor(),
      k8s::admissionregistration::v1::ValidatingWebhookConfiguration::descriptor(),
      k8s::apidiscovery::v2::APIGroupDiscovery::descriptor(),
      k8s::apiextensions::v1::CustomResourceDefinition::descriptor(),
      k8s::apimachinery::intstr::IntOrString::descriptor(),
      k8s::apimachinery::resource::Quantity::descriptor(),
      k8s::apimachinery::runtime::Unknown::descriptor(),
      k8s::apiregistration::v1::APIService::descriptor(),
      k8s::apps::v1::Deployment::descriptor(),
      k8s::authentication::v1::TokenReview::descriptor(),
      k8s::authorization::v1::SubjectAccessReview::descriptor(),
      k8s::autoscaling::v1::Scale::descriptor(),
      k8s::autoscaling::v2::HorizontalPodAutoscaler::descriptor(),
      k8s::batch::v1::Job::descriptor(),
      k8s::certificates::v1::CertificateSigningRequest::descriptor(),
      k8s::coordination::v1::Lease::descriptor(),
      k8s::discovery::v1::EndpointSlice::descriptor(),
      k8s::events::v1::Event::descriptor(),
      k8s::flowcontrol::v1::FlowSchema::descriptor(),
      k8s::metrics::v1beta1::PodMetrics::descriptor(),
      k8s::networking::v1::Ingress::descriptor(),
      k8s::node::v1::RuntimeClass::descriptor(),
      k8s::policy::v1::PodDisruptionBudget::descriptor(),
      k8s::rbac::v1::Role::descriptor(),
      k8s::resource::v1::ResourceClaim::descriptor(),
      k8s::scheduling::v1::PriorityClass::descriptor(),
      k8s::storage::v1::StorageClass::descriptor(),
  };
  std::vector<const google::protobuf::FileDescriptor*> files;
  for (const google::protobuf::Descriptor* descriptor : one_of_each) files.push_back(descriptor->file());
  return files;
}

}  // namespace kubelite::api
