#include "common/api/patch.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// The members of an object by key; of an absent or other value: none. The last of equal keys counts.
class Members {
 public:
  Members() = default;
  explicit Members(element value) {
    if (!value.is_object()) return;
    for (const auto [key, member] : ObjectOf(value)) {
      const auto [position, added] = index_.emplace(ToAbsl(key), ordered_.size());
      if (added) {
        ordered_.emplace_back(ToAbsl(key), member);
      } else {
        ordered_[position->second].second = member;
      }
    }
  }

  const std::vector<std::pair<absl::string_view, element>>& all() const { return ordered_; }
  const element* Find(absl::string_view key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &ordered_[found->second].second;
  }
  // As Find, but null values count as absent.
  const element* FindValue(absl::string_view key) const {
    const element* found = Find(key);
    return found != nullptr && found->is_null() ? nullptr : found;
  }

 private:
  std::vector<std::pair<absl::string_view, element>> ordered_;
  absl::flat_hash_map<absl::string_view, size_t> index_;
};

// Writes the members of one object.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string* out) : out_(out) { out_->push_back('{'); }
  ~ObjectWriter() { out_->push_back('}'); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  // The caller appends the value next.
  void Key(absl::string_view key) {
    if (!first_) out_->push_back(',');
    first_ = false;
    AppendJsonString(key, out_);
    out_->push_back(':');
  }

 private:
  std::string* const out_;
  bool first_ = true;
};

void Merge(const Members& target, element patch, std::string* out) {
  if (!patch.is_object()) return AppendJson(patch, out);
  const Members changes(patch);
  ObjectWriter writer(out);
  for (const auto& [key, value] : target.all()) {
    const element* change = changes.Find(key);
    if (change != nullptr && change->is_null()) continue;
    writer.Key(key);
    if (change == nullptr) {
      AppendJson(value, out);
    } else {
      Merge(Members(value), *change, out);
    }
  }
  for (const auto& [key, change] : changes.all()) {
    if (change.is_null() || target.Find(key) != nullptr) continue;
    writer.Key(key);
    Merge(Members(), change, out);
  }
}

bool Equal(element a, element b);

bool EqualObjects(element a, element b) {
  const Members left(a);
  const Members right(b);
  if (left.all().size() != right.all().size()) return false;
  for (const auto& [key, value] : left.all()) {
    const element* other = right.Find(key);
    if (other == nullptr || !Equal(value, *other)) return false;
  }
  return true;
}

bool EqualArrays(const simdjson::dom::array& a, const simdjson::dom::array& b) {
  auto left = a.begin();
  auto right = b.begin();
  for (; left != a.end() && right != b.end(); ++left, ++right) {
    if (!Equal(*left, *right)) return false;
  }
  return !(left != a.end()) && !(right != b.end());
}

bool Equal(element a, element b) {
  if (a.is_number() && b.is_number() && a.type() != b.type()) return a.get_double().value() == b.get_double().value();
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case element_type::OBJECT:
      return EqualObjects(a, b);
    case element_type::ARRAY:
      return EqualArrays(ArrayOf(a), ArrayOf(b));
    case element_type::STRING:
      return a.get_string().value_unsafe() == b.get_string().value_unsafe();
    case element_type::INT64:
      return a.get_int64().value_unsafe() == b.get_int64().value_unsafe();
    case element_type::UINT64:
      return a.get_uint64().value_unsafe() == b.get_uint64().value_unsafe();
    case element_type::DOUBLE:
      return a.get_double().value_unsafe() == b.get_double().value_unsafe();
    case element_type::BOOL:
      return a.get_bool().value_unsafe() == b.get_bool().value_unsafe();
    case element_type::NULL_VALUE:
      return true;
  }
  return false;
}

// The patch that makes `current` hold all of `modified`, and drops what `original` had and `modified` has not. With
// original == current this is the plain difference.
void Diff(const Members& original, const Members& modified, const Members& current, std::string* out) {
  ObjectWriter writer(out);
  for (const auto& [key, value] : modified.all()) {
    const element* present = current.Find(key);
    if (value.is_null() || (present != nullptr && Equal(*present, value))) continue;
    if (present == nullptr || !present->is_object() || !value.is_object()) {
      writer.Key(key);
      AppendJson(value, out);
      continue;
    }
    const element* before = original.Find(key);
    std::string member;
    Diff(before == nullptr ? Members() : Members(*before), Members(value), Members(*present), &member);
    if (member == "{}") continue;
    writer.Key(key);
    out->append(member);
  }
  for (const auto& [key, value] : original.all()) {
    if (value.is_null() || modified.FindValue(key) != nullptr || current.Find(key) == nullptr) continue;
    writer.Key(key);
    out->append("null");
  }
}

absl::StatusOr<JsonDocument> ParseNamed(absl::string_view json, absl::string_view what, bool must_be_object) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(json);
  if (!document.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("reading the ", what, ": ", document.status().message()));
  }
  if (must_be_object && !document->root().is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the ", what, " must be a JSON object, got ", DescribeJson(document->root())));
  }
  return document;
}

}  // namespace

absl::StatusOr<std::string> ApplyMergePatch(absl::string_view document, absl::string_view patch) {
  ASSIGN_OR_RETURN(const JsonDocument target, ParseNamed(document, "document", false));
  ASSIGN_OR_RETURN(const JsonDocument change, ParseNamed(patch, "merge patch", true));
  std::string out;
  out.reserve(document.size() + patch.size());
  Merge(Members(target.root()), change.root(), &out);
  return out;
}

absl::StatusOr<std::string> CreateMergePatch(absl::string_view from, absl::string_view to) {
  return CreateThreeWayMergePatch(from, to, from);
}

absl::StatusOr<std::string> CreateThreeWayMergePatch(absl::string_view original, absl::string_view modified,
                                                     absl::string_view current) {
  const bool has_original = original.find_first_not_of(" \t\r\n") != absl::string_view::npos;
  ASSIGN_OR_RETURN(const JsonDocument before,
                   ParseNamed(has_original ? original : "{}", "last applied configuration", true));
  ASSIGN_OR_RETURN(const JsonDocument wanted, ParseNamed(modified, "modified object", true));
  ASSIGN_OR_RETURN(const JsonDocument present, ParseNamed(current, "current object", true));
  std::string out;
  Diff(Members(before.root()), Members(wanted.root()), Members(present.root()), &out);
  return out;
}

}  // namespace kubelite::api
