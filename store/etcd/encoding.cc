#include "store/etcd/encoding.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "store/etcd/transport/framing.h"

namespace kubelite::etcd {
namespace {

using etcdserverpb::RangeResponse;
using etcdserverpb::ResponseHeader;
using etcdserverpb::WatchResponse;
using google::protobuf::io::CodedOutputStream;
using mvccpb::Event;
using mvccpb::KeyValue;

// Answers up to this size live in one string; larger ones get memory of their own that is not cleared first.
constexpr size_t kSmallBytes = 4096;
// Memory of long answers, which grow without being copied.
constexpr size_t kChunkBytes = 256 << 10;

constexpr uint8_t Tag(int field, int wire_type) { return static_cast<uint8_t>(field << 3 | wire_type); }
constexpr int kVarint = 0;
constexpr int kLength = 2;

// Two passes over the same description of a message: one sums up, one writes.
class Sizer {
 public:
  void Varint(int, uint64_t value) {
    if (value != 0) size_ += 1 + CodedOutputStream::VarintSize64(value);
  }
  void Bytes(int, absl::string_view bytes) {
    if (!bytes.empty()) Nested(0, bytes.size(), [&](Sizer* to) { to->size_ += bytes.size(); });
  }
  template <typename WriteFn>
  void Nested(int, size_t size, WriteFn) {
    size_ += 1 + CodedOutputStream::VarintSize32(static_cast<uint32_t>(size)) + size;
  }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

class Writer {
 public:
  explicit Writer(char* to) : to_(reinterpret_cast<uint8_t*>(to)) {}
  void Varint(int field, uint64_t value) {
    if (value == 0) return;
    *to_++ = Tag(field, kVarint);
    to_ = CodedOutputStream::WriteVarint64ToArray(value, to_);
  }
  void Bytes(int field, absl::string_view bytes) {
    if (bytes.empty()) return;
    Nested(field, bytes.size(), [&](Writer* to) {
      std::memcpy(to->to_, bytes.data(), bytes.size());
      to->to_ += bytes.size();
    });
  }
  template <typename WriteFn>
  void Nested(int field, size_t size, WriteFn write) {
    *to_++ = Tag(field, kLength);
    to_ = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), to_);
    write(this);
  }

 private:
  uint8_t* to_;
};

template <typename DescribeFn>
size_t SizeOf(DescribeFn describe) {
  Sizer sizer;
  describe(&sizer);
  return sizer.size();
}

template <typename Out, typename DescribeFn>
void Nest(Out* out, int field, DescribeFn describe) {
  out->Nested(field, SizeOf(describe), describe);
}

// `kv` is a KeyValue or a KeyValueView.
template <typename Out, typename Kv>
void DescribeKeyValue(Out* out, const Kv& kv, bool keys_only, bool deletion) {
  out->Bytes(KeyValue::kKeyFieldNumber, kv.key);
  if (!deletion)
    out->Varint(KeyValue::kCreateRevisionFieldNumber, static_cast<uint64_t>(ToEtcdRevision(kv.create_revision)));
  out->Varint(KeyValue::kModRevisionFieldNumber, static_cast<uint64_t>(ToEtcdRevision(kv.mod_revision)));
  out->Varint(KeyValue::kVersionFieldNumber, static_cast<uint64_t>(kv.version));
  if (!keys_only) out->Bytes(KeyValue::kValueFieldNumber, kv.value);
  out->Varint(KeyValue::kLeaseFieldNumber, static_cast<uint64_t>(kv.lease));
}

template <typename Out>
void Describe(Out* out, const Identity& identity, store::Revision revision) {
  out->Varint(ResponseHeader::kClusterIdFieldNumber, identity.cluster_id);
  out->Varint(ResponseHeader::kMemberIdFieldNumber, identity.member_id);
  out->Varint(ResponseHeader::kRevisionFieldNumber, static_cast<uint64_t>(ToEtcdRevision(revision)));
  out->Varint(ResponseHeader::kRaftTermFieldNumber, static_cast<uint64_t>(kRaftTerm));
}

template <typename Out>
void Describe(Out* out, const store::Event& event, bool prev_kv) {
  const bool deletion = event.type == store::Event::Type::kDelete;
  if (deletion) out->Varint(Event::kTypeFieldNumber, Event::DELETE);
  Nest(out, Event::kKvFieldNumber, [&](auto* kv) { DescribeKeyValue(kv, event.kv, false, deletion); });
  if (!prev_kv || event.previous == nullptr) return;
  Nest(out, Event::kPrevKvFieldNumber, [&](auto* kv) { DescribeKeyValue(kv, *event.previous, false, false); });
}

}  // namespace

