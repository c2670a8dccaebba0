#include "common/api/json_tree.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/base/status_macros.h"
#include "simdjson.h"

namespace kubelite::api {
namespace {

JsonTree Build(simdjson::dom::element value) {
  JsonTree tree;
  if (value.is_object()) {
    tree.kind = JsonTree::Kind::kObject;
    // The last of equal keys counts.
    absl::flat_hash_map<absl::string_view, size_t> index;
    for (const auto [key, member] : ObjectOf(value)) {
      const auto [at, added] = index.emplace(ToAbsl(key), tree.members.size());
      if (added) {
        tree.members.emplace_back(std::string(ToAbsl(key)), Build(member));
      } else {
        tree.members[at->second].second = Build(member);
      }
    }
  } else if (value.is_array()) {
    tree.kind = JsonTree::Kind::kArray;
    for (const simdjson::dom::element item : ArrayOf(value)) tree.items.push_back(Build(item));
  } else {
    tree.scalar = MinifyJson(value);
  }
  return tree;
}

void Append(const JsonTree& tree, std::string* out) {
  const char* comma = "";
  switch (tree.kind) {
    case JsonTree::Kind::kScalar:
      *out += tree.scalar;
      return;
    case JsonTree::Kind::kObject:
      out->push_back('{');
      for (const auto& [key, value] : tree.members) {
        *out += comma;
        AppendJsonString(key, out);
        out->push_back(':');
        Append(value, out);
        comma = ",";
      }
      out->push_back('}');
      return;
    case JsonTree::Kind::kArray:
      out->push_back('[');
      for (const JsonTree& item : tree.items) {
        *out += comma;
        Append(item, out);
        comma = ",";
      }
      out->push_back(']');
  }
}

}  // namespace

absl::StatusOr<JsonTree> JsonTree::Parse(absl::string_view json) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(json));
  return Build(document.root());
}

JsonTree JsonTree::String(absl::string_view text) {
  JsonTree tree;
  tree.scalar.clear();
  AppendJsonString(text, &tree.scalar);
  return tree;
}

std::string JsonTree::ToJson() const {
  std::string out;
  Append(*this, &out);
  return out;
}

std::string JsonTree::Text() const {
  if (kind != Kind::kScalar || !absl::StartsWith(scalar, "\"")) return "";
  const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(scalar);
  if (!document.ok()) return "";
  return std::string(ToAbsl(document->root().get_string().value_unsafe()));
}

const JsonTree* JsonTree::Find(absl::string_view key) const {
  const auto it = std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.first == key; });
  return it == members.end() ? nullptr : &it->second;
}

JsonTree* JsonTree::Find(absl::string_view key) { return const_cast<JsonTree*>(std::as_const(*this).Find(key)); }

void JsonTree::Set(absl::string_view key, JsonTree value) {
  if (JsonTree* old = Find(key)) {
    *old = std::move(value);
  } else {
    members.emplace_back(std::string(key), std::move(value));
  }
}

bool JsonTree::Erase(absl::string_view key) {
  return std::erase_if(members, [&](const auto& member) { return member.first == key; }) > 0;
}

bool JsonTree::operator==(const JsonTree& other) const {
  if (kind != other.kind) return false;
  if (kind == Kind::kScalar) return scalar == other.scalar;
  if (kind == Kind::kArray) return items == other.items;
  if (members.size() != other.members.size()) return false;
  for (size_t i = 0; i < members.size(); ++i) {
    const auto& [key, value] = members[i];
    // Mostly both have the same order.
    const JsonTree* theirs = other.members[i].first == key ? &other.members[i].second : other.Find(key);
    if (theirs == nullptr || !(*theirs == value)) return false;
  }
  return true;
}

}  // namespace kubelite::api
