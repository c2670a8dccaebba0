#include "store/parker.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace kubelite::store {
namespace {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));

void FutexWait(std::atomic<uint32_t>* address, uint32_t word, const timespec* limit) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(address), FUTEX_WAIT_PRIVATE, word, limit, nullptr, 0);
}

}  // namespace

void Parker::Wait(uint32_t word) {
  if (this->word() == word) FutexWait(&word_, word, nullptr);
}

void Parker::WaitFor(uint32_t word, absl::Duration limit) {
  const timespec time = absl::ToTimespec(limit);
  if (this->word() == word) FutexWait(&word_, word, &time);
}

void Parker::Tell(Parker* parker, uint32_t word) {
  uint32_t* const address = reinterpret_cast<uint32_t*>(&parker->word_);
  parker->word_.store(word, std::memory_order_release);
  // Only the address counts from here on; should it be in use for something else by now, that is woken once for
  // nothing.
  syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace kubelite::store
