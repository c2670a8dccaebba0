#include "kubectl-lite/print/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace kubelite::cli {
namespace {

using kubelite::v1::Table;

Table Pods(const std::vector<std::vector<std::string>>& rows) {
  Table table;
  for (const char* name : {"Name", "Ready", "Node"}) table.add_columns()->set_name(name);
  table.mutable_columns(2)->set_priority(1);
  for (const auto& cells : rows) {
    Table::Row* row = table.add_rows();
    for (const std::string& cell : cells) row->add_cells(cell);
    row->mutable_metadata()->set_namespace_("default");
    (*row->mutable_metadata()->mutable_labels())["app.kubernetes.io/name"] = "hello";
    (*row->mutable_metadata()->mutable_labels())["a"] = "b";
  }
  return table;
}

std::string Printed(const Table& table, const TableOptions& options) {
  std::ostringstream out;
  TablePrinter(options).Print(table, out);
  return out.str();
}

TEST(TableTest, AlignsColumnsAndHidesWideOnes) {
  EXPECT_EQ(Printed(Pods({{"hello-1", "1/1", "n1"}, {"a", "0/1", "n2"}}), {}),
            "NAME      READY\n"
            "hello-1   1/1\n"
            "a         0/1\n");
}

TEST(TableTest, WideShowsAllColumns) {
  EXPECT_EQ(Printed(Pods({{"a", "0/1", "n2"}}), {.wide = true}),
            "NAME   READY   NODE\n"
            "a      0/1     n2\n");
}

TEST(TableTest, NamespaceLabelsAndPrefix) {
  TableOptions options;
  options.with_namespace = true;
  options.show_labels = true;
  options.label_columns = {"app.kubernetes.io/name"};
  options.name_prefix = "pod/";
  EXPECT_EQ(Printed(Pods({{"a", "0/1", "n"}}), options),
            "NAMESPACE   NAME    READY   NAME    LABELS\n"
            "default     pod/a   0/1     hello   a=b,app.kubernetes.io/name=hello\n");
}

TEST(TableTest, RowsOfLaterTablesKeepTheColumns) {
  std::ostringstream out;
  TablePrinter printer(TableOptions{});
  printer.Print(Pods({{"a-long-name", "0/1", "n"}}), out);
  Table change = Pods({{"b", "1/1", "n"}});
  change.clear_columns();
  printer.Print(change, out);
  EXPECT_EQ(out.str(),
            "NAME          READY\n"
            "a-long-name   0/1\n"
            "b             1/1\n");
}

TEST(TableTest, OneLinePerObjectAndNoHeaderWithoutRows) {
  EXPECT_EQ(Printed(Pods({{"first\nsecond", "x", "n"}}), {.headers = false}), "first...   x\n");
  EXPECT_EQ(Printed(Pods({}), {}), "");
}

TEST(TableTest, CountsCharactersNotBytes) {
  std::ostringstream out;
  PrintAligned({{"äöü", "x"}, {"abcd", "y"}}, out);
  EXPECT_EQ(out.str(), "äöü    x\nabcd   y\n");
}

}  // namespace
}  // namespace kubelite::cli
