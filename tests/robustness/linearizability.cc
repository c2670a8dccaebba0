#include "tests/robustness/linearizability.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/robustness/semantics.h"

namespace kubelite::robustness {
namespace {

using Kind = Operation::Kind;

// States tried before the search gives up: far above what a correct run needs.
constexpr size_t kMaxTried = 200'000;

// An operation in the search; ExpireLeases is two, its begin and its end.
struct Item {
  const Operation* op = nullptr;
  bool begins = false;
};

// Items of which each comes after the one before.
struct Thread {
  std::vector<Item> items;
  bool optional = false;
};

// A point of the search.
struct Node {
  State state;
  std::vector<size_t> next;  // of each thread
};

std::vector<Item> ItemsOf(const Operation& op) {
  if (op.kind != Kind::kExpireLeases) return {{&op, false}};
  if (op.lost) return {{&op, true}};
  return {{&op, true}, {&op, false}};
}

// Whether a lost operation that is not in the log may have had an effect nevertheless.
bool MayHaveHadAnEffect(const Operation& op) {
  switch (op.kind) {
    case Kind::kRevokeLease:
    case Kind::kGrantLease:
    case Kind::kRenewLease:
    case Kind::kExpireLeases:
    case Kind::kCompact:
      return true;
    default:
      return false;
  }
}

std::vector<Thread> ThreadsOf(const std::vector<Session>& sessions) {
  std::vector<Thread> threads;
  for (const Session& session : sessions) {
    Thread main;
    for (const Operation& op : session) {
      if (!op.lost) {
        for (const Item& item : ItemsOf(op)) main.items.push_back(item);
      } else if (op.IsStep()) {
        threads.push_back({ItemsOf(op), /*optional=*/false});
      } else if (MayHaveHadAnEffect(op)) {
        threads.push_back({ItemsOf(op), /*optional=*/true});
      }
    }
    threads.push_back(std::move(main));
  }
  return threads;
}

class Search {
 public:
  Search(const Model& truth, std::vector<Thread> threads) : truth_(truth), threads_(std::move(threads)) {}

  absl::Status Run() {
    Node start;
    start.next.resize(threads_.size());
    if (Reaches(std::move(start))) return absl::OkStatus();
    if (tried_.size() >= kMaxTried) return absl::DeadlineExceededError("linearizable: gave up after too many states");
    return absl::FailedPreconditionError(
        absl::StrCat("linearizable: no order of the operations explains them all. ", Explain(furthest_)));
  }

 private:
  const Item* Head(const Node& node, size_t thread) const {
    const std::vector<Item>& items = threads_[thread].items;
    return node.next[thread] == items.size() ? nullptr : &items[node.next[thread]];
  }

  // What comes next was called before this.
  Tick EarliestReturn(const Node& node) const {
    Tick earliest = kNever;
    for (size_t i = 0; i < threads_.size(); ++i) {
      const Item* head = threads_[i].optional ? nullptr : Head(node, i);
      if (head != nullptr) earliest = std::min(earliest, head->op->returned);
    }
    return earliest;
  }

  bool Done(const Node& node) const {
    for (size_t i = 0; i < threads_.size(); ++i) {
      if (!threads_[i].optional && Head(node, i) != nullptr) return false;
    }
    return node.state.revision == truth_.current();
  }

  // Why the head of a thread cannot be next; null when it can.
  const char* WhyNot(const Node& node, size_t thread, Tick earliest_return) const {
    const Item* head = Head(node, thread);
    if (head->op->call >= earliest_return) return "it was called later";
    return head->begins ? nullptr : Refusal(*head->op, truth_, node.state);
  }

  void Take(size_t thread, Node* node) const {
    const Item& item = *Head(*node, thread);
    if (item.begins) {
      node->state.expiring.push_back(item.op->time);
    } else {
      TakeEffect(*item.op, truth_, &node->state);
    }
    ++node->next[thread];
  }

