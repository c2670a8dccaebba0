#include "common/api/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"

namespace kubelite::api {
namespace {

struct Canonical {
  const char* input;
  const char* text;
};

TEST(Quantity, CanonicalForm) {
  const Canonical kTable[] = {
      {"0", "0"},
      {"0Ki", "0"},
      {"1", "1"},
      {"+5", "5"},
      {"-1", "-1"},
      {"1.5", "1500m"},
      {"0.5", "500m"},
      {"1000m", "1"},
      {"100m", "100m"},
      {"0.0001", "100u"},
      {"1000", "1k"},
      {"1500", "1500"},
      {"1000000", "1M"},
      {"1k", "1k"},
      {"0.1k", "100"},
      {"1.2M", "1200k"},
      {"1E", "1E"},
      {"1024", "1024"},
      {"1Ki", "1Ki"},
      {"1024Ki", "1Mi"},
      {"1024Mi", "1Gi"},
      {"0.5Gi", "512Mi"},
      {"1.5Gi", "1536Mi"},
      {"0.5Ki", "512"},
      {"0.001Ki", "1024m"},
      {"1e3", "1e3"},
      {"1E3", "1e3"},
      {"12e2", "1200"},
      {"1e0", "1"},
      {"1.5e3", "1500"},
      {"1e-3", "1e-3"},
      {"5e6", "5e6"},
      {"1n", "1n"},
      {"0.1n", "1n"},
      {"1.0000000001", "1000000001n"},
      {"-0.1n", "-1n"},
      {".5", "500m"},
      {"5.", "5"},
      {"007", "7"},
      {"1u", "1u"},
      {"100000Ki", "100000Ki"},
      {"9223372036854775807", "9223372036854775807"},
      {"16Ei", "9223372036854775807"},
      {"128974848", "128974848"},
      {"123Mi", "123Mi"},
      {"10E", "10E"},
  };
  for (const Canonical& row : kTable) {
    ASSERT_OK_AND_ASSIGN(const Quantity quantity, Quantity::Parse(row.input));
    EXPECT_EQ(quantity.ToString(), row.text) << row.input;
  }
}

TEST(Quantity, RefusesOtherTexts) {
  for (const char* text : {"",     " 1",  "1 ", "a",    "Ki",  ".",    "1..5",  "1.2.3",    "1ki", "1K",
                           "1 Mi", "--1", "1e", "1e3e", "1mi", "0x10", "1_000", "infinity", "1Zi", "e3"}) {
    EXPECT_THAT(Quantity::Parse(text).status(), base::StatusIs(absl::StatusCode::kInvalidArgument, "quantit")) << text;
  }
}

TEST(Quantity, ValuesRoundAwayFromZero) {
  const auto parse = [](const char* text) { return *Quantity::Parse(text); };
  EXPECT_EQ(parse("1500m").Value(), 2);
  EXPECT_EQ(parse("-1500m").Value(), -2);
  EXPECT_EQ(parse("1500m").MilliValue(), 1500);
  EXPECT_EQ(parse("1n").MilliValue(), 1);
  EXPECT_EQ(parse("1Gi").Value(), 1073741824);
  EXPECT_EQ(parse("100E").Value(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(parse("1e100").Value(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(parse("1e-100").MilliValue(), 1);
  EXPECT_EQ(parse("9.99e2147483647").Value(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(parse("0.9e-2147483647").MilliValue(), 1);
  EXPECT_TRUE(parse("0.0e2147483647").IsZero());
  EXPECT_EQ(parse("9.9e28").Value(), std::numeric_limits<int64_t>::max());
}

TEST(Quantity, Arithmetic) {
  const auto parse = [](const char* text) { return *Quantity::Parse(text); };
  EXPECT_EQ((parse("1") + parse("500m")).ToString(), "1500m");
  EXPECT_EQ((parse("1Gi") - parse("512Mi")).ToString(), "512Mi");
  EXPECT_EQ((Quantity() + parse("1Gi")).ToString(), "1Gi");
  EXPECT_EQ((parse("1") - parse("1")).ToString(), "0");
  EXPECT_EQ(parse("1"), parse("1000m"));
  EXPECT_LT(parse("999m"), parse("1"));
  EXPECT_EQ((parse("1e100") + parse("1e100")).Value(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(parse("-5").Sign(), -1);
  EXPECT_EQ(Quantity::FromMilli(2500).ToString(), "2500m");
  EXPECT_EQ(Quantity::FromValue(2048, Quantity::Format::kBinarySI).ToString(), "2Ki");
}

TEST(Quantity, CanonicalTextReadsBackAsTheSameQuantity) {
  base::Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const char* const kSuffixes[] = {"", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "e3", "e-2"};
    std::string text = std::to_string(random.Uniform(random.Uniform(2) == 0 ? 100 : 1000000));
    if (random.Uniform(2) == 0) text += "." + std::to_string(random.Uniform(100000));
    text += kSuffixes[random.Uniform(std::size(kSuffixes))];
    ASSERT_OK_AND_ASSIGN(const Quantity quantity, Quantity::Parse(text));
    const std::string canonical = quantity.ToString();
    ASSERT_OK_AND_ASSIGN(const Quantity again, Quantity::Parse(canonical));
    ASSERT_EQ(again, quantity) << text << " -> " << canonical;
    ASSERT_EQ(again.ToString(), canonical) << text;
  }
}

}  // namespace
}  // namespace kubelite::api
