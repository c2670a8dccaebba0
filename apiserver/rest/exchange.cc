#include "apiserver/rest/exchange.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace kubelite::apiserver {
namespace {

class Decorated : public http::Exchange {
 public:
  Decorated(http::ExchangePtr inner, std::string audit_id, bool pretty)
      : inner_(std::move(inner)), audit_id_(std::move(audit_id)), pretty_(pretty) {}

  void Respond(http::Response response) override {
    if (pretty_ && absl::StartsWith(http::FindHeader(response.headers, "content-type"), "application/json")) {
      response.body = IndentJson(response.body);
    }
    response.headers.emplace_back("audit-id", audit_id_);
    inner_->Respond(std::move(response));
  }
  void Start(int code, http::Headers headers, Events events) override {
    headers.emplace_back("audit-id", audit_id_);
    inner_->Start(code, std::move(headers), std::move(events));
  }
  void Write(std::string part) override { inner_->Write(std::move(part)); }
  void End() override { inner_->End(); }
  void Abort() override { inner_->Abort(); }
  bool Upgrade(http::Headers headers, TunnelEvents events) override {
    headers.emplace_back("audit-id", audit_id_);
    return inner_->Upgrade(std::move(headers), std::move(events));
  }
  void ReadMore() override { inner_->ReadMore(); }

 private:
  const http::ExchangePtr inner_;
  const std::string audit_id_;
  const bool pretty_;
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

http::ExchangePtr DecorateExchange(http::ExchangePtr inner, std::string audit_id, bool pretty) {
  return std::make_shared<Decorated>(std::move(inner), std::move(audit_id), pretty);
}

}  // namespace kubelite::apiserver
