#include "common/api/time.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/api/go_quote.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {
namespace {

constexpr absl::string_view kSeconds = "%Y-%m-%dT%H:%M:%SZ";

template <typename ProtoTime>
absl::Time FromParts(const ProtoTime& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return absl::InfinitePast();
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// "5m3s" or, when the small part is zero, "5m".
std::string TwoUnits(int64_t big, const char* big_unit, int64_t small, const char* small_unit) {
  std::string text = absl::StrCat(big, big_unit);
  if (small != 0) absl::StrAppend(&text, small, small_unit);
  return text;
}

// A number of nanoseconds as a decimal fraction of `unit` without trailing zeros.
std::string Fraction(uint64_t nanoseconds, uint64_t unit) {
  std::string text = absl::StrCat(nanoseconds / unit);
  uint64_t rest = nanoseconds % unit;
  if (rest == 0) return text;
  text += '.';
  while (rest != 0) {
    rest *= 10;
    text += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  return text;
}

}  // namespace

absl::Time FromProto(const k8s::meta::v1::Time& time) {
  return time.seconds() == 0 ? absl::InfinitePast() : absl::FromUnixSeconds(time.seconds());
}

absl::Time FromProto(const k8s::meta::v1::MicroTime& time) { return FromParts(time); }

void ToProto(absl::Time time, k8s::meta::v1::Time* out) {
  out->Clear();
  if (time == absl::InfinitePast()) return;
  out->set_seconds(absl::ToUnixSeconds(time));
  out->set_nanos(0);
}

void ToProto(absl::Time time, k8s::meta::v1::MicroTime* out) {
  out->Clear();
  if (time == absl::InfinitePast()) return;
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  const int64_t micros = (time - absl::FromUnixSeconds(seconds)) / absl::Microseconds(1);
  out->set_nanos(static_cast<int32_t>(micros * 1000));
}

k8s::meta::v1::Time MakeTime(absl::Time time) {
  k8s::meta::v1::Time out;
  ToProto(time, &out);
  return out;
}

std::string FormatRfc3339(absl::Time time) { return absl::FormatTime(kSeconds, time, absl::UTCTimeZone()); }

std::string FormatRfc3339Micro(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text) {
  absl::Time time;
  std::string problem;
  // Abseil also takes surrounding blanks and "infinite-past"; a time begins and ends with a digit or Z.
  const bool plausible = text.size() >= 20 && text.size() <= 64 && text[10] == 'T' && text[0] >= '0' &&
                         text[0] <= '9' && text.back() > ' ';
  if (!plausible || !absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) {
    return absl::InvalidArgumentError(
        absl::StrCat(GoQuote(text), " is not an RFC 3339 time such as \"2006-01-02T15:04:05Z\""));
  }
  return time;
}

std::string FormatAgeOf(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return absl::StrCat(seconds, "s");
  const int64_t minutes = seconds / 60;
  if (minutes < 10) return TwoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return absl::StrCat(minutes, "m");
  const int64_t hours = minutes / 60;
  if (hours < 8) return TwoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return absl::StrCat(hours, "h");
  const int64_t days = hours / 24;
  if (days < 8) return TwoUnits(days, "d", hours % 24, "h");
  const int64_t years = days / 365;
  if (years < 2) return absl::StrCat(days, "d");
  if (years < 8) return TwoUnits(years, "y", days % 365, "d");
  return absl::StrCat(years, "y");
}

std::string FormatAge(absl::Time since, absl::Time now) {
  return since == absl::InfinitePast() ? "<unknown>" : FormatAgeOf(now - since);
}

std::string FormatGoDuration(absl::Duration duration) {
  const int64_t total = absl::ToInt64Nanoseconds(duration);
  if (total == 0) return "0s";
  const std::string sign = total < 0 ? "-" : "";
  uint64_t rest = total < 0 ? -static_cast<uint64_t>(total) : static_cast<uint64_t>(total);
  if (rest < 1000) return absl::StrCat(sign, rest, "ns");
  if (rest < 1000000) return absl::StrCat(sign, Fraction(rest, 1000), "µs");
  if (rest < 1000000000) return absl::StrCat(sign, Fraction(rest, 1000000), "ms");
  constexpr uint64_t kSecond = 1000000000;
  const uint64_t hours = rest / (3600 * kSecond);
  rest %= 3600 * kSecond;
  const uint64_t minutes = rest / (60 * kSecond);
  rest %= 60 * kSecond;
  std::string text = sign;
  if (hours > 0) absl::StrAppend(&text, hours, "h");
  if (hours > 0 || minutes > 0) absl::StrAppend(&text, minutes, "m");
  absl::StrAppend(&text, Fraction(rest, kSecond), "s");
  return text;
}

absl::StatusOr<absl::Duration> ParseGoDuration(absl::string_view text) {
  absl::Duration duration;
  const std::string plain = absl::StrReplaceAll(text, {{"µs", "us"}, {"μs", "us"}});
  const bool plausible = !text.empty() && text.find("inf") == absl::string_view::npos &&
                         text.find_first_of(" \t\n") == absl::string_view::npos;
  if (!plausible || !absl::ParseDuration(plain, &duration)) {
    return absl::InvalidArgumentError(absl::StrCat(GoQuote(text), " is not a duration such as \"1m30s\" or \"500ms\""));
  }
  return duration;
}

}  // namespace kubelite::api
