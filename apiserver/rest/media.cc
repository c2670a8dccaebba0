#include "apiserver/rest/media.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
using Encoding = Media::Encoding;

constexpr absl::string_view kJson = "application/json";
constexpr absl::string_view kYaml = "application/yaml";
constexpr absl::string_view kProtobuf = "application/vnd.kubernetes.protobuf";

// What can be written: a media type and its parameters (as, group, version; empty: must be absent).
struct Offer {
  absl::string_view type, as, group, version;
  Media media;
};
constexpr absl::string_view kMeta = "meta.k8s.io";
constexpr absl::string_view kPartial = "PartialObjectMetadata", kPartialList = "PartialObjectMetadataList";
constexpr absl::string_view kDiscovery = "apidiscovery.k8s.io", kDiscoveryList = "APIGroupDiscoveryList";
constexpr std::array<Offer, 16> kOffers = {{
    {kJson, "", "", "", {Form::kObject, Encoding::kJson, kJson}},
    {kYaml, "", "", "", {Form::kObject, Encoding::kYaml, kYaml}},
    {kProtobuf, "", "", "", {Form::kObject, Encoding::kProtobuf, kProtobuf}},
    {"*/*", "", "", "", {Form::kObject, Encoding::kJson, kJson}},
    {"application/*", "", "", "", {Form::kObject, Encoding::kJson, kJson}},
    {"text/plain", "", "", "", {Form::kObject, Encoding::kJson, kJson}},  // of text: logs, health
    {kJson, "Table", kMeta, "v1", {Form::kTable, Encoding::kJson, kJson}},
    {kYaml, "Table", kMeta, "v1", {Form::kTable, Encoding::kYaml, kYaml}},
    {kJson, kPartial, kMeta, "v1", {Form::kPartial, Encoding::kJson, kJson}},
    {kJson, kPartialList, kMeta, "v1", {Form::kPartial, Encoding::kJson, kJson}},
    {kYaml, kPartial, kMeta, "v1", {Form::kPartial, Encoding::kYaml, kYaml}},
    {kYaml, kPartialList, kMeta, "v1", {Form::kPartial, Encoding::kYaml, kYaml}},
    {kProtobuf, kPartial, kMeta, "v1", {Form::kPartial, Encoding::kProtobuf, kProtobuf}},
    {kProtobuf, kPartialList, kMeta, "v1", {Form::kPartial, Encoding::kProtobuf, kProtobuf}},
    {kJson,
     kDiscoveryList,
     kDiscovery,
     "v2",
     {Form::kAggregatedDiscovery, Encoding::kJson,
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}},
    {kProtobuf,
     kDiscoveryList,
     kDiscovery,
     "v2",
     {Form::kAggregatedDiscovery, Encoding::kProtobuf,
      "application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}},
}};

// One media type of an Accept header.
struct Clause {
  absl::string_view type, as, group, version, stream;
  double q = 1;
};

Clause Parse(absl::string_view media_type) {
  Clause asked;
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
    } else if (pair.first == "stream") {
      asked.stream = pair.second;
    } else if (pair.first == "q" && !absl::SimpleAtod(pair.second, &asked.q)) {
      asked.q = 1;
    }
  }
  return asked;
}

const Offer* Find(const Clause& asked, bool stream) {
  if (asked.q <= 0 || (!asked.stream.empty() && !(stream && asked.stream == "watch"))) return nullptr;
  const auto* found = std::find_if(kOffers.begin(), kOffers.end(), [&](const Offer& offer) {
    return offer.type == asked.type && offer.as == asked.as && offer.group == asked.group &&
           offer.version == asked.version;
  });
  // YAML has no frames for a stream.
  if (found == kOffers.end() || (stream && found->media.encoding == Encoding::kYaml)) return nullptr;
  return found;
}

constexpr absl::string_view kAcceptedTypes = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

std::vector<Clause> ParseAccept(absl::string_view accept) {
  std::vector<Clause> clauses;
  for (const absl::string_view item : absl::StrSplit(accept, ',')) clauses.push_back(Parse(item));
  std::stable_sort(clauses.begin(), clauses.end(), [](const Clause& a, const Clause& b) { return a.q > b.q; });
  return clauses;
}

absl::Status MediaError(int code, const char* reason, absl::string_view message) {
  k8s::meta::v1::Status status;
  status.set_status("Failure");
  status.set_reason(reason);
  status.set_code(code);
  status.set_message(std::string(message));
  return api::FromApiStatus(status);
}

absl::Status NotAcceptable(absl::string_view accepted) {
  return MediaError(406, "NotAcceptable", absl::StrCat("only the following media types are accepted: ", accepted));
}

absl::Status Unsupported(absl::string_view accepted) {
  return MediaError(
      415, "UnsupportedMediaType",
      absl::StrCat("the body of the request was in an unknown format - accepted media types include: ", accepted));
}

absl::string_view WithoutParameters(absl::string_view content_type) {
  return absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';')));
}

