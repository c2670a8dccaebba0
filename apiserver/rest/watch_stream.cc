#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "apiserver/rest/byte_stream.h"
#include "apiserver/rest/encode.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

using client::WatchEvent;

constexpr size_t kBatch = 100;

absl::string_view Name(WatchEvent::Type type) {
  switch (type) {
    case WatchEvent::Type::kAdded:
      return "ADDED";
    case WatchEvent::Type::kModified:
      return "MODIFIED";
    case WatchEvent::Type::kDeleted:
      return "DELETED";
    case WatchEvent::Type::kBookmark:
      return "BOOKMARK";
  }
  return "ERROR";
}

class WatchStream : public ByteStream {
 public:
  WatchStream(const StreamContext& context, Request request, const Media& media, std::string include_object,
              http::ExchangePtr exchange)
      : ByteStream(context.executor, std::move(exchange), std::string(media.content_type), media.encoding),
        context_(context),
        media_(media),
        request_(std::move(request)),
        encoder_(NewEncoder(&context.server->registry(), &request_, media, std::move(include_object))),
        initial_bookmark_due_(request_.send_initial_events && request_.allow_bookmarks) {}

 private:
  absl::Status Open() override {
    ASSIGN_OR_RETURN(watch_, context_.server->Watch(&request_, Wake()));
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Next() override {
    absl::StatusOr<std::vector<WatchEvent>> events = watch_->Poll(kBatch);
    if (!events.ok()) return TimedOut(events.status()) ? absl::OutOfRangeError("end") : events.status();
    std::string lines;
    for (const WatchEvent& event : *events) lines += *Encode(event);
    return lines;
  }

  EventCache::Frame Encode(const WatchEvent& event) {
    if (event.object == nullptr) {
      return std::make_shared<const std::string>(
          encoder_->Bookmark(event.resource_version, std::exchange(initial_bookmark_due_, false)));
    }
    const bool columns = !std::exchange(columns_sent_, true);
    const auto encode = [&] { return encoder_->Event(Name(event.type), event.object, columns); };
    // A table's rows depend on the time and on what this client has seen.
    if (media_.form == Media::Form::kTable) return std::make_shared<const std::string>(encode());
    return context_.events->Get(Name(event.type), event.object, media_, encode);
  }

  static bool TimedOut(const absl::Status& status) {
    return absl::IsUnavailable(status) && absl::StrContains(status.message(), "watch timed out");
  }

  std::string ErrorText(const absl::Status& error) override { return encoder_->Error(error); }
  void CloseSource() override { watch_.reset(); }

  const StreamContext context_;
  const Media media_;
  Request request_;
  const std::unique_ptr<ObjectEncoder> encoder_;
  bool initial_bookmark_due_;
  bool columns_sent_ = false;
  std::unique_ptr<client::WatchStream> watch_;
};

}  // namespace

void StreamWatch(const StreamContext& context, Request request, const Media& media, const std::string& include_object,
                 http::ExchangePtr exchange) {
  std::make_shared<WatchStream>(context, std::move(request), media, include_object, std::move(exchange))->Begin();
}

}  // namespace kubelite::apiserver
