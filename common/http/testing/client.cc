#include "common/http/testing/client.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kubelite::http::testing {
namespace {

// Reads answers one after the other.
class Http1Client : public Client {
 public:
  explicit Http1Client(std::unique_ptr<Wire> wire) : Client(std::move(wire)) {}

  int Send(const Request& request) override {
    const int id = SendHalf(request);
    wire_->Write(request.body);
    return id;
  }
  int SendHalf(const Request& request) override {
    std::string head = absl::StrCat(request.method, " ", request.target, " HTTP/1.1\r\nhost: x\r\n");
    for (const auto& [name, value] : request.headers) absl::StrAppend(&head, name, ": ", value, "\r\n");
    absl::StrAppend(&head, "content-length: ", request.body.size(), "\r\n\r\n");
    wire_->Write(head);
    answers_[next_] = {};
    methods_[next_] = request.method;
    return next_++;
  }
  void Cancel(int) override { wire_.reset(); }

 private:
  bool Take(absl::string_view bytes) override {
    absl::StrAppend(&buffer_, bytes);
    while (Step()) {
    }
    return true;
  }

  // The head, the rest of a body of known length, or a chunk.
  bool Step() {
    Answer& answer = answers_[current_];
    if (answer.code == 0) return TakeHead(&answer);
    if (chunked_ && missing_ == 0) return TakeChunkSize(&answer);
    const size_t taken = std::min(missing_, buffer_.size());
    answer.body.append(buffer_, 0, taken);
    buffer_.erase(0, taken);
    missing_ -= taken;
    if (missing_ > 0) return false;
    if (chunked_) return true;
    answer.ended = true;
    ++current_;
    return !buffer_.empty();
  }

  bool TakeHead(Answer* answer) {
    const size_t end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    chunked_ = false;
    missing_ = 0;
    const std::vector<std::string> lines = absl::StrSplit(buffer_.substr(0, end), "\r\n");
    static_cast<void>(absl::SimpleAtoi(lines[0].substr(9, 3), &answer->code));
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::pair<std::string, std::string> header = absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
      const std::string name = absl::AsciiStrToLower(header.first);
      if (name == "transfer-encoding") chunked_ = true;
      if (name == "content-length") static_cast<void>(absl::SimpleAtoi(header.second, &missing_));
      answer->headers.emplace_back(name, header.second);
    }
    buffer_.erase(0, end + 4);
    if (answer->code == 100) *answer = {};
    if (methods_[current_] == "HEAD") missing_ = 0;
    return true;
  }

  bool TakeChunkSize(Answer* answer) {
    absl::string_view rest = buffer_;
    if (absl::StartsWith(rest, "\r\n")) rest.remove_prefix(2);
    const size_t end = rest.find("\r\n");
    if (end == std::string::npos) return false;
    missing_ = std::stoul(std::string(rest.substr(0, end)), nullptr, 16);
    if (missing_ == 0 && rest.size() < end + 4) return false;
    buffer_ = std::string(rest.substr(end + (missing_ == 0 ? 4 : 2)));
    if (missing_ > 0) return true;
    answer->ended = true;
    ++current_;
    return !buffer_.empty();
  }

  std::map<int, std::string> methods_;
  std::string buffer_;
  size_t missing_ = 0;
  bool chunked_ = false;
  int next_ = 1;
  int current_ = 1;
};

class Http2Client : public Client {
 public:
  Http2Client(std::unique_ptr<Wire> wire, const Options& options) : Client(std::move(wire)) {
    nghttp2_option* settings = nullptr;
    nghttp2_option_new(&settings);
    if (!options.take) nghttp2_option_set_no_auto_window_update(settings, 1);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    SetCallbacks(callbacks);
    nghttp2_session_client_new2(&session_, callbacks, this, settings);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(settings);
    const nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                           static_cast<uint32_t>(options.stream_window)};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 30);
    Flush();
  }
  ~Http2Client() override { nghttp2_session_del(session_); }

  int Send(const Request& request) override { return Submit(request, request.body, !request.body.empty()); }
  int SendHalf(const Request& request) override { return Submit(request, "", true); }
  void Cancel(int id) override {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    Flush();
  }

 private:
  static Http2Client* Self(void* self) { return static_cast<Http2Client*>(self); }

  static void SetCallbacks(nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* self) {
          Answer& answer = Self(self)->answers_[frame->hd.stream_id];
          const std::string key(reinterpret_cast<const char*>(name), name_size);
          const std::string text(reinterpret_cast<const char*>(value), value_size);
          if (key == ":status") {
            static_cast<void>(absl::SimpleAtoi(text, &answer.code));
          } else {
            answer.headers.emplace_back(key, text);
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* self) {
          Self(self)->answers_[id].body.append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, int32_t id, uint32_t error, void* self) {
          (error == NGHTTP2_NO_ERROR ? Self(self)->answers_[id].ended : Self(self)->answers_[id].broken) = true;
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                         [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
                                                           if (frame->hd.type == NGHTTP2_GOAWAY)
                                                             Self(self)->told_to_go_ = true;
                                                           return 0;
                                                         });
  }

  int Submit(const Request& request, const std::string& bytes, bool body) {
    Headers headers = {
        {":method", request.method}, {":scheme", "https"}, {":authority", "x"}, {":path", request.target}};
    headers.insert(headers.end(), request.headers.begin(), request.headers.end());
    std::vector<nghttp2_nv> wire;
    for (const auto& [name, value] : headers) {
      wire.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider = {};
    provider.read_callback = [](nghttp2_session*, int32_t id, uint8_t* buffer, size_t capacity, uint32_t* flags,
                                nghttp2_data_source*, void* self) -> ssize_t {
      std::string& rest = Self(self)->bodies_[id];
      if (rest.empty()) return NGHTTP2_ERR_DEFERRED;  // half a request
      const size_t size = rest.copy(reinterpret_cast<char*>(buffer), capacity);
      rest.erase(0, size);
      if (rest.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(size);
    };
    const int id =
        nghttp2_submit_request(session_, nullptr, wire.data(), wire.size(), body ? &provider : nullptr, nullptr);
    if (id < 0) return 0;
    answers_[id] = {};
    bodies_[id] = bytes;
    Flush();
    return id;
  }

  void Flush() {
    std::string all;
    const uint8_t* bytes = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
      all.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
    wire_->Write(all);
  }

  bool Take(absl::string_view bytes) override {
    const bool good =
        nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) >= 0;
    Flush();
    return good;
  }

  nghttp2_session* session_ = nullptr;
  std::map<int32_t, std::string> bodies_;
};

}  // namespace

std::unique_ptr<Client> Client::New(Version version, std::unique_ptr<Wire> wire, const Options& options) {
  if (version == Version::kHttp1) return std::make_unique<Http1Client>(std::move(wire));
  return std::make_unique<Http2Client>(std::move(wire), options);
}

bool Client::Pump() {
  std::array<char, 64 << 10> buffer;
  const size_t size = closed_ ? 0 : wire_->Read(buffer.data(), buffer.size());
  if (size > 0 && Take({buffer.data(), size})) return true;
  closed_ = true;
  for (auto& [id, answer] : answers_) answer.broken |= !answer.ended;
  return false;
}

Client::Answer Client::Wait(int id) {
  while (!answers_[id].ended && !answers_[id].broken && Pump()) {
  }
  return answers_[id];
}

const Client::Answer& Client::WaitFor(int id, size_t body_bytes) {
  while (!answers_[id].ended && !answers_[id].broken && answers_[id].body.size() < body_bytes && Pump()) {
  }
  return answers_[id];
}

}  // namespace kubelite::http::testing
