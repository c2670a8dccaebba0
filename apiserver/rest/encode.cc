#include "apiserver/rest/encode.h"

#include <utility>

#include "apiserver/rest/encoders.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/json_text.h"
#include "common/api/stored.h"
#include "common/api/yaml.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {

std::string Quoted(absl::string_view text) {
  std::string out;
  api::AppendJsonString(text, &out);
  return out;
}

absl::StatusOr<std::string> EncodeMessage(const api::Object& message, Media::Encoding encoding) {
  if (encoding == Media::Encoding::kProtobuf) return api::EncodeStored(message);
  std::string json = api::EncodeJson(message);
  if (encoding == Media::Encoding::kYaml) return api::JsonToYaml(json);
  return json;
}

k8s::meta::v1::Status StatusOf(const absl::Status& error) {
  k8s::meta::v1::Status status = api::ToApiStatus(error);
  status.mutable_metadata();
  return status;
}

k8s::meta::v1::Status DeletedStatus(const api::ResourceInfo& info, const api::Object& object) {
  k8s::meta::v1::Status status;
  status.set_status("Success");
  status.mutable_details()->set_name(api::Meta(object).name());
  status.mutable_details()->set_group(info.gvk.group);
  status.mutable_details()->set_kind(info.plural);
  status.mutable_details()->set_uid(api::Meta(object).uid());
  return status;
}

k8s::meta::v1::ListMeta ListMetaOf(const Registry::List& list) {
  k8s::meta::v1::ListMeta meta;
  meta.set_resourceversion(list.resource_version);
  if (!list.continue_token.empty()) {
    meta.set_continue_(list.continue_token);
    if (list.remaining_item_count > 0) meta.set_remainingitemcount(list.remaining_item_count);
  }
  return meta;
}

std::unique_ptr<ObjectEncoder> NewEncoder(const Registry* registry, const Request* request, const Media& media,
                                          std::string include_object) {
  if (media.encoding == Media::Encoding::kProtobuf) return NewProtobufEncoder(request, media);
  return NewJsonEncoder(registry, request, media, std::move(include_object));
}

}  // namespace kubelite::apiserver
