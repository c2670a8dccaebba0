#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/jsonpath_tree.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using Step = JsonPathStep;
using Steps = JsonPathSteps;
using Block = JsonPathBlock;

// Of filters and unions inside one another; each level is a few frames of stack.
constexpr int kMaxDepth = 50;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsLineEnd(char c) { return c == '\r' || c == '\n'; }
// Ends a name. Bytes of other scripts do not.
bool IsTerminator(char c) { return IsBlank(c) || IsLineEnd(c) || absl::StrContains(".,[]$@{}", c); }
bool BeginsName(char c) { return c == '_' || absl::ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80; }

absl::Status Problem(absl::string_view problem, size_t position) {
  return absl::InvalidArgumentError(absl::StrCat(problem, " at position ", position));
}

// Reads the steps of one action, of a part of a union, or of one side of a filter.
class StepReader {
 public:
  // `offset`: where `text` stands in the template.
  StepReader(absl::string_view text, size_t offset, int depth) : text_(text), offset_(offset), depth_(depth) {}

  absl::StatusOr<Steps> Read() {
    if (depth_ > kMaxDepth) return Problem("filters and unions are nested too deep", Position());
    while (at_ < text_.size()) RETURN_IF_ERROR(ReadStep());
    return std::move(steps_);
  }

 private:
  size_t Position() const { return offset_ + at_ + 1; }
  Step* Add(Step::Kind kind) {
    steps_.push_back({});
    steps_.back().kind = kind;
    steps_.back().position = Position();
    return &steps_.back();
  }

  absl::Status ReadStep() {
    const char c = text_[at_];
    if (IsBlank(c) || c == '@' || c == '$') {
      ++at_;
      return absl::OkStatus();
    }
    if (absl::StartsWith(text_.substr(at_), "[?(")) return ReadFilter();
    if (c == '[') return ReadBrackets();
    if (absl::StartsWith(text_.substr(at_), "..")) return ReadRecursive();
    if (c == '.') return ReadField(at_ + 1);
    if (c == '"' || c == '\'') return ReadQuoted();
    if (c == '+' || c == '-' || absl::ascii_isdigit(c)) return ReadNumber();
    if (BeginsName(c)) return ReadWord();
    return Problem(absl::StrCat("unrecognized character in action: '", absl::string_view(&c, 1), "'"), Position());
  }

  absl::Status ReadRecursive() {
    if (!steps_.empty() && steps_.back().kind == Step::Kind::kRecursive) {
      return Problem("invalid multiple recursive descent", Position());
    }
    Add(Step::Kind::kRecursive);
    at_ += 2;
    return at_ < text_.size() && BeginsName(text_[at_]) ? ReadField(at_) : absl::OkStatus();
  }

  // A name that begins at `begin`; a backslash makes the next character part of it.
  absl::Status ReadField(size_t begin) {
    std::string name;
    size_t end = begin;
    for (; end < text_.size() && !IsTerminator(text_[end]); ++end) {
      if (text_[end] == '\\' && end + 1 < text_.size()) ++end;
      name.push_back(text_[end]);
    }
    if (name == "*") {
      Add(Step::Kind::kWildcard);
    } else if (!name.empty()) {
      Add(Step::Kind::kField)->field = std::move(name);
    } else if (end < text_.size() && text_[end] != '[') {
      return Problem("a field has no name", Position());
    }
    at_ = end;
    return absl::OkStatus();
  }

