#include "common/api/field_set.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using Node = FieldSet::Node;

// The length of the JSON scalar or the punctuation that a compact text begins with.
size_t TokenLength(absl::string_view text) {
  if (text.front() == '"') {
    size_t end = 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    return std::min(end + 1, text.size());
  }
  const size_t end = text.find_first_of(",:{}[]\"");
  return end == 0 ? 1 : std::min(end, text.size());
}

bool MayBeNumber(char c) { return c == '-' || absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Compares one token of two compact texts. A closing quote sorts before all else, because the shorter text does.
int CompareTokens(absl::string_view a, absl::string_view b) {
  if (a == b) return 0;
  double x = 0;
  double y = 0;
  if (MayBeNumber(a.front()) && MayBeNumber(b.front()) && absl::SimpleAtod(a, &x) && absl::SimpleAtod(b, &y) &&
      x != y) {
    return x < y ? -1 : 1;
  }
  if (a.front() == '"' && b.front() == '"') {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  return a.compare(b);
}

int CompareJson(absl::string_view a, absl::string_view b) {
  while (!a.empty() && !b.empty()) {
    const size_t length_a = TokenLength(a);
    const size_t length_b = TokenLength(b);
    if (const int order = CompareTokens(a.substr(0, length_a), b.substr(0, length_b)); order != 0) return order;
    a.remove_prefix(length_a);
    b.remove_prefix(length_b);
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

int Rank(PathElement::Kind kind) {
  switch (kind) {
    case PathElement::Kind::kField:
      return 0;
    case PathElement::Kind::kKey:
      return 1;
    case PathElement::Kind::kValue:
      return 2;
    case PathElement::Kind::kIndex:
      return 3;
  }
  return 3;
}

int Compare(const PathElement& a, const PathElement& b) {
  if (a.kind != b.kind) return Rank(a.kind) - Rank(b.kind);
  return a.kind == PathElement::Kind::kField ? a.text.compare(b.text) : CompareJson(a.text, b.text);
}

// Takes one token that is a JSON scalar without blanks.
bool SkipScalar(absl::string_view* text) {
  if (text->empty()) return false;
  const absl::string_view token = text->substr(0, TokenLength(*text));
  double number = 0;
  const bool is_string = token.front() == '"' && token.size() > 1 && token.back() == '"';
  if (!is_string && token != "true" && token != "false" && token != "null" && !absl::SimpleAtod(token, &number)) {
    return false;
  }
  text->remove_prefix(token.size());
  return token.front() != ' ' && token.back() != ' ';
}

// Whether it is written as this file would write it, which saves reading it as JSON: `"x"`, `{"a":1,"b":"c"}`.
bool IsCompact(absl::string_view text, bool keys) {
  if (!keys) return SkipScalar(&text) && text.empty();
  if (!absl::ConsumePrefix(&text, "{")) return false;
  do {
    if (!absl::StartsWith(text, "\"") || !SkipScalar(&text)) return false;
    if (!absl::ConsumePrefix(&text, ":") || !SkipScalar(&text)) return false;
  } while (absl::ConsumePrefix(&text, ","));
  return text == "}";
}

absl::StatusOr<PathElement> ParseElement(absl::string_view key) {
  const auto bad = [key] {
    return absl::InvalidArgumentError(absl::StrCat("\"", key, "\" is no path element of FieldsV1"));
  };
  if (key.size() < 2 || key[1] != ':') return bad();
  const absl::string_view text = key.substr(2);
  switch (key[0]) {
    case 'f':
      return PathElement::Field(text);
    case 'k':
    case 'v': {
      const auto kind = static_cast<PathElement::Kind>(key[0]);
      if (IsCompact(text, key[0] == 'k')) return PathElement{kind, std::string(text)};
      ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(text));
      if ((key[0] == 'k') != document.root().is_object()) return bad();
      return PathElement{kind, MinifyJson(document.root())};
    }
    case 'i': {
      int index = 0;
      if (!absl::SimpleAtoi(text, &index)) return bad();
      return PathElement{PathElement::Kind::kIndex, absl::StrCat(index)};
    }
    default:
      return bad();
  }
}

// `*self` tells whether the container itself is a member.
absl::StatusOr<FieldSet> FromJson(simdjson::dom::element value, bool* self) {
  if (!value.is_object()) return absl::InvalidArgumentError("FieldsV1: every value must be an object");
  std::vector<Node> nodes;
  *self = false;
  bool any = false;
  for (const auto [key, inner] : ObjectOf(value)) {
    any = true;
    if (key == ".") {
      *self = true;
      continue;
    }
    ASSIGN_OR_RETURN(PathElement element, ParseElement(ToAbsl(key)));
    bool member = false;
    ASSIGN_OR_RETURN(FieldSet below, FromJson(inner, &member));
    nodes.push_back({std::move(element), member, std::move(below)});
  }
  *self |= !any;
  return FieldSet::FromNodes(std::move(nodes));
}

void AppendElement(const PathElement& element, std::string* out) {
  const char prefix[] = {'"', static_cast<char>(element.kind), ':'};
  const bool plain = std::all_of(element.text.begin(), element.text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '/' || c == '_';
  });
  if (!plain) return AppendJsonString(absl::StrCat(absl::string_view(prefix + 1, 2), element.text), out);
  out->append(prefix, sizeof(prefix));
  *out += element.text;
  out->push_back('"');
}

void Append(const FieldSet& set, bool with_self, std::string* out) {
  out->push_back('{');
  const char* comma = "";
  if (with_self && !set.empty()) {
    *out += "\".\":{}";
    comma = ",";
  }
  for (const Node& node : set.nodes()) {
    *out += comma;
    comma = ",";
    AppendElement(node.element, out);
    out->push_back(':');
    Append(node.below, node.member, out);
  }
  out->push_back('}');
}

void AddPaths(const FieldSet& set, const std::string& prefix, std::vector<std::string>* out) {
  for (const Node& node : set.nodes()) {
    const std::string path = absl::StrCat(prefix, node.element.ToString());
    if (node.member) out->push_back(path);
    AddPaths(node.below, path, out);
  }
}

// Calls `visit` with the nodes of both for each element in order; null where one has none.
template <typename Visit>
void Merge(const std::vector<Node>& a, const std::vector<Node>& b, const Visit& visit) {
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() || right != b.end()) {
    const int order = left == a.end() ? 1 : right == b.end() ? -1 : Compare(left->element, right->element);
    visit(order <= 0 ? &*left : nullptr, order >= 0 ? &*right : nullptr);
    if (order <= 0) ++left;
    if (order >= 0) ++right;
  }
}

}  // namespace

