#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/api/go_quote.h"
#include "common/api/json_document.h"
#include "common/api/json_text.h"
#include "common/api/yaml.h"
#include "common/api/yaml_scalar.h"
#include "common/api/yaml_tree.h"
#include "common/base/status_macros.h"

namespace kubelite::api {
namespace {

constexpr absl::string_view kBlanks = " \t\r\n";
constexpr absl::string_view kTagPrefix = "tag:yaml.org,2002:";

absl::Status AtLine(int line, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", problem));
}

// Writes a YAML tree as JSON.
class JsonWriter {
 public:
  // Aliases multiply nodes; this bounds by how much.
  explicit JsonWriter(size_t tree_size) : budget_(tree_size * 10 + 1000) {}

  absl::Status Write(const YamlNode& node, std::string* out, int depth = 0) {
    if (depth > YamlTree::kMaxDepth) {
      return AtLine(node.line, absl::StrCat("nested deeper than ", YamlTree::kMaxDepth, " levels"));
    }
    if (budget_ == 0) return AtLine(node.line, "too many aliases");
    --budget_;
    switch (node.kind) {
      case YamlNode::Kind::kScalar:
        return WriteScalar(node, out);
      case YamlNode::Kind::kSequence:
        out->push_back('[');
        for (size_t i = 0; i < node.children.size(); ++i) {
          if (i > 0) out->push_back(',');
          RETURN_IF_ERROR(Write(*node.children[i], out, depth + 1));
        }
        out->push_back(']');
        return absl::OkStatus();
      case YamlNode::Kind::kMap:
        return WriteMap(node, out, depth);
    }
    return absl::OkStatus();
  }

 private:
  struct Member {
    std::string key;
    const YamlNode* value;
  };
  using Members = std::vector<Member>;

  absl::Status WriteScalar(const YamlNode& node, std::string* out) {
    if (!node.plain && node.tag.empty()) {
      AppendJsonString(node.text, out);
      return absl::OkStatus();
    }
    absl::string_view tag = node.tag;
    absl::ConsumePrefix(&tag, kTagPrefix);
    if (tag == "binary") {
      std::string bytes;
      if (!absl::Base64Unescape(node.text, &bytes)) return AtLine(node.line, "!!binary value is not base64");
      AppendJsonString(bytes, out);
      return absl::OkStatus();
    }
    const YamlScalar scalar = tag == "str" ? YamlScalar() : ResolveYamlScalar(node.text);
    if (scalar.kind == YamlScalar::Kind::kFloat && scalar.json.empty()) {
      return AtLine(node.line, absl::StrCat("the number ", node.text, " cannot be represented in JSON"));
    }
    if (scalar.json.empty()) {
      AppendJsonString(node.text, out);
    } else {
      out->append(scalar.json);
    }
    return absl::OkStatus();
  }

  // Keys are strings in JSON: numbers and booleans become their text.
  static absl::StatusOr<std::string> KeyText(const YamlNode& key) {
    if (key.kind != YamlNode::Kind::kScalar) return AtLine(key.line, "a key must be a scalar");
    if (!key.plain) return key.text;
    const YamlScalar scalar = ResolveYamlScalar(key.text);
    if (scalar.kind == YamlScalar::Kind::kNull) return AtLine(key.line, "a key may not be null");
    return scalar.json.empty() ? key.text : scalar.json;
  }

  static bool IsMerge(const YamlNode& key) { return key.plain && key.text == "<<"; }

