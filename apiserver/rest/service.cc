#include "apiserver/rest/service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
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
#include "common/base/thread_pool.h"
#include "common/http/gzip.h"
#include "k8s/meta/v1.pb.h"
#include "kubelite/v1/api.pb.h"

namespace kubelite::apiserver {
namespace {

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

http::Response Json(std::string body, absl::string_view content_type = "application/json") {
  return {.code = 200,
          .headers = {{"content-type", std::string(content_type)}, {"cache-control", "no-cache, private"}},
          .body = std::move(body)};
}

http::Response Whole(absl::StatusOr<std::string> document, const Media& media) {
  if (!document.ok()) return ErrorResponse(document.status(), Media::Encoding::kJson);
  return Json(*std::move(document), media.content_type);
}

constexpr absl::string_view ContentType(Media::Encoding encoding) {
  switch (encoding) {
    case Media::Encoding::kJson:
      return "application/json";
    case Media::Encoding::kYaml:
      return "application/yaml";
    case Media::Encoding::kProtobuf:
      return "application/vnd.kubernetes.protobuf";
  }
  return "application/json";
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

}  // namespace

http::Response ErrorResponse(const absl::Status& error, Media::Encoding encoding) {
  const k8s::meta::v1::Status status = StatusOf(error);
  absl::StatusOr<std::string> body = EncodeMessage(status, encoding);
  http::Response response = body.ok() ? Json(*std::move(body), ContentType(encoding)) : Text(500, error.message());
  response.code = status.code();
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
  bool created = false;  // by an update

  void Fail(const absl::Status& error) const { exchange->Respond(ErrorResponse(error, media.encoding)); }
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
  if (!server_->Enter().ok()) {
    server_->Leave();
    http::Response response = Text(429, "Too many requests, please try again later.\n");
    response.headers.emplace_back("retry-after", "1");
    return exchange->Respond(std::move(response));
  }
  executor_->Post([this, call = Call{.http = std::move(request), .exchange = std::move(exchange)}]() mutable {
    // The answer goes out before watchers of what was written take the processor.
    base::ThreadPool::WakeBatch batch;
    Serve(call);
    // The exchange, which holds the service, goes with the task.
    server_->Leave();
  });
}

void RestService::Serve(Call& call) {
  absl::StatusOr<Url> url = ParseUrl(call.http.target);
  Identify(call);
  call.exchange =
      DecorateExchange(std::move(call.exchange), {.audit_id = call.request.audit_id,
                                                  .pretty = url.ok() && WantsPretty(*url, call.request.user_agent),
                                                  .gzip = http::AcceptsGzip(call.http.Header("accept-encoding"))});
  if (!url.ok()) return call.Fail(url.status());
  call.url = *std::move(url);
  if (std::optional<http::Response> health = AnswerHealth(call.url, stopping_)) {
    return call.exchange->Respond(*std::move(health));
  }
  if (ServeOpenApi(call)) return;
  const absl::StatusOr<Media> media = ChooseMedia(call.http.Header("accept"), call.url.IsTrue("watch"));
  if (!media.ok()) return call.Fail(media.status());
  call.media = *media;
  if (std::optional<Document> document = FindTokenDocument(call.url)) return ServeDocument(call, *std::move(document));
  if (std::optional<Document> document = discovery_.Find(call.url, call.media)) {
    return ServeDocument(call, *std::move(document));
  }
  if (ReadResourcePath(call.url, call.http.method, &call.request)) return ServeResource(call);
  ServePath(call);
}

std::optional<Document> RestService::FindTokenDocument(const Url& url) const {
  const ServiceAccountTokens* const accounts = tokens_ == nullptr ? nullptr : tokens_->accounts();
  if (accounts == nullptr) return std::nullopt;
  if (url.path == "/.well-known/openid-configuration") return Document{accounts->OpenIdConfiguration()};
  if (url.path == "/openid/v1/jwks") return Document{accounts->KeySet(), "application/jwk-set+json"};
  return std::nullopt;
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

void RestService::ServeAt(Call& call, const std::function<http::Response()>& answer) {
  call.request.verb = absl::AsciiStrToLower(call.http.method);
  call.request.path = call.url.path;
  http::Response response;
  const absl::Status status = server_->ServePath(&call.request, [&] {
    response = answer();
    return response.code == 404 ? api::UnknownResource() : absl::OkStatus();
  });
  if (!status.ok() && response.code == 200) return call.Fail(status);
  call.exchange->Respond(std::move(response));
}

bool RestService::ServeOpenApi(Call& call) {
  std::optional<absl::StatusOr<Document>> found = open_api_.Find(call.url, call.http.Header("accept"));
  if (!found.has_value()) return false;
  if (found->ok()) {
    ServeDocument(call, **std::move(found));
  } else {
    call.Fail(found->status());
  }
  return true;
}

void RestService::ServeDocument(Call& call, Document document) {
  ServeAt(call, [&] {
    if (call.http.method != "GET" && call.http.method != "HEAD") return Text(405, "405 method not allowed\n");
    return AnswerDocument(std::move(document), call.http.Header("if-none-match"));
  });
}

void RestService::ServePath(Call& call) {
  ServeAt(call, [&]() -> http::Response {
    if (call.url.path == "/version" || call.url.path == "/version/") return Json(VersionDocument());
    if (call.url.path != "/metrics") return Text(404, "404 page not found\n");
    return {.code = 200,
            .headers = {{"content-type", "text/plain; version=0.0.4; charset=utf-8"}},
            .body = base::Metrics().Text()};
  });
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
    read = ReadDeleteOptions(call.http.Header("content-type"), call.http.body, &request);
  }
  if (!read.ok()) return call.Fail(read);
  if (request.verb.empty()) return call.exchange->Respond(Text(405, "405 method not allowed\n"));
  const bool streams = request.verb == "watch" || (request.verb == "get" && request.subresource == "log");
  if (streams && call.http.method == "HEAD") return call.exchange->Respond(Text(405, "405 method not allowed\n"));
  if (request.verb == "watch") {
    const std::string include_object(call.url.Query("includeObject"));
    return StreamWatch({server_, executor_, &events_}, std::move(request), call.media, include_object, call.exchange);
  }
  if (request.verb == "get" && request.subresource == "log") {
    return StreamLog({server_, executor_, &events_}, std::move(request), call.url, call.exchange);
  }
  if (request.verb == "list") return call.exchange->Respond(AnswerList(call));
  if (request.verb == "deletecollection") return call.exchange->Respond(AnswerDeleteCollection(call));
  call.exchange->Respond(AnswerOne(call));
}

std::unique_ptr<ObjectEncoder> RestService::EncoderFor(const Call& call) const {
  return NewEncoder(&server_->registry(), &call.request, call.media, std::string(call.url.Query("includeObject")));
}

http::Response RestService::AnswerList(Call& call) {
  const absl::StatusOr<Registry::List> list = server_->List(&call.request);
  if (!list.ok()) return ErrorResponse(list.status(), call.media.encoding);
  return Whole(EncoderFor(call)->List(*list), call.media);
}

http::Response RestService::AnswerDeleteCollection(Call& call) {
  const absl::StatusOr<int64_t> deleted = server_->DeleteCollection(&call.request);
  if (!deleted.ok()) return ErrorResponse(deleted.status(), call.media.encoding);
  k8s::meta::v1::Status status;
  status.mutable_metadata();
  status.set_status("Success");
  return Whole(EncodeMessage(status, call.media.encoding), call.media);
}

http::Response RestService::AnswerOne(Call& call) {
  std::vector<std::string> warnings;
  call.request.created = &call.created;
  const absl::StatusOr<api::ObjectPtr> object = server_->Unary(&call.request, &warnings);
  call.request.created = nullptr;
  http::Response response;
  if (!object.ok()) {
    response = ErrorResponse(object.status(), call.media.encoding);
  } else if (const api::ResourceInfo& info = *call.request.info;
             call.request.verb == "delete" && !info.delete_returns_object && !api::IsBeingDeleted(**object)) {
    response = Whole(EncodeMessage(DeletedStatus(info, **object), call.media.encoding), call.media);
  } else {
    response = Whole(EncoderFor(call)->One(*object), call.media);
    if (call.request.verb == "create" || call.created) response.code = 201;
  }
  AddWarnings(warnings, &response);
  return response;
}

}  // namespace kubelite::apiserver
