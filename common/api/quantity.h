#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace k8s::apimachinery::resource {
class Quantity;
}

namespace kubelite::api {

// A Kubernetes resource quantity: a decimal number with its format family. Exact; value type.
class Quantity {
 public:
  enum class Format { kDecimalSI, kBinarySI, kDecimalExponent };
  Quantity() = default;
  static absl::StatusOr<Quantity> Parse(absl::string_view text);
  // An unset or unparsable message is zero (validation has refused the latter before it is stored).
  static Quantity From(const k8s::apimachinery::resource::Quantity& quantity);
  static Quantity FromValue(int64_t value, Format format = Format::kDecimalSI);
  static Quantity FromMilli(int64_t milli, Format format = Format::kDecimalSI);

  // Canonical text: 1.5 -> 1500m, 0.5Gi -> 512Mi, 1024Mi -> 1Gi.
  std::string ToString() const;
  // Rounded up.
  int64_t Value() const;
  int64_t MilliValue() const;
  bool IsZero() const { return nano_ == 0; }
  int Sign() const { return nano_ > 0 ? 1 : nano_ < 0 ? -1 : 0; }

  Quantity operator+(const Quantity& other) const;
  Quantity operator-(const Quantity& other) const;
  bool operator==(const Quantity& other) const { return nano_ == other.nano_; }
  auto operator<=>(const Quantity& other) const { return nano_ <=> other.nano_; }

 private:
  __int128 nano_ = 0;  // 10^-9 units
  Format format_ = Format::kDecimalSI;
};

}  // namespace kubelite::api
