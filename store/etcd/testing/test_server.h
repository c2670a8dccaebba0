#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "common/base/random.h"
#include "common/base/testing/status_matchers.h"
#include "common/base/thread_pool.h"
#include "etcd/rpc.grpc.pb.h"
#include "store/etcd/app.h"
#include "store/store.h"

namespace kubelite::etcd {

// A daemon over a store in memory, called with gRPC's own client.
class EtcdTest : public testing::Test {
 protected:
  explicit EtcdTest(Options options = {}) {
    options.listen_client_urls = {"http://127.0.0.1:0"};
    options.data_dir = "unused";
    absl::StatusOr<std::unique_ptr<App>> started = App::Start(options, store::OpenInMemory(), &executor_, &random_);
    EXPECT_OK(started);
    app_ = *std::move(started);
    const std::string address = app_->urls().front().substr(std::string("http://").size());
    channel_ = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    kv_ = etcdserverpb::KV::NewStub(channel_);
  }

  // Calls a unary method; fails the test on an error.
  template <typename Response, typename Stub, typename Request>
  Response Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    Response response;
    grpc::ClientContext context;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // The status of a call, as "<code> <text>".
  template <typename Response, typename Stub, typename Request>
  std::string Error(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request) {
    Response response;
    grpc::ClientContext context;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    return std::to_string(status.error_code()) + " " + status.error_message();
  }

  using KvStub = etcdserverpb::KV::Stub;
  etcdserverpb::PutResponse Put(const etcdserverpb::PutRequest& request) { return Call(*kv_, &KvStub::Put, request); }
  // The new revision.
  int64_t Put(const std::string& key, const std::string& value) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    return Put(request).header().revision();
  }
  etcdserverpb::RangeResponse Range(const etcdserverpb::RangeRequest& request) {
    return Call(*kv_, &KvStub::Range, request);
  }
  // "" when the key does not exist.
  std::string Get(const std::string& key) {
    etcdserverpb::RangeRequest request;
    request.set_key(key);
    const etcdserverpb::RangeResponse response = Range(request);
    return response.kvs_size() == 1 ? response.kvs(0).value() : "";
  }
  etcdserverpb::DeleteRangeResponse Delete(const etcdserverpb::DeleteRangeRequest& request) {
    return Call(*kv_, &KvStub::DeleteRange, request);
  }
  etcdserverpb::TxnResponse Txn(const etcdserverpb::TxnRequest& request) { return Call(*kv_, &KvStub::Txn, request); }
  void Compact(int64_t revision) {
    etcdserverpb::CompactionRequest request;
    request.set_revision(revision);
    Call(*kv_, &KvStub::Compact, request);
  }

  base::ThreadPool executor_{4};
  base::Random random_{1};
  std::unique_ptr<App> app_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<KvStub> kv_;
};

}  // namespace kubelite::etcd
