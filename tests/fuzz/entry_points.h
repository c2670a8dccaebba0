#pragma once

#include "absl/strings/string_view.h"

namespace kubelite::fuzz {

// One function per parser that sees foreign bytes: takes any bytes, and aborts when the parser breaks a promise.
// libFuzzer calls them through fuzz_main.cc, the normal tests over the corpus through corpus_test.cc.

// store/key_codec: what decodes encodes to the same again; what is encoded decodes to what it was; row keys sort as
// keys and revisions do.
void FuzzKeyCodec(absl::string_view bytes);
// apiserver/registry/continue_token: the same.
void FuzzContinueToken(absl::string_view bytes);
// store/checkpoint: a manifest that is accepted names files below its directory only, and reads the same when written
// again.
void FuzzCheckpointManifest(absl::string_view bytes);
// common/http/request_parser: the requests do not depend on how the bytes arrive, and keep to the limits.
void FuzzHttpRequest(absl::string_view bytes);
// common/http/http2_frames: whatever frames come, streams begin, go on and end in order, and answers are asked for in
// sizes that were promised.
void FuzzHttp2Frames(absl::string_view bytes);

// common/http/websocket, common/http/spdy: the messages or events do not depend on how the bytes arrive.
void FuzzWebSocket(absl::string_view bytes);
void FuzzSpdy(absl::string_view bytes);

}  // namespace kubelite::fuzz
