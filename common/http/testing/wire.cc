#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "common/http/testing/client.h"
#include "common/net/socket.h"

namespace kubelite::http::testing {
namespace {

net::Fd Dial(const std::string& host, int port) {
  net::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return net::Fd();
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

class PlainWire : public Wire {
 public:
  explicit PlainWire(net::Fd fd) : fd_(std::move(fd)) {}
  int fd() const override { return fd_.get(); }
  size_t Read(char* buffer, size_t capacity) override {
    const ssize_t size = recv(fd_.get(), buffer, capacity, 0);
    return size > 0 ? static_cast<size_t>(size) : 0;
  }
  bool Write(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t size = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
  }

 private:
  const net::Fd fd_;
};

class TlsWire : public Wire {
 public:
  TlsWire(net::Fd fd, SSL_CTX* context, SSL* ssl) : fd_(std::move(fd)), context_(context), ssl_(ssl) {}
  ~TlsWire() override {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  int fd() const override { return fd_.get(); }
  size_t Read(char* buffer, size_t capacity) override {
    const int size = SSL_read(ssl_, buffer, static_cast<int>(capacity));
    return size > 0 ? static_cast<size_t>(size) : 0;
  }
  bool Write(absl::string_view bytes) override {
    return bytes.empty() || SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  bool pending() const override { return SSL_pending(ssl_) > 0; }

 private:
  const net::Fd fd_;
  SSL_CTX* const context_;
  SSL* const ssl_;
};

void UseIdentity(SSL_CTX* context, const base::KeyPair& identity) {
  BIO* certificate =
      BIO_new_mem_buf(identity.certificate_pem.data(), static_cast<int>(identity.certificate_pem.size()));
  X509* own = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
  BIO* text = BIO_new_mem_buf(identity.private_key_pem.data(), static_cast<int>(identity.private_key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(text, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, own);
  SSL_CTX_use_PrivateKey(context, key);
  X509_free(own);
  EVP_PKEY_free(key);
  BIO_free(certificate);
  BIO_free(text);
}

}  // namespace

std::unique_ptr<Wire> DialPlain(int port) {
  net::Fd fd = Dial("127.0.0.1", port);
  if (fd.get() < 0) return nullptr;
  return std::make_unique<PlainWire>(std::move(fd));
}

std::unique_ptr<Wire> DialTls(const TlsPeer& peer, const std::string& protocol) {
  net::Fd fd = Dial(peer.host, peer.port);
  if (fd.get() < 0) return nullptr;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  BIO* text = BIO_new_mem_buf(peer.ca_pem.data(), static_cast<int>(peer.ca_pem.size()));
  X509* ca = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
  X509_free(ca);
  BIO_free(text);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  UseIdentity(context, peer.identity);
  const std::string wire = absl::StrCat(std::string(1, static_cast<char>(protocol.size())), protocol);
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                          static_cast<unsigned>(wire.size()));
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd.get());
  auto connected = std::make_unique<TlsWire>(std::move(fd), context, ssl);
  if (SSL_connect(ssl) != 1) return nullptr;
  return connected;
}

}  // namespace kubelite::http::testing
