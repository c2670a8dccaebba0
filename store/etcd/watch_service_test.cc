#include <gmock/gmock.h>

#include "store/etcd/testing/test_server.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchRequest;
using etcdserverpb::WatchResponse;
using testing::ElementsAre;

std::string ToText(const mvccpb::Event& event) {
  std::string text = event.type() == mvccpb::Event::PUT ? absl::StrCat(event.kv().key(), "=", event.kv().value())
                                                        : absl::StrCat("-", event.kv().key());
  absl::StrAppend(&text, "@", event.kv().mod_revision());
  if (event.has_prev_kv()) absl::StrAppend(&text, " was ", event.prev_kv().value());
  return text;
}

// One Watch call.
class Stream {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(etcdserverpb::Watch::NewStub(channel)), stream_(stub_->Watch(&context_)) {}
  ~Stream() {
    if (finished_) return;
    context_.TryCancel();
    stream_->Finish();
  }

  void Create(const WatchCreateRequest& create) {
    WatchRequest request;
    *request.mutable_create_request() = create;
    ASSERT_TRUE(stream_->Write(request));
  }
  // Returns the answer to it.
  WatchResponse Start(const WatchCreateRequest& create) {
    Create(create);
    WatchResponse created = Read();
    EXPECT_TRUE(created.created());
    return created;
  }
  WatchResponse Start(const std::string& key, const std::string& range_end = "", int64_t start_revision = 0) {
    WatchCreateRequest create;
    create.set_key(key);
    create.set_range_end(range_end);
    create.set_start_revision(start_revision);
    return Start(create);
  }
  void Cancel(int64_t id) {
    WatchRequest request;
    request.mutable_cancel_request()->set_watch_id(id);
    ASSERT_TRUE(stream_->Write(request));
  }
  void AskProgress() {
    WatchRequest request;
    request.mutable_progress_request();
    ASSERT_TRUE(stream_->Write(request));
  }
  WatchResponse Read() {
    WatchResponse response;
    EXPECT_TRUE(stream_->Read(&response));
    return response;
  }
  // The next `count` events of any watch.
  std::vector<std::string> Events(size_t count) {
    std::vector<std::string> texts;
    while (texts.size() < count) {
      const WatchResponse response = Read();
      if (response.events().empty()) {
        ADD_FAILURE() << "no events: " << response.ShortDebugString();
        return texts;
      }
      for (const auto& event : response.events()) texts.push_back(ToText(event));
    }
    return texts;
  }
  grpc::Status HalfClose() {
    stream_->WritesDone();
    return ReadToTheEnd();
  }

  // Of a stream that the server ends. A write could find the connection closed and hide how it ended.
  grpc::Status ReadToTheEnd() {
    WatchResponse rest;
    while (stream_->Read(&rest)) {
    }
    finished_ = true;
    return stream_->Finish();
  }

 private:
  const std::unique_ptr<etcdserverpb::Watch::Stub> stub_;
  grpc::ClientContext context_;
  bool finished_ = false;
  const std::unique_ptr<grpc::ClientReaderWriter<WatchRequest, WatchResponse>> stream_;
};

class WatchServiceTest : public EtcdTest {
 protected:
  using EtcdTest::EtcdTest;
  int64_t Remove(const std::string& key) {
    etcdserverpb::DeleteRangeRequest request;
    request.set_key(key);
    return Delete(request).header().revision();
  }
};

TEST_F(WatchServiceTest, DeliversChangesFromNowOn) {
  Put("a", "1");
  Stream stream(channel_);
  const WatchResponse created = stream.Start("a", "b");
  EXPECT_EQ(created.watch_id(), 0);
  EXPECT_EQ(created.header().revision(), 2);
  Put("a", "2");
  Put("c", "x");
  Remove("a");
  EXPECT_THAT(stream.Events(2), ElementsAre("a=2@3", "-a@5"));
}

TEST_F(WatchServiceTest, StartsAtARevision) {
  Put("a", "1");
  Put("a", "2");
  Put("a", "3");
  Stream stream(channel_);
  stream.Start("a", "", 3);
  EXPECT_THAT(stream.Events(2), ElementsAre("a=2@3", "a=3@4"));
}

TEST_F(WatchServiceTest, StartsAtTheVeryFirstChange) {
  Put("a", "1");
  Put("b", "2");
  for (const int64_t revision : {1, 2}) {
    Stream stream(channel_);
    stream.Start("a", "z", revision);
    EXPECT_THAT(stream.Events(2), ElementsAre("a=1@2", "b=2@3")) << "from " << revision;
  }
}

