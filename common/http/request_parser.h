#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/http/message.h"

namespace kubelite::http {

struct Limits {
  size_t head_bytes = 64 << 10;
  size_t body_bytes = 4 << 20;
};

// Cuts an HTTP/1.1 connection's bytes into requests (RFC 9112), strictly: what two readers could understand differently
// (both lengths, repeated lengths, bare line feeds, folded or malformed headers) is refused.
class RequestParser {
 public:
  explicit RequestParser(Limits limits) : limits_(limits) {}

  // What to do next. kFailed is final: answer error_code() and close.
  enum class State { kNeedMore, kComplete, kFailed };
  void Append(absl::string_view bytes) { buffer_.append(bytes.data(), bytes.size()); }
  // Goes on with what was appended; kComplete until Take.
  State Parse();
  // The complete request; the next one begins.
  Request Take();

  int error_code() const { return error_code_; }
  // The client waits for "100 Continue" before it sends the body; true once for each request.
  bool WantsContinue();
  bool keep_alive() const { return keep_alive_; }  // of the request that is complete or was taken last
  bool http10() const { return http10_; }
  // Something of a request has come, but not all.
  bool in_request() const { return stage_ != Stage::kHead || !buffer_.empty(); }
  size_t buffered() const { return buffer_.size(); }
  // What was appended after the request that was taken: another protocol's bytes.
  std::string TakeRest() { return std::exchange(buffer_, std::string()); }

 private:
  enum class Stage { kHead, kBody, kChunkSize, kChunkData, kTrailer, kComplete, kFailed };
  bool Step();  // false: needs more bytes, or is at an end
  bool ReadHead();
  bool ReadBody();
  bool ReadChunkSize();
  bool ReadChunkData();
  bool ReadTrailer();
  bool ParseRequestLine(absl::string_view line);
  bool ParseHeader(absl::string_view line);
  bool ChooseBody();
  bool Fail(int code);

  const Limits limits_;
  std::string buffer_;
  Stage stage_ = Stage::kHead;
  Request request_;
  size_t missing_ = 0;  // of the body or chunk
  bool keep_alive_ = true;
  bool http10_ = false;
  bool wants_continue_ = false;
  int error_code_ = 0;
};

}  // namespace kubelite::http
