#include "apiserver/rest/exchange.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/http/gzip.h"

namespace kubelite::apiserver {
namespace {

// Upstream's bound: smaller answers cost more to compress than to send.
constexpr size_t kGzipBytes = 128 << 10;

void Compress(http::Response* response) {
  std::string small = http::Gzip(response->body);
  if (small.empty()) return;
  response->body = std::move(small);
  response->headers.emplace_back("content-encoding", "gzip");
  response->headers.emplace_back("vary", "Accept-Encoding");
}

class Decorated : public http::Exchange {
 public:
  Decorated(http::ExchangePtr inner, Decoration decoration)
      : inner_(std::move(inner)), decoration_(std::move(decoration)) {}

  void Respond(http::Response response) override {
    if (decoration_.pretty &&
        absl::StartsWith(http::FindHeader(response.headers, "content-type"), "application/json")) {
      response.body = IndentJson(response.body);
    }
    if (decoration_.gzip && response.body.size() > kGzipBytes) Compress(&response);
    response.headers.emplace_back("audit-id", decoration_.audit_id);
    inner_->Respond(std::move(response));
  }
  void Start(int code, http::Headers headers, Events events) override {
    headers.emplace_back("audit-id", decoration_.audit_id);
    inner_->Start(code, std::move(headers), std::move(events));
  }
  void Write(std::string part) override { inner_->Write(std::move(part)); }
  void End() override { inner_->End(); }
  void Abort() override { inner_->Abort(); }
  bool Upgrade(http::Headers headers, TunnelEvents events) override {
    headers.emplace_back("audit-id", decoration_.audit_id);
    return inner_->Upgrade(std::move(headers), std::move(events));
  }
  void ReadMore() override { inner_->ReadMore(); }

 private:
  const http::ExchangePtr inner_;
  const Decoration decoration_;
};

// The length of the string literal that `text` begins with.
size_t StringLength(absl::string_view text) {
  size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

}  // namespace

std::string IndentJson(absl::string_view json) {
  std::string out;
  size_t depth = 0;
  const auto new_line = [&] { absl::StrAppend(&out, "\n", std::string(2 * depth, ' ')); };
  while (!json.empty()) {
    const char c = json.front();
    const size_t size = c == '"' ? StringLength(json) : 1;
    if (c == '{' || c == '[') {
      out += c;
      const bool empty = json.size() > 1 && (json[1] == '}' || json[1] == ']');
      ++depth;
      if (!empty) new_line();
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
      if (!out.empty() && out.back() != '{' && out.back() != '[') new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else {
      absl::StrAppend(&out, json.substr(0, size));
    }
    json.remove_prefix(size);
  }
  return out;
}

http::ExchangePtr DecorateExchange(http::ExchangePtr inner, Decoration decoration) {
  return std::make_shared<Decorated>(std::move(inner), std::move(decoration));
}

}  // namespace kubelite::apiserver
