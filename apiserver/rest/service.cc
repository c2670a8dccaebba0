#include "apiserver/rest/service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "apiserver/filters/filters.h"
#include "apiserver/rest/exchange.h"
#include "apiserver/rest/health.h"
#include "apiserver/rest/remote/remote.h"
#include "apiserver/rest/resource_path.h"
#include "apiserver/rest/streams.h"
#include "apiserver/version.h"
#include "common/api/errors.h"
#include "common/api/json.h"
#include "common/api/yaml.h"
#include "common/base/metrics.h"
#include "common/base/status_macros.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

// Upstream's --max-requests-inflight and --max-mutating-requests-inflight together.
constexpr int kMaxInFlight = 600;
constexpr absl::string_view kAnonymous = "system:anonymous";

std::string VersionDocument() {
  const kubelite::v1::VersionInfo version = ServerVersion();
  const std::vector<std::pair<absl::string_view, std::string>> members = {{"major", version.major()},
                                                                          {"minor", version.minor()},
                                                                          {"gitVersion", version.git_version()},
                                                                          {"gitCommit", version.git_commit()},
                                                                          {"gitTreeState", "clean"},
                                                                          {"buildDate", version.build_date()},
                                                                          {"goVersion", ""},
                                                                          {"compiler", version.compiler()},
                                                                          {"platform", version.platform()}};
  std::string out = "{";
  for (const auto& [name, value] : members) {
    absl::StrAppend(&out, out.size() == 1 ? "" : ",", "\"", name, "\":", Quoted(value));
  }
  return absl::StrCat(out, "}");
}

http::Response Text(int code, absl::string_view text) {
  return {.code = code, .headers = {{"content-type", "text/plain; charset=utf-8"}}, .body = std::string(text)};
}

http::Response Json(std::string json, absl::string_view content_type = "application/json") {
  return {.code = 200,
          .headers = {{"content-type", std::string(content_type)}, {"cache-control", "no-cache, private"}},
          .body = std::move(json)};
}

http::Response Document(std::string json, const Media& media) {
  if (!media.yaml) return Json(std::move(json), media.content_type);
  absl::StatusOr<std::string> yaml = api::JsonToYaml(json);
  return yaml.ok() ? Json(*std::move(yaml), media.content_type) : ErrorResponse(yaml.status());
}

// People who look at the API with such a program want to read it.
bool WantsPretty(const Url& url, absl::string_view user_agent) {
  if (!url.Query("pretty").empty()) return url.IsTrue("pretty");
  return absl::StartsWith(user_agent, "curl") || absl::StartsWith(user_agent, "Wget") ||
         absl::StartsWith(user_agent, "Mozilla/5.0");
}

void AddWarnings(const std::vector<std::string>& warnings, http::Response* response) {
  for (const std::string& warning : warnings) {
    const std::string quoted = absl::StrReplaceAll(warning, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\r", " "}, {"\n", " "}});
    response->headers.emplace_back("warning", absl::StrCat("299 - \"", quoted, "\""));
  }
}

bool TakesBody(absl::string_view verb) { return verb == "create" || verb == "update" || verb == "patch"; }

// The body of a delete overrides the query.
absl::Status ReadDeleteOptions(const std::string& body, Request* request) {
  if (body.empty()) return absl::OkStatus();
  k8s::meta::v1::DeleteOptions options;
  RETURN_IF_ERROR(api::DecodeJsonInto(body, &options, {.unknown = api::DecodeOptions::Unknown::kIgnore}));
  client::DeleteOptions& out = request->delete_options;
  if (options.has_graceperiodseconds()) {
    // Upstream reads a negative period as one second.
    out.grace_period_seconds = options.graceperiodseconds() < 0 ? 1 : options.graceperiodseconds();
  }
  if (options.has_preconditions()) {
    out.preconditions = {options.preconditions().uid(), options.preconditions().resourceversion()};
  }
  if (options.has_propagationpolicy()) out.propagation_policy = options.propagationpolicy();
  if (options.has_orphandependents()) {
    if (options.has_propagationpolicy()) {
      return api::BadRequest("orphanDependents and deletionPropagation cannot be both set");
    }
    out.propagation_policy = options.orphandependents() ? "Orphan" : "Background";
  }
  request->dry_run |= std::count(options.dryrun().begin(), options.dryrun().end(), "All") > 0;
  return absl::OkStatus();
}

}  // namespace

