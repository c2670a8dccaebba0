#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "store/store.h"

namespace kubelite::store {

// Values by key range, found by a key that is in the range: a search tree by the ranges' begin, balanced by chance, in
// which each node knows the furthest end below it. A search costs the logarithm of the size for each value found.
template <typename T>
class RangeTree {
 public:
  void Insert(const KeyRange& range, T value) {
    ++size_;
    auto node = std::make_unique<Node>(Node{range, std::move(value), NextPriority()});
    auto [below, above] = Split(std::move(root_), *node);
    node->Update();
    root_ = Merge(Merge(std::move(below), std::move(node)), std::move(above));
  }

  // The pair must be there.
  void Remove(const KeyRange& range, const T& value) {
    --size_;
    root_ = RemoveFrom(std::move(root_), Node{range, value, 0});
  }

  // Calls function(value) for each range that contains `key`, in order of their begin.
  template <typename Function>
  void ForEachContaining(absl::string_view key, Function&& function) const {
    Visit(root_.get(), key, function);
  }
  template <typename Function>
  void ForEach(Function&& function) const {
    VisitAll(root_.get(), function);
  }
  size_t size() const { return size_; }

 private:
  struct Node {
    KeyRange range;
    T value;
    uint64_t priority = 0;
    std::unique_ptr<Node> left;
    std::unique_ptr<Node> right;
    const Node* furthest = nullptr;  // of this node and those below it, one with the greatest end

    bool Before(const Node& other) const {
      return range.begin != other.range.begin ? range.begin < other.range.begin : value < other.value;
    }
    void Update() {
      furthest = this;
      for (const Node* child : {left.get(), right.get()}) {
        if (child != nullptr && EndsBefore(furthest->range, child->furthest->range)) furthest = child->furthest;
      }
    }
  };
  using NodePtr = std::unique_ptr<Node>;

  static bool EndsBefore(const KeyRange& a, const KeyRange& b) {
    return !a.end.empty() && (b.end.empty() || a.end < b.end);
  }

  // Those before `at`, and the rest.
  static std::pair<NodePtr, NodePtr> Split(NodePtr node, const Node& at) {
    if (node == nullptr) return {};
    if (node->Before(at)) {
      auto [below, above] = Split(std::move(node->right), at);
      node->right = std::move(below);
      node->Update();
      return {std::move(node), std::move(above)};
    }
    auto [below, above] = Split(std::move(node->left), at);
    node->left = std::move(above);
    node->Update();
    return {std::move(below), std::move(node)};
  }

  // All of `a` come before all of `b`.
  static NodePtr Merge(NodePtr a, NodePtr b) {
    if (a == nullptr) return b;
    if (b == nullptr) return a;
    if (a->priority > b->priority) {
      a->right = Merge(std::move(a->right), std::move(b));
      a->Update();
      return a;
    }
    b->left = Merge(std::move(a), std::move(b->left));
    b->Update();
    return b;
  }

  static NodePtr RemoveFrom(NodePtr node, const Node& wanted) {
    if (wanted.Before(*node)) {
      node->left = RemoveFrom(std::move(node->left), wanted);
    } else if (node->Before(wanted)) {
      node->right = RemoveFrom(std::move(node->right), wanted);
    } else {
      return Merge(std::move(node->left), std::move(node->right));
    }
    node->Update();
    return node;
  }

  template <typename Function>
  static void Visit(const Node* node, absl::string_view key, Function& function) {
    if (node == nullptr || (!node->furthest->range.end.empty() && node->furthest->range.end <= key)) return;
    Visit(node->left.get(), key, function);
    if (key < node->range.begin) return;
    if (node->range.Contains(key)) function(node->value);
    Visit(node->right.get(), key, function);
  }

  template <typename Function>
  static void VisitAll(const Node* node, Function& function) {
    if (node == nullptr) return;
    VisitAll(node->left.get(), function);
    function(node->value);
    VisitAll(node->right.get(), function);
  }

  // Splitmix64: chance enough for balance, and the same in each run.
  uint64_t NextPriority() {
    uint64_t z = seed_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  NodePtr root_;
  size_t size_ = 0;
  uint64_t seed_ = 0;
};

}  // namespace kubelite::store
