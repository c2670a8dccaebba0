#include "common/api/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace kubelite::api {

// Builds nodes from the parser's events. The first problem is kept, and later events are ignored.
class YamlTree::Builder : public YAML::EventHandler {
 public:
  Builder(YamlTree* tree, int first_line) : tree_(tree), first_line_(first_line) {}

  const absl::Status& status() const { return status_; }

  // The line the latest document begins on.
  int document_line() const { return document_line_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    document_line_ = first_line_ + mark.line;
    stack_.clear();
    anchors_.clear();
    root_ = nullptr;
  }

  void OnDocumentEnd() override {
    if (root_ != nullptr && tree_->root_ == nullptr) tree_->root_ = root_;
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode* node = Add(mark, anchor, YamlNode::Kind::kScalar);
    node->plain = true;
    node->complete = true;
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end() || !found->second->complete) {
      Fail(mark, "an alias may not refer to a node that contains it");
      return;
    }
    Attach(found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode* node = Add(mark, anchor, YamlNode::Kind::kScalar);
    // The parser tells plain scalars by the tag "?", quoted and block ones by "!".
    node->plain = tag == "?" || tag.empty();
    if (!node->plain && tag != "!") node->tag = tag;
    node->text = value;
    node->complete = true;
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  YamlNode* Add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    YamlNode& node = tree_->nodes_.emplace_back();
    node.kind = kind;
    node.line = first_line_ + mark.line;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    Attach(&node);
    return &node;
  }

  void Attach(const YamlNode* node) {
    if (stack_.empty()) {
      root_ = node;
    } else {
      stack_.back()->children.push_back(node);
    }
  }

  void Open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    YamlNode* node = Add(mark, anchor, kind);
    stack_.push_back(node);
    if (stack_.size() > kMaxDepth) Fail(mark, absl::StrCat("nested deeper than ", kMaxDepth, " levels"));
  }

  void Close() {
    stack_.back()->complete = true;
    stack_.pop_back();
  }

  void Fail(const YAML::Mark& mark, absl::string_view problem) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat("line ", first_line_ + mark.line, ": ", problem));
  }

  YamlTree* const tree_;
  const int first_line_;
  int document_line_ = 0;
  absl::Status status_;
  std::vector<YamlNode*> stack_;
  std::map<YAML::anchor_t, YamlNode*> anchors_;
  const YamlNode* root_ = nullptr;
};

namespace {

// The parser takes a quoted string that is still open at the end of the text for a closed one when the text ends in a
// line break. A comment behind the break avoids that and changes nothing else.
std::string Terminated(absl::string_view text) {
  const size_t end = text.find_last_not_of(" \t\r");
  if (end == absl::string_view::npos || text[end] != '\n') return std::string(text);
  return absl::StrCat(text.substr(0, end + 1), "#");
}

}  // namespace

absl::Status YamlTree::Parse(absl::string_view text, int first_line) {
  Builder builder(this, first_line);
  try {
    std::istringstream stream{Terminated(text)};
    YAML::Parser parser(stream);
    // What the grammar cannot use, the parser leaves over and takes for another document, again and again.
    if (parser.HandleNextDocument(builder) && parser.HandleNextDocument(builder) && builder.status().ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", builder.document_line(), ": YAML: unexpected content behind the document"));
    }
  } catch (const YAML::Exception& error) {
    if (!builder.status().ok()) return builder.status();
    const std::string line = error.mark.is_null() ? "" : absl::StrCat("line ", first_line + error.mark.line, ": ");
    return absl::InvalidArgumentError(absl::StrCat(line, "YAML: ", error.msg));
  }
  return builder.status();
}

}  // namespace kubelite::api