// The envelope of upstream's protobuf: four magic bytes, then a runtime.Unknown.
absl::StatusOr<std::unique_ptr<api::Object>> ReadProtobuf(absl::string_view body) {
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
  return object;
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

// YAML, of which JSON is the usual case: then the registry reads it.
absl::Status ReadApplyBody(std::string body, Request* request) {
  if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(body), "{")) {
    request->body_json = std::move(body);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<api::ManifestDocument>> documents = api::ReadManifest(body, "body");
  if (!documents.ok()) return api::BadRequest(absl::StrCat("error decoding YAML: ", documents.status().message()));
  if (documents->size() != 1) return api::BadRequest("error decoding YAML: the body must hold one object");
  request->body_json = std::move(documents->front().json);
  return absl::OkStatus();
}

absl::Status ReadPatchBody(absl::string_view type, std::string body, Request* request) {
  for (const PatchMedia& row : kPatches) {
    if (row.type != type) continue;
    request->patch_type = row.patch;
    if (row.patch == client::PatchType::kApply) return ReadApplyBody(std::move(body), request);
    request->body_json = std::move(body);
    return absl::OkStatus();
  }
  return Unsupported(
      "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, "
      "application/apply-patch+yaml");
}

absl::Status ReadOptions(absl::string_view type, absl::string_view body, k8s::meta::v1::DeleteOptions* options) {
  constexpr api::DecodeOptions kLenient = {.unknown = api::DecodeOptions::Unknown::kIgnore};
  if (type == kProtobuf) {
    ASSIGN_OR_RETURN(const std::unique_ptr<api::Object> object, ReadProtobuf(body));
    if (object->GetDescriptor() != options->GetDescriptor()) return api::BadRequest("the body is no DeleteOptions");
    options->CopyFrom(*object);
    return absl::OkStatus();
  }
  if (type != kYaml) return api::DecodeJsonInto(body, options, kLenient);
  Request manifest;
  RETURN_IF_ERROR(ReadYaml(body, &manifest));
  return api::DecodeJsonInto(manifest.body_json, options, kLenient);
}

}  // namespace

absl::StatusOr<Media> ChooseMedia(absl::string_view accept, bool stream) {
  if (accept.empty()) return Media{};
  for (const Clause& asked : ParseAccept(accept)) {
    const Offer* found = Find(asked, stream);
    if (found == nullptr) continue;
    Media media = found->media;
    if (stream && media.encoding == Encoding::kProtobuf) {
      media.content_type = "application/vnd.kubernetes.protobuf;stream=watch";
    }
    return media;
  }
  return NotAcceptable(stream ? "application/json, application/vnd.kubernetes.protobuf;stream=watch" : kAcceptedTypes);
}

absl::StatusOr<absl::string_view> ChooseType(absl::string_view accept, absl::Span<const absl::string_view> offers) {
  if (accept.empty()) return offers.front();
  for (const Clause& asked : ParseAccept(accept)) {
    if (asked.q <= 0) continue;
    if (asked.type == "*/*" || asked.type == "application/*") return offers.front();
    const auto* found = std::find(offers.begin(), offers.end(), asked.type);
    if (found != offers.end()) return *found;
  }
  return NotAcceptable(absl::StrJoin(offers, ", "));
}

absl::Status ReadBody(absl::string_view content_type, std::string body, Request* request) {
  RETURN_IF_ERROR(api::CheckRequestSize(body.size()));
  const absl::string_view type = WithoutParameters(content_type);
  if (request->verb == "patch") return ReadPatchBody(type, std::move(body), request);
  if (type == kProtobuf) {
    ASSIGN_OR_RETURN(request->object, ReadProtobuf(body));
    return absl::OkStatus();
  }
  if (type == kYaml) return ReadYaml(body, request);
  if (!type.empty() && type != kJson) return Unsupported(kAcceptedTypes);
  request->body_json = std::move(body);
  return absl::OkStatus();
}

absl::Status ReadDeleteOptions(absl::string_view content_type, absl::string_view body, Request* request) {
  if (body.empty()) return absl::OkStatus();
  k8s::meta::v1::DeleteOptions options;
  RETURN_IF_ERROR(ReadOptions(WithoutParameters(content_type), body, &options));
  client::DeleteOptions& out = request->delete_options;
  if (options.has_graceperiodseconds()) {
    // Upstream reads a negative period as one second.
    out.grace_period_seconds = options.graceperiodseconds() < 0 ? 1 : options.graceperiodseconds();
  }
  if (options.has_preconditions()) {
    out.preconditions = {options.preconditions().uid(), options.preconditions().resourceversion()};
  }
  if (options.has_propagationpolicy()) out.propagation_policy = options.propagationpolicy();
  if (options.has_orphandependents()) {
    if (options.has_propagationpolicy()) {
      return api::BadRequest("orphanDependents and deletionPropagation cannot be both set");
    }
    out.propagation_policy = options.orphandependents() ? "Orphan" : "Background";
  }
  request->dry_run |= std::count(options.dryrun().begin(), options.dryrun().end(), "All") > 0;
  return absl::OkStatus();
}

}  // namespace kubelite::apiserver
