#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/simulated_executor.h"
#include "common/client/fake/fake_client.h"
#include "kubectl-lite/commands/all.h"
#include "kubectl-lite/commands/testing/stub_store.h"
#include "kubectl-lite/framework/program.h"

namespace kubelite::cli {

// Gives a text, then the end.
class TextConsole : public Console {
 public:
  explicit TextConsole(std::string text) : text_(std::move(text)) {}
  bool is_terminal() const override { return false; }
  std::optional<Size> TerminalSize() const override { return std::nullopt; }
  absl::Status MakeRaw() override { return absl::FailedPreconditionError("not a terminal"); }
  Event Wait(bool want_input) override {
    base::MutexLock lock(&mutex_);
    while (!interrupted_ && (!want_input || ended_)) changed_.Wait(&mutex_);
    if (interrupted_) return {Event::Kind::kInterrupted, ""};
    if (!text_.empty()) return {Event::Kind::kInput, std::exchange(text_, "")};
    ended_ = true;
    return {Event::Kind::kEnd, ""};
  }
  void Interrupt() override {
    base::MutexLock lock(&mutex_);
    interrupted_ = true;
    changed_.SignalAll();
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
};

// Runs command lines against a fake API server whose clock stands still. For tests.
class CommandLine {
 public:
  explicit CommandLine(base::Executor* executor = nullptr)
      : client_(client::FakeClient::New(executor == nullptr ? &simulated_ : executor, &random_)) {}

  // Returns the exit status; out() and err() have what was printed.
  int Run(const std::vector<std::string>& words, const std::string& input = "") {
    out_.str("");
    err_.str("");
    std::istringstream in(input);
    Context context{.in = in,
                    .out = out_,
                    .err = err_,
                    .clock = simulated_.clock(),
                    .resolve = [this](const Args&) -> absl::StatusOr<client::ResolvedContext> {
                      ++connections_;
                      return client::ResolvedContext{.grpc = {.address = "127.0.0.1:6444"}, .name_space = "default"};
                    },
                    .kubeconfig_path = [this](const Args&) -> absl::StatusOr<std::string> { return kubeconfig_; },
                    .connect = [this](const client::GrpcClientOptions& options) -> std::shared_ptr<client::Client> {
                      if (!options.at.has_value()) return client_;
                      return *client_->At(options.at->revision);
                    },
                    .connect_store = [this](const client::GrpcClientOptions&) { return store_; },
                    .open_console = [&input] { return std::make_unique<TextConsole>(input); }};
    return RunProgram(AllCommands(), words, context);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }
  client::FakeClient& client() { return *client_; }
  StubStore& store() { return *store_; }
  const base::Clock& clock() const { return simulated_.clock(); }
  base::SimulatedExecutor& executor() { return simulated_; }
  int connections() const { return connections_; }
  void SetKubeconfig(const std::string& path) { kubeconfig_ = path; }

 private:
  base::SimulatedExecutor simulated_{1};
  base::Random random_{1};
  std::shared_ptr<client::FakeClient> client_;
  std::shared_ptr<StubStore> store_ = std::make_shared<StubStore>();
  std::ostringstream out_;
  std::ostringstream err_;
  std::string kubeconfig_;
  int connections_ = 0;
};

}  // namespace kubelite::cli
