#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace kubelite::base {

// Structured log, one line per event: a constant message and facts as fields.
//   LogInfo("Pod started", {{"pod", key.ToString()}, {"node", node}});
// prints  I1121 03:45:01.123456 kubelet] Pod started pod="ns/name" node="n1"
// Error: data lost or a required thing gone. Warning: may heal by itself. Info: rare, useful. Debug: per request.
// Never object bodies, never secrets. Thread-safe. Equal warnings and errors (same message) are limited to 10 a second;
// the number suppressed is printed with the next one.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  LogField(absl::string_view key, absl::string_view value);
  LogField(absl::string_view key, const char* value) : LogField(key, absl::string_view(value)) {}
  LogField(absl::string_view key, const std::string& value) : LogField(key, absl::string_view(value)) {}
  LogField(absl::string_view key, const absl::Status& value);
  LogField(absl::string_view key, absl::Duration value);
  LogField(absl::string_view key, bool value);
  LogField(absl::string_view key, int64_t value);
  LogField(absl::string_view key, int value) : LogField(key, static_cast<int64_t>(value)) {}
  LogField(absl::string_view key, double value);
  LogField(absl::string_view key, unsigned value) : LogField(key, static_cast<int64_t>(value)) {}
  LogField(absl::string_view key, uint64_t value) : LogField(key, static_cast<int64_t>(value)) {}
  absl::string_view key;
  std::string value;  // already quoted
};
using LogFields = std::initializer_list<LogField>;

void Log(LogLevel level, absl::string_view message, LogFields fields);
inline void LogDebug(absl::string_view m, LogFields f = {}) { Log(LogLevel::kDebug, m, f); }
inline void LogInfo(absl::string_view m, LogFields f = {}) { Log(LogLevel::kInfo, m, f); }
inline void LogWarning(absl::string_view m, LogFields f = {}) { Log(LogLevel::kWarning, m, f); }
inline void LogError(absl::string_view m, LogFields f = {}) { Log(LogLevel::kError, m, f); }

// Called once by main.cc: the component named in each line, and the lowest level printed (to standard error).
void InitLog(absl::string_view component, LogLevel min_level);
// "debug", "info", "warning", "error"; anything else is InvalidArgument that names the choices.
absl::Status SetLogLevel(absl::string_view name);

// For tests, see testing/log_capture.h: sends each line (with its end of line) to `sink` instead of standard error and
// reads the time from `clock`; empty and null restore the defaults. `sink` must not log.
void RedirectLogForTesting(std::function<void(absl::string_view line)> sink, const Clock* clock);

}  // namespace kubelite::base
