#include "common/client/grpc_codec.h"

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::client {

bool IsApiStatus(const grpc::Status& status) { return !status.error_details().empty(); }

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  k8s::meta::v1::Status details;
  if (IsApiStatus(status) && details.ParseFromString(status.error_details())) return api::FromApiStatus(details);
  // The codes of both are the same numbers.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::StatusOr<ObjectPtr> FromAny(const google::protobuf::Any& any) {
  const std::string name = any.type_url().substr(any.type_url().rfind('/') + 1);
  const google::protobuf::Descriptor* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (descriptor == nullptr) {
    return absl::DataLossError(absl::StrCat("the API server sent an object of unknown type \"", name, "\""));
  }
  std::shared_ptr<Object> object(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!object->ParseFromString(any.value())) {
    return absl::DataLossError(absl::StrCat("the API server sent a broken object of type \"", name, "\""));
  }
  return ObjectPtr(std::move(object));
}

kubelite::v1::Target MakeTarget(const ResourceInfo& resource, const std::string& name_space, const std::string& name,
                                const std::string& subresource) {
  kubelite::v1::Target target;
  target.set_group(resource.gvk.group);
  target.set_version(resource.gvk.version);
  target.set_resource(resource.plural);
  if (resource.namespaced && !name_space.empty()) target.set_namespace_(name_space);
  if (!name.empty()) target.set_name(name);
  if (!subresource.empty()) target.set_subresource(subresource);
  return target;
}

}  // namespace kubelite::client