FieldSet::FieldSet() = default;
FieldSet::FieldSet(const FieldSet&) = default;
FieldSet::FieldSet(FieldSet&&) noexcept = default;
FieldSet& FieldSet::operator=(const FieldSet&) = default;
FieldSet& FieldSet::operator=(FieldSet&&) noexcept = default;
FieldSet::~FieldSet() = default;

bool FieldSet::operator==(const FieldSet& other) const { return nodes_ == other.nodes_; }

bool Before(const PathElement& a, const PathElement& b) { return Compare(a, b) < 0; }

std::string PathElement::ToString() const {
  switch (kind) {
    case Kind::kField:
      return absl::StrCat(".", text);
    case Kind::kValue:
      return absl::StrCat("[=", text, "]");
    case Kind::kIndex:
      return absl::StrCat("[", text, "]");
    case Kind::kKey:
      break;
  }
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
  if (!document.ok()) return absl::StrCat("[", text, "]");
  std::string keys;
  for (const auto [name, value] : ObjectOf(document->root())) {
    absl::StrAppend(&keys, keys.empty() ? "" : ",", ToAbsl(name), "=", MinifyJson(value));
  }
  return absl::StrCat("[", keys, "]");
}

absl::StatusOr<FieldSet> FieldSet::Parse(absl::string_view fields_v1) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(fields_v1));
  bool self = false;
  return FromJson(document.root(), &self);
}

