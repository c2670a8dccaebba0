#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "apiserver/rest/encoders.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {
namespace {

constexpr absl::string_view kPartialHead = "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",";

std::string Partial(const k8s::meta::v1::ObjectMeta& meta) {
  return absl::StrCat(kPartialHead, "\"metadata\":", api::EncodeJson(meta), "}");
}

std::string VersionMeta(const std::string& version) {
  return absl::StrCat("{\"resourceVersion\":", Quoted(version), "}");
}

void AppendColumns(const kubelite::v1::Table& table, std::string* out) {
  absl::string_view comma = "";
  for (const kubelite::v1::Table::Column& column : table.columns()) {
    absl::StrAppend(out, comma, "{\"name\":", Quoted(column.name()),
                    ",\"type\":", Quoted(column.type().empty() ? "string" : column.type()),
                    ",\"format\":", Quoted(column.format()), ",\"description\":\"\",\"priority\":", column.priority(),
                    "}");
    comma = ",";
  }
}

void AppendCells(const kubelite::v1::Table& table, const kubelite::v1::Table::Row& row, std::string* out) {
  for (int i = 0; i < row.cells_size(); ++i) {
    const std::string& cell = row.cells(i);
    int64_t number = 0;
    const bool is_number = table.columns(i).type() == "integer" && absl::SimpleAtoi(cell, &number);
    absl::StrAppend(out, i == 0 ? "" : ",", is_number ? cell : Quoted(cell));
  }
}

std::string Line(absl::string_view type, absl::string_view object) {
  return absl::StrCat("{\"type\":\"", type, "\",\"object\":", object, "}\n");
}

// JSON, and the YAML made of it.
class JsonEncoder : public ObjectEncoder {
 public:
  JsonEncoder(const Registry* registry, const Request* request, const Media& media, std::string include_object)
      : registry_(registry), request_(request), media_(media), include_object_(std::move(include_object)) {}

  absl::StatusOr<std::string> One(const api::ObjectPtr& object) const override {
    return Document(Whole(object, /*columns=*/true));
  }
  absl::StatusOr<std::string> List(const Registry::List& list) const override;
  std::string Event(absl::string_view type, const api::ObjectPtr& object, bool columns) const override {
    return Line(type, Whole(object, columns));
  }
  std::string Bookmark(const std::string& resource_version, bool initial_events_end) const override;
  std::string Error(const absl::Status& error) const override {
    return Line("ERROR", api::EncodeJson(StatusOf(error)));
  }

 private:
  // Objects that are no resources (a Scale, a review) have no columns.
  bool table() const { return media_.form == Media::Form::kTable && request_->subresource.empty(); }
  absl::StatusOr<std::string> Document(std::string json) const {
    if (media_.encoding == Media::Encoding::kYaml) return api::JsonToYaml(json);
    return json;
  }
  std::string Whole(const api::ObjectPtr& object, bool columns) const;
  std::string Table(const std::vector<api::ObjectPtr>& items, const std::string& list_meta, bool columns) const;
  std::string Item(const api::Object& object) const;

  const Registry* const registry_;
  const Request* const request_;
  const Media media_;
  const std::string include_object_;
};

std::string JsonEncoder::Whole(const api::ObjectPtr& object, bool columns) const {
  if (table()) return Table({object}, VersionMeta(api::Meta(*object).resourceversion()), columns);
  if (media_.form == Media::Form::kPartial) return Partial(api::Meta(*object));
  return api::EncodeJson(*object);
}

// Items of a list do not tell their kind.
std::string JsonEncoder::Item(const api::Object& object) const {
  if (media_.form == Media::Form::kPartial) return Partial(api::Meta(object));
  std::string json = api::EncodeJson(object);
  const api::GroupVersionKind& gvk = request_->info->gvk;
  const std::string head =
      absl::StrCat("{\"apiVersion\":", Quoted(gvk.ApiVersion()), ",\"kind\":", Quoted(gvk.kind), ",");
  if (absl::StartsWith(json, head)) return absl::StrCat("{", absl::string_view(json).substr(head.size()));
  return json;
}

absl::StatusOr<std::string> JsonEncoder::List(const Registry::List& list) const {
  const std::string list_meta = api::EncodeJson(ListMetaOf(list));
  if (table()) return Document(Table(list.items, list_meta, true));
  const bool partial = media_.form == Media::Form::kPartial;
  const api::ResourceInfo& info = *request_->info;
  std::string out = absl::StrCat("{\"kind\":", Quoted(partial ? "PartialObjectMetadataList" : info.list_kind),
                                 ",\"apiVersion\":", Quoted(partial ? "meta.k8s.io/v1" : info.gvk.ApiVersion()),
                                 ",\"metadata\":", list_meta, ",\"items\":[");
  absl::string_view comma = "";
  for (const api::ObjectPtr& item : list.items) {
    absl::StrAppend(&out, comma, Item(*item));
    comma = ",";
  }
  out += "]}";
  return Document(std::move(out));
}

std::string JsonEncoder::Table(const std::vector<api::ObjectPtr>& items, const std::string& list_meta,
                               bool columns) const {
  kubelite::v1::Table table;
  registry_->Print(*request_->info, items, &table);
  std::string out = absl::StrCat("{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":", list_meta,
                                 ",\"columnDefinitions\":[");
  if (columns) AppendColumns(table, &out);
  absl::StrAppend(&out, "],\"rows\":[");
  for (int i = 0; i < table.rows_size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ",", "{\"cells\":[");
    AppendCells(table, table.rows(i), &out);
    absl::StrAppend(&out, "]");
    if (include_object_ == "Object") {
      absl::StrAppend(&out, ",\"object\":", api::EncodeJson(*items[static_cast<size_t>(i)]));
    } else if (include_object_ != "None") {
      absl::StrAppend(&out, ",\"object\":", Partial(table.rows(i).metadata()));
    }
    absl::StrAppend(&out, "}");
  }
  return absl::StrCat(out, "]}");
}

std::string JsonEncoder::Bookmark(const std::string& resource_version, bool initial_events_end) const {
  if (table()) return Line("BOOKMARK", Table({}, VersionMeta(resource_version), false));
  const bool partial = media_.form == Media::Form::kPartial;
  const api::GroupVersionKind& gvk = request_->info->gvk;
  return Line(
      "BOOKMARK",
      absl::StrCat("{\"kind\":", Quoted(partial ? "PartialObjectMetadata" : gvk.kind),
                   ",\"apiVersion\":", Quoted(partial ? "meta.k8s.io/v1" : gvk.ApiVersion()),
                   ",\"metadata\":{\"resourceVersion\":", Quoted(resource_version), ",\"creationTimestamp\":null",
                   initial_events_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "", "}}"));
}

}  // namespace

std::unique_ptr<ObjectEncoder> NewJsonEncoder(const Registry* registry, const Request* request, const Media& media,
                                              std::string include_object) {
  return std::make_unique<JsonEncoder>(registry, request, media, std::move(include_object));
}

}  // namespace kubelite::apiserver
