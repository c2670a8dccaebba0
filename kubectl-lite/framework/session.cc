#include "common/base/status_macros.h"
#include "kubectl-lite/framework/command.h"
#include "kubectl-lite/framework/unreachable.h"

namespace kubelite::cli {

absl::StatusOr<Session> Connect(const Args& args, Context& context) {
  ASSIGN_OR_RETURN(client::ResolvedContext resolved, context.resolve(args));
  const absl::Duration timeout = args.GetDuration("request-timeout");
  resolved.grpc.timeout = timeout > absl::ZeroDuration() ? timeout : absl::Hours(24);
  resolved.grpc.field_manager = "kubectl-lite";
  resolved.grpc.wait_for_ready = false;
  context.unreachable_hint = [options = resolved.grpc] { return UnreachableHint(options); };
  Session session;
  session.client = context.connect(resolved.grpc);
  session.name_space = args.Get("namespace").empty() ? resolved.name_space : args.Get("namespace");
  return session;
}

}  // namespace kubelite::cli
