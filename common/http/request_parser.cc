#include "common/http/request_parser.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace kubelite::http {
namespace {

constexpr absl::string_view kLineEnd = "\r\n";
constexpr absl::string_view kHeadEnd = "\r\n\r\n";
constexpr size_t kChunkLineBytes = 256;

bool IsToken(absl::string_view text) {
  constexpr absl::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains(kMarks, c);
  });
}

bool IsHeaderText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

bool IsTarget(absl::string_view text) {
  return absl::StartsWith(text, "/") && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
         });
}

bool HasItem(absl::string_view list, absl::string_view item) {
  for (const absl::string_view part : absl::StrSplit(list, ',')) {
    if (absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(part), item)) return true;
  }
  return false;
}

bool IsNumber(absl::string_view text, int base, size_t* number) {
  const bool digits = !text.empty() && text.size() <= 15 && std::all_of(text.begin(), text.end(), [&](char c) {
    return base == 16 ? absl::ascii_isxdigit(static_cast<unsigned char>(c))
                      : absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits) return false;
  uint64_t value = 0;
  if (!(base == 16 ? absl::SimpleHexAtoi(text, &value) : absl::SimpleAtoi(text, &value))) return false;
  *number = value;
  return true;
}

}  // namespace

RequestParser::State RequestParser::Parse() {
  while (Step()) {
  }
  if (stage_ == Stage::kFailed) return State::kFailed;
  return stage_ == Stage::kComplete ? State::kComplete : State::kNeedMore;
}

Request RequestParser::Take() {
  stage_ = Stage::kHead;
  wants_continue_ = false;
  return std::exchange(request_, {});
}

bool RequestParser::WantsContinue() { return std::exchange(wants_continue_, false); }

bool RequestParser::Fail(int code) {
  error_code_ = code;
  stage_ = Stage::kFailed;
  return false;
}

bool RequestParser::Step() {
  switch (stage_) {
    case Stage::kHead:
      return ReadHead();
    case Stage::kBody:
      return ReadBody();
    case Stage::kChunkSize:
      return ReadChunkSize();
    case Stage::kChunkData:
      return ReadChunkData();
    case Stage::kTrailer:
      return ReadTrailer();
    case Stage::kComplete:
    case Stage::kFailed:
      return false;
  }
  return false;
}

bool RequestParser::ReadHead() {
  const size_t end = buffer_.find(kHeadEnd.data(), 0, kHeadEnd.size());
  if (std::min(end, buffer_.size()) > limits_.head_bytes) return Fail(431);
  if (end == std::string::npos) return false;
  const std::string head = buffer_.substr(0, end);
  buffer_.erase(0, end + kHeadEnd.size());
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(head, kLineEnd)) {
    if (!(std::exchange(first, false) ? ParseRequestLine(line) : ParseHeader(line))) return Fail(400);
  }
  return ChooseBody();
}

bool RequestParser::ParseRequestLine(absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  if (parts.size() != 3 || !IsToken(parts[0]) || !IsTarget(parts[1])) return false;
  http10_ = parts[2] == "HTTP/1.0";
  if (!http10_ && parts[2] != "HTTP/1.1") return false;
  request_.method = std::string(parts[0]);
  request_.target = std::string(parts[1]);
  return true;
}

bool RequestParser::ParseHeader(absl::string_view line) {
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos || !IsToken(line.substr(0, colon))) return false;
  const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (!IsHeaderText(value)) return false;
  request_.headers.emplace_back(absl::AsciiStrToLower(line.substr(0, colon)), value);
  return true;
}

bool RequestParser::ChooseBody() {
  const auto count = [&](absl::string_view name) {
    return std::count_if(request_.headers.begin(), request_.headers.end(),
                         [&](const auto& header) { return header.first == name; });
  };
  const absl::string_view connection = request_.Header("connection");
  keep_alive_ = http10_ ? HasItem(connection, "keep-alive") : !HasItem(connection, "close");
  const auto lengths = count("content-length");
  const auto codings = count("transfer-encoding");
  if (lengths + codings > 1) return Fail(400);
  const absl::string_view expect = request_.Header("expect");
  if (!expect.empty() && !absl::EqualsIgnoreCase(expect, "100-continue")) return Fail(417);
  if (codings == 1) {
    if (http10_ || !absl::EqualsIgnoreCase(request_.Header("transfer-encoding"), "chunked")) return Fail(400);
    stage_ = Stage::kChunkSize;
  } else {
    missing_ = 0;
    if (lengths == 1 && !IsNumber(request_.Header("content-length"), 10, &missing_)) return Fail(400);
    if (missing_ > limits_.body_bytes) return Fail(413);
    stage_ = Stage::kBody;
  }
  wants_continue_ = !expect.empty() && buffer_.empty() && (codings == 1 || missing_ > 0);
  return true;
}

bool RequestParser::ReadBody() {
  const size_t taken = std::min(missing_, buffer_.size());
  request_.body.append(buffer_, 0, taken);
  buffer_.erase(0, taken);
  missing_ -= taken;
  if (missing_ == 0) stage_ = Stage::kComplete;
  return false;
}

bool RequestParser::ReadChunkSize() {
  const size_t end = buffer_.find(kLineEnd.data(), 0, kLineEnd.size());
  if (end == std::string::npos) return buffer_.size() > kChunkLineBytes ? Fail(400) : false;
  const absl::string_view line = absl::string_view(buffer_).substr(0, end);
  const absl::string_view size = line.substr(0, line.find(';'));  // extensions are not looked at
  if (!IsNumber(absl::StripAsciiWhitespace(size), 16, &missing_)) return Fail(400);
  buffer_.erase(0, end + kLineEnd.size());
  if (missing_ > limits_.body_bytes - request_.body.size()) return Fail(413);
  stage_ = missing_ == 0 ? Stage::kTrailer : Stage::kChunkData;
  return true;
}

bool RequestParser::ReadChunkData() {
  const size_t taken = std::min(missing_, buffer_.size());
  request_.body.append(buffer_, 0, taken);
  buffer_.erase(0, taken);
  missing_ -= taken;
  if (missing_ > 0 || buffer_.size() < kLineEnd.size()) return false;
  if (!absl::StartsWith(buffer_, kLineEnd)) return Fail(400);
  buffer_.erase(0, kLineEnd.size());
  stage_ = Stage::kChunkSize;
  return true;
}

bool RequestParser::ReadTrailer() {
  const size_t end = buffer_.find(kLineEnd.data(), 0, kLineEnd.size());
  if (end == std::string::npos) return buffer_.size() > limits_.head_bytes ? Fail(431) : false;
  buffer_.erase(0, end + kLineEnd.size());
  if (end == 0) stage_ = Stage::kComplete;  // trailers themselves are not looked at
  return end != 0;
}

}  // namespace kubelite::http
