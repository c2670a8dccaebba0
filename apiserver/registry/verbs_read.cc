#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "apiserver/registry/continue_token.h"
#include "apiserver/registry/keys.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/registry_state.h"
#include "apiserver/registry/selection.h"
#include "common/api/errors.h"
#include "common/base/status_macros.h"

namespace kubelite::apiserver {
namespace {

// Objects read from the store at once when selectors may drop most of them.
constexpr size_t kScanPage = 500;

constexpr char kContinueExpired[] =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the "
    "continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with "
    "the provided token results in an inconsistent list - objects that were created, modified, or deleted between the "
    "time the "
    "first chunk was returned and now may show up in the list.";

absl::Status TooLargeVersion(store::Revision wanted, store::Revision current) {
  k8s::meta::v1::Status status = api::ToApiStatus(api::WithCause(
      api::Timeout(absl::StrCat("Timeout: Too large resource version: ", wanted, ", current: ", current)),
      "ResourceVersionTooLarge", "", "Too large resource version"));
  status.set_message(absl::StrCat("Timeout: Too large resource version: ", wanted, ", current: ", current));
  status.mutable_details()->set_retryafterseconds(1);
  return api::FromApiStatus(status);
}

// Empty and "0" are 0: any version will do. A version that the store has not reached is an error.
absl::StatusOr<store::Revision> ParseVersion(const std::string& text, const store::Store& store) {
  if (text.empty()) return 0;
  store::Revision revision = 0;
  if (!absl::SimpleAtoi(text, &revision) || revision < 0) {
    return api::BadRequest(absl::StrCat("invalid resource version: \"", text, "\" is not an unsigned integer"));
  }
  const store::Revision current = store.CurrentRevision();
  if (revision > current) return TooLargeVersion(revision, current);
  return revision;
}

absl::Status CheckListOptions(const Request& request) {
  api::FieldErrors errors;
  const std::string& match = request.resource_version_match;
  const auto forbid = [&errors](absl::string_view why) {
    errors.push_back(api::FieldError::Forbidden("resourceVersionMatch", why));
  };
  if (!match.empty()) {
    if (request.resource_version.empty())
      forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (!request.continue_token.empty()) forbid("resourceVersionMatch is forbidden when continue is provided");
    if (match != "Exact" && match != "NotOlderThan") {
      errors.push_back(api::FieldError::NotSupported("resourceVersionMatch", match, {"Exact", "NotOlderThan"}));
    }
    if (match == "Exact" && request.resource_version == "0") {
      forbid("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
  }
  if (request.limit < 0) {
    errors.push_back(api::FieldError::InvalidNumber("limit", request.limit, "must be greater than or equal to 0"));
  }
  if (errors.empty()) return absl::OkStatus();
  api::ResourceInfo info;
  info.gvk = {"meta.k8s.io", "v1", "ListOptions"};
  return api::Invalid(info, "", errors);
}

// Where and when a list reads.
struct Range {
  std::string prefix;
  std::string start;
  store::Revision at = 0;
  int64_t seen = 0;
};

absl::StatusOr<Range> RangeOf(const Request& request, const Selection& selection, const store::Store& store) {
  RETURN_IF_ERROR(CheckListOptions(request));
  Range range;
  range.prefix = selection.StorePrefix();
  range.start = range.prefix;
  if (!request.continue_token.empty()) {
    if (!request.resource_version.empty() && request.resource_version != "0") {
      return api::BadRequest("specifying resource version is not allowed when using continue");
    }
    ASSIGN_OR_RETURN(const ContinueToken token, ContinueToken::Decode(request.continue_token));
    range.start = range.prefix + token.start;
    range.at = std::max<store::Revision>(token.revision, 0);
    range.seen = token.seen;
    return range;
  }
  ASSIGN_OR_RETURN(const store::Revision version, ParseVersion(request.resource_version, store));
  const bool exact =
      request.resource_version_match == "Exact" || (request.resource_version_match.empty() && request.limit > 0);
  if (exact) range.at = version;
  return range;
}

// A list that expired in the middle can go on at the latest revision.
absl::Status ExpiredContinue(const Range& range) {
  const ContinueToken token{.revision = -1, .start = range.start.substr(range.prefix.size()), .seen = range.seen};
  k8s::meta::v1::Status status = api::ToApiStatus(api::Expired(kContinueExpired));
  status.mutable_metadata()->set_continue_(token.Encode());
  return api::FromApiStatus(status);
}

}  // namespace

absl::StatusOr<api::ObjectPtr> Registry::Get(const Request& request) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  RETURN_IF_ERROR(ParseVersion(request.resource_version, state_->objects.store()).status());
  const auto handler = def->get_subresource.find(request.subresource);
  if (handler != def->get_subresource.end()) return handler->second(*this, request);
  if (!request.subresource.empty()) {
    const api::SubresourceInfo* subresource = def->info->FindSubresource(request.subresource);
    if (subresource->gvk != def->info->gvk) return api::MethodNotSupported(*def->info, request.verb);
  }
  const bool exact = request.resource_version_match == "Exact";
  ASSIGN_OR_RETURN(const store::Revision at,
                   ParseVersion(exact ? request.resource_version : "", state_->objects.store()));
  return state_->objects.Get(*def, {request.name_space, request.name}, at);
}

absl::StatusOr<Registry::List> Registry::ListObjects(const Request& request) {
  ASSIGN_OR_RETURN(const ResourceDef* def, state_->Row(request));
  ASSIGN_OR_RETURN(const Selection selection, Selection::Parse(*def, request));
  ASSIGN_OR_RETURN(Range range, RangeOf(request, selection, state_->objects.store()));
  const size_t limit = static_cast<size_t>(request.limit);
  List list;
  for (;;) {
    size_t page_size = limit == 0 ? 0 : limit - list.items.size();
    if (limit != 0 && !selection.everything()) page_size = std::max(page_size, kScanPage);
    absl::StatusOr<ObjectStore::Page> page = state_->objects.List(*def, range.prefix, range.start, page_size, range.at);
    if (!page.ok()) {
      return api::IsExpired(page.status()) && !request.continue_token.empty() ? ExpiredContinue(range) : page.status();
    }
    range.at = page->revision;  // further pages read the same snapshot
    size_t used = 0;
    for (; used < page->items.size() && (limit == 0 || list.items.size() < limit); ++used) {
      if (selection.Matches(*page->items[used])) list.items.push_back(std::move(page->items[used]));
    }
    range.seen += static_cast<int64_t>(used);
    const bool page_left = used < page->items.size();
    if (page_left) {
      range.start = StoreKey(def->storage(), api::KeyOf(*page->items[used]));
    } else {
      range.start = page->next;
    }
    const bool more = page_left || !page->next.empty();
    if (more && (limit == 0 || list.items.size() < limit)) continue;
    if (!more) range.start.clear();
    break;
  }
  list.resource_version = absl::StrCat(range.at);
  if (range.start.empty()) return list;
  list.continue_token =
      ContinueToken{.revision = range.at, .start = range.start.substr(range.prefix.size()), .seen = range.seen}
          .Encode();
  if (selection.everything()) {
    const absl::StatusOr<int64_t> total =
        state_->objects.store().Count(store::KeyRange::Prefix(range.prefix), range.at);
    if (total.ok()) list.remaining_item_count = std::max<int64_t>(*total - range.seen, 0);
  }
  return list;
}

}  // namespace kubelite::apiserver
