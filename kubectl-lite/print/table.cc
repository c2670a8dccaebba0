#include "kubectl-lite/print/table.h"

#include <algorithm>
#include <map>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kubelite::cli {
namespace {

constexpr size_t kGap = 3;
constexpr size_t kMinWidth = 6;  // of a column with its gap

// Columns count code points, so that cells with non-ASCII text stay aligned.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void Widen(const std::vector<std::string>& row, std::vector<size_t>* widths) {
  if (widths->size() < row.size()) widths->resize(row.size());
  for (size_t i = 0; i < row.size(); ++i) (*widths)[i] = std::max((*widths)[i], Width(row[i]));
}

void PrintRow(const std::vector<std::string>& row, const std::vector<size_t>& widths, std::ostream& out) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    line += row[i];
    if (i + 1 < row.size()) line.append(std::max(kMinWidth, widths[i] + kGap) - Width(row[i]), ' ');
  }
  out << line << "\n";
}

std::string LabelsText(const google::protobuf::Map<std::string, std::string>& labels) {
  if (labels.empty()) return "<none>";
  const std::map<std::string, std::string> sorted(labels.begin(), labels.end());
  return absl::StrJoin(sorted, ",", absl::PairFormatter("="));
}

}  // namespace

std::vector<std::string> TablePrinter::Headers() const {
  std::vector<std::string> headers;
  if (options_.with_namespace) headers.push_back("NAMESPACE");
  for (const auto& column : columns_) {
    if (column.priority() == 0 || options_.wide) headers.push_back(absl::AsciiStrToUpper(column.name()));
  }
  for (const std::string& label : options_.label_columns) {
    headers.push_back(absl::AsciiStrToUpper(label.substr(label.rfind('/') + 1)));
  }
  if (options_.show_labels) headers.push_back("LABELS");
  return headers;
}

std::vector<std::string> TablePrinter::Cells(const kubelite::v1::Table::Row& row) const {
  std::vector<std::string> cells;
  if (options_.with_namespace) cells.push_back(row.metadata().namespace_());
  for (int i = 0; i < row.cells_size() && i < static_cast<int>(columns_.size()); ++i) {
    if (columns_[i].priority() != 0 && !options_.wide) continue;
    std::string cell = row.cells(i);
    // One line per object, whatever a message says.
    if (const size_t line = cell.find('\n'); line != std::string::npos) cell = cell.substr(0, line) + "...";
    cells.push_back(i == 0 ? absl::StrCat(options_.name_prefix, cell) : cell);
  }
  for (const std::string& label : options_.label_columns) {
    const auto found = row.metadata().labels().find(label);
    cells.push_back(found == row.metadata().labels().end() ? "" : found->second);
  }
  if (options_.show_labels) cells.push_back(LabelsText(row.metadata().labels()));
  return cells;
}

void TablePrinter::Print(const kubelite::v1::Table& table, std::ostream& out) {
  if (columns_.empty()) columns_.assign(table.columns().begin(), table.columns().end());
  if (table.rows_size() == 0) return;
  const bool print_headers = options_.headers && !headers_printed_;
  std::vector<std::vector<std::string>> rows;
  if (print_headers) rows.push_back(Headers());
  for (const auto& row : table.rows()) rows.push_back(Cells(row));
  PrintAligned(rows, &widths_, out);
  headers_printed_ = true;
}

void PrintAligned(const std::vector<std::vector<std::string>>& rows, std::ostream& out) {
  std::vector<size_t> widths;
  PrintAligned(rows, &widths, out);
}

void PrintAligned(const std::vector<std::vector<std::string>>& rows, std::vector<size_t>* widths, std::ostream& out) {
  for (const auto& row : rows) Widen(row, widths);
  for (const auto& row : rows) PrintRow(row, *widths, out);
}

}  // namespace kubelite::cli
