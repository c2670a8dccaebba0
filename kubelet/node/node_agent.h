#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/executor.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "kubelet/node/node_object.h"

namespace kubelite::kubelet {

// Registers the node, renews its lease every 10 s, and keeps its status: written when it changed and every 5 minutes.
// Retries for ever. Thread-safe; works on one strand of the executor, which blocks on the API.
class NodeAgent {
 public:
  struct Deps {
    client::Client* client = nullptr;
    base::Executor* executor = nullptr;
    base::Random* random = nullptr;
    Runtime* runtime = nullptr;
    // Called once, on the executor, when the node is registered and its status is Ready.
    std::function<void()> registered;
  };
  // `register_node` false: the Node object must be made by someone else.
  NodeAgent(NodeSettings settings, bool register_node, Deps deps);
  ~NodeAgent();  // waits for a running write
  void Start();
  // The uid of the Node object; empty until it is registered.
  std::string node_uid() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kubelite::kubelet
