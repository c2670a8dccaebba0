#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/testing/status_matchers.h"
#include "store/store.h"

namespace kubelite::store {

// An implementation of Store that the contract suite runs on.
struct StoreFactory {
  std::string name;
  bool persistent = false;  // what is written is there after closing and opening again
  std::function<absl::StatusOr<std::unique_ptr<Store>>(const std::string& directory, size_t watch_queue_events)> open;
};
std::vector<StoreFactory> StoreFactories();
inline void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }

class StoreContract : public testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override { Open(); }

  // Opens a store, or closes it and opens it again.
  void Open(size_t watch_queue_events = 1024) {
    store_.reset();
    auto opened = GetParam().open(absl::StrCat(directory_.path(), "/store"), watch_queue_events);
    ASSERT_OK(opened);
    store_ = *std::move(opened);
  }

  // Writes whatever is there before; 0 on failure.
  Revision Put(const std::string& key, const std::string& value) {
    const auto old = store_->Get(key);
    const auto revision = store_->Put(key, value, old.ok() ? old->mod_revision : 0);
    EXPECT_OK(revision);
    return revision.value_or(0);
  }
  Revision Delete(const std::string& key) {
    const auto old = store_->Get(key);
    EXPECT_OK(old);
    if (!old.ok()) return 0;
    const auto revision = store_->Delete(key, old->mod_revision);
    EXPECT_OK(revision);
    return revision.value_or(0);
  }
  std::unique_ptr<Watch> NewWatch(
      const std::string& prefix, Revision after, std::function<void()> on_ready = [] {}) {
    auto watch = store_->NewWatch(KeyRange::Prefix(prefix), after, std::move(on_ready));
    EXPECT_OK(watch);
    return watch.ok() ? *std::move(watch) : nullptr;
  }

  base::TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

inline std::string FactoryName(const testing::TestParamInfo<StoreFactory>& info) { return info.param.name; }

#define INSTANTIATE_STORE_CONTRACT(suite) \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::ValuesIn(StoreFactories()), FactoryName)

// "key=value@revision", and "-key@revision" for deletions.
inline std::string ToText(const KeyValue& kv) { return absl::StrCat(kv.key, "=", kv.value, "@", kv.mod_revision); }
inline std::string ToText(const EventPtr& event) {
  if (event->type == Event::Type::kPut) return ToText(event->kv);
  return absl::StrCat("-", event->kv.key, "@", event->revision());
}
template <typename T>
std::vector<std::string> ToText(const std::vector<T>& items) {
  std::vector<std::string> texts;
  for (const T& item : items) texts.push_back(ToText(item));
  return texts;
}

}  // namespace kubelite::store
