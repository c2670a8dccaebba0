#include "apiserver/testing/test_server.h"

#include <utility>

#include "apiserver/admission/admission.h"
#include "apiserver/filters/filters.h"
#include "common/base/check.h"

namespace kubelite::apiserver {

TestServer::TestServer(base::Executor* executor, base::Random* random, const Config& config)
    : store_(store::OpenInMemory()) {
  Registry::Options options;
  options.resources = AllResources();
  AddAccessReviews(&options.resources);
  options.admission = AllAdmission();
  options.store = store_.get();
  options.executor = executor;
  options.random = random;
  options.retention = config.retention;
  options.retention_bytes = config.retention_bytes;
  registry_ = std::make_unique<Registry>(std::move(options));
  if (config.bootstrap) CHECK_OK(registry_->Bootstrap());
  store_admin_ = std::make_unique<StoreAdmin>(
      StoreAdmin::Options{.store = store_.get(), .clock = &executor->clock(), .snapshot_dir = config.snapshot_dir});
  server_ = std::make_unique<Server>(registry_.get(), &sessions_, store_admin_.get(),
                                     AllFilters(registry_.get(), &base::Metrics()));
}

TestServer::~TestServer() = default;

std::unique_ptr<InProcessClient> TestServer::AdminClient() { return ClientFor("admin", {"system:masters"}); }

std::unique_ptr<InProcessClient> TestServer::ClientFor(const std::string& user, std::vector<std::string> groups) {
  return NewInProcessClient(server_.get(), User{user, std::move(groups)});
}

}  // namespace kubelite::apiserver
