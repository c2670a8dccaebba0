#include "common/net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/openssl.h"
#include "common/base/status_macros.h"

namespace kubelite::net {
namespace {

constexpr size_t kRecordBytes = 16 << 10;

using base::BioPtr;
using base::CertificatePtr;
using base::KeyPtr;
using SslPtr = std::unique_ptr<SSL, base::OpenSslFree<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, base::OpenSslFree<SSL_CTX_free>>;

absl::Status SslError(absl::string_view what) {
  std::array<char, 256> text = {};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat("TLS refuses ", what, ": ", text.data()));
}

class TlsSocket : public Socket {
 public:
  TlsSocket(Fd fd, SslPtr ssl) : fd_(std::move(fd)), ssl_(std::move(ssl)) {}
  int fd() const override { return fd_.get(); }

  Outcome Read(char* buffer, size_t capacity, size_t* size) override {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), buffer, static_cast<int>(std::min<size_t>(capacity, INT_MAX)));
    read_wants_output_ = false;
    if (result > 0) {
      *size = static_cast<size_t>(result);
      return Outcome::kDone;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    read_wants_output_ = error == SSL_ERROR_WANT_WRITE;
    return read_wants_output_ || error == SSL_ERROR_WANT_READ ? Outcome::kBlocked : Outcome::kClosed;
  }

  Outcome Write(OutputQueue* queue) override {
    std::array<iovec, 64> pieces;
    std::array<char, kRecordBytes> record;
    while (!queue->empty()) {
      // Gathered: each SSL_write becomes a record and a system call.
      const size_t count = queue->Peek(absl::MakeSpan(pieces));
      size_t size = 0;
      for (size_t i = 0; i < count && size < record.size(); ++i) {
        const size_t part = std::min(pieces[i].iov_len, record.size() - size);
        std::memcpy(record.data() + size, pieces[i].iov_base, part);
        size += part;
      }
      ERR_clear_error();
      const int result = SSL_write(ssl_.get(), record.data(), static_cast<int>(size));
      if (result <= 0) {
        const int error = SSL_get_error(ssl_.get(), result);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Outcome::kBlocked : Outcome::kClosed;
      }
      queue->Consume(static_cast<size_t>(result));
    }
    return Outcome::kDone;
  }

  std::string peer_certificate() const override {
    const CertificatePtr certificate(SSL_get1_peer_certificate(ssl_.get()));
    if (certificate == nullptr) return "";
    const BioPtr text(BIO_new(BIO_s_mem()));
    if (text == nullptr || PEM_write_bio_X509(text.get(), certificate.get()) != 1) return "";
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return std::string(data, static_cast<size_t>(size));
  }

  std::string protocol() const override {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }

  bool read_wants_output() const override { return read_wants_output_; }
  bool has_pending() const override { return SSL_has_pending(ssl_.get()) == 1; }

 private:
  const Fd fd_;
  const SslPtr ssl_;
  bool read_wants_output_ = false;
};

// `wire` are the protocols this side speaks, in ALPN's form.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                   void* wire) {
  const auto& own = *static_cast<const std::string*>(wire);
  const int chosen = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size,
                                           reinterpret_cast<const unsigned char*>(own.data()),
                                           static_cast<unsigned>(own.size()), in, in_size);
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

class OpenSslContext : public TlsContext {
 public:
  OpenSslContext(SslContextPtr context, const std::vector<std::string>& protocols) : context_(std::move(context)) {
    for (const std::string& protocol : protocols) {
      protocols_.push_back(static_cast<char>(protocol.size()));
      absl::StrAppend(&protocols_, protocol);
    }
    SSL_CTX_set_alpn_select_cb(context_.get(), ChooseProtocol, &protocols_);
  }

  std::unique_ptr<Socket> Accept(Fd fd) override {
    SslPtr ssl(SSL_new(context_.get()));
    CHECK(ssl != nullptr && SSL_set_fd(ssl.get(), fd.get()) == 1);
    SSL_set_accept_state(ssl.get());
    return std::make_unique<TlsSocket>(std::move(fd), std::move(ssl));
  }

 private:
  std::string protocols_;  // each with its length before it
  const SslContextPtr context_;
};

// The first certificate is the server's own, the others its issuers.
absl::Status UseIdentity(SSL_CTX* context, const base::KeyPair& identity) {
  const BioPtr certificates = base::ReadBio(identity.certificate_pem);
  const CertificatePtr own(PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr));
  if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1) return SslError("the certificate");
  while (X509* issuer = PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, issuer) != 1) return SslError("the certificate's chain");
  }
  ERR_clear_error();
  const BioPtr key_text = base::ReadBio(identity.private_key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return SslError("the private key");
  return absl::OkStatus();
}

absl::Status CheckClients(SSL_CTX* context, const std::string& ca_pem, bool needed) {
  const BioPtr authorities = base::ReadBio(ca_pem);
  int count = 0;
  while (const CertificatePtr authority{PEM_read_bio_X509(authorities.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1) return SslError("the authority");
    SSL_CTX_add_client_CA(context, authority.get());
    ++count;
  }
  if (count == 0) return SslError("the clients' authority");
  ERR_clear_error();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (needed ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::New(const TlsOptions& options) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return SslError("to start");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // A record's head and what follows it come by one system call.
  SSL_CTX_set_read_ahead(context.get(), 1);
  // A resumed session would keep the identity of a certificate that is no longer trusted.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  RETURN_IF_ERROR(UseIdentity(context.get(), options.identity));
  if (!options.client_ca_pem.empty()) {
    RETURN_IF_ERROR(CheckClients(context.get(), options.client_ca_pem, options.client_certificate_needed));
  }
  return std::make_unique<OpenSslContext>(std::move(context), options.protocols);
}

}  // namespace kubelite::net
