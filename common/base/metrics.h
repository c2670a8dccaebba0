#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kubelite::base {

// Prometheus metrics under upstream's names. A family is made once with its label names; With(values) gives a child
// that lives as long as the registry. All calls are thread-safe; child updates are lock-free or briefly locked.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Increment(double by = 1) = 0;
  virtual double Value() const = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
  virtual void Add(double by) = 0;
  virtual double Value() const = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
  virtual uint64_t Count() const = 0;
};

template <typename T>
class Family {
 public:
  virtual ~Family() = default;
  // `values` are given in the order of the family's label names; a wrong count is a CHECK failure.
  virtual T& With(const std::vector<std::string>& values) = 0;
};

class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;

  // Registering a name again with the same type and labels returns the same family; otherwise a CHECK failure.
  Family<Counter>& AddCounter(const std::string& name, const std::string& help, std::vector<std::string> labels = {});
  Family<Gauge>& AddGauge(const std::string& name, const std::string& help, std::vector<std::string> labels = {});
  Family<Histogram>& AddHistogram(const std::string& name, const std::string& help, std::vector<double> buckets,
                                  std::vector<std::string> labels = {});
  // Prometheus text exposition format 0.0.4, families sorted by name.
  std::string Text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The process-wide registry (log and metrics are the only singletons).
MetricsRegistry& Metrics();
// Upstream's exponential buckets: `count` values from `start`, each `factor` times the one before.
std::vector<double> ExponentialBuckets(double start, double factor, int count);

}  // namespace kubelite::base
