#pragma once

// Control loops over the fake API server in virtual time.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/base/simulated_executor.h"
#include "common/base/testing/status_matchers.h"
#include "common/client/fake/fake_client.h"
#include "common/client/informer.h"
#include "common/control/reconciler.h"

namespace kubelite::controllers {

// Remembers events as "Normal reason: message".
class RecordedEvents : public client::EventRecorder {
 public:
  void Event(const api::Object& about, Type type, const std::string& reason, const std::string& message) override {
    EventOn(about, "", type, reason, message);
  }
  void EventOn(const api::Object&, const std::string&, Type type, const std::string& reason,
               const std::string& message) override {
    events.push_back((type == Type::kNormal ? "Normal " : "Warning ") + reason + ": " + message);
  }
  std::vector<std::string> events;
};

class LoopFixture : public ::testing::Test {
 protected:
  // All loops before the first call of Settle.
  void Add(const control::ControllerDef& def) {
    runners_.push_back(std::make_unique<control::Runner>(def, deps()));
    runners_.back()->Start();
  }
  control::Deps deps() { return {client_.get(), informers_.get(), &recorded_, &executor_, &random_}; }

  void Settle() {
    informers_->Start();
    executor_.Settle();
  }
  void Advance(absl::Duration by) {
    informers_->Start();
    executor_.Advance(by);
  }
  // As if the process had ended and another one had started.
  void Restart(const std::vector<control::ControllerDef>& defs) {
    runners_.clear();
    informers_ = std::make_unique<client::InformerFactory>(client_.get(), &executor_, &random_);
    for (const control::ControllerDef& def : defs) Add(def);
  }

  absl::Time Now() const { return executor_.clock().Now(); }
  template <typename T>
  std::shared_ptr<const T> Get(const std::string& name, const std::string& name_space = "default") {
    auto object = client::Get<T>(*client_, {api::ResourceOf<T>().namespaced ? name_space : "", name});
    return object.ok() ? *object : nullptr;
  }
  template <typename T>
  std::vector<std::shared_ptr<const T>> List() {
    return client::List<T>(*client_).value();
  }
  // Reads, changes and writes an object.
  template <typename T, typename Edit>
  void Change(const std::string& name, Edit edit, const std::string& subresource = "") {
    auto present = Get<T>(name);
    ASSERT_NE(present, nullptr) << name;
    T copy = *present;
    edit(&copy);
    ASSERT_OK(client::Update(*client_, copy, subresource));
  }
  // Number of calls such as Calls("create", "pods").
  int Calls(const std::string& verb, const std::string& resource) const {
    int count = 0;
    for (const auto& call : client_->calls()) count += call.verb == verb && call.resource == resource ? 1 : 0;
    return count;
  }
  const std::vector<std::string>& events() const { return recorded_.events; }

  base::SimulatedExecutor executor_{7};
  base::Random random_{7};
  std::unique_ptr<client::FakeClient> client_ = client::FakeClient::New(&executor_, &random_);
  RecordedEvents recorded_;
  std::unique_ptr<client::InformerFactory> informers_ =
      std::make_unique<client::InformerFactory>(client_.get(), &executor_, &random_);
  std::vector<std::unique_ptr<control::Runner>> runners_;
};

}  // namespace kubelite::controllers
