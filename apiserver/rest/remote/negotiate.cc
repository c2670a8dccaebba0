#include "apiserver/rest/remote/negotiate.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"
#include "common/http/websocket.h"

namespace kubelite::apiserver {
namespace {

struct CommandProtocol {
  absl::string_view name;
  int version;
  bool base64 = false;
  bool websocket = true;
};
// v2 and v3 exist over SPDY only, base64 over WebSocket only.
constexpr std::array<CommandProtocol, 8> kCommandProtocols = {{{"v5.channel.k8s.io", 5},
                                                               {"v4.channel.k8s.io", 4},
                                                               {"v3.channel.k8s.io", 3, false, false},
                                                               {"v2.channel.k8s.io", 2, false, false},
                                                               {"channel.k8s.io", 1},
                                                               {"", 1},
                                                               {"v4.base64.channel.k8s.io", 4, true},
                                                               {"base64.channel.k8s.io", 1, true}}};
constexpr char kPortForward[] = "portforward.k8s.io";
constexpr char kSpdyTunnel[] = "SPDY/3.1+portforward.k8s.io";
constexpr char kWebSocketProtocols[] = "sec-websocket-protocol";
constexpr char kSpdyProtocols[] = "x-stream-protocol-version";

// The comma-separated values of all headers of that name.
std::vector<std::string> Values(const http::Request& request, absl::string_view name) {
  std::vector<std::string> values;
  for (const auto& [header, value] : request.headers) {
    if (header != name) continue;
    for (const absl::string_view part : absl::StrSplit(value, ',')) {
      values.emplace_back(absl::StripAsciiWhitespace(part));
    }
  }
  return values;
}

enum class Transport { kWebSocket, kSpdy };

absl::StatusOr<Transport> TransportOf(const http::Request& request) {
  const std::string upgrade = absl::AsciiStrToLower(request.Header("upgrade"));
  const bool asked = absl::StrContains(absl::AsciiStrToLower(request.Header("connection")), "upgrade");
  if (asked && upgrade == "spdy/3.1") return Transport::kSpdy;
  if (!asked || upgrade != "websocket") return api::BadRequest("Upgrade request required");
  if (request.method != "GET" || request.Header("sec-websocket-version") != "13" ||
      request.Header("sec-websocket-key").empty()) {
    return api::BadRequest("a WebSocket upgrade is a GET with Sec-WebSocket-Version 13 and a Sec-WebSocket-Key");
  }
  return Transport::kWebSocket;
}

http::Headers SpdyHeaders(absl::string_view protocol) {
  return {{"upgrade", "SPDY/3.1"}, {kSpdyProtocols, std::string(protocol)}};
}

http::Headers WebSocketHeaders(const http::Request& request, absl::string_view protocol) {
  http::Headers headers = {{"upgrade", "websocket"},
                           {"sec-websocket-accept", http::WebSocketAccept(request.Header("sec-websocket-key"))}};
  if (!protocol.empty()) headers.emplace_back(kWebSocketProtocols, std::string(protocol));
  return headers;
}

absl::Status NoCommonProtocol(const std::vector<std::string>& offered, const std::vector<std::string>& served) {
  return api::BadRequest(absl::StrCat("unable to upgrade: client supports [", absl::StrJoin(offered, " "),
                                      "], server accepts [", absl::StrJoin(served, " "), "]"));
}

// The first offered protocol that is served.
absl::StatusOr<CommandProtocol> ChooseCommandProtocol(const std::vector<std::string>& offered, bool websocket) {
  const std::vector<std::string> unnamed = {""};
  std::vector<std::string> served;
  for (const std::string& name : offered.empty() ? unnamed : offered) {
    for (const CommandProtocol& row : kCommandProtocols) {
      if (row.name == name && (websocket ? row.websocket : !row.base64)) return row;
    }
  }
  for (const CommandProtocol& row : kCommandProtocols) {
    if (websocket ? row.websocket : !row.base64) served.emplace_back(row.name);
  }
  return NoCommonProtocol(offered, served);
}

// The streams that a command has, as channels.
template <typename Options>
ChannelOptions Streams(const Options& options, const CommandProtocol& protocol) {
  ChannelOptions channels{.version = protocol.version, .base64 = protocol.base64};
  if (options.stdin()) channels.readable.push_back(kStdin);
  if (options.tty()) channels.readable.push_back(kResize);
  if (options.stdout()) channels.writable.push_back(kStdout);
  if (options.stderr()) channels.writable.push_back(kStderr);
  channels.writable.push_back(kError);
  return channels;
}

// The ports of the query: repeated, or separated by commas.
absl::StatusOr<std::vector<uint16_t>> Ports(const Url& url) {
  std::vector<uint16_t> ports;
  for (const auto& [name, value] : url.query) {
    if (name != "ports") continue;
    for (const absl::string_view text : absl::StrSplit(value, ',')) {
      int port = 0;
      if (!absl::SimpleAtoi(text, &port) || port < 1 || port > 65535) {
        return api::BadRequest(absl::StrCat("ports: \"", text, "\" is not a port between 1 and 65535"));
      }
      ports.push_back(static_cast<uint16_t>(port));
    }
  }
  if (ports.empty()) return api::BadRequest("ports: at least one port is needed");
  return ports;
}

template <typename Options>
absl::Status ReadStreams(const Url& url, Options* options) {
  options->set_container(std::string(url.Query("container")));
  options->set_stdin(url.IsTrue("stdin"));
  options->set_stdout(url.IsTrue("stdout"));
  options->set_tty(url.IsTrue("tty"));
  options->set_stderr(url.IsTrue("stderr") && !options->tty());
  if (options->stdin() || options->stdout() || options->stderr()) return absl::OkStatus();
  return api::BadRequest("you must specify at least one of stdin, stdout, stderr");
}

}  // namespace

absl::StatusOr<kubelite::v1::StreamOpen> ReadCommand(const Url& url, absl::string_view subresource) {
  kubelite::v1::StreamOpen open;
  if (subresource == "attach") {
    RETURN_IF_ERROR(ReadStreams(url, open.mutable_attach()));
    return open;
  }
  RETURN_IF_ERROR(ReadStreams(url, open.mutable_exec()));
  for (const auto& [name, value] : url.query) {
    if (name == "command") open.mutable_exec()->add_command(value);
  }
  return open;
}

absl::StatusOr<Upgrade> NegotiateCommand(const http::Request& request, const kubelite::v1::StreamOpen& command) {
  ASSIGN_OR_RETURN(const Transport transport, TransportOf(request));
  const bool websocket = transport == Transport::kWebSocket;
  const std::vector<std::string> offered = Values(request, websocket ? kWebSocketProtocols : kSpdyProtocols);
  ASSIGN_OR_RETURN(const CommandProtocol protocol, ChooseCommandProtocol(offered, websocket));
  if (!websocket) return Upgrade{NewSpdyStreams(), SpdyHeaders(protocol.name), protocol.version};
  const ChannelOptions channels =
      command.has_exec() ? Streams(command.exec(), protocol) : Streams(command.attach(), protocol);
  return Upgrade{NewWebSocketChannels(channels), WebSocketHeaders(request, protocol.name), protocol.version};
}

absl::StatusOr<Upgrade> NegotiatePortForward(const http::Request& request, const Url& url) {
  ASSIGN_OR_RETURN(const Transport transport, TransportOf(request));
  if (transport == Transport::kSpdy) {
    const std::vector<std::string> offered = Values(request, kSpdyProtocols);
    if (std::count(offered.begin(), offered.end(), kPortForward) == 0) return NoCommonProtocol(offered, {kPortForward});
    return Upgrade{NewSpdyStreams(), SpdyHeaders(kPortForward)};
  }
  const std::vector<std::string> offered = Values(request, kWebSocketProtocols);
  for (const std::string& name : offered) {
    if (name == kSpdyTunnel) return Upgrade{NewSpdyInWebSocket(), WebSocketHeaders(request, name)};
    const bool base64 = name == "v4.base64.channel.k8s.io";
    if (!base64 && name != "v4.channel.k8s.io") continue;
    ASSIGN_OR_RETURN(const std::vector<uint16_t> ports, Ports(url));
    return Upgrade{NewWebSocketPorts(ports, base64), WebSocketHeaders(request, name)};
  }
  return NoCommonProtocol(offered, {kSpdyTunnel, "v4.channel.k8s.io", "v4.base64.channel.k8s.io"});
}

}  // namespace kubelite::apiserver
