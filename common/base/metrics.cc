#include "common/base/metrics.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/check.h"
#include "common/base/mutex.h"

namespace kubelite::base {
namespace {

// Shortest text that reads back as `value`.
std::string FormatValue(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
}

bool IsName(absl::string_view name, bool colons) {
  if (name.empty() || absl::ascii_isdigit(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [colons](char c) { return absl::ascii_isalnum(c) || c == '_' || (colons && c == ':'); });
}

// A child's labels as `name="value",name="value"`.
std::string LabelText(const std::vector<std::string>& names, const std::vector<std::string>& values) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string value = absl::StrReplaceAll(values[i], {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
    absl::StrAppend(&text, i == 0 ? "" : ",", names[i], "=\"", value, "\"");
  }
  return text;
}

void AppendSample(std::string* out, absl::string_view name, absl::string_view labels, absl::string_view value) {
  absl::StrAppend(out, name);
  if (!labels.empty()) absl::StrAppend(out, "{", labels, "}");
  absl::StrAppend(out, " ", value, "\n");
}

void AtomicAdd(std::atomic<double>* to, double by) {
  double old = to->load(std::memory_order_relaxed);
  while (!to->compare_exchange_weak(old, old + by, std::memory_order_relaxed)) {
  }
}

class CounterImpl : public Counter {
 public:
  void Increment(double by) override {
    CHECK(by >= 0);
    AtomicAdd(&value_, by);
  }
  double Value() const override { return value_.load(std::memory_order_relaxed); }
  void Append(std::string* out, absl::string_view name, absl::string_view labels) const {
    AppendSample(out, name, labels, FormatValue(Value()));
  }

 private:
  std::atomic<double> value_{0};
};

class GaugeImpl : public Gauge {
 public:
  void Set(double value) override { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) override { AtomicAdd(&value_, by); }
  double Value() const override { return value_.load(std::memory_order_relaxed); }
  void Append(std::string* out, absl::string_view name, absl::string_view labels) const {
    AppendSample(out, name, labels, FormatValue(Value()));
  }

 private:
  std::atomic<double> value_{0};
};

// Locked rather than atomic, so that the buckets, sum and count printed belong together.
class HistogramImpl : public Histogram {
 public:
  explicit HistogramImpl(const std::vector<double>& bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  void Observe(double value) override {
    const size_t bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    MutexLock lock(&mutex_);
    ++counts_[bucket];
    ++count_;
    sum_ += value;
  }
  uint64_t Count() const override {
    MutexLock lock(&mutex_);
    return count_;
  }
  void Append(std::string* out, absl::string_view name, absl::string_view labels) const {
    MutexLock lock(&mutex_);
    const std::string bucket_name = absl::StrCat(name, "_bucket");
    const absl::string_view comma = labels.empty() ? "" : ",";
    uint64_t cumulative = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      cumulative += counts_[i];
      const std::string bound = i < bounds_.size() ? FormatValue(bounds_[i]) : "+Inf";
      AppendSample(out, bucket_name, absl::StrCat(labels, comma, "le=\"", bound, "\""), absl::StrCat(cumulative));
    }
    AppendSample(out, absl::StrCat(name, "_sum"), labels, FormatValue(sum_));
    AppendSample(out, absl::StrCat(name, "_count"), labels, absl::StrCat(count_));
  }

 private:
  const std::vector<double> bounds_;
  mutable Mutex mutex_;
  std::vector<uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  double sum_ ABSL_GUARDED_BY(mutex_) = 0;
};

// What the registry knows of a family of any type.
class AnyFamily {
 public:
  AnyFamily(absl::string_view type, std::string name, std::string help, std::vector<std::string> labels)
      : type_(type), name_(std::move(name)), help_(std::move(help)), labels_(std::move(labels)) {}
  virtual ~AnyFamily() = default;
  virtual void Append(std::string* out) const = 0;
  bool Is(absl::string_view type, const std::vector<std::string>& labels) const {
    return type_ == type && labels_ == labels;
  }

 protected:
  void AppendHeader(std::string* out) const {
    const std::string help = absl::StrReplaceAll(help_, {{"\\", "\\\\"}, {"\n", "\\n"}});
    absl::StrAppend(out, "# HELP ", name_, " ", help, "\n# TYPE ", name_, " ", type_, "\n");
  }

  const absl::string_view type_;
  const std::string name_;
  const std::string help_;
  const std::vector<std::string> labels_;
};

template <typename T, typename Impl>
class FamilyImpl : public Family<T>, public AnyFamily {
 public:
  using Factory = std::unique_ptr<Impl> (*)(const std::vector<double>& buckets);

  FamilyImpl(absl::string_view type, std::string name, std::string help, std::vector<std::string> labels,
             std::vector<double> buckets, Factory make)
      : AnyFamily(type, std::move(name), std::move(help), std::move(labels)),
        buckets_(std::move(buckets)),
        make_(make) {
    if (labels_.empty()) FamilyImpl::With({});  // shown from the start
  }

  T& With(const std::vector<std::string>& values) override {
    CHECK(values.size() == labels_.size());
    MutexLock lock(&mutex_);
    std::unique_ptr<Impl>& child = children_[values];
    if (child == nullptr) child = make_(buckets_);
    return *child;
  }

  void Append(std::string* out) const override {
    MutexLock lock(&mutex_);
    if (children_.empty()) return;
    AppendHeader(out);
    for (const auto& [values, child] : children_) child->Append(out, name_, LabelText(labels_, values));
  }

 private:
  const std::vector<double> buckets_;
  const Factory make_;
  mutable Mutex mutex_;
  std::map<std::vector<std::string>, std::unique_ptr<Impl>> children_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

struct MetricsRegistry::State {
  template <typename T, typename Impl>
  Family<T>& Add(absl::string_view type, const std::string& name, const std::string& help,
                 std::vector<std::string> labels, std::vector<double> buckets,
                 typename FamilyImpl<T, Impl>::Factory make) {
    CHECK(IsName(name, true));
    for (const std::string& label : labels) CHECK(IsName(label, false) && !absl::StartsWith(label, "__"));
    MutexLock lock(&mutex);
    std::unique_ptr<AnyFamily>& family = families[name];
    if (family == nullptr) {
      family = std::make_unique<FamilyImpl<T, Impl>>(type, name, help, std::move(labels), std::move(buckets), make);
    } else {
      CHECK(family->Is(type, labels) && "a metric is registered twice with different types or labels");
    }
    return static_cast<FamilyImpl<T, Impl>&>(*family);
  }

  Mutex mutex;
  std::map<std::string, std::unique_ptr<AnyFamily>> families ABSL_GUARDED_BY(mutex);
};

MetricsRegistry::MetricsRegistry() : state_(std::make_unique<State>()) {}
MetricsRegistry::~MetricsRegistry() = default;

Family<Counter>& MetricsRegistry::AddCounter(const std::string& name, const std::string& help,
                                             std::vector<std::string> labels) {
  return state_->Add<Counter, CounterImpl>("counter", name, help, std::move(labels), {},
                                           [](const std::vector<double>&) { return std::make_unique<CounterImpl>(); });
}

Family<Gauge>& MetricsRegistry::AddGauge(const std::string& name, const std::string& help,
                                         std::vector<std::string> labels) {
  return state_->Add<Gauge, GaugeImpl>("gauge", name, help, std::move(labels), {},
                                       [](const std::vector<double>&) { return std::make_unique<GaugeImpl>(); });
}

Family<Histogram>& MetricsRegistry::AddHistogram(const std::string& name, const std::string& help,
                                                 std::vector<double> buckets, std::vector<std::string> labels) {
  while (!buckets.empty() && std::isinf(buckets.back())) buckets.pop_back();  // added when printed
  CHECK(std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>()) == buckets.end());
  CHECK(std::find(labels.begin(), labels.end(), "le") == labels.end());
  return state_->Add<Histogram, HistogramImpl>(
      "histogram", name, help, std::move(labels), std::move(buckets),
      [](const std::vector<double>& bounds) { return std::make_unique<HistogramImpl>(bounds); });
}

std::string MetricsRegistry::Text() const {
  std::string out;
  MutexLock lock(&state_->mutex);
  for (const auto& [name, family] : state_->families) family->Append(&out);
  return out;
}

MetricsRegistry& Metrics() {
  static MetricsRegistry* const kRegistry = new MetricsRegistry;
  return *kRegistry;
}

std::vector<double> ExponentialBuckets(double start, double factor, int count) {
  CHECK(start > 0 && factor > 1 && count > 0);
  std::vector<double> buckets;
  for (double bound = start; static_cast<int>(buckets.size()) < count; bound *= factor) buckets.push_back(bound);
  return buckets;
}

}  // namespace kubelite::base
