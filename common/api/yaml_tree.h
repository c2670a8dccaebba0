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

// The documents of a YAML text; owns their nodes.
class YamlTree {
 public:
  static constexpr int kMaxDepth = 100;

  // InvalidArgument `line N: <problem>`; lines count from `first_line`.
  absl::Status Parse(absl::string_view text, int first_line);
  const std::vector<const YamlNode*>& documents() const { return documents_; }
  size_t size() const { return nodes_.size(); }

 private:
  class Builder;
  std::deque<YamlNode> nodes_;
  std::vector<const YamlNode*> documents_;
};

}  // namespace kubelite::api
