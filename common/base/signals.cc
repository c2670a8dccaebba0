#include "common/base/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "common/base/check.h"

namespace kubelite::base {
namespace {

sigset_t TerminationSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

void ExitAtOnce(int) { _exit(130); }

}  // namespace

void BlockTerminationSignals() {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t set = TerminationSignals();
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

void WaitForTerminationSignal() {
  const sigset_t set = TerminationSignals();
  int received = 0;
  while (sigwait(&set, &received) != 0) {
  }
  struct sigaction action = {};
  action.sa_handler = ExitAtOnce;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace kubelite::base