  // The end of a quoted text that begins at `begin`: behind its closing quote. npos when there is none.
  size_t EndOfQuoted(size_t begin) const {
    for (size_t i = begin + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == text_[begin]) {
        return i + 1;
      }
    }
    return absl::string_view::npos;
  }

  absl::Status ReadQuoted() {
    const size_t end = EndOfQuoted(at_);
    if (end == absl::string_view::npos) return Problem("unterminated quoted string", Position());
    std::string value;
    if (!absl::CUnescape(text_.substr(at_ + 1, end - at_ - 2), &value)) {
      return Problem("a quoted string has an invalid escape", Position());
    }
    Add(Step::Kind::kLiteral)->literal = std::move(value);
    at_ = end;
    return absl::OkStatus();
  }

  absl::Status ReadNumber() {
    size_t end = at_ + 1;
    while (end < text_.size() && (text_[end] == '.' || absl::ascii_isdigit(text_[end]))) ++end;
    const absl::string_view number = text_.substr(at_, end - at_);
    int64_t integer = 0;
    double real = 0;
    if (absl::SimpleAtoi(number, &integer)) {
      Add(Step::Kind::kLiteral)->literal = integer;
    } else if (absl::SimpleAtod(number, &real)) {
      Add(Step::Kind::kLiteral)->literal = real;
    } else {
      return Problem(absl::StrCat("cannot parse number ", number), Position());
    }
    at_ = end;
    return absl::OkStatus();
  }

  absl::Status ReadWord() {
    size_t end = at_;
    while (end < text_.size() && !IsTerminator(text_[end])) ++end;
    const absl::string_view word = text_.substr(at_, end - at_);
    if (word != "true" && word != "false") return Problem(absl::StrCat("unrecognized identifier ", word), Position());
    Add(Step::Kind::kLiteral)->literal = word == "true";
    at_ = end;
    return absl::OkStatus();
  }

  // Behind the piece that begins at `i`: a quoted text, a pair of brackets with what is in it, or one character. npos
  // when the text ends first.
  size_t EndOfPiece(size_t i) const {
    if (text_[i] == '"' || text_[i] == '\'') return EndOfQuoted(i);
    if (text_[i] != '[') return i + 1;
    int depth = 0;
    while (i < text_.size()) {
      if (text_[i] == '[') ++depth;
      if (text_[i] == ']' && --depth == 0) return i + 1;
      i = text_[i] == '"' || text_[i] == '\'' ? EndOfQuoted(i) : i + 1;
    }
    return absl::string_view::npos;
  }

  // The next of `characters` from `from` on, outside of quotes and brackets; `limit` when there is none before.
  size_t FindOutside(absl::string_view characters, size_t from, size_t limit) const {
    size_t i = from;
    while (i < limit && !absl::StrContains(characters, text_[i])) i = EndOfPiece(i);
    return std::min(i, limit);
  }

  absl::Status ReadBrackets() {
    const size_t end = EndOfPiece(at_);
    if (end == absl::string_view::npos) return Problem("unterminated array", Position());
    std::vector<Steps> parts;
    for (size_t begin = at_ + 1; begin < end;) {
      const size_t comma = FindOutside(",", begin, end - 1);
      ASSIGN_OR_RETURN(Step part, ReadSelection(text_.substr(begin, comma - begin)));
      parts.push_back({std::move(part)});
      begin = comma + 1;
    }
    if (parts.size() == 1) {
      steps_.push_back(std::move(parts[0][0]));
    } else {
      Add(Step::Kind::kUnion)->parts = std::move(parts);
    }
    at_ = end;
    return absl::OkStatus();
  }

  // 3, -1, 1:4, 'name', *
  absl::StatusOr<Step> ReadSelection(absl::string_view text) const {
    text = absl::StripAsciiWhitespace(text);
    Step step;
    step.position = Position();
    if (text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0]) {
      step.kind = Step::Kind::kField;
      for (size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == '\\' && i + 2 < text.size()) ++i;
        step.field.push_back(text[i]);
      }
      return step;
    }
    step.kind = Step::Kind::kSlice;
    if (text == "*") text = ":";
    const std::vector<absl::string_view> numbers = absl::StrSplit(text, ':');
    std::optional<int64_t>* const targets[] = {&step.begin, &step.end, &step.stride};
    if (text.empty() || numbers.size() > std::size(targets)) {
      return Problem(absl::StrCat("invalid array index ", text), Position());
    }
    for (size_t i = 0; i < numbers.size(); ++i) {
      int32_t number = 0;
      if (numbers[i].empty()) continue;
      if (!absl::SimpleAtoi(numbers[i], &number)) {
        return Problem(absl::StrCat("invalid array index ", text), Position());
      }
      *targets[i] = number;
    }
    step.ranged = numbers.size() > 1;
    return step;
  }

  absl::Status ReadFilter() {
    const size_t begin = at_ + sizeof("[?(") - 1;
    const size_t behind = EndOfPiece(at_);
    if (behind == absl::string_view::npos || behind - 2 < begin || text_[behind - 2] != ')') {
      return Problem("unterminated filter", Position());
    }
    const size_t end = behind - 2;
    const size_t compare = FindOutside("=!<>", begin, end);
    Step step;
    step.kind = Step::Kind::kFilter;
    step.position = Position();
    ASSIGN_OR_RETURN(step.left, ReadSide(begin, compare));
    if (compare < end) {
      const size_t right = compare + OperatorSize(compare, end);
      ASSIGN_OR_RETURN(step.compare, ReadOperator(text_.substr(compare, right - compare), offset_ + compare + 1));
      ASSIGN_OR_RETURN(step.right, ReadSide(right, end));
      if (step.right.empty()) return Problem("a filter has nothing to compare with", offset_ + right + 1);
    }
    steps_.push_back(std::move(step));
    at_ = behind;
    return absl::OkStatus();
  }

  absl::StatusOr<Steps> ReadSide(size_t begin, size_t end) const {
    return StepReader(text_.substr(begin, end - begin), offset_ + begin, depth_ + 1).Read();
  }

  size_t OperatorSize(size_t at, size_t end) const {
    size_t size = 0;
    while (at + size < end && absl::StrContains("=!<>~", text_[at + size])) ++size;
    return size;
  }

  static absl::StatusOr<Step::Compare> ReadOperator(absl::string_view text, size_t position) {
    static constexpr std::pair<absl::string_view, Step::Compare> kOperators[] = {
        {"==", Step::Compare::kEqual},     {"!=", Step::Compare::kNotEqual}, {"<", Step::Compare::kLess},
        {"<=", Step::Compare::kLessEqual}, {">", Step::Compare::kGreater},   {">=", Step::Compare::kGreaterEqual}};
    for (const auto& [name, compare] : kOperators) {
      if (name == text) return compare;
    }
    return Problem(absl::StrCat("unrecognized filter operator ", text), position);
  }

  const absl::string_view text_;
  const size_t offset_;
  const int depth_;
  size_t at_ = 0;
  Steps steps_;
};

