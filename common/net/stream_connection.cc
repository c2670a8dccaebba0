#include "common/net/stream_connection.h"

#include <sys/epoll.h>

#include <utility>

#include "common/base/check.h"

namespace kubelite::net {

StreamConnection::StreamConnection(std::unique_ptr<Socket> socket, ConnectionContext context)
    : socket_(std::move(socket)), context_(std::move(context)), watched_(EPOLLIN) {}

StreamConnection::~StreamConnection() { CHECK(closed_); }

absl::Status StreamConnection::Open() {
  absl::Status watched = context_.loop->Watch(socket_->fd(), EPOLLIN, this);
  if (!watched.ok()) closed_ = true;
  return watched;
}

void StreamConnection::OnReady(uint32_t epoll_events) {
  if (closed_) return;
  if (!reading_ && (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) return Close();
  if ((epoll_events & EPOLLOUT) != 0) WantFlush();
  if ((epoll_events & ~static_cast<uint32_t>(EPOLLOUT)) != 0 || socket_->read_wants_output()) Read();
}

void StreamConnection::Read() {
  do {
    if (!reading_) break;
    size_t size = 0;
    const Socket::Outcome outcome = socket_->Read(context_.read_buffer.data(), context_.read_buffer.size(), &size);
    if (outcome == Socket::Outcome::kBlocked) break;
    if (outcome == Socket::Outcome::kClosed) return Close();
    OnReceived({context_.read_buffer.data(), size});
  } while (!closed_ && socket_->has_pending());
  WantFlush();
}

void StreamConnection::SetReading(bool wanted) {
  reading_ = wanted;
  WantFlush();  // and watches for other events after it
  // TLS may have bytes that the descriptor does not show.
  if (wanted && !closed_) Read();
}

void StreamConnection::WantFlush() {
  if (!closed_ && !std::exchange(flush_wanted_, true)) context_.loop->CallAtRoundEnd(this);
}

void StreamConnection::OnRoundEnd() {
  flush_wanted_ = false;
  if (!closed_) Flush();
}

void StreamConnection::Flush() {
  Socket::Outcome outcome = Socket::Outcome::kDone;
  while (outcome == Socket::Outcome::kDone) {
    Fill();
    if (closed_) return;
    if (output_.empty()) break;
    const size_t before = output_.size();
    outcome = socket_->Write(&output_);
    if (output_.size() < before) OnSent();
    if (closed_) return;
  }
  if (outcome == Socket::Outcome::kClosed || (Over() && output_.empty())) return Close();
  const bool blocked = outcome == Socket::Outcome::kBlocked || socket_->read_wants_output();
  const uint32_t wanted = (reading_ ? EPOLLIN : EPOLLRDHUP) | (blocked ? EPOLLOUT : 0U);
  if (wanted == watched_) return;
  watched_ = wanted;
  context_.loop->Rewatch(socket_->fd(), wanted, this);
}

void StreamConnection::Close() {
  if (std::exchange(closed_, true)) return;
  context_.loop->Unwatch(socket_->fd());
  OnClose();
  context_.on_closed(this);
}

}  // namespace kubelite::net
