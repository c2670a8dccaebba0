#include <vector>

#include "absl/base/internal/endian.h"
#include "apiserver/rest/encoders.h"
#include "common/api/stored.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

namespace meta = k8s::meta::v1;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// All lists have their metadata and items under these numbers.
constexpr int kListMetadata = meta::PartialObjectMetadataList::kMetadataFieldNumber;
constexpr int kListItems = meta::PartialObjectMetadataList::kItemsFieldNumber;
constexpr int kObjectMetadata = meta::PartialObjectMetadata::kMetadataFieldNumber;

size_t FieldSize(size_t size) { return 1 + CodedOutputStream::VarintSize64(size) + size; }

void WriteHead(int field, size_t size, CodedOutputStream* out) {
  out->WriteTag(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out->WriteVarint64(size);
}

// Upstream's protobuf: every document in an envelope with its kind, whose inner objects have none.
class ProtobufEncoder : public ObjectEncoder {
 public:
  ProtobufEncoder(const Request* request, const Media& media)
      : request_(request), partial_(media.form == Media::Form::kPartial) {}

  absl::StatusOr<std::string> One(const api::ObjectPtr& object) const override { return Whole(*object); }

  // Straight from the objects that all readers share into the answer, whose size is known before.
  absl::StatusOr<std::string> List(const Registry::List& list) const override {
    const meta::ListMeta list_meta = ListMetaOf(list);
    size_t size = FieldSize(list_meta.ByteSizeLong());
    std::vector<size_t> sizes;
    sizes.reserve(list.items.size());
    for (const api::ObjectPtr& item : list.items) {
      const size_t inner = partial_ ? api::Meta(*item).ByteSizeLong() : item->ByteSizeLong();
      sizes.push_back(partial_ ? FieldSize(inner) : inner);
      size += FieldSize(sizes.back());
    }
    const api::ResourceInfo& info = *request_->info;
    const api::GroupVersionKind kind = partial_
                                           ? api::GroupVersionKind{"meta.k8s.io", "v1", "PartialObjectMetadataList"}
                                           : api::GroupVersionKind{info.gvk.group, info.gvk.version, info.list_kind};
    return api::EncodeEnvelope(kind, size, [&](CodedOutputStream* out) {
      WriteHead(kListMetadata, list_meta.ByteSizeLong(), out);
      list_meta.SerializeWithCachedSizes(out);
      for (size_t i = 0; i < list.items.size(); ++i) {
        WriteHead(kListItems, sizes[i], out);
        if (partial_) {
          const meta::ObjectMeta& object_meta = api::Meta(*list.items[i]);
          WriteHead(kObjectMetadata, static_cast<size_t>(object_meta.GetCachedSize()), out);
          object_meta.SerializeWithCachedSizes(out);
        } else {
          list.items[i]->SerializeWithCachedSizes(out);
        }
      }
    });
  }

  std::string Event(absl::string_view type, const api::ObjectPtr& object, bool) const override {
    return Frame(type, Whole(*object));
  }

  std::string Bookmark(const std::string& resource_version, bool initial_events_end) const override {
    meta::PartialObjectMetadata object;
    object.mutable_metadata()->set_resourceversion(resource_version);
    if (initial_events_end) {
      object.mutable_metadata()->mutable_annotations()->insert({"k8s.io/initial-events-end", "true"});
    }
    if (partial_) return Frame("BOOKMARK", api::EncodeStored(object));
    // Every object has its metadata under that number.
    return Frame("BOOKMARK",
                 api::EncodeEnvelope(request_->info->gvk, object.ByteSizeLong(),
                                     [&](CodedOutputStream* out) { object.SerializeWithCachedSizes(out); }));
  }

  std::string Error(const absl::Status& error) const override {
    return Frame("ERROR", api::EncodeStored(StatusOf(error)));
  }

 private:
  std::string Whole(const api::Object& object) const {
    if (!partial_) return api::EncodeStored(object);
    const meta::ObjectMeta& object_meta = api::Meta(object);
    const size_t size = object_meta.ByteSizeLong();
    return api::EncodeEnvelope({"meta.k8s.io", "v1", "PartialObjectMetadata"}, FieldSize(size),
                               [&](CodedOutputStream* out) {
                                 WriteHead(kObjectMetadata, size, out);
                                 object_meta.SerializeWithCachedSizes(out);
                               });
  }

  // The length in four bytes, then the event without an envelope.
  static std::string Frame(absl::string_view type, std::string object) {
    meta::WatchEvent event;
    event.set_type(std::string(type));
    event.mutable_object()->set_raw(std::move(object));
    std::string frame(4, '\0');
    absl::big_endian::Store32(frame.data(), static_cast<uint32_t>(event.ByteSizeLong()));
    event.AppendToString(&frame);
    return frame;
  }

  const Request* const request_;
  const bool partial_;
};

}  // namespace

std::unique_ptr<ObjectEncoder> NewProtobufEncoder(const Request* request, const Media& media) {
  return std::make_unique<ProtobufEncoder>(request, media);
}

}  // namespace kubelite::apiserver