TEST_F(WatchServiceTest, StartsInTheEmptyStore) {
  Stream stream(channel_);
  EXPECT_EQ(stream.Start("a", "z", 1).header().revision(), 1);
  Put("a", "1");
  EXPECT_THAT(stream.Events(1), ElementsAre("a=1@2"));
}

TEST_F(WatchServiceTest, StartsInTheFuture) {
  Stream stream(channel_);
  stream.Start("a", "", 4);
  Put("a", "1");
  Put("a", "2");
  Put("a", "3");
  EXPECT_THAT(stream.Events(1), ElementsAre("a=3@4"));
}

TEST_F(WatchServiceTest, CompactedStartIsCanceled) {
  for (int i = 0; i < 5; ++i) Put("a", "x");
  Compact(4);
  Stream stream(channel_);
  const int64_t id = stream.Start("a", "", 2).watch_id();
  const WatchResponse canceled = stream.Read();
  EXPECT_TRUE(canceled.canceled());
  EXPECT_EQ(canceled.watch_id(), id);
  EXPECT_EQ(canceled.compact_revision(), 4);
  EXPECT_EQ(canceled.cancel_reason(), "etcdserver: mvcc: required revision has been compacted");
  stream.Start("a", "", 4);
  EXPECT_THAT(stream.Events(3), ElementsAre("a=x@4", "a=x@5", "a=x@6"));
}

TEST_F(WatchServiceTest, ManyWatchesShareAStream) {
  Stream stream(channel_);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(stream.Start("a").watch_id(), i);
  Put("a", "1");
  std::set<int64_t> ids;
  for (int i = 0; i < 50; ++i) {
    const WatchResponse response = stream.Read();
    ASSERT_EQ(response.events_size(), 1);
    ids.insert(response.watch_id());
  }
  EXPECT_EQ(ids.size(), 50u);
}

TEST_F(WatchServiceTest, AKeyRangeEndsBeforeItsEnd) {
  Stream stream(channel_);
  stream.Start("b", std::string(1, '\0'));
  Put("a", "1");
  Put("b", "1");
  Put("z", "1");
  EXPECT_THAT(stream.Events(2), ElementsAre("b=1@3", "z=1@4"));
}

TEST_F(WatchServiceTest, IdsAreTheClientsOrTheServers) {
  Stream stream(channel_);
  WatchCreateRequest create;
  create.set_key("a");
  create.set_watch_id(1);
  EXPECT_EQ(stream.Start(create).watch_id(), 1);
  const WatchResponse duplicate = stream.Start(create);
  EXPECT_TRUE(duplicate.canceled());
  EXPECT_EQ(duplicate.watch_id(), -1);
  create.set_watch_id(0);
  EXPECT_EQ(stream.Start(create).watch_id(), 0);
  EXPECT_EQ(stream.Start(create).watch_id(), 2);
}

TEST_F(WatchServiceTest, CancelEndsOneWatch) {
  Stream stream(channel_);
  stream.Start("a");
  stream.Start("b");
  stream.Cancel(0);
  const WatchResponse canceled = stream.Read();
  EXPECT_TRUE(canceled.canceled());
  EXPECT_EQ(canceled.watch_id(), 0);
  Put("a", "1");
  Put("b", "1");
  EXPECT_THAT(stream.Events(1), ElementsAre("b=1@3"));
}

TEST_F(WatchServiceTest, AnEmptyRangeIsRefused) {
  Stream stream(channel_);
  WatchCreateRequest create;
  create.set_key("b");
  create.set_range_end("a");
  const WatchResponse refused = stream.Start(create);
  EXPECT_TRUE(refused.canceled());
  EXPECT_EQ(refused.cancel_reason(), "mvcc: watcher range is empty");
}

TEST_F(WatchServiceTest, PrevKvComesOnlyWhenAskedFor) {
  Put("a", "1");
  Stream stream(channel_);
  WatchCreateRequest create;
  create.set_key("a");
  create.set_prev_kv(true);
  stream.Start(create);
  Put("a", "2");
  EXPECT_THAT(stream.Events(1), ElementsAre("a=2@3 was 1"));
  Remove("a");
  EXPECT_THAT(stream.Events(1), ElementsAre("-a@4 was 2"));
  Put("a", "3");
  EXPECT_THAT(stream.Events(1), ElementsAre("a=3@5"));
}

