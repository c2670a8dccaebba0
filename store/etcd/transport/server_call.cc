#include "store/etcd/transport/server_call.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace kubelite::etcd {
namespace {

nghttp2_nv Header(absl::string_view name, absl::string_view value, uint8_t flags) {
  nghttp2_nv header = {};
  header.name = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data()));
  header.namelen = name.size();
  header.value = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data()));
  header.valuelen = value.size();
  header.flags = flags;
  return header;
}

constexpr uint8_t kStatic = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;

}  // namespace

void ServerCall::Send(Message message) {
  if (loop_->OnLoop()) {
    Queue(std::move(message));
  } else {
    loop_->Post(
        [self = shared_from_this(), message = std::move(message)]() mutable { self->Queue(std::move(message)); });
  }
}

void ServerCall::Finish(Message message) {
  if (!loop_->OnLoop()) {
    loop_->Post(
        [self = shared_from_this(), message = std::move(message)]() mutable { self->Finish(std::move(message)); });
    return;
  }
  Queue(std::move(message));
  End(absl::OkStatus());
}

void ServerCall::Finish(const absl::Status& status) {
  if (loop_->OnLoop()) {
    End(status);
  } else {
    loop_->Post([self = shared_from_this(), status] { self->End(status); });
  }
}

void ServerCall::Queue(Message message) {
  if (owner_ == nullptr || ended_) return;
  unsent_ += message.size();
  owner_->AddUnsent(static_cast<ptrdiff_t>(message.size()));
  out_.push_back(std::move(message));
  if (!responded_) {
    responded_ = true;
    static const std::array<nghttp2_nv, 2> headers = {Header(":status", "200", kStatic),
                                                      Header("content-type", "application/grpc", kStatic)};
    nghttp2_data_provider provider = {};
    provider.source.ptr = this;
    provider.read_callback = ReadData;
    CHECK(nghttp2_submit_response(owner_->session(), stream_, headers.data(), headers.size(), &provider) == 0);
  } else if (std::exchange(deferred_, false)) {
    CHECK(nghttp2_session_resume_data(owner_->session(), stream_) == 0);
  }
  owner_->WantFlush();
}

void ServerCall::End(const absl::Status& status) {
  if (owner_ == nullptr || ended_) return;
  ended_ = true;
  status_ = status;
  if (!responded_) {
    SubmitTrailersOnly();
  } else if (std::exchange(deferred_, false)) {
    CHECK(nghttp2_session_resume_data(owner_->session(), stream_) == 0);
  }
  owner_->WantFlush();
}

void ServerCall::SubmitTrailersOnly() {
  responded_ = true;
  const std::string code = absl::StrCat(static_cast<int>(status_.code()));
  const std::string text = EncodeStatusText(status_.message());
  const std::array<nghttp2_nv, 4> headers = {Header(":status", "200", kStatic),
                                             Header("content-type", "application/grpc", kStatic),
                                             Header("grpc-status", code, NGHTTP2_NV_FLAG_NO_COPY_NAME),
                                             Header("grpc-message", text, NGHTTP2_NV_FLAG_NO_COPY_NAME)};
  CHECK(nghttp2_submit_response(owner_->session(), stream_, headers.data(), text.empty() ? 3 : 4, nullptr) == 0);
}

void ServerCall::SubmitTrailers(nghttp2_session* session) {
  if (status_.ok()) {
    static const std::array<nghttp2_nv, 1> good = {Header("grpc-status", "0", kStatic)};
    nghttp2_submit_trailer(session, stream_, good.data(), good.size());
    return;
  }
  const std::string code = absl::StrCat(static_cast<int>(status_.code()));
  const std::string text = EncodeStatusText(status_.message());
  const std::array<nghttp2_nv, 2> trailers = {Header("grpc-status", code, NGHTTP2_NV_FLAG_NO_COPY_NAME),
                                              Header("grpc-message", text, NGHTTP2_NV_FLAG_NO_COPY_NAME)};
  nghttp2_submit_trailer(session, stream_, trailers.data(), trailers.size());
}

ssize_t ServerCall::ReadData(nghttp2_session* session, int32_t, uint8_t*, size_t size, uint32_t* flags,
                             nghttp2_data_source* source, void*) {
  auto* self = static_cast<ServerCall*>(source->ptr);
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  const size_t taken = std::min(size, self->unsent_);
  if (taken == self->unsent_ && self->ended_) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    self->SubmitTrailers(session);
    return static_cast<ssize_t>(taken);
  }
  if (taken > 0) return static_cast<ssize_t>(taken);
  self->deferred_ = true;
  if (self->handler_ != nullptr) {
    // In a round of its own, so that one stream cannot hold up the others.
    self->loop_->Post([call = self->shared_from_this()] {
      if (call->owner_ != nullptr && !call->ended_) call->handler_->OnDrained();
    });
  }
  return NGHTTP2_ERR_DEFERRED;
}

void ServerCall::Take(size_t size, OutputQueue* output) {
  unsent_ -= size;
  owner_->AddUnsent(-static_cast<ptrdiff_t>(size));
  while (size > 0) {
    Message& message = out_.front();
    size_t start = 0;  // of the part, in the message
    const auto take = [&](const Bytes* shared, absl::string_view part) {
      if (size > 0 && out_offset_ < start + part.size()) {
        const absl::string_view bytes = part.substr(out_offset_ - start, size);
        if (shared == nullptr) {
          output->Append(bytes);
        } else {
          output->Append(*shared, bytes);
        }
        out_offset_ += bytes.size();
        size -= bytes.size();
      }
      start += part.size();
    };
    take(nullptr, message.head);
    for (const Bytes& part : message.tail) take(&part, part.view);
    if (out_offset_ < start) return;
    out_.pop_front();
    out_offset_ = 0;
  }
}

void ServerCall::Begin(const Method* method) {
  method_ = method;
  if (ended_) return;
  if (method == nullptr) {
    refused_ = true;
    End(absl::UnimplementedError("unknown service or method"));
  } else if (method->stream != nullptr) {
    handler_ = method->stream(shared_from_this());
  }
}

void ServerCall::OnData(absl::string_view bytes) {
  if (refused_ || ended_) return;
  const absl::Status read = reader_.Append(bytes, [this](std::string message) {
    ++requests_;
    if (handler_ != nullptr) {
      handler_->OnMessage(std::move(message));
    } else {
      request_ = std::move(message);
    }
  });
  if (read.ok()) return;
  refused_ = true;
  End(read);
}

void ServerCall::OnHalfClose() {
  half_closed_ = true;
  if (refused_ || ended_) return;
  if (handler_ != nullptr) {
    handler_->OnHalfClose();
  } else if (requests_ != 1 || reader_.buffered() > 0) {
    End(absl::InternalError("a unary call takes exactly one message"));
  } else {
    method_->unary(shared_from_this(), std::move(request_));
    request_.clear();
  }
}

void ServerCall::OnClosed() {
  owner_->AddUnsent(-static_cast<ptrdiff_t>(unsent_));
  owner_ = nullptr;
  out_.clear();
  unsent_ = 0;
  // The handler holds the call: let go, or both stay for ever.
  const std::shared_ptr<StreamHandler> handler = std::move(handler_);
  handler_ = nullptr;
  if (handler != nullptr) handler->OnClosed();
}

}  // namespace kubelite::etcd
