#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "kubelite/v1/table.pb.h"

namespace kubelite::cli {

struct TableOptions {
  bool wide = false;
  bool headers = true;
  bool with_namespace = false;
  bool show_labels = false;
  std::vector<std::string> label_columns;
  // Put before names, as "pod/" when several kinds are shown.
  std::string name_prefix;
};

// Prints server-made tables as kubectl does: upper-case headers, three blanks between columns. Keeps column widths from
// call to call, so that rows of a watch line up with those before.
class TablePrinter {
 public:
  explicit TablePrinter(TableOptions options) : options_(std::move(options)) {}
  // Columns are taken from the first table that has some.
  void Print(const kubelite::v1::Table& table, std::ostream& out);

 private:
  std::vector<std::string> Headers() const;
  std::vector<std::string> Cells(const kubelite::v1::Table::Row& row) const;

  const TableOptions options_;
  std::vector<kubelite::v1::Table::Column> columns_;
  std::vector<size_t> widths_;
  bool headers_printed_ = false;
};

// Lines of cells, aligned, three blanks between columns; for describe and api-resources.
void PrintAligned(const std::vector<std::vector<std::string>>& rows, std::ostream& out);
// The same with columns at least as wide as `widths`, which keeps what they are now.
void PrintAligned(const std::vector<std::vector<std::string>>& rows, std::vector<size_t>* widths, std::ostream& out);

}  // namespace kubelite::cli
