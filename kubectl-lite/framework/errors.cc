#include "kubectl-lite/framework/errors.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/api/errors.h"
#include "k8s/meta/v1.pb.h"

namespace kubelite::cli {
namespace {

std::string InvalidText(const k8s::meta::v1::Status& status, const std::string& prefix) {
  const std::string head =
      absl::StrCat(prefix, "The ", status.details().kind(), " \"", status.details().name(), "\" is invalid:");
  if (status.details().causes_size() == 0) return absl::StrCat(head, " ", status.message());
  std::string text;
  for (const auto& cause : status.details().causes()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", head, " ", cause.field(), ": ", cause.message());
  }
  return text;
}

}  // namespace

std::string ErrorText(const absl::Status& status, absl::string_view source, absl::string_view unreachable_hint) {
  const std::string where = source.empty() ? "" : absl::StrCat(source, ": ");
  if (!api::IsApiError(status)) {
    const bool add_hint = absl::IsUnavailable(status) && !unreachable_hint.empty();
    const std::string remedy = add_hint ? absl::StrCat("; ", unreachable_hint) : "";
    return absl::StrCat("error: ", where, absl::StrReplaceAll(status.message(), {{"\n", "\nerror: "}}), remedy);
  }
  const k8s::meta::v1::Status api = api::ToApiStatus(status);
  if (api.reason() == "Invalid" && api.has_details()) return InvalidText(api, where);
  if (api.reason().empty()) return absl::StrCat("Error from server: ", where, api.message());
  return absl::StrCat("Error from server (", api.reason(), "): ", where, api.message());
}

}  // namespace kubelite::cli