http::Response ErrorResponse(const absl::Status& error) {
  http::Response response = Json(EncodeStatus(error));
  response.code = HttpCode(error);
  const k8s::meta::v1::Status status = api::ToApiStatus(error);
  if (status.details().retryafterseconds() > 0) {
    response.headers.emplace_back("retry-after", absl::StrCat(status.details().retryafterseconds()));
  }
  return response;
}

struct RestService::Call {
  http::Request http;
  http::ExchangePtr exchange;
  Url url;
  Media media;
  Request request;
};

RestService::RestService(Server* server, base::Executor* executor, base::Random* random, const BearerTokens* tokens)
    : server_(server),
      executor_(executor),
      random_(random),
      tokens_(tokens),
      discovery_(server->registry()),
      open_api_(&server->registry()),
      identities_(executor->clock()) {}

void RestService::Handle(http::Request request, http::ExchangePtr exchange) {
  if (in_flight_.fetch_add(1) >= kMaxInFlight) {
    in_flight_.fetch_sub(1);
    return exchange->Respond(ErrorResponse(api::TooManyRequests("Too many requests, please try again later.", 1)));
  }
  executor_->Post([this, call = Call{.http = std::move(request), .exchange = std::move(exchange)}]() mutable {
    Serve(call);
    // The exchange, which holds the service, goes with the task.
    in_flight_.fetch_sub(1);
  });
}

void RestService::Serve(Call& call) {
  absl::StatusOr<Url> url = ParseUrl(call.http.target);
  absl::StatusOr<Media> media = ChooseMedia(call.http.Header("accept"));
  Identify(call);
  const bool pretty = url.ok() && WantsPretty(*url, call.request.user_agent);
  call.exchange = DecorateExchange(std::move(call.exchange), call.request.audit_id, pretty);
  if (!url.ok()) return call.exchange->Respond(ErrorResponse(url.status()));
  // There is one form of these documents; who asks for another finds nothing and tries the next.
  if (!media.ok() && absl::StartsWith(url->path, "/openapi")) media = Media();
  if (!media.ok()) return call.exchange->Respond(ErrorResponse(media.status()));
  call.url = *std::move(url);
  call.media = *media;
  if (ServeDocument(call)) return;
  if (!ReadResourcePath(call.url, call.http.method, &call.request)) return call.exchange->Respond(AnswerPath(call));
  ServeResource(call);
}

void RestService::Identify(Call& call) {
  Request& request = call.request;
  // Who shows no credentials is anonymous; who shows bad ones is refused.
  const absl::string_view authorization = call.http.Header("authorization");
  if (!call.http.client_certificate.empty()) {
    request.user = identities_.Of(call.http.client_certificate);
  } else if (authorization.empty()) {
    request.user = {.name = std::string(kAnonymous), .groups = {"system:unauthenticated"}};
  } else if (tokens_ != nullptr) {
    if (absl::StatusOr<User> user = tokens_->Of(authorization); user.ok()) request.user = *std::move(user);
  }
  request.user_agent = std::string(call.http.Header("user-agent"));
  request.audit_id = std::string(call.http.Header("audit-id"));
  if (request.audit_id.empty()) request.audit_id = random_->Uuid();
}

absl::Status RestService::CheckPath(const Call& call, bool everyone) const {
  const User& user = call.request.user;
  if (user.name.empty()) return api::Unauthorized("Unauthorized");
  Request request = call.request;
  request.verb = absl::AsciiStrToLower(call.http.method);
  request.path = call.url.path;
  if ((everyone && user.name != kAnonymous) || MayUsePath(user, request.verb, request.path)) return absl::OkStatus();
  return ForbiddenPath(request);
}

http::Response RestService::AnswerPath(const Call& call) const {
  if (const absl::Status refused = CheckPath(call, /*everyone=*/false); !refused.ok()) return ErrorResponse(refused);
  if (call.url.path != "/metrics") return Text(404, "404 page not found\n");
  return {.code = 200,
          .headers = {{"content-type", "text/plain; version=0.0.4; charset=utf-8"}},
          .body = base::Metrics().Text()};
}

