#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "apiserver/registry/request.h"
#include "kubelite/v1/write_note.pb.h"

namespace kubelite::apiserver {

// Who and why, as the store keeps it with each write (store::Origin::note): a kubelite.v1.WriteNote in protobuf's
// binary form. The time is the Origin's.
std::string EncodeWriteNote(const Request& request);
// Empty when the bytes are another writer's.
kubelite::v1::WriteNote DecodeWriteNote(absl::string_view bytes);

}  // namespace kubelite::apiserver
