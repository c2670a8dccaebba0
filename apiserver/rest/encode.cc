#include "apiserver/rest/encode.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/json_text.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {
namespace {

constexpr absl::string_view kPartialHead = "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",";

std::string Partial(const k8s::meta::v1::ObjectMeta& meta) {
  return absl::StrCat(kPartialHead, "\"metadata\":", api::EncodeJson(meta), "}");
}

std::string ListMeta(const Registry::List& list) {
  k8s::meta::v1::ListMeta meta;
  meta.set_resourceversion(list.resource_version);
  if (!list.continue_token.empty()) {
    meta.set_continue_(list.continue_token);
    if (list.remaining_item_count > 0) meta.set_remainingitemcount(list.remaining_item_count);
  }
  return api::EncodeJson(meta);
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

}  // namespace

std::string Quoted(absl::string_view text) {
  std::string out;
  api::AppendJsonString(text, &out);
  return out;
}

int HttpCode(const absl::Status& error) { return api::ToApiStatus(error).code(); }

std::string EncodeStatus(const absl::Status& error) {
  k8s::meta::v1::Status status = api::ToApiStatus(error);
  status.mutable_metadata();
  return api::EncodeJson(status);
}

std::string EncodeDeleted(const api::ResourceInfo& info, const api::Object& object) {
  k8s::meta::v1::Status status;
  status.set_status("Success");
  status.mutable_details()->set_name(api::Meta(object).name());
  status.mutable_details()->set_group(info.gvk.group);
  status.mutable_details()->set_kind(info.plural);
  status.mutable_details()->set_uid(api::Meta(object).uid());
  return api::EncodeJson(status);
}

// Objects that are no resources (a Scale, a review) have no columns.
bool ObjectEncoder::table() const { return media_.form == Media::Form::kTable && request_->subresource.empty(); }

std::string ObjectEncoder::One(const api::ObjectPtr& object) const { return WatchObject(object, true); }

std::string ObjectEncoder::WatchObject(const api::ObjectPtr& object, bool columns) const {
  if (table()) return Table({object}, VersionMeta(api::Meta(*object).resourceversion()), columns);
  if (media_.form == Media::Form::kPartial) return Partial(api::Meta(*object));
  return api::EncodeJson(*object);
}

// Items of a list do not tell their kind.
std::string ObjectEncoder::Item(const api::Object& object) const {
  if (media_.form == Media::Form::kPartial) return Partial(api::Meta(object));
  std::string json = api::EncodeJson(object);
  const api::GroupVersionKind& gvk = request_->info->gvk;
  const std::string head =
      absl::StrCat("{\"apiVersion\":", Quoted(gvk.ApiVersion()), ",\"kind\":", Quoted(gvk.kind), ",");
  if (absl::StartsWith(json, head)) return absl::StrCat("{", absl::string_view(json).substr(head.size()));
  return json;
}

std::string ObjectEncoder::List(const Registry::List& list) const {
  if (table()) return Table(list.items, ListMeta(list), true);
  const bool partial = media_.form == Media::Form::kPartial;
  const api::ResourceInfo& info = *request_->info;
  std::string out = absl::StrCat("{\"kind\":", Quoted(partial ? "PartialObjectMetadataList" : info.list_kind),
                                 ",\"apiVersion\":", Quoted(partial ? "meta.k8s.io/v1" : info.gvk.ApiVersion()),
                                 ",\"metadata\":", ListMeta(list), ",\"items\":[");
  absl::string_view comma = "";
  for (const api::ObjectPtr& item : list.items) {
    absl::StrAppend(&out, comma, Item(*item));
    comma = ",";
  }
  return absl::StrCat(out, "]}");
}

std::string ObjectEncoder::Table(const std::vector<api::ObjectPtr>& items, const std::string& list_meta,
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

std::string ObjectEncoder::Bookmark(const std::string& resource_version, bool initial_events_end) const {
  if (table()) return Table({}, VersionMeta(resource_version), false);
  const bool partial = media_.form == Media::Form::kPartial;
  const api::GroupVersionKind& gvk = request_->info->gvk;
  return absl::StrCat("{\"kind\":", Quoted(partial ? "PartialObjectMetadata" : gvk.kind),
                      ",\"apiVersion\":", Quoted(partial ? "meta.k8s.io/v1" : gvk.ApiVersion()),
                      ",\"metadata\":{\"resourceVersion\":", Quoted(resource_version), ",\"creationTimestamp\":null",
                      initial_events_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "", "}}");
}

}  // namespace kubelite::apiserver