  // The members of a map: its own in order, then those of merged maps that it does not have.
  absl::Status Collect(const YamlNode& map, int depth, Members* members) {
    if (depth > YamlTree::kMaxDepth || budget_ == 0) return AtLine(map.line, "too many merged maps");
    --budget_;
    absl::flat_hash_map<std::string, int> lines;
    std::vector<const YamlNode*> merged;
    for (size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const YamlNode& key = *map.children[i];
      const YamlNode& value = *map.children[i + 1];
      if (IsMerge(key)) {
        merged.push_back(&value);
        continue;
      }
      ASSIGN_OR_RETURN(std::string text, KeyText(key));
      const auto [position, added] = lines.emplace(text, key.line);
      if (!added) {
        return AtLine(key.line, absl::StrCat("key ", GoQuote(text), " already set in map at line ", position->second));
      }
      members->push_back({std::move(text), &value});
    }
    for (const YamlNode* value : merged) {
      const std::vector<const YamlNode*> alone = {value};
      for (const YamlNode* source : value->kind == YamlNode::Kind::kSequence ? value->children : alone) {
        if (source->kind != YamlNode::Kind::kMap)
          return AtLine(source->line, "map merge requires a map or a list of maps");
        Members inherited;
        RETURN_IF_ERROR(Collect(*source, depth + 1, &inherited));
        for (Member& member : inherited) {
          if (lines.emplace(member.key, 0).second) members->push_back(std::move(member));
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status WriteMap(const YamlNode& map, std::string* out, int depth) {
    Members members;
    RETURN_IF_ERROR(Collect(map, depth, &members));
    char separator = '{';
    if (members.empty()) out->push_back('{');
    for (const Member& member : members) {
      out->push_back(separator);
      separator = ',';
      AppendJsonString(member.key, out);
      out->push_back(':');
      RETURN_IF_ERROR(Write(*member.value, out, depth + 1));
    }
    out->push_back('}');
    return absl::OkStatus();
  }

  size_t budget_;
};

// A part of a manifest between lines of `---` or `...`.
struct Chunk {
  absl::string_view text;
  int line = 1;
};

std::vector<Chunk> SplitChunks(absl::string_view text) {
  std::vector<Chunk> chunks;
  Chunk current{text.substr(0, 0), 1};
  size_t start = 0;
  int line = 1;
  for (size_t at = 0; at < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const absl::string_view marker = text.substr(at, 3);
    const bool separator = (marker == "---" || marker == "...") &&
                           (at + 3 >= end || kBlanks.find(text[at + 3]) != absl::string_view::npos);
    if (separator) {
      chunks.push_back({text.substr(start, at - start), current.line});
      start = std::min(at + 3, end);
      current.line = line;
    }
    at = end + 1;
  }
  chunks.push_back({text.substr(start), current.line});
  return chunks;
}

// The end of the JSON value that begins at `start`, by counting brackets outside of strings.
size_t JsonValueEnd(absl::string_view text, size_t start) {
  int depth = 0;
  for (size_t i = start; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
        }
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth <= 0) return i + 1;
        break;
      default:
        break;
    }
  }
  return text.size();
}

// A stream of JSON objects.
absl::Status ReadJson(const Chunk& chunk, std::vector<ManifestDocument>* documents) {
  size_t at = chunk.text.find_first_not_of(kBlanks);
  while (at != absl::string_view::npos) {
    const size_t end = JsonValueEnd(chunk.text, at);
    const absl::string_view before = chunk.text.substr(0, at);
    const int line = chunk.line + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    const absl::string_view text = chunk.text.substr(at, end - at);
    if (const absl::StatusOr<JsonDocument> parsed = JsonDocument::Parse(text); !parsed.ok()) {
      return AtLine(line, parsed.status().message());
    }
    documents->push_back({std::string(text), line});
    at = chunk.text.find_first_not_of(kBlanks, end);
  }
  return absl::OkStatus();
}

absl::Status ReadYaml(const Chunk& chunk, std::vector<ManifestDocument>* documents) {
  YamlTree tree;
  RETURN_IF_ERROR(tree.Parse(chunk.text, chunk.line));
  const YamlNode* root = tree.root();
  if (root == nullptr) return absl::OkStatus();
  if (root->kind == YamlNode::Kind::kScalar && root->plain &&
      ResolveYamlScalar(root->text).kind == YamlScalar::Kind::kNull) {
    return absl::OkStatus();
  }
  if (root->kind != YamlNode::Kind::kMap) {
    return AtLine(root->line, "expected an object with apiVersion and kind, got a bare scalar or list");
  }
  ManifestDocument& document = documents->emplace_back();
  document.line = root->line;
  return JsonWriter(tree.size()).Write(*root, &document.json);
}

std::string StringMember(simdjson::dom::element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

// Puts the items of `List` and of typed lists in place of the list. Items of typed lists may lack their type.
absl::Status ExpandList(ManifestDocument document, std::vector<ManifestDocument>* out) {
  ASSIGN_OR_RETURN(const JsonDocument parsed, JsonDocument::Parse(document.json));
  const std::string kind = StringMember(parsed.root(), "kind");
  simdjson::dom::element items;
  const bool is_list = absl::EndsWith(kind, "List") && parsed.root()["items"].get(items) == simdjson::SUCCESS &&
                       (items.is_array() || items.is_null());
  if (!is_list) {
    out->push_back(std::move(document));
    return absl::OkStatus();
  }
  if (items.is_null()) return absl::OkStatus();
  const std::string item_kind = kind.substr(0, kind.size() - 4);
  int index = 0;
  for (const simdjson::dom::element item : ArrayOf(items)) {
    if (!item.is_object()) {
      return AtLine(document.line,
                    absl::StrCat("field \"items[", index, "]\": expected object, got ", DescribeJson(item)));
    }
    ++index;
    std::string json = MinifyJson(item);
    if (!item_kind.empty() && StringMember(item, "kind").empty()) {
      std::string typed = "{\"apiVersion\":";
      AppendJsonString(StringMember(parsed.root(), "apiVersion"), &typed);
      typed += ",\"kind\":";
      AppendJsonString(item_kind, &typed);
      json = absl::StrCat(typed, json == "{}" ? "" : ",", json.substr(1));
    }
    RETURN_IF_ERROR(ExpandList({std::move(json), document.line}, out));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ManifestDocument>> Read(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  std::vector<ManifestDocument> documents;
  for (const Chunk& chunk : SplitChunks(text)) {
    const size_t first = chunk.text.find_first_not_of(kBlanks);
    if (first == absl::string_view::npos) continue;
    RETURN_IF_ERROR(chunk.text[first] == '{' ? ReadJson(chunk, &documents) : ReadYaml(chunk, &documents));
  }
  std::vector<ManifestDocument> expanded;
  for (ManifestDocument& document : documents) RETURN_IF_ERROR(ExpandList(std::move(document), &expanded));
  return expanded;
}

}  // namespace

absl::StatusOr<std::vector<ManifestDocument>> ReadManifest(absl::string_view text, absl::string_view source) {
  absl::StatusOr<std::vector<ManifestDocument>> documents = Read(text);
  if (documents.ok()) return documents;
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", documents.status().message()));
}

}  // namespace kubelite::api
