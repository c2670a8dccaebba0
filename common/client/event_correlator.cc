#include "common/client/event_correlator.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kubelite::client {
namespace {

using k8s::core::v1::Event;

constexpr size_t kMemory = 4096;
constexpr size_t kSimilarLimit = 10;
constexpr absl::Duration kSimilarInterval = absl::Minutes(10);
constexpr double kBurst = 25;
constexpr absl::Duration kTokenInterval = absl::Minutes(5);

std::string SourceAndObject(const Event& event) {
  const k8s::core::v1::ObjectReference& about = event.involvedobject();
  return absl::StrJoin({event.source().component(), event.source().host(), about.kind(), about.namespace_(),
                        about.name(), about.uid(), about.apiversion()},
                       "\n");
}

}  // namespace

template <typename V>
V* EventCorrelator::Memory<V>::Find(const std::string& key) {
  const auto it = slots_.find(key);
  return it == slots_.end() ? nullptr : &it->second.value;
}

template <typename V>
V& EventCorrelator::Memory<V>::Touch(const std::string& key) {
  const auto [it, added] = slots_.try_emplace(key);
  if (!added) order_.erase(it->second.position);
  order_.push_front(key);
  it->second.position = order_.begin();
  if (slots_.size() > kMemory) {
    slots_.erase(order_.back());
    order_.pop_back();
  }
  return it->second.value;
}

bool EventCorrelator::TakeToken(const std::string& key, absl::Time now) {
  const bool fresh = buckets_.Find(key) == nullptr;
  Bucket& bucket = buckets_.Touch(key);
  const double gained = fresh ? kBurst : absl::FDivDuration(now - bucket.last, kTokenInterval);
  bucket.tokens = std::min(kBurst, bucket.tokens + std::max(0.0, gained));
  bucket.last = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

EventCorrelator::Outcome EventCorrelator::Correlate(const Event& event, absl::Time now) {
  Outcome outcome;
  outcome.event = event;
  const std::string source_and_object = SourceAndObject(event);
  const std::string similar_key = absl::StrCat(source_and_object, "\n", event.involvedobject().fieldpath(), "\n",
                                               event.type(), "\n", event.reason());

  Similar& similar = similar_.Touch(similar_key);
  if (!similar.messages.empty() && now - similar.last > kSimilarInterval) similar = Similar();
  similar.last = now;
  similar.messages.insert(event.message());
  if (similar.messages.size() < kSimilarLimit) {
    outcome.memory_key = absl::StrCat(similar_key, "\n", event.message());
  } else {
    // Too many of a kind: all further ones share one event, which shows the last message.
    similar.messages.erase(similar.messages.begin());
    outcome.memory_key = similar_key;
    outcome.event.set_message(absl::StrCat("(combined from similar events): ", event.message()));
  }

  Seen& seen = seen_.Touch(outcome.memory_key);
  outcome.update = seen.count > 0;
  if (outcome.update) {
    outcome.event.mutable_metadata()->set_name(seen.name);
    outcome.event.mutable_firsttimestamp()->set_seconds(seen.first_seconds);
  } else {
    seen.name = event.metadata().name();
    seen.first_seconds = event.firsttimestamp().seconds();
  }
  outcome.event.set_count(++seen.count);
  outcome.drop = !TakeToken(source_and_object, now);
  return outcome;
}

void EventCorrelator::Stored(const std::string& memory_key, const std::string& name) {
  if (Seen* seen = seen_.Find(memory_key)) seen->name = name;
}

}  // namespace kubelite::client