std::optional<Discovery::Document> RestService::FindDocument(const Call& call) const {
  if (std::optional<std::string> document = open_api_.Find(call.url)) {
    return Discovery::Document{*std::move(document), "application/json"};
  }
  const ServiceAccountTokens* const accounts = tokens_ == nullptr ? nullptr : tokens_->accounts();
  if (accounts != nullptr && call.url.path == "/.well-known/openid-configuration") {
    return Discovery::Document{accounts->OpenIdConfiguration(), "application/json"};
  }
  if (accounts != nullptr && call.url.path == "/openid/v1/jwks") {
    return Discovery::Document{accounts->KeySet(), "application/jwk-set+json"};
  }
  return discovery_.Find(call.url, call.media);
}

bool RestService::ServeDocument(Call& call) {
  if (std::optional<http::Response> health = AnswerHealth(call.url, stopping_)) {
    call.exchange->Respond(*std::move(health));
    return true;
  }
  if (call.url.path == "/version" || call.url.path == "/version/") {
    call.exchange->Respond(Json(VersionDocument()));
    return true;
  }
  const std::optional<Discovery::Document> document = FindDocument(call);
  if (!document.has_value()) return false;
  if (const absl::Status refused = CheckPath(call, /*everyone=*/true); !refused.ok()) {
    call.exchange->Respond(ErrorResponse(refused));
  } else if (call.http.method != "GET" && call.http.method != "HEAD") {
    call.exchange->Respond(Text(405, "405 method not allowed\n"));
  } else {
    call.exchange->Respond(Json(document->json, document->content_type));
  }
  return true;
}

void RestService::ServeResource(Call& call) {
  Request& request = call.request;
  if (IsRemote(request)) {
    return ServeRemote(server_, executor_, std::move(request), call.url, call.http, call.exchange);
  }
  absl::Status read = ReadQuery(call.url, &request);
  if (read.ok() && TakesBody(request.verb)) {
    read = ReadBody(call.http.Header("content-type"), std::move(call.http.body), &request);
  } else if (read.ok() && absl::StartsWith(request.verb, "delete")) {
    read = ReadDeleteOptions(call.http.body, &request);
  }
  if (!read.ok()) return call.exchange->Respond(ErrorResponse(read));
  if (request.verb.empty()) return call.exchange->Respond(Text(405, "405 method not allowed\n"));
  if (request.verb == "watch") {
    const std::string include_object(call.url.Query("includeObject"));
    return StreamWatch(server_, executor_, std::move(request), call.media, include_object, call.exchange);
  }
  if (request.verb == "get" && request.subresource == "log") {
    return StreamLog(server_, executor_, std::move(request), call.url, call.exchange);
  }
  if (request.verb == "list") return call.exchange->Respond(AnswerList(call));
  if (request.verb == "deletecollection") return call.exchange->Respond(AnswerDeleteCollection(call));
  call.exchange->Respond(AnswerOne(call));
}

ObjectEncoder RestService::EncoderFor(const Call& call) const {
  return {&server_->registry(), &call.request, call.media, std::string(call.url.Query("includeObject"))};
}

http::Response RestService::AnswerList(Call& call) {
  const absl::StatusOr<Registry::List> list = server_->List(&call.request);
  if (!list.ok()) return ErrorResponse(list.status());
  return Document(EncoderFor(call).List(*list), call.media);
}

http::Response RestService::AnswerDeleteCollection(Call& call) {
  const absl::StatusOr<int64_t> deleted = server_->DeleteCollection(&call.request);
  if (!deleted.ok()) return ErrorResponse(deleted.status());
  k8s::meta::v1::Status status;
  status.mutable_metadata();
  status.set_status("Success");
  return Document(api::EncodeJson(status), call.media);
}

http::Response RestService::AnswerOne(Call& call) {
  std::vector<std::string> warnings;
  const absl::StatusOr<api::ObjectPtr> object = server_->Unary(&call.request, &warnings);
  http::Response response;
  if (!object.ok()) {
    response = ErrorResponse(object.status());
  } else if (const api::ResourceInfo& info = *call.request.info;
             call.request.verb == "delete" && !info.delete_returns_object && !api::IsBeingDeleted(**object)) {
    response = Document(EncodeDeleted(info, **object), call.media);
  } else {
    response = Document(EncoderFor(call).One(*object), call.media);
    if (call.request.verb == "create") response.code = 201;
  }
  AddWarnings(warnings, &response);
  return response;
}

}  // namespace kubelite::apiserver
