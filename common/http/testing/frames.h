#pragma once

#include <zlib.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/http/message.h"
#include "common/http/spdy_dictionary.h"

namespace kubelite::http::testing {

// A WebSocket frame as clients send it: masked.
inline std::string WebSocketFrame(int opcode, const std::string& payload, bool last = true) {
  std::string frame;
  frame.push_back(static_cast<char>((last ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() < 65536) {
    frame.push_back(static_cast<char>(0x80 | 126));
    for (int shift = 8; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(payload.size() >> shift));
  } else {
    frame.push_back(static_cast<char>(0x80 | 127));
    for (int shift = 56; shift >= 0; shift -= 8) frame.push_back(static_cast<char>(payload.size() >> shift));
  }
  const std::string mask = "\x01\x02\x03\x04";
  frame += mask;
  for (size_t i = 0; i < payload.size(); ++i) frame.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  return frame;
}

inline std::string SpdyU32(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

inline std::string SpdyControl(uint16_t type, const std::string& payload) {
  return absl::StrCat(SpdyU32(0x80030000 | type), SpdyU32(static_cast<uint32_t>(payload.size())), payload);
}

inline std::string SpdyData(uint32_t stream, const std::string& data, bool end = false) {
  return absl::StrCat(SpdyU32(stream), SpdyU32((end ? 1U : 0U) << 24 | static_cast<uint32_t>(data.size())), data);
}

// A SPDY client's header compression: its frames must be sent in the order in which they were made.
class SpdyClient {
 public:
  SpdyClient() {
    deflateInit(&stream_, 9);
    const std::string& dictionary = SpdyDictionary();
    deflateSetDictionary(&stream_, reinterpret_cast<const Bytef*>(dictionary.data()),
                         static_cast<uInt>(dictionary.size()));
  }
  ~SpdyClient() { deflateEnd(&stream_); }
  SpdyClient(const SpdyClient&) = delete;

  // The frame that opens a stream.
  std::string Open(uint32_t stream, const Headers& headers) {
    std::string block = SpdyU32(static_cast<uint32_t>(headers.size()));
    for (const auto& [name, value] : headers) {
      absl::StrAppend(&block, SpdyU32(static_cast<uint32_t>(name.size())), name);
      absl::StrAppend(&block, SpdyU32(static_cast<uint32_t>(value.size())), value);
    }
    std::string out(1000, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(block.data());
    stream_.avail_in = static_cast<uInt>(block.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    deflate(&stream_, Z_SYNC_FLUSH);
    return SpdyControl(1, absl::StrCat(SpdyU32(stream), SpdyU32(0), std::string(2, '\0'),
                                       out.substr(0, out.size() - stream_.avail_out)));
  }

 private:
  z_stream stream_ = {};
};

}  // namespace kubelite::http::testing