  // Takes everything that only looks, until nothing more fits.
  void TakeHarmless(Node* node) const {
    for (bool taken = true; taken;) {
      taken = false;
      const Tick earliest_return = EarliestReturn(*node);
      for (size_t i = 0; i < threads_.size(); ++i) {
        const Item* head = Head(*node, i);
        if (head == nullptr || (!head->begins && !HasNoEffect(*head->op, node->state))) continue;
        if (threads_[i].optional && !head->begins) continue;
        if (WhyNot(*node, i, earliest_return) != nullptr) continue;
        Take(i, node);
        taken = true;
      }
    }
  }

  // Every point that can follow.
  std::vector<Node> Followers(const Node& node) const {
    std::vector<Node> followers;
    const Tick earliest_return = EarliestReturn(node);
    for (size_t i = 0; i < threads_.size(); ++i) {
      if (Head(node, i) == nullptr || WhyNot(node, i, earliest_return) != nullptr) continue;
      if (Head(node, i)->op->kind == Kind::kPowerLoss) {
        for (State& state : AfterPowerLoss(node.state)) {
          followers.push_back({std::move(state), node.next});
          ++followers.back().next[i];
        }
        continue;
      }
      Take(i, &followers.emplace_back(node));
    }
    Node expired = node;
    if (TakeExpiryStep(truth_, &expired.state)) followers.push_back(std::move(expired));
    for (const LeaseId id : DueWithoutKeys(truth_, node.state)) {
      EndLeases({id}, &followers.emplace_back(node).state);
    }
    return followers;
  }

  bool Reaches(Node node) {
    while (true) {
      TakeHarmless(&node);
      if (Done(node)) return true;
      std::vector<Node> followers = Followers(node);
      if (followers.empty()) return Fail(std::move(node));
      if (followers.size() == 1) {
        node = std::move(followers.front());
        continue;
      }
      if (tried_.size() >= kMaxTried || !tried_.insert(Fingerprint(node)).second) return false;
      for (Node& follower : followers) {
        if (Reaches(std::move(follower))) return true;
      }
      return false;
    }
  }

  static size_t Progress(const Node& node) {
    size_t taken = static_cast<size_t>(node.state.revision);
    for (const size_t next : node.next) taken += next;
    return taken;
  }

  bool Fail(Node node) {
    if (furthest_.next.empty() || Progress(node) > Progress(furthest_)) furthest_ = std::move(node);
    return false;
  }

  static std::string Fingerprint(const Node& node) {
    std::string text = absl::StrCat(node.state.revision, ",", node.state.compacted);
    for (const size_t next : node.next) absl::StrAppend(&text, ",", next);
    for (const auto& [id, lease] : node.state.leases) {
      absl::StrAppend(&text, ";", id, ",", absl::ToUnixSeconds(lease.deadline));
    }
    for (const auto& [id, deadline] : node.state.unsynced) {
      absl::StrAppend(&text, ";-", id, ",", absl::ToUnixSeconds(deadline));
    }
    for (const absl::Time now : node.state.expiring) absl::StrAppend(&text, ";", absl::ToUnixSeconds(now));
    return text;
  }

  std::string Explain(const Node& node) const {
    std::string text = absl::StrCat("At revision ", node.state.revision, " (compacted ", node.state.compacted, ", ",
                                    node.state.leases.size(), " leases) none of these can be next:");
    const Tick earliest_return = EarliestReturn(node);
    bool any = false;
    for (size_t i = 0; i < threads_.size(); ++i) {
      const Item* head = Head(node, i);
      if (head == nullptr || head->op->call >= earliest_return) continue;
      any = true;
      absl::StrAppend(&text, "\n  ", ToText(*head->op), ": ", WhyNot(node, i, earliest_return));
    }
    if (!any) {
      absl::StrAppend(&text, "\n  the step at revision ", node.state.revision + 1, " by \"",
                      truth_.origin(node.state.revision + 1).note, "\": nobody asked for it");
    }
    return text;
  }

  const Model& truth_;
  const std::vector<Thread> threads_;
  std::unordered_set<std::string> tried_;
  Node furthest_;
};

}  // namespace

absl::Status CheckLinearizable(const Model& truth, const std::vector<Session>& sessions) {
  return Search(truth, ThreadsOf(sessions)).Run();
}

}  // namespace kubelite::robustness
