#include "common/base/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <utility>

#include "common/base/check.h"
#include "common/base/openssl.h"

namespace kubelite::base {
namespace {

using ContextPtr = std::unique_ptr<EVP_MD_CTX, OpenSslFree<EVP_MD_CTX_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpenSslFree<ECDSA_SIG_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;

constexpr int kNumberSize = 32;

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string Number(const BIGNUM* number) {
  std::string bytes(kNumberSize, '\0');
  CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kNumberSize) == kNumberSize);
  return bytes;
}

}  // namespace

struct SigningKey::State {
  std::string Coordinate(const char* name) const {
    BIGNUM* number = nullptr;
    CHECK(EVP_PKEY_get_bn_param(key.get(), name, &number) == 1);
    return Number(BignumPtr(number).get());
  }
  KeyPtr key;
};

SigningKey::SigningKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
SigningKey::~SigningKey() = default;

absl::StatusOr<std::unique_ptr<SigningKey>> SigningKey::Create() {
  auto state = std::make_unique<State>();
  state->key.reset(EVP_EC_gen("P-256"));
  if (state->key == nullptr) return absl::InternalError("generating a key failed");
  return std::unique_ptr<SigningKey>(new SigningKey(std::move(state)));
}

absl::StatusOr<std::unique_ptr<SigningKey>> SigningKey::FromPem(const std::string& pem) {
  auto state = std::make_unique<State>();
  state->key.reset(PEM_read_bio_PrivateKey(ReadBio(pem).get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  char group[32] = "";
  if (state->key != nullptr) EVP_PKEY_get_group_name(state->key.get(), group, sizeof(group), nullptr);
  ERR_clear_error();
  if (absl::string_view(group) != "prime256v1" && absl::string_view(group) != "P-256") {
    return absl::InvalidArgumentError("no unencrypted PEM private key of the curve P-256");
  }
  return std::unique_ptr<SigningKey>(new SigningKey(std::move(state)));
}

std::string SigningKey::ToPem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TakeText(bio);
}

std::string SigningKey::Sign(absl::string_view message) const {
  const ContextPtr context(EVP_MD_CTX_new());
  CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) == 1);
  size_t size = 0;
  CHECK(EVP_DigestSign(context.get(), nullptr, &size, Bytes(message), message.size()) == 1);
  std::string der(size, '\0');
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, Bytes(message),
                       message.size()) == 1);
  const unsigned char* at = Bytes(der);
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  CHECK(signature != nullptr);
  return Number(ECDSA_SIG_get0_r(signature.get())) + Number(ECDSA_SIG_get0_s(signature.get()));
}

bool SigningKey::Verify(absl::string_view message, absl::string_view signature) const {
  if (signature.size() != 2 * kNumberSize) return false;
  const SignaturePtr numbers(ECDSA_SIG_new());
  // Takes both numbers over.
  CHECK(ECDSA_SIG_set0(numbers.get(), BN_bin2bn(Bytes(signature), kNumberSize, nullptr),
                       BN_bin2bn(Bytes(signature.substr(kNumberSize)), kNumberSize, nullptr)) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &der);
  CHECK(size > 0);
  const ContextPtr context(EVP_MD_CTX_new());
  CHECK(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) == 1);
  const bool good =
      EVP_DigestVerify(context.get(), der, static_cast<size_t>(size), Bytes(message), message.size()) == 1;
  OPENSSL_free(der);
  ERR_clear_error();
  return good;
}

std::string SigningKey::x() const { return state_->Coordinate(OSSL_PKEY_PARAM_EC_PUB_X); }
std::string SigningKey::y() const { return state_->Coordinate(OSSL_PKEY_PARAM_EC_PUB_Y); }

}  // namespace kubelite::base
