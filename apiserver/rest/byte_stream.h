#pragma once

// What streamed answers share; for this folder's .cc files only.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "apiserver/rest/streams.h"
#include "common/base/executor.h"

namespace kubelite::apiserver {

// A streamed answer at the client's pace: the next part is taken from its source only when the one before is on its
// way, so a slow client costs one part and the source keeps the rest. Everything happens on the strand. Keeps itself
// alive until the client is gone or the stream has ended.
class ByteStream : public std::enable_shared_from_this<ByteStream> {
 public:
  ByteStream(base::Executor* executor, http::ExchangePtr exchange, std::string content_type, Media::Encoding errors)
      : strand_(std::make_unique<base::Strand>(executor)),
        exchange_(std::move(exchange)),
        content_type_(std::move(content_type)),
        errors_(errors) {}
  virtual ~ByteStream() = default;

  void Begin() {
    Post([](ByteStream& stream) { stream.Opened(stream.Open()); });
  }

 protected:
  // The source becomes ready: to be called from its `on_ready`.
  std::function<void()> Wake() {
    return [weak = weak_from_this()] {
      if (const std::shared_ptr<ByteStream> self = weak.lock()) self->Post([](ByteStream& stream) { stream.Pump(); });
    };
  }
  virtual absl::Status Open() = 0;
  // More bytes; empty when there are none for now, OutOfRange at the regular end.
  virtual absl::StatusOr<std::string> Next() = 0;
  // The bytes that tell of an error after the start; empty: the connection is cut.
  virtual std::string ErrorText(const absl::Status&) { return ""; }
  virtual void CloseSource() = 0;

 private:
  void Post(std::function<void(ByteStream&)> act) {
    strand_->Post([self = shared_from_this(), act = std::move(act)] {
      if (!self->over_) act(*self);
    });
  }

  void Opened(const absl::Status& status) {
    if (!status.ok()) {
      exchange_->Respond(ErrorResponse(status, errors_));
      return Over();
    }
    // The exchange holds on to the stream, and lets go of it when it is over.
    auto self = shared_from_this();
    exchange_->Start(200, {{"content-type", content_type_}, {"cache-control", "no-cache, private"}},
                     {.drained =
                          [self] {
                            self->Post([](ByteStream& stream) {
                              stream.sending_ = false;
                              stream.Pump();
                            });
                          },
                      .closed = [self] { self->Post([](ByteStream& stream) { stream.Over(); }); }});
    sending_ = true;  // the head
  }

  void Pump() {
    if (sending_) return;
    absl::StatusOr<std::string> part = Next();
    if (part.ok() && part->empty()) return;
    if (part.ok()) {
      sending_ = true;
      return exchange_->Write(*std::move(part));
    }
    const bool regular = absl::IsOutOfRange(part.status());
    const std::string text = regular ? "" : ErrorText(part.status());
    if (!regular && text.empty()) {
      exchange_->Abort();
      return Over();
    }
    exchange_->Write(text);
    exchange_->End();
    Over();
  }

  void Over() {
    over_ = true;
    CloseSource();
  }

  const std::unique_ptr<base::Strand> strand_;
  const http::ExchangePtr exchange_;
  const std::string content_type_;
  const Media::Encoding errors_;
  bool sending_ = false;
  bool over_ = false;
};

}  // namespace kubelite::apiserver
