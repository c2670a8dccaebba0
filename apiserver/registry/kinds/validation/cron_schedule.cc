#include "apiserver/registry/kinds/validation/cron_schedule.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

struct FieldRange {
  int low, high;
  std::vector<std::string> names;  // of the numbers from `first_name`
  int first_name = 0;
};

const std::vector<FieldRange>& Fields() {
  static const auto& fields = *new std::vector<FieldRange>{
      {0, 59, {}},
      {0, 23, {}},
      {1, 31, {}},
      {1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}, 1},
      {0, 6, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, 0}};
  return fields;
}

absl::StatusOr<int> Value(const std::string& text, const FieldRange& range) {
  for (size_t i = 0; i < range.names.size(); ++i) {
    if (absl::AsciiStrToLower(text) == range.names[i]) return range.first_name + static_cast<int>(i);
  }
  int value = 0;
  if (!absl::SimpleAtoi(text, &value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("failed to parse int from ", text, ": strconv.Atoi: parsing \"", text, "\": invalid syntax"));
  }
  if (value < 0) return absl::InvalidArgumentError(absl::StrCat("negative number (", value, ") not allowed: ", text));
  return value;
}

// "*", "5", "1-5", "*/2", "1-30/2".
absl::Status CheckPart(const std::string& part, const FieldRange& range) {
  const std::vector<std::string> range_and_step = absl::StrSplit(part, '/');
  const std::vector<std::string> ends = absl::StrSplit(range_and_step.front(), '-');
  int from = range.low;
  int to = range.high;
  if (ends.front() != "*" && ends.front() != "?") {
    ASSIGN_OR_RETURN(from, Value(ends.front(), range));
    if (ends.size() > 2) return absl::InvalidArgumentError(absl::StrCat("too many hyphens: ", part));
    to = from;
    if (ends.size() == 2) {
      ASSIGN_OR_RETURN(to, Value(ends[1], range));
    }
  }
  if (range_and_step.size() > 2) return absl::InvalidArgumentError(absl::StrCat("too many slashes: ", part));
  int step = 1;
  if (range_and_step.size() == 2) {
    ASSIGN_OR_RETURN(step, Value(range_and_step[1], {range.low, range.high, {}}));
    if (ends.size() == 1) to = range.high;
  }
  const auto refuse = [&part](auto... text) { return absl::InvalidArgumentError(absl::StrCat(text..., ": ", part)); };
  if (from < range.low) return refuse("beginning of range (", from, ") below minimum (", range.low, ")");
  if (to > range.high) return refuse("end of range (", to, ") above maximum (", range.high, ")");
  if (from > to) return refuse("beginning of range (", from, ") beyond end of range (", to, ")");
  if (step == 0) return refuse("step of range should be a positive number");
  return absl::OkStatus();
}

absl::Status CheckDescriptor(absl::string_view text) {
  constexpr absl::string_view kEvery = "@every ";
  for (const char* known : {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}) {
    if (text == known) return absl::OkStatus();
  }
  if (absl::StartsWith(text, kEvery)) {
    const auto duration = api::ParseGoDuration(text.substr(kEvery.size()));
    if (duration.ok()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("failed to parse duration ", text, ": ", duration.status().message()));
  }
  return absl::InvalidArgumentError(absl::StrCat("unrecognized descriptor: ", text));
}

}  // namespace

absl::Status CheckCronSchedule(absl::string_view text) {
  if (absl::StartsWith(text, "@")) return CheckDescriptor(text);
  const std::vector<std::string> fields = absl::StrSplit(text, absl::ByAnyChar(" \t\n\r"), absl::SkipEmpty());
  if (fields.size() != Fields().size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected exactly 5 fields, found ", fields.size(), ": [", absl::StrJoin(fields, " "), "]"));
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    for (const absl::string_view part : absl::StrSplit(fields[i], ',', absl::SkipEmpty())) {
      RETURN_IF_ERROR(CheckPart(std::string(part), Fields()[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace kubelite::apiserver
