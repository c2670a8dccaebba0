#pragma once

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/client/store_client.h"

namespace kubelite::cli {

// A store that answers what a test put into it.
class StubStore : public client::StoreClient {
 public:
  std::map<std::string, client::Moment> moments;
  std::map<std::string, kubelite::v1::HistoryResponse> histories;  // by "plural/namespace/name"
  std::map<std::string, kubelite::v1::StoredValue> values;
  kubelite::v1::StoreStats stats;
  absl::Status error;  // of the administrator's calls
  int64_t last_limit = -1;

  absl::StatusOr<client::Moment> ResolveMoment(const std::string& at) override {
    const auto found = moments.find(at);
    if (found == moments.end()) return api::Expired(absl::StrCat("nothing is kept of ", at));
    return found->second;
  }
  absl::StatusOr<kubelite::v1::HistoryResponse> GetHistory(const api::ResourceInfo& resource, const api::ObjectKey& key,
                                                           int64_t limit) override {
    last_limit = limit;
    const auto found = histories.find(absl::StrCat(resource.plural, "/", key.ToString()));
    if (found == histories.end()) return api::NotFound(resource, key.name);
    return found->second;
  }
  // Two keys a page.
  absl::StatusOr<kubelite::v1::ListKeysResponse> ListKeys(const kubelite::v1::ListKeysRequest& request) override {
    if (!error.ok()) return error;
    kubelite::v1::ListKeysResponse response;
    response.set_revision(stats.revision());
    for (auto it = values.lower_bound(std::max(request.prefix(), request.start())); it != values.end(); ++it) {
      if (it->first.compare(0, request.prefix().size(), request.prefix()) != 0) break;
      if (response.keys_size() == 2) {
        response.set_next(it->first);
        break;
      }
      *response.add_keys() = it->second.info();
    }
    return response;
  }
  absl::StatusOr<kubelite::v1::StoredValue> GetKey(const std::string& key, int64_t) override {
    if (!error.ok()) return error;
    const auto found = values.find(key);
    if (found == values.end()) return absl::NotFoundError(key);
    return found->second;
  }
  absl::StatusOr<kubelite::v1::StoreStats> GetStats() override {
    if (!error.ok()) return error;
    return stats;
  }
  absl::StatusOr<kubelite::v1::Snapshot> SaveSnapshot(const std::string& name) override {
    if (!error.ok()) return error;
    kubelite::v1::Snapshot snapshot;
    snapshot.set_name(name);
    return snapshot;
  }
};

}  // namespace kubelite::cli
