#include "apiserver/transport/grpc_codec.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

template <typename Strings>
absl::Status ReadDryRun(const Strings& dry_run, absl::string_view options_kind, bool* out) {
  std::vector<std::string> quoted;
  bool valid = true;
  for (const std::string& value : dry_run) {
    valid &= value == "All";
    quoted.push_back(absl::StrCat("\"", value, "\""));
  }
  *out = !quoted.empty();
  if (valid) return absl::OkStatus();
  api::ResourceInfo info;
  info.gvk = {"meta.k8s.io", "v1", std::string(options_kind)};
  return api::Invalid(info, "",
                      {{.type = api::FieldError::Type::kNotSupported,
                        .field = "dryRun",
                        .detail = "supported values: \"All\"",
                        .value = absl::StrCat("[", absl::StrJoin(quoted, " "), "]")}});
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      api::ToApiStatus(status).SerializeAsString());
}

Request ToRequest(const std::string& verb, const kubelite::v1::Target& target) {
  Request request;
  request.verb = verb;
  request.group = target.group();
  request.version = target.version();
  request.resource = target.resource();
  request.name_space = target.namespace_();
  request.name = target.name();
  request.subresource = target.subresource();
  return request;
}

absl::Status ReadBody(const kubelite::v1::Body& body, Request* request) {
  if (body.has_json()) {
    RETURN_IF_ERROR(api::CheckRequestSize(body.json().size()));
    request->body_json = body.json();
    return absl::OkStatus();
  }
  if (!body.has_object()) return api::BadRequest("the request has no body");
  const google::protobuf::Any& any = body.object();
  RETURN_IF_ERROR(api::CheckRequestSize(any.value().size()));
  const std::string type = any.type_url().substr(any.type_url().rfind('/') + 1);
  const google::protobuf::Descriptor* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr || api::Scheme::Builtin().KindOf(descriptor) == nullptr) {
    return api::BadRequest(absl::StrCat("the object provided is unrecognized: \"", type, "\" is no API kind"));
  }
  std::shared_ptr<api::Object> object(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!object->ParseFromString(any.value())) {
    return api::BadRequest(absl::StrCat("the body does not parse as a ", type));
  }
  object->DiscardUnknownFields();
  request->object = std::move(object);
  return absl::OkStatus();
}

absl::Status ReadPatch(const kubelite::v1::PatchRequest& wire, Request* request) {
  RETURN_IF_ERROR(api::CheckRequestSize(wire.patch().size()));
  request->body_json = wire.patch();
  request->force = wire.force();
  switch (wire.type()) {
    case kubelite::v1::PatchRequest::MERGE:
      request->patch_type = client::PatchType::kMerge;
      return absl::OkStatus();
    case kubelite::v1::PatchRequest::JSON:
      request->patch_type = client::PatchType::kJson;
      return absl::OkStatus();
    case kubelite::v1::PatchRequest::STRATEGIC:
      request->patch_type = client::PatchType::kStrategic;
      return absl::OkStatus();
    case kubelite::v1::PatchRequest::APPLY:
      request->patch_type = client::PatchType::kApply;
      return absl::OkStatus();
    default:
      return api::BadRequest("the patch must say its type");
  }
}

absl::Status ReadOptions(const kubelite::v1::WriteOptions& options, Request* request) {
  request->field_manager = options.field_manager();
  request->field_validation = options.field_validation();
  return ReadDryRun(options.dry_run(), "WriteOptions", &request->dry_run);
}

absl::Status ReadOptions(const k8s::meta::v1::DeleteOptions& options, Request* request) {
  client::DeleteOptions& out = request->delete_options;
  if (options.has_graceperiodseconds()) {
    // Upstream reads a negative period as one second.
    out.grace_period_seconds = options.graceperiodseconds() < 0 ? 1 : options.graceperiodseconds();
  }
  out.preconditions = {options.preconditions().uid(), options.preconditions().resourceversion()};
  out.propagation_policy = options.propagationpolicy();
  if (options.has_orphandependents()) {
    if (options.has_propagationpolicy()) {
      return api::BadRequest("orphanDependents and deletionPropagation cannot be both set");
    }
    out.propagation_policy = options.orphandependents() ? "Orphan" : "Background";
  }
  return ReadDryRun(options.dryrun(), "DeleteOptions", &request->dry_run);
}

void PackObject(const api::Object& object, google::protobuf::Any* any) {
  any->set_type_url(absl::StrCat("type.googleapis.com/", object.GetDescriptor()->full_name()));
  object.SerializeToString(any->mutable_value());
}

}  // namespace kubelite::apiserver
