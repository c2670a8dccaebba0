#include "kubectl-lite/commands/stream_session.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::cli {
namespace {

using k8s::core::v1::Pod;
using Event = Console::Event;

constexpr int kStdin = 0;
constexpr int kStderr = 2;
constexpr int kTerminalSize = 4;

absl::Status SendSize(client::ByteStream& stream, const Console& console) {
  const std::optional<Console::Size> size = console.TerminalSize();
  if (!size.has_value()) return absl::OkStatus();
  return stream.Write(kTerminalSize, absl::StrCat("{\"Width\":", size->width, ",\"Height\":", size->height, "}"));
}

// Passes the console's events on until it is interrupted or the stream takes nothing more.
void PassInput(client::ByteStream& stream, const ConsoleUse& use, Console& console) {
  if (use.tty && !SendSize(stream, console).ok()) return;
  bool want_input = use.in;
  while (want_input || use.tty) {
    Event event = console.Wait(want_input);
    absl::Status sent;
    switch (event.kind) {
      case Event::Kind::kInput:
        sent = stream.Write(kStdin, event.data);
        break;
      case Event::Kind::kEnd:
        want_input = false;
        sent = stream.Write(kStdin, "", /*end=*/true);
        break;
      case Event::Kind::kResize:
        sent = SendSize(stream, console);
        break;
      case Event::Kind::kTerminated:
        stream.Cancel();
        return;
      case Event::Kind::kInterrupted:
        return;
    }
    if (!sent.ok()) return;  // whoever reads the stream hears why
  }
}

}  // namespace

ConsoleUse UseConsole(bool in, bool tty, const Console& console, Context& context) {
  ConsoleUse use{.in = in, .tty = in && tty};
  if (use.tty && !console.is_terminal()) {
    context.err << "Unable to use a TTY - input is not a terminal or the right kind of file\n";
    use.tty = false;
  }
  return use;
}

absl::Status RunStream(client::Client& client, const kubelite::v1::StreamOpen& open, const ConsoleUse& use,
                       Console& console, Context& context) {
  ASSIGN_OR_RETURN(const std::unique_ptr<client::ByteStream> stream, client.Connect(open));
  absl::StatusOr<client::ByteStream::Chunk> chunk;
  {
    base::ThreadPool input(1);
    input.Post([&] { PassInput(*stream, use, console); });
    for (chunk = stream->Read(); chunk.ok(); chunk = stream->Read()) {
      std::ostream& out = chunk->channel == kStderr ? context.err : context.out;
      out.write(chunk->data.data(), static_cast<std::streamsize>(chunk->data.size()));
      out.flush();
    }
    console.Interrupt();
    stream->Cancel();  // a writer that still waits
  }
  console.Restore();  // what follows is ours
  return StreamEnd(chunk.status(), context);
}

absl::Status StreamEnd(const absl::Status& end, Context& context) {
  if (absl::IsOutOfRange(end)) return absl::OkStatus();
  const k8s::meta::v1::Status status = api::ToApiStatus(end);
  int code = 0;
  if (status.reason() != "NonZeroExitCode") {
    if (status.reason() == "InternalError" && api::IsApiError(end)) return absl::InternalError(status.message());
    return end;
  }
  for (const auto& cause : status.details().causes()) {
    if (cause.reason() == "ExitCode" && absl::SimpleAtoi(cause.message(), &code)) {
      context.err << "command terminated with exit code " << code << "\n";
      return ExitWith(code);
    }
  }
  return end;
}

absl::StatusOr<Selection> ParsePodWord(const std::string& word) {
  std::vector<std::string> words;
  if (!absl::StrContains(word, '/')) words.push_back("pods");
  words.push_back(word);
  ASSIGN_OR_RETURN(const std::vector<Selection> selections, ParseSelections(words));
  return selections[0];
}

absl::StatusOr<PodPtr> FindPod(const std::string& word, Session& session) {
  ASSIGN_OR_RETURN(const Selection selection, ParsePodWord(word));
  ASSIGN_OR_RETURN(const std::vector<PodPtr> pods, PodsOf(*session.client, *selection.resource,
                                                          session.KeyFor(*selection.resource, selection.names[0])));
  return pods[0];
}

absl::StatusOr<std::string> StreamContainer(const Pod& pod, const std::string& wanted, bool quiet, Context& context) {
  const std::vector<std::string> names = ContainerNames(pod, false);
  if (wanted.empty() || std::find(names.begin(), names.end(), wanted) != names.end()) {
    return DefaultContainer(pod, wanted, quiet ? nullptr : &context.err);
  }
  return absl::NotFoundError(absl::StrCat("container ", wanted, " not found in pod ", pod.metadata().name()));
}

}  // namespace kubelite::cli
