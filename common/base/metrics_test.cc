#include "common/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/base/thread_pool.h"

namespace kubelite::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MetricsTest, TextIsPrometheusFormat) {
  MetricsRegistry registry;
  auto& requests = registry.AddCounter("apiserver_request_total", "Requests by verb.", {"verb", "code"});
  requests.With({"GET", "200"}).Increment();
  requests.With({"GET", "200"}).Increment(2);
  requests.With({"LIST", "a\"b\\c\nd"}).Increment(0.5);
  registry.AddGauge("depth", "Back\\slash\nand line.").With({}).Set(-3);
  auto& latency = registry.AddHistogram("latency_seconds", "Latency.", {0.005, 1, 10}, {"verb"});
  for (const double value : {0.005, 0.006, 2.0, 50.0}) latency.With({"GET"}).Observe(value);
  EXPECT_EQ(registry.Text(),
            "# HELP apiserver_request_total Requests by verb.\n"
            "# TYPE apiserver_request_total counter\n"
            "apiserver_request_total{verb=\"GET\",code=\"200\"} 3\n"
            "apiserver_request_total{verb=\"LIST\",code=\"a\\\"b\\\\c\\nd\"} 0.5\n"
            "# HELP depth Back\\\\slash\\nand line.\n"
            "# TYPE depth gauge\n"
            "depth -3\n"
            "# HELP latency_seconds Latency.\n"
            "# TYPE latency_seconds histogram\n"
            "latency_seconds_bucket{verb=\"GET\",le=\"0.005\"} 1\n"
            "latency_seconds_bucket{verb=\"GET\",le=\"1\"} 2\n"
            "latency_seconds_bucket{verb=\"GET\",le=\"10\"} 3\n"
            "latency_seconds_bucket{verb=\"GET\",le=\"+Inf\"} 4\n"
            "latency_seconds_sum{verb=\"GET\"} 52.011\n"
            "latency_seconds_count{verb=\"GET\"} 4\n");
}

TEST(MetricsTest, UnlabelledMetricsShowFromTheStartAndLabelledOnesWhenUsed) {
  MetricsRegistry registry;
  registry.AddCounter("plain_total", "Plain.");
  registry.AddCounter("labelled_total", "Labelled.", {"label"});
  EXPECT_EQ(registry.Text(), "# HELP plain_total Plain.\n# TYPE plain_total counter\nplain_total 0\n");
}

TEST(MetricsTest, SpecialValuesAreSpelledAsPrometheusDoes) {
  MetricsRegistry registry;
  auto& gauge = registry.AddGauge("g", "G.", {"kind"});
  gauge.With({"inf"}).Set(std::numeric_limits<double>::infinity());
  gauge.With({"minus"}).Set(-std::numeric_limits<double>::infinity());
  gauge.With({"nan"}).Set(std::numeric_limits<double>::quiet_NaN());
  gauge.With({"large"}).Set(1e300);
  gauge.With({"added"}).Add(1.25);
  EXPECT_THAT(registry.Text(), HasSubstr("g{kind=\"inf\"} +Inf\n"));
  EXPECT_THAT(registry.Text(), HasSubstr("g{kind=\"minus\"} -Inf\n"));
  EXPECT_THAT(registry.Text(), HasSubstr("g{kind=\"nan\"} NaN\n"));
  EXPECT_THAT(registry.Text(), HasSubstr("g{kind=\"large\"} 1e+300\n"));
  EXPECT_THAT(registry.Text(), HasSubstr("g{kind=\"added\"} 1.25\n"));
}

TEST(MetricsTest, SameRegistrationGivesTheSameFamily) {
  MetricsRegistry registry;
  auto& first = registry.AddCounter("c_total", "C.", {"l"});
  EXPECT_EQ(&first, &registry.AddCounter("c_total", "C.", {"l"}));
  EXPECT_EQ(&first.With({"x"}), &first.With({"x"}));
  EXPECT_NE(&first.With({"x"}), &first.With({"y"}));
}

TEST(MetricsDeathTest, MisuseIsAChecksFailure) {
  MetricsRegistry registry;
  auto& counter = registry.AddCounter("c_total", "C.", {"l"});
  EXPECT_DEATH(registry.AddGauge("c_total", "C.", {"l"}), "registered twice");
  EXPECT_DEATH(registry.AddCounter("c_total", "C.", {"other"}), "registered twice");
  EXPECT_DEATH(registry.AddCounter("no-dashes", "C."), "IsName");
  EXPECT_DEATH(registry.AddHistogram("h", "H.", {1, 1}), "CHECK failed");
  EXPECT_DEATH(counter.With({}), "values.size");
  EXPECT_DEATH(counter.With({"x"}).Increment(-1), "by >= 0");
}

TEST(MetricsTest, ManyThreadsLoseNothing) {
  MetricsRegistry registry;
  auto& counter = registry.AddCounter("c_total", "C.", {"l"});
  auto& histogram = registry.AddHistogram("h", "H.", {1, 2});
  {
    ThreadPool pool(4);
    std::atomic<int> left{400};
    std::atomic<bool> done{false};
    for (int i = 0; i < 400; ++i) {
      pool.Post([&, i] {
        for (int j = 0; j < 100; ++j) {
          counter.With({i % 2 == 0 ? "even" : "odd"}).Increment();
          histogram.With({}).Observe(i % 3);
        }
        if (i % 50 == 0) registry.Text();
        if (--left == 0) {
          done = true;
          done.notify_one();
        }
      });
    }
    done.wait(false);
  }
  EXPECT_EQ(counter.With({"even"}).Value(), 20'000);
  EXPECT_EQ(counter.With({"odd"}).Value(), 20'000);
  EXPECT_EQ(histogram.With({}).Count(), 40'000u);
}

TEST(MetricsTest, ExponentialBuckets) {
  EXPECT_THAT(ExponentialBuckets(0.5, 2, 4), ElementsAre(0.5, 1, 2, 4));
  EXPECT_EQ(&Metrics(), &Metrics());
}

}  // namespace
}  // namespace kubelite::base
