#include "kubectl-lite/print/tab_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_split.h"

namespace kubelite::cli {
namespace {

constexpr size_t kPadding = 2;

using Line = std::vector<absl::string_view>;

size_t Width(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Sets the widths of column `column` for each run of lines in [from, to) that has it, and of the columns right of it.
void Measure(const std::vector<Line>& lines, size_t from, size_t to, size_t column,
             std::vector<std::vector<size_t>>* widths) {
  // The last cell of a line ends without a tab and belongs to no column.
  const auto has_cell = [&](size_t line) { return column + 1 < lines[line].size(); };
  for (size_t begin = from; begin < to;) {
    if (!has_cell(begin)) {
      ++begin;
      continue;
    }
    size_t end = begin;
    size_t width = 0;
    for (; end < to && has_cell(end); ++end) width = std::max(width, Width(lines[end][column]) + kPadding);
    for (size_t line = begin; line < end; ++line) (*widths)[line].push_back(width);
    Measure(lines, begin, end, column + 1, widths);
    begin = end;
  }
}

}  // namespace

std::string AlignTabs(absl::string_view text) {
  std::vector<Line> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) lines.push_back(absl::StrSplit(line, '\t'));
  std::vector<std::vector<size_t>> widths(lines.size());
  Measure(lines, 0, lines.size(), 0, &widths);
  std::string aligned;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) aligned += '\n';
    for (size_t column = 0; column < lines[i].size(); ++column) {
      aligned.append(lines[i][column].data(), lines[i][column].size());
      if (column < widths[i].size()) aligned.append(widths[i][column] - Width(lines[i][column]), ' ');
    }
  }
  return aligned;
}

}  // namespace kubelite::cli
