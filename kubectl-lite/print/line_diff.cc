#include "kubectl-lite/print/line_diff.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kubelite::cli {
namespace {

using Lines = std::vector<absl::string_view>;

constexpr size_t kContext = 3;
// Bound of the table of the longest common subsequence: 16 MiB.
constexpr size_t kMaxCells = 4 << 20;

struct Line {
  char mark;  // ' ', '-' or '+'
  absl::string_view text;
};

Lines Split(absl::string_view text) {
  Lines lines = absl::StrSplit(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// The differing middle parts line by line, with as many common lines as possible.
void Merge(absl::Span<const absl::string_view> a, absl::Span<const absl::string_view> b, std::vector<Line>* out) {
  const size_t width = b.size() + 1;
  if ((a.size() + 1) * width > kMaxCells) {
    for (absl::string_view line : a) out->push_back({'-', line});
    for (absl::string_view line : b) out->push_back({'+', line});
    return;
  }
  std::vector<uint32_t> longest((a.size() + 1) * width, 0);  // of a[i..] and b[j..]
  for (size_t i = a.size(); i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      longest[i * width + j] = a[i] == b[j] ? longest[(i + 1) * width + j + 1] + 1
                                            : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out->push_back({' ', a[i++]});
      ++j;
    } else if (j == b.size() || (i < a.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      out->push_back({'-', a[i++]});
    } else {
      out->push_back({'+', b[j++]});
    }
  }
}

std::vector<Line> Compare(const Lines& a, const Lines& b) {
  size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  std::vector<Line> lines;
  for (size_t i = 0; i < head; ++i) lines.push_back({' ', a[i]});
  Merge(absl::MakeSpan(a).subspan(head, a.size() - head - tail),
        absl::MakeSpan(b).subspan(head, b.size() - head - tail), &lines);
  for (size_t i = a.size() - tail; i < a.size(); ++i) lines.push_back({' ', a[i]});
  return lines;
}

}  // namespace

std::string UnifiedDiff(absl::string_view before, absl::string_view after, absl::string_view from,
                        absl::string_view to) {
  const std::vector<Line> lines = Compare(Split(before), Split(after));
  std::vector<bool> shown(lines.size(), false);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const size_t end = std::min(lines.size(), i + kContext + 1);
    for (size_t k = i - std::min(i, kContext); k < end; ++k) shown[k] = true;
  }
  std::string text;
  size_t old_line = 1;
  size_t new_line = 1;
  for (size_t i = 0; i < lines.size();) {
    if (!shown[i]) {
      ++i, ++old_line, ++new_line;  // lines that are not shown are common
      continue;
    }
    const size_t old_start = old_line;
    const size_t new_start = new_line;
    std::string hunk;
    for (; i < lines.size() && shown[i]; ++i) {
      absl::StrAppend(&hunk, std::string(1, lines[i].mark), lines[i].text, "\n");
      if (lines[i].mark != '+') ++old_line;
      if (lines[i].mark != '-') ++new_line;
    }
    if (text.empty()) text = absl::StrCat("--- ", from, "\n+++ ", to, "\n");
    absl::StrAppend(&text, "@@ -", old_start, ",", old_line - old_start, " +", new_start, ",", new_line - new_start,
                    " @@\n", hunk);
  }
  return text;
}

}  // namespace kubelite::cli