TEST_F(WatchServiceTest, FiltersLeaveOutPutsOrDeletes) {
  Stream puts(channel_);
  Stream deletes(channel_);
  WatchCreateRequest create;
  create.set_key("a");
  create.add_filters(WatchCreateRequest::NODELETE);
  puts.Start(create);
  create.set_filters(0, WatchCreateRequest::NOPUT);
  deletes.Start(create);
  Put("a", "1");
  Remove("a");
  Put("a", "2");
  EXPECT_THAT(puts.Events(2), ElementsAre("a=1@2", "a=2@4"));
  EXPECT_THAT(deletes.Events(1), ElementsAre("-a@3"));
}

TEST_F(WatchServiceTest, ATransactionsChangesComeTogether) {
  Stream stream(channel_);
  stream.Start("a", "z");
  etcdserverpb::TxnRequest txn;
  for (const char* key : {"a", "b", "c"}) txn.add_success()->mutable_request_put()->set_key(key);
  Txn(txn);
  const WatchResponse response = stream.Read();
  EXPECT_EQ(response.events_size(), 3);
  EXPECT_EQ(response.header().revision(), 2);
}

TEST_F(WatchServiceTest, ProgressIsAnsweredAfterTheEvents) {
  Stream stream(channel_);
  stream.Start("a");
  stream.Start("b");
  for (int i = 0; i < 10; ++i) Put("a", "x");
  stream.AskProgress();
  EXPECT_EQ(stream.Events(10).size(), 10u);
  const WatchResponse progress = stream.Read();
  EXPECT_EQ(progress.watch_id(), -1);
  EXPECT_EQ(progress.events_size(), 0);
  EXPECT_EQ(progress.header().revision(), 11);
}

TEST_F(WatchServiceTest, ProgressOfAStreamWithoutWatches) {
  Put("a", "1");
  Stream stream(channel_);
  stream.AskProgress();
  const WatchResponse progress = stream.Read();
  EXPECT_EQ(progress.watch_id(), -1);
  EXPECT_EQ(progress.header().revision(), 2);
}

TEST_F(WatchServiceTest, HalfCloseEndsTheStream) {
  Stream stream(channel_);
  stream.Start("a");
  EXPECT_TRUE(stream.HalfClose().ok());
}

TEST_F(WatchServiceTest, ALargeRevisionComesInFragmentsWhenAllowed) {
  Stream whole(channel_);
  Stream fragments(channel_);
  WatchCreateRequest create;
  create.set_key("k");
  create.set_range_end("l");
  whole.Start(create);
  create.set_fragment(true);
  fragments.Start(create);
  etcdserverpb::TxnRequest txn;
  for (int i = 0; i < 10; ++i) {
    auto* put = txn.add_success()->mutable_request_put();
    put->set_key(absl::StrCat("k", i));
    put->set_value(std::string(100 << 10, 'x'));
  }
  Txn(txn);
  EXPECT_EQ(whole.Read().events_size(), 10);
  int events = 0;
  int responses = 0;
  bool more = true;
  while (more) {
    const WatchResponse response = fragments.Read();
    events += response.events_size();
    more = response.fragment();
    ++responses;
  }
  EXPECT_EQ(events, 10);
  EXPECT_GT(responses, 1);
}

// The client takes nothing until all is written: changes wait in the store, not in the server's memory.
TEST_F(WatchServiceTest, ASlowClientGetsEverything) {
  Stream stream(channel_);
  stream.Start("a");
  constexpr int kPuts = 300;
  const std::string value(64 << 10, 'x');
  for (int i = 0; i < kPuts; ++i) Put("a", value);
  EXPECT_EQ(stream.Events(kPuts).size(), static_cast<size_t>(kPuts));
}

TEST_F(WatchServiceTest, StopEndsStreams) {
  Stream stream(channel_);
  stream.Start("a");
  app_->Stop();
  const grpc::Status status = stream.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "etcdserver: server stopped");
}

Options QuickProgress() {
  Options options;
  options.progress_interval = absl::Milliseconds(100);
  return options;
}
class WatchProgressTest : public WatchServiceTest {
 protected:
  WatchProgressTest() : WatchServiceTest(QuickProgress()) {}
};

TEST_F(WatchProgressTest, IdleWatchesAreToldHowFarTheyHaveCome) {
  Stream stream(channel_);
  WatchCreateRequest create;
  create.set_key("a");
  create.set_progress_notify(true);
  stream.Start(create);
  Put("b", "1");
  WatchResponse progress = stream.Read();
  while (progress.header().revision() < 2) progress = stream.Read();
  EXPECT_EQ(progress.watch_id(), 0);
  EXPECT_EQ(progress.events_size(), 0);
}

}  // namespace
}  // namespace kubelite::etcd
