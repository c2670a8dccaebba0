#include "common/api/quantity.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/go_quote.h"
#include "k8s/apimachinery/resource.pb.h"

namespace kubelite::api {
namespace {

using Int = __int128;
using Format = Quantity::Format;

constexpr Int kNanoPerUnit = 1000000000;
// Sums of a few thousand of these still fit.
constexpr Int kMaxNano = (Int{1} << 126) - 1;
constexpr Int kMaxBinaryNano = Int{std::numeric_limits<int64_t>::max()} * kNanoPerUnit;
constexpr int kNanoExponent = -9;

struct Suffix {
  absl::string_view text;
  int base;
  int exponent;
};

constexpr Suffix kSuffixes[] = {
    {"n", 10, -9}, {"u", 10, -6}, {"m", 10, -3}, {"", 10, 0},   {"k", 10, 3},  {"M", 10, 6},
    {"G", 10, 9},  {"T", 10, 12}, {"P", 10, 15}, {"E", 10, 18}, {"Ki", 2, 10}, {"Mi", 2, 20},
    {"Gi", 2, 30}, {"Ti", 2, 40}, {"Pi", 2, 50}, {"Ei", 2, 60},
};

absl::string_view SuffixText(int base, int exponent) {
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.base == base && suffix.exponent == exponent) return suffix.text;
  }
  return "";
}

struct Scale {
  int base = 10;
  int exponent = 0;
  Format format = Format::kDecimalSI;
};

std::optional<Scale> ParseScale(absl::string_view text) {
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.text == text) {
      return Scale{suffix.base, suffix.exponent, suffix.base == 2 ? Format::kBinarySI : Format::kDecimalSI};
    }
  }
  int exponent = 0;
  if (text.size() > 1 && (text[0] == 'e' || text[0] == 'E') && absl::SimpleAtoi(text.substr(1), &exponent)) {
    // Far beyond what fits either way.
    constexpr int kLargest = 2000;
    return Scale{10, std::max(-kLargest, std::min(kLargest, exponent)), Format::kDecimalExponent};
  }
  return std::nullopt;
}

// a * b, at most kMaxNano; both are not negative.
Int SaturatingMultiply(Int a, Int b) { return b != 0 && a > kMaxNano / b ? kMaxNano : a * b; }

// whole.fraction times the scale, in nano units, rounded away from zero and cut at the largest value.
Int Magnitude(std::string whole, std::string fraction, const Scale& scale) {
  // One of the scale's units in nano units. A power below zero moves the decimal point instead.
  Int unit = 1;
  int power = -kNanoExponent + (scale.base == 10 ? scale.exponent : 0);
  for (; power < 0 && !whole.empty(); ++power) {
    fraction.insert(fraction.begin(), whole.back());
    whole.pop_back();
  }
  for (; power > 0 && unit < kMaxNano / 1000; --power) unit = unit * 10;
  if (power > 0) {
    const bool zero = (whole + fraction).find_first_not_of('0') == std::string::npos;
    return zero ? 0 : kMaxNano;
  }
  if (scale.base == 2) unit <<= scale.exponent;

  Int value = 0;
  for (const char digit : whole) value = std::min(kMaxNano, SaturatingMultiply(value, 10) + (digit - '0'));
  value = SaturatingMultiply(value, unit);

  // From the last digit on: cutting off at every step gives the same as cutting off once.
  Int part = 0;
  bool inexact = power < 0 && fraction.find_first_not_of('0') != std::string::npos;
  for (auto digit = fraction.rbegin(); power >= 0 && digit != fraction.rend(); ++digit) {
    part += (*digit - '0') * unit;
    inexact = inexact || part % 10 != 0;
    part /= 10;
  }
  return std::min(kMaxNano, value + part + (inexact ? 1 : 0));
}

absl::Status Malformed(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat(GoQuote(text),
                   " is not a quantity such as \"500m\" or \"128Mi\": quantities must match the regular expression "
                   "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"));
}

// value / unit rounded away from zero, within int64.
int64_t RoundedUp(Int nano, Int unit) {
  Int value = nano / unit;
  if (nano % unit != 0) value += nano > 0 ? 1 : -1;
  constexpr Int kMax = std::numeric_limits<int64_t>::max();
  if (value > kMax) return std::numeric_limits<int64_t>::max();
  if (value < -kMax) return -std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(value);
}

