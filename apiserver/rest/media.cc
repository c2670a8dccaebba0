#include "apiserver/rest/media.h"

#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "common/base/status_macros.h"
#include "k8s/apimachinery/runtime.pb.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using Form = Media::Form;

// What can be written: a media type and its parameters (as, group, version; empty: must be absent).
struct Offer {
  absl::string_view type, as, group, version;
  Media media;
};
constexpr absl::string_view kAggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
constexpr std::array<Offer, 10> kOffers = {{
    {"application/json", "", "", "", {Form::kObject, false, "application/json"}},
    {"application/yaml", "", "", "", {Form::kObject, true, "application/yaml"}},
    {"*/*", "", "", "", {Form::kObject, false, "application/json"}},
    {"application/*", "", "", "", {Form::kObject, false, "application/json"}},
    {"text/plain", "", "", "", {Form::kObject, false, "application/json"}},  // of text: logs, health
    {"application/json", "Table", "meta.k8s.io", "v1", {Form::kTable, false, "application/json"}},
    {"application/json", "PartialObjectMetadata", "meta.k8s.io", "v1", {Form::kPartial, false, "application/json"}},
    {"application/json", "PartialObjectMetadataList", "meta.k8s.io", "v1", {Form::kPartial, false, "application/json"}},
    {"application/yaml", "Table", "meta.k8s.io", "v1", {Form::kTable, true, "application/yaml"}},
    {"application/json",
     "APIGroupDiscoveryList",
     "apidiscovery.k8s.io",
     "v2",
     {Form::kAggregatedDiscovery, false, kAggregated}},
}};

Offer Parse(absl::string_view media_type) {
  Offer asked = {};
  bool first = true;
  for (const absl::string_view piece : absl::StrSplit(media_type, ';')) {
    const absl::string_view text = absl::StripAsciiWhitespace(piece);
    const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(text, absl::MaxSplits('=', 1));
    if (std::exchange(first, false)) {
      asked.type = text;
    } else if (pair.first == "as") {
      asked.as = pair.second;
    } else if (pair.first == "g") {
      asked.group = pair.second;
    } else if (pair.first == "v") {
      asked.version = pair.second;
    }
  }
  return asked;
}

absl::Status MediaError(int code, const char* reason, absl::string_view message) {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason(reason);
  status.set_code(code);
  status.set_message(std::string(message));
  return api::FromApiStatus(status);
}

absl::Status Unsupported(absl::string_view accepted) {
  return MediaError(
      415, "UnsupportedMediaType",
      absl::StrCat("the body of the request was in an unknown format - accepted media types include: ", accepted));
}

// The envelope of upstream's protobuf: four magic bytes, then a runtime.Unknown.
absl::Status ReadProtobuf(absl::string_view body, Request* request) {
  constexpr absl::string_view kMagic("k8s\0", 4);
  k8s::apimachinery::runtime::Unknown envelope;
  if (!absl::StartsWith(body, kMagic) ||
      !envelope.ParseFromArray(body.data() + kMagic.size(), static_cast<int>(body.size() - kMagic.size()))) {
    return api::BadRequest("the body is not a Kubernetes protobuf object");
  }
  const k8s::apimachinery::runtime::TypeMeta& type = envelope.typemeta();
  absl::StatusOr<api::GroupVersionKind> kind = api::ParseApiVersion(type.apiversion(), type.kind());
  if (!kind.ok()) return api::BadRequest(kind.status().message());
  absl::StatusOr<std::unique_ptr<api::Object>> object = api::Scheme::Builtin().New(*kind);
  if (!object.ok()) return api::BadRequest(object.status().message());
  if (!(*object)->ParseFromString(envelope.raw())) {
    return api::BadRequest(absl::StrCat("the body does not parse as a ", type.kind()));
  }
  (*object)->DiscardUnknownFields();
  request->object = *std::move(object);
  return absl::OkStatus();
}

absl::Status ReadYaml(absl::string_view body, Request* request) {
  absl::StatusOr<std::vector<api::ManifestDocument>> documents = api::ReadManifest(body, "body");
  if (!documents.ok()) return api::BadRequest(documents.status().message());
  if (documents->size() != 1) return api::BadRequest("the body must hold one object");
  request->body_json = std::move(documents->front().json);
  return absl::OkStatus();
}

struct PatchMedia {
  absl::string_view type;
  client::PatchType patch;
};
constexpr std::array<PatchMedia, 4> kPatches = {
    {{"application/json-patch+json", client::PatchType::kJson},
     {"application/merge-patch+json", client::PatchType::kMerge},
     {"application/strategic-merge-patch+json", client::PatchType::kStrategic},
     {"application/apply-patch+yaml", client::PatchType::kApply}}};

absl::Status ReadPatchBody(absl::string_view type, std::string body, Request* request) {
  for (const PatchMedia& row : kPatches) {
    if (row.type != type) continue;
    request->patch_type = row.patch;
    request->body_json = std::move(body);
    return absl::OkStatus();
  }
  return Unsupported(
      "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, "
      "application/apply-patch+yaml");
}

}  // namespace

absl::StatusOr<Media> ChooseMedia(absl::string_view accept) {
  if (accept.empty()) return Media{};
  for (const absl::string_view item : absl::StrSplit(accept, ',')) {
    const Offer asked = Parse(item);
    for (const Offer& offer : kOffers) {
      if (offer.type == asked.type && offer.as == asked.as && offer.group == asked.group &&
          offer.version == asked.version) {
        return offer.media;
      }
    }
  }
  return MediaError(406, "NotAcceptable",
                    "only the following media types are accepted: application/json, application/yaml");
}

absl::Status ReadBody(absl::string_view content_type, std::string body, Request* request) {
  RETURN_IF_ERROR(api::CheckRequestSize(body.size()));
  const absl::string_view type = absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';')));
  if (request->verb == "patch") return ReadPatchBody(type, std::move(body), request);
  if (type == "application/vnd.kubernetes.protobuf") return ReadProtobuf(body, request);
  if (type == "application/yaml") return ReadYaml(body, request);
  if (!type.empty() && type != "application/json") {
    return Unsupported("application/json, application/yaml, application/vnd.kubernetes.protobuf");
  }
  request->body_json = std::move(body);
  return absl::OkStatus();
}

}  // namespace kubelite::apiserver
