#include "common/api/json_document.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/api/go_quote.h"
#include "common/api/json_text.h"

namespace kubelite::api {
namespace {

using simdjson::dom::element_type;

// Parsers keep their buffers, so each thread reuses one unless a text was large.
constexpr size_t kLargeText = 1 << 20;
thread_local std::unique_ptr<simdjson::dom::parser> spare_parser;

// simdjson does not tell where a text is wrong; a second, slower parser does.
absl::Status Explain(absl::string_view text, simdjson::error_code error) {
  if (text.find_first_not_of(" \t\r\n") == absl::string_view::npos) {
    return absl::InvalidArgumentError("JSON: the text is empty");
  }
  if (error == simdjson::DEPTH_ERROR) {
    return absl::InvalidArgumentError(absl::StrCat("JSON: nested deeper than ", JsonDocument::kMaxDepth, " levels"));
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> ignore;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, ignore);
  if (!result.IsError()) return absl::InvalidArgumentError(absl::StrCat("JSON: ", simdjson::error_message(error)));
  const absl::string_view before = text.substr(0, result.Offset());
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') == absl::string_view::npos ? 0 : before.rfind('\n') + 1;
  return absl::InvalidArgumentError(absl::StrCat("JSON: line ", line, ", column ", before.size() - line_start + 1, ": ",
                                                 rapidjson::GetParseError_En(result.Code())));
}

std::string Shortened(absl::string_view text) {
  constexpr size_t kMax = 60;
  if (text.size() <= kMax) return GoQuote(text);
  return absl::StrCat(GoQuote(text.substr(0, kMax)), "...");
}

}  // namespace

absl::StatusOr<JsonDocument> JsonDocument::Parse(absl::string_view text) {
  JsonDocument document;
  document.parser_ = std::move(spare_parser);
  if (document.parser_ == nullptr) {
    document.parser_ = std::make_unique<simdjson::dom::parser>();
  }
  if (document.parser_->capacity() < text.size() || document.parser_->max_depth() != kMaxDepth) {
    const simdjson::error_code error = document.parser_->allocate(std::max<size_t>(text.size(), 4096), kMaxDepth);
    if (error != simdjson::SUCCESS) return absl::ResourceExhaustedError("JSON: the text is too large");
  }
  const simdjson::error_code error = document.parser_->parse(text.data(), text.size()).get(document.root_);
  if (error != simdjson::SUCCESS) return Explain(text, error);
  return document;
}

JsonDocument::~JsonDocument() {
  if (parser_ != nullptr && parser_->capacity() <= kLargeText) spare_parser = std::move(parser_);
}

std::string DescribeJson(simdjson::dom::element value) {
  switch (value.type()) {
    case element_type::ARRAY:
      return "array";
    case element_type::OBJECT:
      return "object";
    case element_type::INT64:
    case element_type::UINT64:
      return absl::StrCat("integer ", MinifyJson(value));
    case element_type::DOUBLE:
      return absl::StrCat("number ", MinifyJson(value));
    case element_type::STRING:
      return absl::StrCat("string ", Shortened(ToAbsl(value.get_string().value_unsafe())));
    case element_type::BOOL:
      return absl::StrCat("boolean ", MinifyJson(value));
    case element_type::NULL_VALUE:
      return "null";
  }
  return "value";
}

std::string MinifyJson(simdjson::dom::element value) {
  std::string out;
  AppendJson(value, &out);
  return out;
}

}  // namespace kubelite::api
