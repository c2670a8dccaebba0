#pragma once

// What the streams that live until someone ends them share; for the transport's .cc files only.

#include <memory>
#include <optional>
#include <utility>

#include "apiserver/transport/grpc_calls.h"
#include "apiserver/transport/grpc_codec.h"
#include "common/api/errors.h"
#include "common/base/executor.h"

namespace kubelite::apiserver {

// One such call, over one of gRPC's server reactors. Everything but gRPC's own calls happens on the strand. Deletes
// itself when gRPC is done with it.
template <typename Reactor>
class StreamCall : public Reactor {
 public:
  void OnWriteDone(bool ok) override {
    calls_->TakeOver();
    strand_.Post([this, ok] {
      writing_ = false;
      if (!ok) end_ = grpc::Status::CANCELLED;
      Pump();
    });
  }

  void OnCancel() override {
    strand_.Post([this] { End(grpc::Status::CANCELLED); });
  }

  void OnDone() override {
    calls_->TakeOver();
    calls_->streams->Remove(shutdown_);
    Closed();
    owned_strand_.reset();  // before the members that its tasks use
    delete this;
  }

 protected:
  explicit StreamCall(CallContext* calls)
      : calls_(calls), owned_strand_(std::make_unique<base::Strand>(calls->executor)), strand_(*owned_strand_) {}

  // To be called at the end of the constructor: the call may be ended from here on.
  void EndAtShutdown() {
    shutdown_ = calls_->streams->Add([this] {
      strand_.Post([this] { End(ToGrpcStatus(api::ServiceUnavailable("the API server is shutting down"))); });
    });
  }

  // The rest is for the strand.

  // gRPC may destroy this object once it is finished: nothing may follow a call of End or Pump.
  void End(grpc::Status status) {
    if (!end_.has_value()) end_ = std::move(status);
    Pump();
  }
  // Sends what there is to send, unless a write is under way, and finishes once the call has ended.
  virtual void Pump() = 0;
  // gRPC is done; not on the strand.
  virtual void Closed() {}

  bool busy() const { return writing_ || finished_; }
  bool over() const { return finished_ || end_.has_value(); }
  template <typename Message>
  void Send(const Message* message, grpc::WriteOptions options = grpc::WriteOptions()) {
    writing_ = true;
    calls_->HandOver();
    this->StartWrite(message, options);
  }
  // Of the end, which there must be.
  void FinishCall() {
    finished_ = true;
    calls_->HandOver();
    this->Finish(*end_);
  }

  CallContext* const calls_;
  std::optional<grpc::Status> end_;

 private:
  OpenStreams::Id shutdown_ = 0;
  bool writing_ = false;
  bool finished_ = false;
  std::unique_ptr<base::Strand> owned_strand_;

 protected:
  base::Strand& strand_;
};

}  // namespace kubelite::apiserver
