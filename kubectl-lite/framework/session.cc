#include "common/base/status_macros.h"
#include "kubectl-lite/framework/command.h"
#include "kubectl-lite/framework/unreachable.h"

namespace kubelite::cli {
namespace {

absl::StatusOr<client::ResolvedContext> Resolve(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(client::ResolvedContext resolved, context.resolve(args));
  const absl::Duration timeout = args.GetDuration("request-timeout");
  resolved.grpc.timeout = timeout > absl::ZeroDuration() ? timeout : absl::Hours(24);
  resolved.grpc.field_manager = "kubectl-lite";
  resolved.grpc.wait_for_ready = false;
  context.unreachable_hint = [options = resolved.grpc] { return UnreachableHint(options); };
  return resolved;
}

}  // namespace

Flag AtFlag() {
  return {.name = "at", .help = "As it was then: a revision (1234), an age (-10m) or a time (2026-01-02T15:04:05Z)"};
}

absl::StatusOr<Session> Connect(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(client::ResolvedContext resolved, Resolve(args, context));
  Session session;
  session.now = context.clock.Now();
  if (args.Has("at")) {
    ASSIGN_OR_RETURN(resolved.grpc.at, context.connect_store(resolved.grpc)->ResolveMoment(args.Get("at")));
    session.now = resolved.grpc.at->time;
  }
  session.client = context.connect(resolved.grpc);
  session.name_space = args.Get("namespace").empty() ? resolved.name_space : args.Get("namespace");
  return session;
}

absl::StatusOr<std::shared_ptr<client::StoreClient>> ConnectStore(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(const client::ResolvedContext resolved, Resolve(args, context));
  return context.connect_store(resolved.grpc);
}

}  // namespace kubelite::cli
