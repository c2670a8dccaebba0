#include "common/base/log.h"

#include <unistd.h>

#include <atomic>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/mutex.h"

namespace kubelite::base {
namespace {

constexpr int kLinesPerSecond = 10;    // of one message, warnings and errors
constexpr size_t kMaxLimits = 10'000;  // messages are constants; this only bounds a misuse

// How often one message was printed in the current second.
struct Limit {
  absl::Time window_start = absl::InfinitePast();
  int printed = 0;
  int64_t suppressed = 0;
};

struct LogState {
  std::atomic<LogLevel> min_level{LogLevel::kInfo};
  Mutex mutex;
  std::string component ABSL_GUARDED_BY(mutex) = "kube-lite";
  std::function<void(absl::string_view)> sink ABSL_GUARDED_BY(mutex);
  const Clock* clock ABSL_GUARDED_BY(mutex) = &SystemClock();
  absl::flat_hash_map<std::string, Limit> limits ABSL_GUARDED_BY(mutex);

  // Counts `message`; false when it must not be printed now. `suppressed` gets the number withheld since it was last
  // printed.
  bool Admit(absl::string_view message, absl::Time now, int64_t* suppressed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

// Lives for ever: threads may log while the process exits.
LogState& State() {
  static LogState* const kState = new LogState;
  return *kState;
}

bool LogState::Admit(absl::string_view message, absl::Time now, int64_t* suppressed) {
  if (limits.size() >= kMaxLimits) limits.clear();
  Limit& limit = limits[std::string(message)];
  if (now - limit.window_start >= absl::Seconds(1) || now < limit.window_start) {
    limit.window_start = now;
    limit.printed = 0;
  }
  if (limit.printed >= kLinesPerSecond) {
    ++limit.suppressed;
    return false;
  }
  ++limit.printed;
  *suppressed = std::exchange(limit.suppressed, 0);
  return true;
}

std::string Quote(absl::string_view text) { return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\""); }

std::string FormatLine(LogLevel level, absl::Time now, absl::string_view component, absl::string_view message,
                       LogFields fields, int64_t suppressed) {
  static const absl::TimeZone kZone = absl::LocalTimeZone();
  std::string line(1, "DIWE"[static_cast<int>(level)]);
  absl::StrAppend(&line, absl::FormatTime("%m%d %H:%M:%E6S ", now, kZone), component, "] ", message);
  for (const LogField& field : fields) absl::StrAppend(&line, " ", field.key, "=", field.value);
  if (suppressed > 0) absl::StrAppend(&line, " suppressed=", suppressed);
  line += '\n';
  return line;
}

}  // namespace

LogField::LogField(absl::string_view k, absl::string_view v) : key(k), value(Quote(v)) {}
LogField::LogField(absl::string_view k, const absl::Status& v)
    : key(k), value(Quote(v.ToString(absl::StatusToStringMode::kWithNoExtraData))) {}
LogField::LogField(absl::string_view k, absl::Duration v) : key(k), value(Quote(absl::FormatDuration(v))) {}
LogField::LogField(absl::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
LogField::LogField(absl::string_view k, int64_t v) : key(k), value(absl::StrCat(v)) {}
LogField::LogField(absl::string_view k, double v) : key(k), value(absl::StrCat(v)) {}

void Log(LogLevel level, absl::string_view message, LogFields fields) {
  LogState& state = State();
  if (level < state.min_level.load(std::memory_order_relaxed)) return;
  MutexLock lock(&state.mutex);
  const absl::Time now = state.clock->Now();
  int64_t suppressed = 0;
  if (level >= LogLevel::kWarning && !state.Admit(message, now, &suppressed)) return;
  const std::string line = FormatLine(level, now, state.component, message, fields, suppressed);
  if (state.sink) {
    state.sink(line);
    return;
  }
  // One write per line keeps lines of several processes apart. There is no one to tell of a failure.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

void InitLog(absl::string_view component, LogLevel min_level) {
  LogState& state = State();
  state.min_level = min_level;
  MutexLock lock(&state.mutex);
  state.component = std::string(component);
}

absl::Status SetLogLevel(absl::string_view name) {
  static constexpr std::pair<absl::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                                       {"info", LogLevel::kInfo},
                                                                       {"warning", LogLevel::kWarning},
                                                                       {"error", LogLevel::kError}};
  for (const auto& [level_name, level] : kLevels) {
    if (level_name != name) continue;
    State().min_level = level;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown log level \"", name, "\": choose debug, info, warning or error"));
}

void RedirectLogForTesting(std::function<void(absl::string_view line)> sink, const Clock* clock) {
  LogState& state = State();
  MutexLock lock(&state.mutex);
  state.sink = std::move(sink);
  state.clock = clock != nullptr ? clock : &SystemClock();
  state.limits.clear();
}

}  // namespace kubelite::base
