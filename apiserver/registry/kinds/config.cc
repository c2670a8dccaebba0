// ConfigMap, Secret, Lease, ServiceAccount.

#include "absl/strings/str_cat.h"
#include "apiserver/registry/kinds/columns/columns.h"
#include "apiserver/registry/kinds/kinds.h"
#include "apiserver/registry/kinds/validation/fields.h"
#include "common/api/json.h"
#include "common/api/names.h"
#include "k8s/coordination/v1.pb.h"
#include "k8s/core/v1.pb.h"

namespace kubelite::apiserver {
namespace {

using k8s::coordination::v1::Lease;
using k8s::core::v1::ConfigMap;
using k8s::core::v1::Secret;
using Map = google::protobuf::Map<std::string, std::string>;

constexpr int kMaxDataBytes = 1024 * 1024;
constexpr char kImmutable[] = "field is immutable when `immutable` is set";

int64_t ValidateKeys(const Map& data, absl::string_view path, FieldErrors* errors) {
  int64_t bytes = 0;
  for (const std::string& key : SortedKeys(data)) {
    AddInvalid(api::ValidateConfigMapKey(key), Entry(path, key), key, errors);
    bytes += static_cast<int64_t>(data.at(key).size());
  }
  return bytes;
}

bool Equal(const Map& a, const Map& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    const auto other = b.find(key);
    if (other == b.end() || other->second != value) return false;
  }
  return true;
}

void ValidateConfigMap(const api::Object& object, FieldErrors* errors) {
  const auto& config = static_cast<const ConfigMap&>(object);
  const int64_t bytes =
      ValidateKeys(config.data(), "data", errors) + ValidateKeys(config.binarydata(), "binaryData", errors);
  for (const auto& [key, value] : config.data()) {
    if (config.binarydata().contains(key)) {
      errors->push_back(FieldError::Invalid(Entry("data", key), key, "duplicate of key present in binaryData"));
    }
  }
  if (bytes > kMaxDataBytes) errors->push_back(FieldError::TooLong("", kMaxDataBytes));
}

template <typename T>
bool ImmutableKept(const T& object, const T& old, FieldErrors* errors) {
  if (!old.immutable()) return false;
  if (!object.immutable()) errors->push_back(FieldError::Forbidden("immutable", kImmutable));
  if (!Equal(object.data(), old.data())) errors->push_back(FieldError::Forbidden("data", kImmutable));
  return true;
}

void ValidateConfigMapUpdate(const api::Object& object, const api::Object& old, FieldErrors* errors) {
  const auto& config = static_cast<const ConfigMap&>(object);
  const auto& before = static_cast<const ConfigMap&>(old);
  if (ImmutableKept(config, before, errors) && !Equal(config.binarydata(), before.binarydata())) {
    errors->push_back(FieldError::Forbidden("binaryData", kImmutable));
  }
}

// stringData is written into data and never stored.
void DefaultSecret(api::Object* object) {
  auto* secret = static_cast<Secret*>(object);
  if (secret->type().empty()) secret->set_type("Opaque");
  for (const auto& [key, value] : secret->stringdata()) (*secret->mutable_data())[key] = value;
  secret->clear_stringdata();
}

void ValidateSecret(const api::Object& object, FieldErrors* errors) {
  const auto& secret = static_cast<const Secret&>(object);
  if (ValidateKeys(secret.data(), "data", errors) > kMaxDataBytes) {
    errors->push_back(FieldError::TooLong("data", kMaxDataBytes));
  }
  const auto require = [&](const std::string& key) {
    if (!secret.data().contains(key)) errors->push_back(FieldError::Required(Entry("data", key), ""));
  };
  const auto require_json = [&](const std::string& key) {
    require(key);
    const auto found = secret.data().find(key);
    if (found == secret.data().end() || api::PrettyJson(found->second).ok()) return;
    errors->push_back(FieldError::Invalid(Entry("data", key), "<secret contents redacted>", "invalid character"));
  };
  if (secret.type() == "kubernetes.io/tls") {
    require("tls.crt");
    require("tls.key");
  } else if (secret.type() == "kubernetes.io/ssh-auth") {
    require("ssh-privatekey");
  } else if (secret.type() == "kubernetes.io/dockerconfigjson") {
    require_json(".dockerconfigjson");
  } else if (secret.type() == "kubernetes.io/dockercfg") {
    require_json(".dockercfg");
  } else if (secret.type() == "kubernetes.io/basic-auth") {
    if (!secret.data().contains("username") && !secret.data().contains("password")) {
      require("username");
      require("password");
    }
  } else if (secret.type() == "kubernetes.io/service-account-token") {
    constexpr char kName[] = "kubernetes.io/service-account.name";
    if (!secret.metadata().annotations().contains(kName)) {
      errors->push_back(FieldError::Required(Entry("metadata.annotations", kName), ""));
    }
  }
}

void ValidateSecretUpdate(const api::Object& object, const api::Object& old, FieldErrors* errors) {
  const auto& secret = static_cast<const Secret&>(object);
  const auto& before = static_cast<const Secret&>(old);
  if (secret.type() != before.type()) {
    errors->push_back(FieldError::Invalid("type", secret.type(), "field is immutable"));
  }
  ImmutableKept(secret, before, errors);
}

// Only the names of secrets count; the rest of the references is dropped.
void KeepNamesOfSecrets(api::Object* object) {
  for (auto& secret : *static_cast<k8s::core::v1::ServiceAccount*>(object)->mutable_secrets()) {
    const std::string name = secret.name();
    secret.Clear();
    secret.set_name(name);
  }
}

void ValidateLease(const api::Object& object, FieldErrors* errors) {
  const auto& spec = static_cast<const Lease&>(object).spec();
  if (spec.has_leasedurationseconds() && spec.leasedurationseconds() <= 0) {
    errors->push_back(
        FieldError::InvalidNumber("spec.leaseDurationSeconds", spec.leasedurationseconds(), "must be greater than 0"));
  }
  if (spec.has_leasetransitions()) RequireNonNegative(spec.leasetransitions(), "spec.leaseTransitions", errors);
  if (!spec.preferredholder().empty() && spec.strategy().empty()) {
    errors->push_back(FieldError::Forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined"));
  }
}

ResourceDef ConfigMapResource() {
  return {.info = &api::ResourceOf<ConfigMap>(),
          .validate = ValidateConfigMap,
          .validate_update = ValidateConfigMapUpdate,
          .columns = {NameColumn(),
                      Column<ConfigMap>("Data", "string", 0,
                                        [](const ConfigMap& c, absl::Time) {
                                          return absl::StrCat(c.data_size() + c.binarydata_size());
                                        }),
                      AgeColumn()}};
}

ResourceDef SecretResource() {
  return {
      .info = &api::ResourceOf<Secret>(),
      .set_defaults = DefaultSecret,
      .validate = ValidateSecret,
      .validate_update = ValidateSecretUpdate,
      .selectable_field = [](const api::Object& object, const std::string& field) -> std::string {
        return field == "type" ? static_cast<const Secret&>(object).type() : "";
      },
      .columns = {
          NameColumn(), Column<Secret>("Type", "string", 0, [](const Secret& s, absl::Time) { return s.type(); }),
          Column<Secret>("Data", "string", 0, [](const Secret& s, absl::Time) { return absl::StrCat(s.data_size()); }),
          AgeColumn()}};
}

ResourceDef LeaseResource() {
  return {.info = &api::ResourceOf<Lease>(),
          .validate = ValidateLease,
          .columns = {NameColumn(),
                      Column<Lease>("Holder", "string", 0,
                                    [](const Lease& l, absl::Time) { return l.spec().holderidentity(); }),
                      AgeColumn()}};
}

}  // namespace

std::vector<ResourceDef> ConfigResources() {
  return {ConfigMapResource(),
          SecretResource(),
          LeaseResource(),
          {.info = &api::ResourceOf<k8s::core::v1::ServiceAccount>(),
           .prepare_create = [](api::Object* object, const WriteContext&) { KeepNamesOfSecrets(object); },
           .prepare_update = [](api::Object* object, const api::Object&,
                                const WriteContext&) { KeepNamesOfSecrets(object); },
           .columns = {NameColumn(), AgeColumn()}}};
}

}  // namespace kubelite::apiserver
