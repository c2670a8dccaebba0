#include "common/http/spdy.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/http/spdy_dictionary.h"

namespace kubelite::http {
namespace {

constexpr uint16_t kVersion = 3;
constexpr size_t kFrameHead = 8;
// Clients write what they have read from a pipe or socket at once.
constexpr size_t kMaxFrame = 4 << 20;
constexpr size_t kMaxHeaderBlock = 8 << 10;
constexpr uint32_t kMaxHeaders = 32;
// In one piece of input: small compressed frames must not become much memory.
constexpr int kMaxOpenedAtOnce = 256;
constexpr uint8_t kFin = 1;
constexpr uint32_t kStreamMask = 0x7fffffff;

enum FrameType : uint16_t {
  kSynStream = 1,
  kSynReply = 2,
  kRstStream = 3,
  kPing = 6,
  kGoAway = 7,
  kHeaders = 8,
};
constexpr uint32_t kCancel = 5;  // status of RST_STREAM

uint32_t ReadU32(absl::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

void AppendU32(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the client's SPDY frames are malformed: ", what));
}

// A count, then names and values, each after its length.
absl::StatusOr<Headers> ParseHeaders(absl::string_view block) {
  const auto next = [&block]() -> absl::StatusOr<std::string> {
    if (block.size() < 4) return Malformed("header block");
    const uint32_t size = ReadU32(block);
    block.remove_prefix(4);
    if (size > block.size()) return Malformed("header block");
    std::string text(block.substr(0, size));
    block.remove_prefix(size);
    return text;
  };
  if (block.size() < 4) return Malformed("header block");
  const uint32_t count = ReadU32(block);
  block.remove_prefix(4);
  if (count > kMaxHeaders) return Malformed("too many headers");
  Headers headers;
  for (uint32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(std::string name, next());
    ASSIGN_OR_RETURN(std::string value, next());
    headers.emplace_back(std::move(name), std::move(value));
  }
  return headers;
}

}  // namespace

// The compression state of the client's header blocks: each block goes on where the one before ended.
class SpdySession::Inflater {
 public:
  Inflater() { CHECK(inflateInit(&stream_) == Z_OK); }
  ~Inflater() { inflateEnd(&stream_); }
  absl::StatusOr<std::string> Inflate(absl::string_view block) {
    std::string out;
    std::array<char, 4096> buffer;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream_.avail_in = static_cast<uInt>(block.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = buffer.size();
      int result = inflate(&stream_, Z_SYNC_FLUSH);
      if (result == Z_NEED_DICT) {
        const std::string& dictionary = SpdyDictionary();
        result = inflateSetDictionary(&stream_, reinterpret_cast<const Bytef*>(dictionary.data()),
                                      static_cast<uInt>(dictionary.size()));
        if (result == Z_OK) continue;
      }
      const size_t size = buffer.size() - stream_.avail_out;
      if (result != Z_OK && !(result == Z_BUF_ERROR && stream_.avail_in == 0)) return Malformed("compressed headers");
      out.append(buffer.data(), size);
      if (out.size() > kMaxHeaderBlock) return Malformed("header block too large");
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return out;
  }

 private:
  z_stream stream_ = {};
};

class SpdySession::Deflater {
 public:
  Deflater() {
    const std::string& dictionary = SpdyDictionary();
    CHECK(deflateInit(&stream_, Z_DEFAULT_COMPRESSION) == Z_OK);
    CHECK(deflateSetDictionary(&stream_, reinterpret_cast<const Bytef*>(dictionary.data()),
                               static_cast<uInt>(dictionary.size())) == Z_OK);
  }
  ~Deflater() { deflateEnd(&stream_); }
  std::string Deflate(absl::string_view block) {
    std::string out(deflateBound(&stream_, static_cast<uLong>(block.size())) + 16, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream_.avail_in = static_cast<uInt>(block.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    CHECK(deflate(&stream_, Z_SYNC_FLUSH) == Z_OK);
    return out.substr(0, out.size() - stream_.avail_out);
  }

 private:
  z_stream stream_ = {};
};

struct SpdySession::Frame {
  uint16_t type = 0;
  uint8_t flags = 0;
  absl::string_view payload;
};

SpdySession::SpdySession() : inflater_(std::make_unique<Inflater>()), deflater_(std::make_unique<Deflater>()) {}
SpdySession::~SpdySession() = default;

absl::StatusOr<std::vector<SpdySession::Event>> SpdySession::Receive(absl::string_view bytes) {
  input_.append(bytes.data(), bytes.size());
  std::vector<Event> events;
  opened_at_once_ = 0;
  size_t at = 0;
  while (input_.size() - at >= kFrameHead) {
    const absl::string_view head = absl::string_view(input_).substr(at);
    const uint32_t first = ReadU32(head);
    const uint32_t second = ReadU32(head.substr(4));
    const size_t size = second & 0xffffff;
    if (size > kMaxFrame) return Malformed("a frame is too large");
    if (head.size() - kFrameHead < size) break;
    const absl::string_view payload = head.substr(kFrameHead, size);
    const auto flags = static_cast<uint8_t>(second >> 24);
    at += kFrameHead + size;
    if ((first & ~kStreamMask) == 0) {
      events.push_back({.stream = first, .data = std::string(payload), .end = (flags & kFin) != 0});
      continue;
    }
    if (((first & kStreamMask) >> 16) != kVersion) return Malformed("another version than 3");
    RETURN_IF_ERROR(ReadControl({static_cast<uint16_t>(first), flags, payload}, &events));
  }
  input_.erase(0, at);
  return events;
}

absl::Status SpdySession::ReadControl(const Frame& frame, std::vector<Event>* events) {
  switch (frame.type) {
    case kSynStream:
      return ReadSynStream(frame, events);
    case kRstStream:
      if (frame.payload.size() < 4) return Malformed("RST_STREAM");
      events->push_back({.kind = Event::Kind::kReset, .stream = ReadU32(frame.payload) & kStreamMask});
      return absl::OkStatus();
    case kPing:
      AppendControl(kPing, 0, frame.payload);
      return absl::OkStatus();
    case kGoAway:
      client_closed_ = true;
      return absl::OkStatus();
    case kSynReply:
    case kHeaders:  // means nothing here, but the next block goes on where it ends
      if (frame.payload.size() < 4) return Malformed("HEADERS");
      return inflater_->Inflate(frame.payload.substr(4)).status();
    default:
      return absl::OkStatus();  // SETTINGS, WINDOW_UPDATE, what later versions may add
  }
}

absl::Status SpdySession::ReadSynStream(const Frame& frame, std::vector<Event>* events) {
  if (frame.payload.size() < 10) return Malformed("SYN_STREAM");
  const uint32_t stream = ReadU32(frame.payload) & kStreamMask;
  if (stream <= last_stream_ || stream % 2 == 0) return Malformed("SYN_STREAM repeats a stream");
  last_stream_ = stream;
  if (++opened_at_once_ > kMaxOpenedAtOnce) return Malformed("too many streams at once");
  ASSIGN_OR_RETURN(const std::string block, inflater_->Inflate(frame.payload.substr(10)));
  ASSIGN_OR_RETURN(Headers headers, ParseHeaders(block));
  events->push_back({.kind = Event::Kind::kOpened,
                     .stream = stream,
                     .headers = std::move(headers),
                     .end = (frame.flags & kFin) != 0});
  return absl::OkStatus();
}

void SpdySession::AppendControl(uint16_t type, uint8_t flags, absl::string_view payload) {
  AppendU32(~kStreamMask | uint32_t{kVersion} << 16 | type, &output_);
  AppendU32(uint32_t{flags} << 24 | static_cast<uint32_t>(payload.size()), &output_);
  output_.append(payload.data(), payload.size());
}

void SpdySession::Accept(uint32_t stream) {
  std::string payload;
  AppendU32(stream, &payload);
  std::string no_headers;
  AppendU32(0, &no_headers);
  AppendControl(kSynReply, 0, payload + deflater_->Deflate(no_headers));
}

void SpdySession::Send(uint32_t stream, absl::string_view data, bool end) {
  do {
    const absl::string_view part = data.substr(0, kMaxFrame);
    data.remove_prefix(part.size());
    AppendU32(stream, &output_);
    const uint32_t flags = end && data.empty() ? kFin : 0;
    AppendU32(flags << 24 | static_cast<uint32_t>(part.size()), &output_);
    output_.append(part.data(), part.size());
  } while (!data.empty());
}

void SpdySession::Reset(uint32_t stream) {
  std::string payload;
  AppendU32(stream, &payload);
  AppendU32(kCancel, &payload);
  AppendControl(kRstStream, 0, payload);
}

std::string SpdySession::TakeOutput() { return std::exchange(output_, std::string()); }

}  // namespace kubelite::http
