#include "apiserver/registry/write_note.h"

#include "absl/strings/match.h"

namespace kubelite::apiserver {
namespace {

// Foreign text that is kept with every write; more would only fill the history.
constexpr size_t kMaxText = 128;

std::string Bounded(const std::string& text) { return text.substr(0, kMaxText); }

// "grpc-c++/1.51.1 ...": all that gRPC clients without a name of their own send.
bool NamesAProgram(const std::string& user_agent) {
  return !user_agent.empty() && !absl::StartsWith(user_agent, "grpc-");
}

}  // namespace

std::string EncodeWriteNote(const Request& request) {
  kubelite::v1::WriteNote note;
  note.set_user(Bounded(request.user.name));
  note.set_verb(request.verb);
  if (!request.subresource.empty()) note.set_subresource(Bounded(request.subresource));
  if (!request.field_manager.empty()) note.set_field_manager(Bounded(request.field_manager));
  if (NamesAProgram(request.user_agent)) note.set_user_agent(Bounded(request.user_agent));
  return note.SerializeAsString();
}

kubelite::v1::WriteNote DecodeWriteNote(absl::string_view bytes) {
  kubelite::v1::WriteNote note;
  if (!note.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) note.Clear();
  return note;
}

}  // namespace kubelite::apiserver
