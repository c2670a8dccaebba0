#include "apiserver/registry/kinds/testing/kind_checks.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "apiserver/registry/registry.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "common/base/check.h"

namespace kubelite::apiserver {
namespace {

const std::vector<ResourceDef>& Rows() {
  static const auto& rows = *new std::vector<ResourceDef>(AllResources());
  return rows;
}

std::unique_ptr<api::Object> WithDefaults(absl::string_view yaml) {
  std::unique_ptr<api::Object> object = FromYaml(yaml);
  const ResourceDef& row = RowOf(*object);
  if (row.set_defaults) row.set_defaults(object.get());
  return object;
}

// As it is stored when it is created.
std::unique_ptr<api::Object> Prepared(absl::string_view yaml) {
  std::unique_ptr<api::Object> object = WithDefaults(yaml);
  if (api::Meta(*object).uid().empty()) api::MutableMeta(object.get())->set_uid("uid");
  Request request;
  request.user.name = "jane";
  const ResourceDef& row = RowOf(*object);
  if (row.prepare_create) row.prepare_create(object.get(), WriteContext{request, absl::UnixEpoch()});
  return object;
}

std::vector<std::string> Texts(const api::FieldErrors& errors) {
  std::vector<std::string> texts;
  for (const api::FieldError& error : errors) texts.push_back(error.ToString());
  return texts;
}

}  // namespace

const ResourceDef& RowOf(const api::Object& object) {
  for (const ResourceDef& row : Rows()) {
    if (row.info->descriptor == object.GetDescriptor()) return row;
  }
  CHECK(false);
  return Rows().front();
}

std::unique_ptr<api::Object> FromYaml(absl::string_view yaml) {
  const auto documents = api::ReadManifest(yaml, "test");
  EXPECT_TRUE(documents.ok()) << documents.status();
  CHECK(documents.ok() && documents->size() == 1);
  auto object = api::DecodeJson(documents->front().json);
  EXPECT_TRUE(object.ok()) << object.status() << "\n" << yaml;
  CHECK(object.ok());
  return *std::move(object);
}

std::string Cells(absl::string_view yaml) {
  const std::unique_ptr<api::Object> object = FromYaml(yaml);
  const absl::Time now = absl::FromUnixSeconds(1767312000);
  std::vector<std::string> cells;
  for (const TableColumn& column : RowOf(*object).columns) cells.push_back(column.cell(*object, now));
  return absl::StrJoin(cells, " | ");
}

std::string Headers(absl::string_view yaml) {
  std::vector<std::string> names;
  for (const TableColumn& column : RowOf(*FromYaml(yaml)).columns) {
    names.push_back(column.priority > 0 ? absl::StrCat("[", column.name, "]") : column.name);
  }
  return absl::StrJoin(names, " | ");
}

std::string Defaulted(absl::string_view yaml) { return api::EncodeJson(*WithDefaults(yaml)); }

std::string Created(absl::string_view yaml) { return api::EncodeJson(*Prepared(yaml)); }

std::string Json(absl::string_view yaml) { return api::EncodeJson(*FromYaml(yaml)); }

std::vector<std::string> Causes(absl::string_view yaml) {
  const std::unique_ptr<api::Object> object = Prepared(yaml);
  const ResourceDef& row = RowOf(*object);
  api::FieldErrors errors;
  if (row.validate) row.validate(*object, &errors);
  return Texts(errors);
}

std::vector<std::string> UpdateCauses(absl::string_view before, absl::string_view after) {
  const std::unique_ptr<api::Object> old = Prepared(before);
  const std::unique_ptr<api::Object> object = Prepared(after);
  const ResourceDef& row = RowOf(*object);
  api::FieldErrors errors;
  if (row.validate) row.validate(*object, &errors);
  if (row.validate_update) row.validate_update(*object, *old, &errors);
  return Texts(errors);
}

std::vector<std::string> StatusCauses(absl::string_view before, absl::string_view after) {
  const std::unique_ptr<api::Object> old = WithDefaults(before);
  const std::unique_ptr<api::Object> object = WithDefaults(after);
  const ResourceDef& row = RowOf(*object);
  api::FieldErrors errors;
  if (row.validate_status_update) row.validate_status_update(*object, *old, &errors);
  return Texts(errors);
}

}  // namespace kubelite::apiserver