// Behind the brace that closes the action begun at `open`; npos when the line or the text ends first.
size_t EndOfAction(absl::string_view text, size_t open) {
  char quote = 0;
  for (size_t i = open + 1; i < text.size() && !IsLineEnd(text[i]); ++i) {
    if (quote != 0 && text[i] == '\\') {
      ++i;
    } else if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '}') {
      return i + 1;
    }
  }
  return absl::string_view::npos;
}

// The first word of an action's text, when it is one.
bool ConsumeWord(absl::string_view word, absl::string_view* text, size_t* offset) {
  const size_t begin = text->find_first_not_of(" \t");
  if (begin == absl::string_view::npos || !absl::StartsWith(text->substr(begin), word)) return false;
  const size_t end = begin + word.size();
  if (end < text->size() && !IsTerminator((*text)[end])) return false;
  text->remove_prefix(end);
  *offset += end;
  return true;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const JsonPathTree>> ParseJsonPath(absl::string_view text) {
  auto tree = std::make_shared<JsonPathTree>();
  // The ranges that are open: what follows belongs to the body of the last. A range that is never ended reaches to the
  // end of the template.
  std::vector<Block> open;
  const auto add = [&](Block block) { (open.empty() ? tree->blocks : open.back().body).push_back(std::move(block)); };
  const auto close = [&] {
    Block range = std::move(open.back());
    open.pop_back();
    add(std::move(range));
  };
  for (size_t at = 0; at < text.size();) {
    const size_t brace = std::min(text.find('{', at), text.size());
    if (brace > at)
      add({.kind = Block::Kind::kText, .text = std::string(text.substr(at, brace - at)), .steps = {}, .body = {}});
    if (brace == text.size()) break;
    at = EndOfAction(text, brace);
    if (at == absl::string_view::npos) return Problem("unclosed action", brace + 1);
    absl::string_view action = text.substr(brace + 1, at - brace - 2);
    size_t offset = brace + 1;
    if (ConsumeWord("end", &action, &offset)) {
      if (open.empty()) return Problem("not in range, nothing to end", brace + 1);
      close();
      continue;
    }
    const bool is_range = ConsumeWord("range", &action, &offset);
    Block block;
    block.kind = is_range ? Block::Kind::kRange : Block::Kind::kAction;
    ASSIGN_OR_RETURN(block.steps, StepReader(action, offset, 0).Read());
    if (is_range) {
      open.push_back(std::move(block));
    } else {
      add(std::move(block));
    }
  }
  while (!open.empty()) close();
  return std::shared_ptr<const JsonPathTree>(std::move(tree));
}

}  // namespace kubelite::api
