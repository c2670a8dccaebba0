// KV: reads of one key are answered on the loop, longer ones on the executor; writes go through the queue.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "store/etcd/encoding.h"
#include "store/etcd/errors.h"
#include "store/etcd/range.h"
#include "store/etcd/services.h"
#include "store/etcd/txn.h"
#include "store/etcd/unary.h"
#include "store/etcd/write_queue.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::DeleteRangeResponse;
using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::RangeRequest;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;
using store::Write;

// A call that ends with one write.
class WriteCall : public WriteQueue::Request {
 public:
  WriteCall(Backend* backend, CallPtr call) : backend_(backend), call_(std::move(call)) {}

  // Queues the write, or ends the call.
  static void Submit(std::unique_ptr<WriteCall> self, Write write) {
    WriteCall* raw = self.get();
    write.origin = raw->backend_->Origin();
    std::unique_ptr<WriteQueue::Request> request = std::move(self);
    if (!raw->backend_->writes->Submit(std::move(write), request)) raw->call_->Finish(TooManyRequestsError());
  }

 protected:
  template <typename Response>
  void Finish(store::Revision revision, Response* response) {
    FillHeader(backend_->identity, revision, response->mutable_header());
    call_->Finish(Frame(*response));
  }
  // NotFound of a write can only mean the lease.
  void Fail(const absl::Status& status) {
    call_->Finish(absl::IsNotFound(status) ? LeaseNotFoundError() : FromStore(status));
  }
  // What the transaction's body has refused is etcd's error already.
  void FailTransaction(const absl::Status& status) {
    if (!body_error_.ok()) {
      call_->Finish(body_error_);
    } else {
      Fail(status);
    }
  }
  template <typename BodyFn>
  Write TransactionOf(BodyFn body) {
    Write write;
    write.kind = Write::Kind::kTransaction;
    write.body = [this, body](store::Transaction& transaction) { return body_error_ = body(transaction); };
    return write;
  }

  Backend* const backend_;
  const CallPtr call_;
  absl::Status body_error_;
};

class PutCall : public WriteCall {
 public:
  using WriteCall::WriteCall;
  PutRequest request;

  static void Start(std::unique_ptr<PutCall> self) {
    PutCall* raw = self.get();
    const PutRequest& request = raw->request;
    if (request.prev_kv() || request.ignore_value() || request.ignore_lease()) {
      Submit(std::move(self), raw->TransactionOf([raw](store::Transaction& transaction) {
        raw->response_.Clear();
        return RunPut(&transaction, raw->request, &raw->response_);
      }));
      return;
    }
    Write write;
    write.key = request.key();
    write.value = request.value();
    write.expected = store::kAnyRevision;
    write.lease = request.lease();
    Submit(std::move(self), std::move(write));
  }

  size_t bytes() const override { return request.key().size() + request.value().size(); }
  void OnCommitted(Write& write) override {
    if (!write.result.ok()) {
      FailTransaction(write.result.status());
    } else if (write.kind == Write::Kind::kPut) {
      call_->Finish(EncodePutResponse(backend_->identity, *write.result));
    } else {
      Finish(*write.result, &response_);
    }
  }

 private:
  PutResponse response_;
};

class DeleteCall : public WriteCall {
 public:
  using WriteCall::WriteCall;
  DeleteRangeRequest request;

  static void Start(std::unique_ptr<DeleteCall> self) {
    DeleteCall* raw = self.get();
    if (!raw->request.range_end().empty() || raw->request.prev_kv()) {
      Submit(std::move(self), raw->TransactionOf([raw](store::Transaction& transaction) {
        raw->response_.Clear();
        return RunDelete(&transaction, raw->request, &raw->response_);
      }));
      return;
    }
    Write write;
    write.kind = Write::Kind::kDelete;
    write.key = raw->request.key();
    write.expected = store::kAnyRevision;
    Submit(std::move(self), std::move(write));
  }

  size_t bytes() const override { return request.key().size() + request.range_end().size(); }
  void OnCommitted(Write& write) override {
    const bool single = write.kind == Write::Kind::kDelete;
    if (single && absl::IsNotFound(write.result.status())) {
      Finish(backend_->store->CurrentRevision(), &response_);
      return;
    }
    if (!write.result.ok()) {
      FailTransaction(write.result.status());
      return;
    }
    if (single) response_.set_deleted(1);
    Finish(*write.result, &response_);
  }

 private:
  DeleteRangeResponse response_;
};

class TxnCall : public WriteCall {
 public:
  using WriteCall::WriteCall;
  TxnRequest request;

  static void Start(std::unique_ptr<TxnCall> self) {
    TxnCall* raw = self.get();
    if (const std::optional<ConditionalWrite> conditional = AsConditionalWrite(raw->request)) {
      Write write;
      write.kind = conditional->kind;
      write.expected = conditional->expected;
      if (conditional->put != nullptr) {
        write.key = conditional->put->key();
        write.value = conditional->put->value();
        write.lease = conditional->put->lease();
      } else {
        write.key = conditional->del->key();
      }
      Submit(std::move(self), std::move(write));
      return;
    }
    StartTransaction(std::move(self));
  }