std::string ToText(Int value) {
  const bool negative = value < 0;
  if (negative) value = -value;
  std::string reversed;
  do {
    reversed += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value > 0);
  if (negative) reversed += '-';
  return {reversed.rbegin(), reversed.rend()};
}

std::string BinaryText(Int units) {
  int exponent = 0;
  for (; exponent < 60 && units % 1024 == 0; exponent += 10) units /= 1024;
  return ToText(units) + std::string(exponent == 0 ? "" : SuffixText(2, exponent));
}

std::string DecimalText(Int nano, Format format) {
  int exponent = kNanoExponent;
  const int largest = format == Format::kDecimalSI ? 18 : 36;
  for (; exponent < largest && nano % 1000 == 0; exponent += 3) nano /= 1000;
  if (format == Format::kDecimalSI) return ToText(nano) + std::string(SuffixText(10, exponent));
  return exponent == 0 ? ToText(nano) : ToText(nano) + "e" + std::to_string(exponent);
}

}  // namespace

absl::StatusOr<Quantity> Quantity::Parse(absl::string_view text) {
  absl::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  const size_t number_end = std::min(rest.find_first_not_of("0123456789."), rest.size());
  const absl::string_view number = rest.substr(0, number_end);
  const size_t point = std::min(number.find('.'), number.size());
  const std::string whole(number.substr(0, point));
  const std::string fraction(number.substr(std::min(point + 1, number.size())));
  const bool no_digits = whole.empty() && fraction.empty();
  if (no_digits || fraction.find('.') != std::string::npos || text.size() > 1000) return Malformed(text);
  const std::optional<Scale> scale = ParseScale(rest.substr(number_end));
  if (!scale.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("unable to parse quantity's suffix in ", GoQuote(text),
                                                   ": use n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or e3"));
  }
  Quantity result;
  result.nano_ = Magnitude(whole, fraction, *scale);
  result.format_ = scale->format;
  if (result.format_ == Format::kBinarySI) {
    result.nano_ = std::min(result.nano_, kMaxBinaryNano);
    if (result.nano_ > 0 && result.nano_ < kNanoPerUnit) result.format_ = Format::kDecimalSI;
  }
  if (negative) result.nano_ = -result.nano_;
  return result;
}

Quantity Quantity::From(const k8s::apimachinery::resource::Quantity& quantity) {
  if (quantity.string().empty()) return {};
  absl::StatusOr<Quantity> parsed = Parse(quantity.string());
  return parsed.ok() ? *parsed : Quantity();
}

Quantity Quantity::FromValue(int64_t value, Format format) {
  Quantity result;
  result.nano_ = Int{value} * kNanoPerUnit;
  result.format_ = format;
  return result;
}

Quantity Quantity::FromMilli(int64_t milli, Format format) {
  Quantity result;
  result.nano_ = Int{milli} * (kNanoPerUnit / 1000);
  result.format_ = format;
  return result;
}

std::string Quantity::ToString() const {
  if (nano_ == 0) return "0";
  if (format_ == Format::kBinarySI) {
    const bool small = nano_ > -1024 * kNanoPerUnit && nano_ < 1024 * kNanoPerUnit;
    if (!small && nano_ % kNanoPerUnit == 0) return BinaryText(nano_ / kNanoPerUnit);
    return DecimalText(nano_, Format::kDecimalSI);
  }
  return DecimalText(nano_, format_);
}

int64_t Quantity::Value() const { return RoundedUp(nano_, kNanoPerUnit); }
int64_t Quantity::MilliValue() const { return RoundedUp(nano_, kNanoPerUnit / 1000); }

Quantity Quantity::operator+(const Quantity& other) const {
  Quantity sum;
  // Each operand is within 2^126, so the sum is within 2^127 before it is cut.
  sum.nano_ = std::max(-kMaxNano, std::min(kMaxNano, nano_ + other.nano_));
  sum.format_ = IsZero() ? other.format_ : format_;
  return sum;
}

Quantity Quantity::operator-(const Quantity& other) const {
  Quantity negated = other;
  negated.nano_ = -negated.nano_;
  return *this + negated;
}

}  // namespace kubelite::api
