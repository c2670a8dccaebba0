#include "common/http/connection.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/http/session.h"

namespace kubelite::http {
namespace {

constexpr absl::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

void OpenExchanges::Add() {
  base::MutexLock lock(&mutex_);
  ++open_;
}

void OpenExchanges::Remove() {
  base::MutexLock lock(&mutex_);
  if (--open_ == 0) none_.SignalAll();
}

void OpenExchanges::WaitForNone() {
  base::MutexLock lock(&mutex_);
  while (open_ > 0) none_.Wait(&mutex_);
}

Connection::Connection(std::unique_ptr<net::Socket> socket, net::ConnectionContext context,
                       const ConnectionOptions& options)
    : StreamConnection(std::move(socket), std::move(context)), options_(options), progress_(options.clock->Now()) {}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<net::ServedConnection>> Connection::New(std::unique_ptr<net::Socket> socket,
                                                                       net::ConnectionContext context,
                                                                       const ConnectionOptions& options) {
  auto made = std::unique_ptr<Connection>(new Connection(std::move(socket), std::move(context), options));
  RETURN_IF_ERROR(made->Open());
  return made;
}

const std::string& Connection::certificate() {
  if (certificate_.empty()) certificate_ = socket().peer_certificate();
  return certificate_;
}

bool Connection::ChooseSession(absl::string_view bytes) {
  const std::string protocol = socket().protocol();
  bool http2 = protocol == "h2";
  if (protocol.empty()) {
    http2 = absl::StartsWith(bytes, kHttp2Preface);
    if (!http2 && absl::StartsWith(kHttp2Preface, bytes)) return false;
  }
  session_ = http2 ? NewHttp2Session(this) : NewHttp1Session(this);
  if (draining_) session_->Drain();
  return true;
}

void Connection::OnReceived(absl::string_view bytes) {
  if (session_ != nullptr) return session_->OnReceived(bytes);
  absl::StrAppend(&undecided_, bytes);
  if (!ChooseSession(undecided_)) return;
  const std::string first = std::exchange(undecided_, {});
  session_->OnReceived(first);
}

void Connection::Fill() {
  if (session_ != nullptr) session_->Fill();
}

void Connection::OnSent() {
  Touch();
  if (session_ != nullptr) session_->OnSent();
}

bool Connection::Over() const { return session_ == nullptr ? draining_ : session_->Over(); }

void Connection::OnClose() {
  if (session_ != nullptr) session_->OnClose();
}

void Connection::Drain(const absl::Status&) {
  draining_ = true;
  if (session_ != nullptr) session_->Drain();
  WantFlush();
}

void Connection::OnTick() {
  if (closed()) return;
  const absl::Time now = options_.clock->Now();
  if (session_ != nullptr) {
    session_->OnTick(now);
  } else if (now > progress_ + options_.request_timeout) {
    Close();
  }
}

}  // namespace kubelite::http