  size_t bytes() const override { return request.ByteSizeLong(); }
  void OnCommitted(Write& write) override {
    if (write.kind == Write::Kind::kTransaction) {
      if (write.result.ok()) {
        Finish(*write.result, &response_);
      } else {
        FailTransaction(write.result.status());
      }
      return;
    }
    const absl::Status& status = write.result.status();
    // The comparison failed, or there is no such lease: nothing has happened, and the general way says what is so.
    if (absl::IsAborted(status) || absl::IsNotFound(status) || absl::IsAlreadyExists(status)) {
      auto again = std::make_unique<TxnCall>(backend_, call_);
      again->request.Swap(&request);
      StartTransaction(std::move(again));
      return;
    }
    if (!status.ok()) {
      Fail(status);
      return;
    }
    response_.set_succeeded(true);
    auto* response = response_.add_responses();
    if (write.kind == Write::Kind::kPut) {
      response->mutable_response_put()->mutable_header()->set_revision(ToEtcdRevision(*write.result));
    } else {
      response->mutable_response_delete_range()->mutable_header()->set_revision(ToEtcdRevision(*write.result));
      response->mutable_response_delete_range()->set_deleted(1);
    }
    Finish(*write.result, &response_);
  }

 private:
  static void StartTransaction(std::unique_ptr<TxnCall> self) {
    TxnCall* raw = self.get();
    ReadOlderRanges(raw->backend_->store, raw->request, &raw->older_);
    Submit(std::move(self), raw->TransactionOf([raw](store::Transaction& transaction) {
      raw->response_.Clear();
      return RunTxn(&transaction, raw->request, raw->older_, &raw->response_);
    }));
  }

  OlderRanges older_;
  TxnResponse response_;
};

// Whether a write may need space. Over the quota, only what frees some is let through.
bool Grows(const PutRequest&) { return true; }
bool Grows(const DeleteRangeRequest&) { return false; }
bool Grows(const TxnRequest& request) {
  const auto grows = [](const etcdserverpb::RequestOp& op) {
    return op.has_request_put() || (op.has_request_txn() && Grows(op.request_txn()));
  };
  return std::any_of(request.success().begin(), request.success().end(), grows) ||
         std::any_of(request.failure().begin(), request.failure().end(), grows);
}

// Parses and checks a write, then starts it.
template <typename CallType, typename CheckFn>
void AddWriteMethod(Backend* backend, absl::string_view path, Methods* methods, CheckFn check) {
  (*methods)[path].unary = [backend, check](const CallPtr& call, std::string bytes) {
    auto write = std::make_unique<CallType>(backend, call);
    if (!ParseRequest(bytes, call, &write->request)) return;
    absl::Status status = check(write->request);
    if (status.ok() && bytes.size() > backend->max_request_bytes) status = RequestTooLargeError();
    if (status.ok() && backend->over_quota && Grows(write->request)) status = NoSpaceError();
    if (status.ok()) {
      CallType::Start(std::move(write));
    } else {
      call->Finish(status);
    }
  };
}

void AnswerRange(const Backend& backend, const RangeRequest& request, const CallPtr& call) {
  absl::StatusOr<Message> answer = AnswerRange(backend.identity, backend.store, request);
  if (!answer.ok()) {
    call->Finish(answer.status());
  } else {
    call->Finish(*std::move(answer));
  }
}

void StartRange(Backend* backend, const CallPtr& call, const std::string& bytes) {
  RangeRequest request;
  if (!ParseRequest(bytes, call, &request)) return;
  if (const absl::Status status = CheckRange(request); !status.ok()) {
    call->Finish(status);
  } else if (IsSingleKey(request)) {
    AnswerRange(*backend, request, call);
  } else {
    backend->tasks->Post([backend, call, request = std::move(request)] { AnswerRange(*backend, request, call); });
  }
}

absl::Status Compact(const Backend& backend, const etcdserverpb::CompactionRequest& request) {
  const store::Revision revision = ToStoreRevision(request.revision());
  if (revision > backend.store->CurrentRevision()) return FutureRevisionError();
  if (revision <= backend.store->CompactedRevision()) return CompactedError();
  return FromStore(backend.store->Compact(revision));
}

}  // namespace

void AddKvService(Backend* backend, Methods* methods) {
  (*methods)["/etcdserverpb.KV/Range"].unary = [backend](const CallPtr& call, std::string bytes) {
    StartRange(backend, call, bytes);
  };
  AddWriteMethod<PutCall>(backend, "/etcdserverpb.KV/Put", methods, CheckPut);
  AddWriteMethod<DeleteCall>(backend, "/etcdserverpb.KV/DeleteRange", methods, CheckDelete);
  AddWriteMethod<TxnCall>(backend, "/etcdserverpb.KV/Txn", methods,
                          [backend](const TxnRequest& request) { return CheckTxn(request, backend->max_txn_ops); });
  AddBlockingMethod<etcdserverpb::CompactionRequest, etcdserverpb::CompactionResponse>(
      backend, "/etcdserverpb.KV/Compact", methods,
      [backend](const etcdserverpb::CompactionRequest& request, etcdserverpb::CompactionResponse*) {
        return Compact(*backend, request);
      });
}

}  // namespace kubelite::etcd
