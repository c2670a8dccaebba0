#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "apiserver/node_session/node_sessions.h"
#include "apiserver/rest/byte_stream.h"
#include "common/api/errors.h"
#include "common/api/time.h"
#include "common/base/status_macros.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

using kubelite::v1::LogOptions;

struct Flag {
  absl::string_view name;
  void (LogOptions::*set)(bool);
};
constexpr std::array<Flag, 3> kFlags = {{{"follow", &LogOptions::set_follow},
                                         {"previous", &LogOptions::set_previous},
                                         {"timestamps", &LogOptions::set_timestamps}}};
struct Number {
  absl::string_view name;
  void (LogOptions::*set)(int64_t);
};
constexpr std::array<Number, 3> kNumbers = {{{"sinceSeconds", &LogOptions::set_since_seconds},
                                             {"tailLines", &LogOptions::set_tail_lines},
                                             {"limitBytes", &LogOptions::set_limit_bytes}}};

absl::Status ReadOptions(const Url& url, LogOptions* log) {
  log->set_container(std::string(url.Query("container")));
  for (const Flag& row : kFlags) {
    if (url.IsTrue(row.name)) (log->*row.set)(true);
  }
  for (const Number& row : kNumbers) {
    const absl::string_view text = url.Query(row.name);
    int64_t number = 0;
    if (text.empty()) continue;
    if (!absl::SimpleAtoi(text, &number)) {
      return api::BadRequest(absl::StrCat(row.name, ": \"", text, "\" is not an integer"));
    }
    (log->*row.set)(number);
  }
  return absl::OkStatus();
}

class LogStream : public ByteStream {
 public:
  LogStream(Server* server, base::Executor* executor, Request request, const Url& url, http::ExchangePtr exchange)
      : ByteStream(executor, std::move(exchange), "text/plain", Media::Encoding::kJson),
        server_(server),
        request_(std::move(request)),
        url_(url) {}

 private:
  absl::Status Open() override {
    kubelite::v1::StreamOpen open;
    open.set_namespace_(request_.name_space);
    open.set_pod(request_.name);
    RETURN_IF_ERROR(ReadOptions(url_, open.mutable_log()));
    ASSIGN_OR_RETURN(stream_, server_->Connect(&request_, open, Wake()));
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Next() override {
    ASSIGN_OR_RETURN(const std::vector<NodeStream::Chunk> chunks, stream_->Poll());
    std::string all;
    for (const NodeStream::Chunk& chunk : chunks) all += chunk.data;
    return all;
  }

  // Too late for a status code: the text is what kubectl shows.
  std::string ErrorText(const absl::Status& error) override { return absl::StrCat(error.message(), "\n"); }
  void CloseSource() override { stream_.reset(); }

  Server* const server_;
  Request request_;
  const Url url_;
  std::unique_ptr<NodeStream> stream_;
};

}  // namespace

void StreamLog(const StreamContext& context, Request request, const Url& url, http::ExchangePtr exchange) {
  std::make_shared<LogStream>(context.server, context.executor, std::move(request), url, std::move(exchange))->Begin();
}

}  // namespace kubelite::apiserver
