#include "common/api/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/testing/status_matchers.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::api {
namespace {

TEST(Time, AgeTable) {
  struct Row {
    absl::Duration age;
    const char* text;
  };
  const auto days = [](int n) { return absl::Hours(24) * n; };
  const Row kTable[] = {
      {absl::Seconds(-2), "<invalid>"},
      {absl::Seconds(-1), "0s"},
      {absl::Milliseconds(-500), "0s"},
      {absl::ZeroDuration(), "0s"},
      {absl::Seconds(45), "45s"},
      {absl::Milliseconds(1999), "1s"},
      {absl::Seconds(119), "119s"},
      {absl::Minutes(2), "2m"},
      {absl::Seconds(125), "2m5s"},
      {absl::Seconds(599), "9m59s"},
      {absl::Minutes(10) + absl::Seconds(5), "10m"},
      {absl::Minutes(179), "179m"},
      {absl::Hours(3), "3h"},
      {absl::Minutes(200), "3h20m"},
      {absl::Hours(8) - absl::Seconds(1), "7h59m"},
      {absl::Hours(8) + absl::Minutes(30), "8h"},
      {absl::Hours(47), "47h"},
      {days(2), "2d"},
      {days(2) + absl::Hours(3), "2d3h"},
      {days(8) - absl::Seconds(1), "7d23h"},
      {days(8) + absl::Hours(3), "8d"},
      {days(729), "729d"},
      {days(730), "2y"},
      {days(735), "2y5d"},
      {days(365 * 8) - absl::Seconds(1), "7y364d"},
      {days(365 * 8 + 100), "8y"},
  };
  for (const Row& row : kTable) EXPECT_EQ(FormatAgeOf(row.age), row.text) << row.age;
  EXPECT_EQ(FormatAge(absl::InfinitePast(), absl::UnixEpoch()), "<unknown>");
  EXPECT_EQ(FormatAge(absl::UnixEpoch(), absl::UnixEpoch() + absl::Seconds(5)), "5s");
}

TEST(Time, Rfc3339) {
  const absl::Time time = absl::FromUnixMicros(1700000000123456);
  EXPECT_EQ(FormatRfc3339(time), "2023-11-14T22:13:20Z");
  EXPECT_EQ(FormatRfc3339Micro(time), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(FormatRfc3339Micro(absl::UnixEpoch()), "1970-01-01T00:00:00.000000Z");
  for (const char* text : {"2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14T22:13:20.000Z"}) {
    ASSERT_OK_AND_ASSIGN(const absl::Time parsed, ParseRfc3339(text));
    EXPECT_EQ(parsed, absl::FromUnixSeconds(1700000000)) << text;
  }
  for (const char* text : {"", "2023-11-14", "2023-11-14 22:13:20Z", "infinite-past", " 2023-11-14T22:13:20Z",
                           "2023-11-14T22:13:20", "2023-13-14T22:13:20Z", "2023-11-14T22:13:20Z "}) {
    EXPECT_FALSE(ParseRfc3339(text).ok()) << text;
  }
}

TEST(Time, Proto) {
  k8s::meta::v1::Time time = MakeTime(absl::FromUnixMicros(1700000000999999));
  EXPECT_EQ(time.seconds(), 1700000000);
  EXPECT_EQ(time.nanos(), 0);
  EXPECT_EQ(FromProto(time), absl::FromUnixSeconds(1700000000));
  ToProto(absl::InfinitePast(), &time);
  EXPECT_EQ(time.ByteSizeLong(), 0U);
  EXPECT_EQ(FromProto(time), absl::InfinitePast());
  k8s::meta::v1::MicroTime micro;
  ToProto(absl::FromUnixNanos(1700000000123456789), &micro);
  EXPECT_EQ(FromProto(micro), absl::FromUnixMicros(1700000000123456));
}

TEST(Time, GoDurations) {
  struct Row {
    absl::Duration duration;
    const char* text;
  };
  const Row kTable[] = {
      {absl::ZeroDuration(), "0s"},       {absl::Seconds(90), "1m30s"},
      {absl::Milliseconds(100), "100ms"}, {absl::Microseconds(1500), "1.5ms"},
      {absl::Nanoseconds(5), "5ns"},      {absl::Nanoseconds(1500), "1.5µs"},
      {absl::Hours(1), "1h0m0s"},         {absl::Minutes(5), "5m0s"},
      {absl::Milliseconds(2500), "2.5s"}, {absl::Hours(25) + absl::Nanoseconds(1), "25h0m0.000000001s"},
      {absl::Seconds(-90), "-1m30s"},
  };
  for (const Row& row : kTable) {
    EXPECT_EQ(FormatGoDuration(row.duration), row.text);
    ASSERT_OK_AND_ASSIGN(const absl::Duration parsed, ParseGoDuration(row.text));
    EXPECT_EQ(parsed, row.duration) << row.text;
  }
  for (const char* text : {"", "5", "inf", "1 s", "s", "1x"}) EXPECT_FALSE(ParseGoDuration(text).ok()) << text;
}

}  // namespace
}  // namespace kubelite::api