RangeEncoder::RangeEncoder(const Identity& identity, store::Revision revision, bool keys_only) : keys_only_(keys_only) {
  const auto describe = [&](auto* out) {
    Nest(out, RangeResponse::kHeaderFieldNumber, [&](auto* header) { Describe(header, identity, revision); });
  };
  message_.head.resize(kPrefixBytes);
  Writer writer(Reserve(SizeOf(describe)));
  describe(&writer);
}

char* RangeEncoder::Reserve(size_t size) {
  if (message_.tail.empty() && message_.head.size() + size <= kSmallBytes) {
    message_.head.resize(message_.head.size() + size);
    return &message_.head[message_.head.size() - size];
  }
  if (chunk_ == nullptr || capacity_ - used_ < size) {
    capacity_ = std::max(size, kChunkBytes);
    chunk_.reset(new char[capacity_]);
    used_ = 0;
    message_.tail.push_back({chunk_, {}});
  }
  used_ += size;
  message_.tail.back().view = {chunk_.get(), used_};
  return chunk_.get() + used_ - size;
}

template <typename Kv>
void RangeEncoder::AddKv(const Kv& kv) {
  const auto describe = [&](auto* to) { DescribeKeyValue(to, kv, keys_only_, false); };
  Sizer sizer;
  const size_t size = SizeOf(describe);
  sizer.Nested(RangeResponse::kKvsFieldNumber, size, describe);
  Writer writer(Reserve(sizer.size()));
  writer.Nested(RangeResponse::kKvsFieldNumber, size, describe);
  ++added_;
}

void RangeEncoder::Add(const store::KeyValueView& kv) { AddKv(kv); }
void RangeEncoder::Add(const store::KeyValue& kv) { AddKv(kv); }

Message RangeEncoder::Finish(bool more, int64_t count) {
  const auto describe = [&](auto* out) {
    out->Varint(RangeResponse::kMoreFieldNumber, more ? 1 : 0);
    out->Varint(RangeResponse::kCountFieldNumber, static_cast<uint64_t>(count));
  };
  if (const size_t size = SizeOf(describe); size > 0) {
    Writer writer(Reserve(size));
    describe(&writer);
  }
  SetPrefix(&message_);
  return std::move(message_);
}

Message EncodePutResponse(const Identity& identity, store::Revision revision) {
  const auto describe = [&](auto* out) {
    Nest(out, etcdserverpb::PutResponse::kHeaderFieldNumber,
         [&](auto* header) { Describe(header, identity, revision); });
  };
  Message message;
  message.head.resize(kPrefixBytes + SizeOf(describe));
  Writer writer(message.head.data() + kPrefixBytes);
  describe(&writer);
  SetPrefix(&message);
  return message;
}

Bytes EncodeEvent(const store::Event& event, bool prev_kv) {
  const auto describe = [&](auto* out) {
    Nest(out, WatchResponse::kEventsFieldNumber, [&](auto* to) { Describe(to, event, prev_kv); });
  };
  const size_t size = SizeOf(describe);
  const std::shared_ptr<char[]> memory(new char[size]);
  Writer writer(memory.get());
  describe(&writer);
  return {memory, absl::string_view(memory.get(), size)};
}

Message EncodeWatchResponse(const Identity& identity, store::Revision revision, int64_t watch_id, bool fragment,
                            absl::Span<const Bytes> events) {
  const auto describe = [&](auto* out) {
    Nest(out, WatchResponse::kHeaderFieldNumber, [&](auto* header) { Describe(header, identity, revision); });
    out->Varint(WatchResponse::kWatchIdFieldNumber, static_cast<uint64_t>(watch_id));
    out->Varint(WatchResponse::kFragmentFieldNumber, fragment ? 1 : 0);
  };
  Message message;
  size_t bytes = 0;
  for (const Bytes& event : events) bytes += event.view.size();
  const size_t start = kPrefixBytes + SizeOf(describe);
  const bool small = bytes <= kSmallBytes;
  message.head.reserve(start + (small ? bytes : 0));
  message.head.resize(start);
  Writer writer(message.head.data() + kPrefixBytes);
  describe(&writer);
  if (small) {
    for (const Bytes& event : events) message.head.append(event.view.data(), event.view.size());
  } else {
    message.tail.assign(events.begin(), events.end());
  }
  SetPrefix(&message);
  return message;
}

void FillKeyValue(const store::KeyValue& from, bool keys_only, mvccpb::KeyValue* to) {
  to->set_key(from.key);
  to->set_create_revision(ToEtcdRevision(from.create_revision));
  to->set_mod_revision(ToEtcdRevision(from.mod_revision));
  to->set_version(from.version);
  if (!keys_only) to->set_value(from.value);
  to->set_lease(from.lease);
}

}  // namespace kubelite::etcd