FieldSet FieldSet::FromNodes(std::vector<Node> nodes) {
  const auto before = [](const Node& a, const Node& b) { return Before(a.element, b.element); };
  if (!std::is_sorted(nodes.begin(), nodes.end(), before)) std::stable_sort(nodes.begin(), nodes.end(), before);
  FieldSet set;
  set.nodes_.reserve(nodes.size());
  for (Node& node : nodes) set.Add(std::move(node.element), node.member, std::move(node.below));
  return set;
}

std::string FieldSet::ToFieldsV1() const {
  std::string out;
  Append(*this, false, &out);
  return out;
}

void FieldSet::Add(PathElement element, bool member, FieldSet below) {
  if (!member && below.empty()) return;
  auto at = nodes_.end();
  if (!nodes_.empty() && !Before(nodes_.back().element, element)) {
    at = std::lower_bound(nodes_.begin(), nodes_.end(), element,
                          [](const Node& node, const PathElement& wanted) { return Before(node.element, wanted); });
  }
  if (at == nodes_.end() || Before(element, at->element)) {
    nodes_.insert(at, Node{std::move(element), member, std::move(below)});
    return;
  }
  at->member |= member;
  at->below = at->below.empty() ? std::move(below) : at->below.Union(below);
}

void FieldSet::Insert(const std::vector<PathElement>& path) {
  FieldSet below;
  for (size_t i = path.size(); i-- > 0;) {
    FieldSet set;
    set.Add(path[i], i + 1 == path.size(), std::move(below));
    below = std::move(set);
  }
  *this = Union(below);
}

const Node* FieldSet::Find(const PathElement& element) const {
  const auto at =
      std::lower_bound(nodes_.begin(), nodes_.end(), element,
                       [](const Node& node, const PathElement& wanted) { return Before(node.element, wanted); });
  return at == nodes_.end() || Before(element, at->element) ? nullptr : &*at;
}

FieldSet FieldSet::Union(const FieldSet& other) const {
  if (other.empty()) return *this;
  if (empty()) return other;
  FieldSet out;
  Merge(nodes_, other.nodes_, [&out](const Node* a, const Node* b) {
    if (a == nullptr || b == nullptr) {
      out.nodes_.push_back(a == nullptr ? *b : *a);
    } else {
      out.nodes_.push_back({a->element, a->member || b->member, a->below.Union(b->below)});
    }
  });
  return out;
}

FieldSet FieldSet::Intersection(const FieldSet& other) const {
  FieldSet out;
  Merge(nodes_, other.nodes_, [&out](const Node* a, const Node* b) {
    if (a == nullptr || b == nullptr) return;
    FieldSet below = a->below.Intersection(b->below);
    const bool member = a->member && b->member;
    if (member || !below.empty()) out.nodes_.push_back({a->element, member, std::move(below)});
  });
  return out;
}

FieldSet FieldSet::Difference(const FieldSet& other) const {
  FieldSet out;
  Merge(nodes_, other.nodes_, [&out](const Node* a, const Node* b) {
    if (a == nullptr) return;
    if (b == nullptr) {
      out.nodes_.push_back(*a);
      return;
    }
    FieldSet below = a->below.Difference(b->below);
    const bool member = a->member && !b->member;
    if (member || !below.empty()) out.nodes_.push_back({a->element, member, std::move(below)});
  });
  return out;
}

bool FieldSet::Intersects(const FieldSet& other) const {
  bool found = false;
  Merge(nodes_, other.nodes_, [&found](const Node* a, const Node* b) {
    if (found || a == nullptr || b == nullptr) return;
    found = (a->member && b->member) || a->below.Intersects(b->below);
  });
  return found;
}

bool FieldSet::Contains(const FieldSet& other) const {
  bool all = true;
  Merge(nodes_, other.nodes_, [&all](const Node* a, const Node* b) {
    if (!all || b == nullptr) return;
    all = a != nullptr && (a->member || !b->member) && a->below.Contains(b->below);
  });
  return all;
}

std::vector<std::string> FieldSet::Paths() const {
  std::vector<std::string> paths;
  AddPaths(*this, "", &paths);
  return paths;
}

}  // namespace kubelite::api
