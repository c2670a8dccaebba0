#include "common/api/stored.h"

#include "common/base/check.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "k8s/apimachinery/runtime.pb.h"

namespace kubelite::api {
namespace {

constexpr absl::string_view kMagic("k8s\0", 4);

using ::google::protobuf::internal::WireFormatLite;

size_t LengthDelimitedSize(size_t length) {
  return 1 + google::protobuf::io::CodedOutputStream::VarintSize64(length) + length;
}

void WriteHeader(int field, size_t length, google::protobuf::io::CodedOutputStream* out) {
  out->WriteTag(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out->WriteVarint64(length);
}

void WriteText(int field, const std::string& text, google::protobuf::io::CodedOutputStream* out) {
  WriteHeader(field, text.size(), out);
  out->WriteString(text);
}

}  // namespace

std::string EncodeEnvelope(const GroupVersionKind& kind, size_t size,
                           absl::FunctionRef<void(google::protobuf::io::CodedOutputStream* out)> write) {
  const std::string api_version = kind.ApiVersion();
  const size_t type_meta_size = LengthDelimitedSize(api_version.size()) + LengthDelimitedSize(kind.kind.size());

  // The envelope is written by hand because the object then goes straight into the result, without a copy of its bytes.
  using ::k8s::apimachinery::runtime::TypeMeta;
  using ::k8s::apimachinery::runtime::Unknown;
  std::string bytes;
  bytes.reserve(kMagic.size() + LengthDelimitedSize(type_meta_size) + LengthDelimitedSize(size) + 4);
  bytes.append(kMagic.data(), kMagic.size());
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    WriteHeader(Unknown::kTypeMetaFieldNumber, type_meta_size, &out);
    WriteText(TypeMeta::kApiVersionFieldNumber, api_version, &out);
    WriteText(TypeMeta::kKindFieldNumber, kind.kind, &out);
    WriteHeader(Unknown::kRawFieldNumber, size, &out);
    write(&out);
    WriteText(Unknown::kContentEncodingFieldNumber, "", &out);
    WriteText(Unknown::kContentTypeFieldNumber, "", &out);
  }
  return bytes;
}

std::string EncodeStored(const Object& object) {
  const GroupVersionKind* kind = Scheme::Builtin().KindOf(object.GetDescriptor());
  CHECK(kind != nullptr);
  return EncodeEnvelope(*kind, object.ByteSizeLong(), [&object](google::protobuf::io::CodedOutputStream* out) {
    object.SerializeWithCachedSizes(out);
  });
}

absl::StatusOr<std::unique_ptr<Object>> DecodeStored(absl::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return absl::DataLossError("stored object does not begin with the protobuf magic \"k8s\\0\"");
  }
  bytes.remove_prefix(kMagic.size());
  k8s::apimachinery::runtime::Unknown envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("stored object has a malformed envelope");
  }
  const k8s::apimachinery::runtime::TypeMeta& type = envelope.typemeta();
  if (!envelope.contentencoding().empty() || type.kind().empty()) {
    return absl::DataLossError("stored object has an envelope without kind, or with an unknown content encoding");
  }
  absl::StatusOr<GroupVersionKind> kind = ParseApiVersion(type.apiversion(), type.kind());
  if (!kind.ok()) return absl::DataLossError(absl::StrCat("stored object: ", kind.status().message()));
  absl::StatusOr<std::unique_ptr<Object>> object = Scheme::Builtin().New(*kind);
  if (!object.ok()) return absl::DataLossError(absl::StrCat("stored object: ", object.status().message()));
  if (!(*object)->ParseFromString(envelope.raw())) {
    return absl::DataLossError(absl::StrCat("stored ", kind->kind, " has malformed contents"));
  }
  return object;
}

}  // namespace kubelite::api
