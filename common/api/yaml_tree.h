#pragma once

#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kubelite::api {

// A node of a YAML document. An alias is the anchored node itself, so nodes may have several parents.
struct YamlNode {
  enum class Kind { kScalar, kSequence, kMap };
  Kind kind = Kind::kScalar;
  int line = 0;        // from 1
  bool plain = false;  // an unquoted scalar without tag: its text decides its type
  bool complete = false;
  std::string tag;  // "tag:yaml.org,2002:int"; empty when none matters
  std::string text;
  std::vector<const YamlNode*> children;  // of a map: key, value, key, value ...
};

// One YAML document; owns its nodes.
class YamlTree {
 public:
  static constexpr int kMaxDepth = 100;

  // Reads a text that holds at most one document, without `---` and `...` lines. InvalidArgument `line N: <problem>`;
  // lines count from `first_line`.
  absl::Status Parse(absl::string_view text, int first_line);
  // Null when the text holds no document.
  const YamlNode* root() const { return root_; }
  size_t size() const { return nodes_.size(); }

 private:
  class Builder;
  std::deque<YamlNode> nodes_;
  const YamlNode* root_ = nullptr;
};

}  // namespace kubelite::api
