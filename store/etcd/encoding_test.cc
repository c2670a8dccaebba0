#include "store/etcd/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "common/base/random.h"
#include "store/etcd/event_encoder.h"
#include "store/etcd/transport/framing.h"

namespace kubelite::etcd {
namespace {

const Identity kIdentity = {.name = "default", .cluster_id = 0xfedcba9876543210, .member_id = 42};

std::string Joined(const Message& message) {
  std::string bytes = message.head;
  for (const Bytes& part : message.tail) bytes.append(part.view.data(), part.view.size());
  return bytes;
}

// The message in a frame, which must be exactly one.
template <typename Proto>
Proto Parse(const Message& message) {
  Proto proto;
  MessageReader reader(1 << 30);
  int messages = 0;
  EXPECT_TRUE(reader
                  .Append(Joined(message),
                          [&](std::string bytes) {
                            ++messages;
                            EXPECT_TRUE(proto.ParseFromString(bytes));
                          })
                  .ok());
  EXPECT_EQ(messages, 1);
  EXPECT_EQ(reader.buffered(), 0u);
  return proto;
}

int64_t RandomNumber(base::Random* random) {
  switch (random->Uniform(4)) {
    case 0:
      return 0;
    case 1:
      return static_cast<int64_t>(random->Uniform(300));
    case 2:
      return static_cast<int64_t>(random->Next() >> 1);
    default:
      return std::numeric_limits<int64_t>::max() - 1;
  }
}

std::string RandomBytes(base::Random* random) {
  std::string bytes(random->Uniform(random->Uniform(2) == 0 ? 4 : 5000), '\0');
  for (char& c : bytes) c = static_cast<char>(random->Next());
  return bytes;
}

store::KeyValue RandomKeyValue(base::Random* random) {
  store::KeyValue kv;
  kv.key = RandomBytes(random);
  kv.value = RandomBytes(random);
  kv.create_revision = RandomNumber(random);
  kv.mod_revision = RandomNumber(random);
  kv.version = RandomNumber(random);
  kv.lease = static_cast<int64_t>(random->Next());
  return kv;
}

TEST(EncodingTest, RangeResponsesAreWhatProtobufMakes) {
  base::Random random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<store::KeyValue> kvs;
    for (uint64_t i = random.Uniform(5); i > 0; --i) kvs.push_back(RandomKeyValue(&random));
    const bool keys_only = random.Uniform(2) == 0;
    const bool more = random.Uniform(2) == 0;
    const int64_t count = RandomNumber(&random);
    const store::Revision revision = RandomNumber(&random);
    etcdserverpb::RangeResponse expected;
    FillHeader(kIdentity, revision, expected.mutable_header());
    for (const store::KeyValue& kv : kvs) FillKeyValue(kv, keys_only, expected.add_kvs());
    expected.set_more(more);
    expected.set_count(count);
    RangeEncoder encoder(kIdentity, revision, keys_only);
    for (const store::KeyValue& kv : kvs) encoder.Add(kv);
    const Message message = encoder.Finish(more, count);
    ASSERT_EQ(Parse<etcdserverpb::RangeResponse>(message).SerializeAsString(), expected.SerializeAsString());
    ASSERT_EQ(Joined(message), Joined(Frame(expected))) << "round " << round;
  }
}

TEST(EncodingTest, PutResponse) {
  etcdserverpb::PutResponse expected;
  FillHeader(kIdentity, 5, expected.mutable_header());
  EXPECT_EQ(Joined(EncodePutResponse(kIdentity, 5)), Joined(Frame(expected)));
}

TEST(EncodingTest, WatchResponsesAreWhatProtobufMakes) {
  base::Random random(8);
  for (int round = 0; round < 200; ++round) {
    const bool prev_kv = random.Uniform(2) == 0;
    const bool fragment = random.Uniform(2) == 0;
    const int64_t id = RandomNumber(&random);
    etcdserverpb::WatchResponse expected;
    FillHeader(kIdentity, 9, expected.mutable_header());
    expected.set_watch_id(id);
    expected.set_fragment(fragment);
    std::vector<Bytes> encoded;
    EventEncoder encoder;
    for (uint64_t i = random.Uniform(5); i > 0; --i) {
      auto event = std::make_shared<store::Event>();
      auto* proto = expected.add_events();
      event->kv = RandomKeyValue(&random);
      if (random.Uniform(3) == 0) {
        event->type = store::Event::Type::kDelete;
        event->kv = {.key = event->kv.key, .mod_revision = event->kv.mod_revision};
        proto->set_type(mvccpb::Event::DELETE);
        proto->mutable_kv()->set_key(event->kv.key);
        proto->mutable_kv()->set_mod_revision(ToEtcdRevision(event->kv.mod_revision));
      } else {
        FillKeyValue(event->kv, false, proto->mutable_kv());
      }
      if (random.Uniform(2) == 0) {
        event->previous = std::make_shared<store::KeyValue>(RandomKeyValue(&random));
        if (prev_kv) FillKeyValue(*event->previous, false, proto->mutable_prev_kv());
      }
      encoded.push_back(encoder.Encode(event, prev_kv));
    }
    ASSERT_EQ(Joined(EncodeWatchResponse(kIdentity, 9, id, fragment, encoded)), Joined(Frame(expected)))
        << "round " << round;
  }
}

TEST(EncodingTest, EventsAreEncodedOncePerForm) {
  EventEncoder encoder;
  auto event = std::make_shared<store::Event>();
  event->kv.key = "a";
  event->previous = std::make_shared<store::KeyValue>();
  const Bytes plain = encoder.Encode(event, false);
  const Bytes previous = encoder.Encode(event, true);
  EXPECT_NE(plain.view, previous.view);
  EXPECT_EQ(encoder.Encode(event, false).view.data(), plain.view.data());
  EXPECT_EQ(encoder.Encode(event, true).view.data(), previous.view.data());
}

TEST(EncodingTest, TheEncoderForgetsLargeEvents) {
  EventEncoder encoder;
  auto event = std::make_shared<store::Event>();
  event->kv.value = std::string(16 << 20, 'x');
  const std::weak_ptr<store::Event> watched = event;
  EXPECT_GT(encoder.Encode(event, false).view.size(), event->kv.value.size());
  event.reset();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace kubelite::etcd
