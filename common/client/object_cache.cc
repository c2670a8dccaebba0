#include "common/client/object_cache.h"

#include <utility>

#include "common/base/check.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::client {

using api::ObjectKey;
using api::ObjectPtr;

namespace {

bool SameVersion(const ObjectPtr& a, const ObjectPtr& b) {
  return api::Meta(*a).resourceversion() == api::Meta(*b).resourceversion() &&
         api::Meta(*a).uid() == api::Meta(*b).uid();
}

}  // namespace

void ObjectCache::AddIndex(const std::string& name, IndexFunction function) {
  base::MutexLock lock(&mutex_);
  CHECK(objects_.empty());
  // Several loops that share an informer may add the same index.
  indexes_.try_emplace(name, Index{std::move(function), {}});
}

void ObjectCache::Store(const ObjectKey& key, const ObjectPtr& old_object, const ObjectPtr& new_object) {
  for (auto& [name, index] : indexes_) {
    if (old_object != nullptr) {
      for (const std::string& value : index.function(*old_object)) {
        const auto it = index.keys.find(value);
        if (it == index.keys.end()) continue;
        it->second.erase(key);
        if (it->second.empty()) index.keys.erase(it);
      }
    }
    if (new_object != nullptr) {
      for (const std::string& value : index.function(*new_object)) index.keys[value].insert(key);
    }
  }
  if (new_object != nullptr) {
    objects_[key] = new_object;
  } else {
    objects_.erase(key);
  }
}

std::vector<ObjectCache::Change> ObjectCache::Replace(const std::vector<ObjectPtr>& items) {
  std::vector<Change> changes;
  std::set<ObjectKey> present;
  for (const ObjectPtr& item : items) present.insert(api::KeyOf(*item));
  base::MutexLock lock(&mutex_);
  for (const auto& [key, object] : objects_) {
    if (!present.contains(key)) changes.push_back({object, nullptr});
  }
  for (const Change& gone : changes) Store(api::KeyOf(*gone.old_object), gone.old_object, nullptr);
  for (const ObjectPtr& item : items) {
    const ObjectKey key = api::KeyOf(*item);
    const auto it = objects_.find(key);
    const ObjectPtr old_object = it == objects_.end() ? nullptr : it->second;
    if (old_object != nullptr && SameVersion(old_object, item)) continue;
    Store(key, old_object, item);
    changes.push_back({old_object, item});
  }
  return changes;
}

bool ObjectCache::Put(const ObjectPtr& object, ObjectPtr* old_object) {
  const ObjectKey key = api::KeyOf(*object);
  base::MutexLock lock(&mutex_);
  const auto it = objects_.find(key);
  *old_object = it == objects_.end() ? nullptr : it->second;
  if (*old_object != nullptr) {
    const int64_t cached = api::ResourceVersion(**old_object);
    const int64_t given = api::ResourceVersion(*object);
    if (SameVersion(*old_object, object) || (given > 0 && given <= cached)) return false;
  }
  Store(key, *old_object, object);
  return true;
}

bool ObjectCache::Remove(const ObjectKey& key) {
  base::MutexLock lock(&mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) return false;
  const ObjectPtr old_object = it->second;
  Store(key, old_object, nullptr);
  return true;
}

ObjectPtr ObjectCache::Get(const ObjectKey& key) const {
  base::MutexLock lock(&mutex_);
  const auto it = objects_.find(key);
  return it == objects_.end() ? nullptr : it->second;
}

std::vector<ObjectPtr> ObjectCache::List(const std::string& name_space) const {
  std::vector<ObjectPtr> found;
  base::MutexLock lock(&mutex_);
  auto it = name_space.empty() ? objects_.begin() : objects_.lower_bound(ObjectKey{name_space, ""});
  for (; it != objects_.end() && (name_space.empty() || it->first.name_space == name_space); ++it) {
    found.push_back(it->second);
  }
  return found;
}

std::vector<ObjectPtr> ObjectCache::ByIndex(const std::string& index, const std::string& value) const {
  std::vector<ObjectPtr> found;
  base::MutexLock lock(&mutex_);
  const auto entry = indexes_.find(index);
  CHECK(entry != indexes_.end());
  const auto keys = entry->second.keys.find(value);
  if (keys == entry->second.keys.end()) return found;
  for (const ObjectKey& key : keys->second) found.push_back(objects_.find(key)->second);
  return found;
}

size_t ObjectCache::size() const {
  base::MutexLock lock(&mutex_);
  return objects_.size();
}

}  // namespace kubelite::client
