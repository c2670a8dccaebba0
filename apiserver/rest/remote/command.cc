#include "apiserver/rest/remote/command.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::apiserver {
namespace {

// Upstream's DefaultStreamCreationTimeout.
constexpr absl::Duration kStreamsTimeout = absl::Seconds(30);

// What the error stream tells of the end, for clients since v4 and for older ones.
std::string EndText(const absl::Status& status, int version) {
  k8s::meta::v1::Status end;
  if (absl::IsOutOfRange(status)) {
    end.set_status("Success");
  } else {
    end = api::ToApiStatus(status);
  }
  end.mutable_metadata();
  if (version >= 4) return api::EncodeJson(end);
  return end.status() == "Success" ? "" : end.message();
}

template <typename Options>
std::vector<std::string> WantedStreams(const Options& options, int version) {
  std::vector<std::string> wanted = {"error"};
  if (options.stdin()) wanted.push_back("stdin");
  if (options.stdout()) wanted.push_back("stdout");
  if (options.stderr()) wanted.push_back("stderr");
  if (options.tty() && version >= 3) wanted.push_back("resize");
  return wanted;
}

}  // namespace

CommandCall::CommandCall(base::Executor* executor, http::ExchangePtr exchange, Upgrade upgrade,
                         const kubelite::v1::StreamOpen& command)
    : RemoteCall(executor, std::move(exchange), std::move(upgrade)),
      wanted_(command.has_exec() ? WantedStreams(command.exec(), version())
                                 : WantedStreams(command.attach(), version())) {}

absl::Status CommandCall::Connect(const Open& open) {
  ASSIGN_OR_RETURN(node_, open(Wake()));
  return absl::OkStatus();
}

void CommandCall::Started() {
  After(kStreamsTimeout, [this] {
    if (!Complete()) End();
  });
}

bool CommandCall::Complete() const {
  return std::all_of(wanted_.begin(), wanted_.end(),
                     [this](const std::string& type) { return streams_.count(type) > 0; });
}

void CommandCall::Handle(Event event) {
  if (event.kind == Event::Kind::kOpened) {
    const absl::string_view type = http::FindHeader(event.headers, "streamtype");
    if (std::count(wanted_.begin(), wanted_.end(), type) > 0) streams_[std::string(type)] = event.stream;
    return;
  }
  const auto is = [&](const char* type) {
    const auto found = streams_.find(type);
    return found != streams_.end() && found->second == event.stream;
  };
  if (is("stdin")) {
    stdin_.Append(std::move(event.data), event.end || event.kind == Event::Kind::kReset);
  } else if (is("resize") && !event.data.empty()) {
    size_ = std::move(event.data);
  }
}

void CommandCall::Drain() {
  // What the node will not take is told by the next Poll. Of several sizes only the last counts.
  if (!size_.empty()) node_->Write(NodeStream::kTerminalSizeChannel, std::exchange(size_, "")).IgnoreError();
  if (Complete()) stdin_.PassOn(node_.get()).IgnoreError();
}

void CommandCall::Pump() {
  if (!Complete()) return;
  const absl::StatusOr<std::vector<NodeStream::Chunk>> chunks = node_->Poll();
  if (!chunks.ok()) return EndWith(chunks.status());
  for (const NodeStream::Chunk& chunk : *chunks)
    SendTo(chunk.channel == kStderr ? "stderr" : "stdout", chunk.data, chunk.end);
}

void CommandCall::SendTo(const std::string& type, absl::string_view data, bool end) {
  const auto found = streams_.find(type);
  if (found == streams_.end()) return;  // not asked for
  protocol().Send(found->second, data, end);
  if (end) streams_.erase(found);
}

void CommandCall::EndWith(const absl::Status& status) {
  SendTo("error", EndText(status, version()), true);
  SendTo("stdout", "", true);
  SendTo("stderr", "", true);
  End();
}

}  // namespace kubelite::apiserver
