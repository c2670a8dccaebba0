#include "apiserver/registry/registry.h"
#include "common/api/time.h"
#include "kubelite/v1/table.pb.h"

namespace kubelite::apiserver {
namespace {

// Columns of kinds that have none of their own.
const std::vector<TableColumn>& GenericColumns() {
  static const auto& columns = *new std::vector<TableColumn>{
      {.name = "Name",
       .format = "name",
       .cell = [](const api::Object& object, absl::Time) { return api::Meta(object).name(); }},
      {.name = "Created At", .type = "date", .cell = [](const api::Object& object, absl::Time) {
         return api::FormatRfc3339(api::FromProto(api::Meta(object).creationtimestamp()));
       }}};
  return columns;
}

}  // namespace

void Registry::Print(const api::ResourceInfo& resource, const std::vector<api::ObjectPtr>& items,
                     kubelite::v1::Table* table, std::optional<absl::Time> as_of) const {
  const ResourceDef* def = Find(resource.gvk.group, resource.gvk.version, resource.plural);
  const std::vector<TableColumn>& columns = def == nullptr || def->columns.empty() ? GenericColumns() : def->columns;
  for (const TableColumn& column : columns) {
    kubelite::v1::Table::Column* out = table->add_columns();
    out->set_name(column.name);
    out->set_type(column.type);
    out->set_format(column.format);
    out->set_priority(column.priority);
  }
  const absl::Time now = as_of.value_or(clock().Now());
  for (const api::ObjectPtr& item : items) {
    kubelite::v1::Table::Row* row = table->add_rows();
    for (const TableColumn& column : columns) row->add_cells(column.cell(*item, now));
    *row->mutable_metadata() = api::Meta(*item);
    row->mutable_metadata()->clear_managedfields();
  }
}

}  // namespace kubelite::apiserver
