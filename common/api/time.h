#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace k8s::meta::v1 {
class MicroTime;
class Time;
}  // namespace k8s::meta::v1

namespace kubelite::api {

// An unset or zero Time is absl::InfinitePast().
absl::Time FromProto(const k8s::meta::v1::Time& time);
absl::Time FromProto(const k8s::meta::v1::MicroTime& time);
// Time keeps whole seconds, MicroTime microseconds.
void ToProto(absl::Time time, k8s::meta::v1::Time* out);
void ToProto(absl::Time time, k8s::meta::v1::MicroTime* out);
k8s::meta::v1::Time MakeTime(absl::Time time);

std::string FormatRfc3339(absl::Time time);       // 2006-01-02T15:04:05Z
std::string FormatRfc3339Micro(absl::Time time);  // six fractional digits
absl::StatusOr<absl::Time> ParseRfc3339(absl::string_view text);

// kubectl's AGE texts: 45s, 2m5s, 3h20m, 5d ("AGE and durations" of the printing rules). Unset time: "<unknown>".
std::string FormatAge(absl::Time since, absl::Time now);
std::string FormatAgeOf(absl::Duration duration);
// Go's duration text: 1m30s, 100ms, 0s.
std::string FormatGoDuration(absl::Duration duration);
absl::StatusOr<absl::Duration> ParseGoDuration(absl::string_view text);

}  // namespace kubelite::api
