#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/api/time.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "kubectl-lite/framework/command.h"

namespace kubelite::cli {
namespace {

constexpr char kUsageUrl[] = "kubelite.dev/usage-error";
constexpr char kReportedUrl[] = "kubelite.dev/already-reported";
constexpr char kExitCodeUrl[] = "kubelite.dev/exit-code";

absl::Status Marked(absl::Status status, const char* url) {
  status.SetPayload(url, absl::Cord("1"));
  return status;
}

absl::Status CheckValue(const Flag& flag, const std::string& value) {
  const auto wrong = [&](absl::string_view expected) {
    return UsageError(
        absl::StrCat("invalid argument \"", value, "\" for \"--", flag.name, "\" flag: must be ", expected));
  };
  int64_t number = 0;
  if (flag.kind == Flag::Kind::kInt && !absl::SimpleAtoi(value, &number)) return wrong("a whole number");
  if (flag.kind == Flag::Kind::kBool && value != "true" && value != "false") return wrong("true or false");
  if (flag.kind == Flag::Kind::kDuration && !api::ParseGoDuration(value).ok())
    return wrong("a duration such as 30s or 1m30s");
  return absl::OkStatus();
}

}  // namespace

const std::vector<Flag>& GlobalFlags() {
  using Kind = Flag::Kind;
  static const auto* flags = new std::vector<Flag>{
      {.name = "kubeconfig",
       .help = "Path to the kubeconfig file; default $KUBECONFIG, then the current local cluster"},
      {.name = "context", .help = "The kubeconfig context to use"},
      {.name = "namespace", .short_name = 'n', .help = "The namespace of this request"},
      {.name = "request-timeout",
       .kind = Kind::kDuration,
       .default_value = "30s",
       .help = "Give up on a single request after this long"},
      {.name = "help",
       .short_name = 'h',
       .kind = Kind::kBool,
       .default_value = "false",
       .help = "Help for this command"},
  };
  return *flags;
}

std::vector<Flag> AllFlags(const Command& command) {
  std::vector<Flag> flags = command.flags;
  for (Flag flag : GlobalFlags()) {
    const auto same_name = [&](const Flag& f) { return f.name == flag.name; };
    const auto same_short = [&](const Flag& f) { return f.short_name == flag.short_name; };
    if (std::any_of(command.flags.begin(), command.flags.end(), same_name)) continue;
    if (std::any_of(command.flags.begin(), command.flags.end(), same_short)) flag.short_name = 0;
    flags.push_back(flag);
  }
  return flags;
}

// Reads tokens as kubectl's flag library does: flags in any position, `--name=value`, `--name value`, `-nvalue`, `-n
// value`, joined short switches, and nothing but words after `--`.
class ArgsParser {
 public:
  explicit ArgsParser(const Command& command) : flags_(AllFlags(command)) {
    for (const Flag& flag : flags_) args_.defaults_[flag.name] = flag.default_value;
  }

  absl::StatusOr<Args> Parse(const std::vector<std::string>& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      const std::string& token = tokens[i];
      if (token == "--") {
        args_.before_dash = args_.positional.size();
        args_.positional.insert(args_.positional.end(), tokens.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                tokens.end());
        break;
      }
      if (token.size() < 2 || token[0] != '-') {
        args_.positional.push_back(token);
        continue;
      }
      RETURN_IF_ERROR(token[1] == '-' ? ParseLong(tokens, &i) : ParseShort(tokens, &i));
    }
    return std::move(args_);
  }

 private:
  absl::Status ParseLong(const std::vector<std::string>& tokens, size_t* i) {
    const std::string& token = tokens[*i];
    const size_t equals = token.find('=');
    const std::string name = token.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto flag = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.name == name; });
    if (flag == flags_.end()) return UsageError(absl::StrCat("unknown flag: --", name));
    if (equals != std::string::npos) return Set(*flag, token.substr(equals + 1));
    if (const std::string bare = BareValue(*flag); !bare.empty()) return Set(*flag, bare);
    if (*i + 1 == tokens.size()) return UsageError(absl::StrCat("flag needs an argument: --", name));
    return Set(*flag, tokens[++*i]);
  }

  absl::Status ParseShort(const std::vector<std::string>& tokens, size_t* i) {
    const std::string token = tokens[*i];
    for (size_t at = 1; at < token.size(); ++at) {
      const char name = token[at];
      const auto flag = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.short_name == name; });
      const std::string text(1, name);
      if (flag == flags_.end()) return UsageError(absl::StrCat("unknown shorthand flag: '", text, "' in ", token));
      if (at + 1 < token.size() && token[at + 1] == '=') return Set(*flag, token.substr(at + 2));
      if (const std::string bare = BareValue(*flag); !bare.empty()) {
        RETURN_IF_ERROR(Set(*flag, bare));
        continue;
      }
      if (at + 1 < token.size()) return Set(*flag, token.substr(at + 1));
      if (*i + 1 == tokens.size()) return UsageError(absl::StrCat("flag needs an argument: '", text, "' in ", token));
      return Set(*flag, tokens[++*i]);
    }
    return absl::OkStatus();
  }

  static std::string BareValue(const Flag& flag) { return flag.kind == Flag::Kind::kBool ? "true" : flag.bare_value; }

  absl::Status Set(const Flag& flag, const std::string& value) {
    RETURN_IF_ERROR(CheckValue(flag, value));
    args_.values_[flag.name].push_back(value);
    return absl::OkStatus();
  }

  const std::vector<Flag> flags_;
  Args args_;
};

absl::StatusOr<Args> ParseArgs(const Command& command, const std::vector<std::string>& tokens) {
  return ArgsParser(command).Parse(tokens);
}

std::string Args::Get(const std::string& flag) const {
  const auto given = values_.find(flag);
  if (given != values_.end()) return given->second.back();
  const auto fallback = defaults_.find(flag);
  CHECK(fallback != defaults_.end());
  return fallback->second;
}

bool Args::GetBool(const std::string& flag) const { return Get(flag) == "true"; }

int64_t Args::GetInt(const std::string& flag) const {
  int64_t number = 0;
  const std::string text = Get(flag);
  CHECK(text.empty() || absl::SimpleAtoi(text, &number));
  return number;
}

absl::Duration Args::GetDuration(const std::string& flag) const {
  const std::string text = Get(flag);
  if (text.empty()) return absl::ZeroDuration();
  const absl::StatusOr<absl::Duration> duration = api::ParseGoDuration(text);
  CHECK_OK(duration.status());
  return *duration;
}

std::vector<std::string> Args::GetList(const std::string& flag) const {
  std::vector<std::string> items;
  for (const std::string& value : GetArray(flag)) {
    for (absl::string_view item : absl::StrSplit(value, ',', absl::SkipEmpty())) items.emplace_back(item);
  }
  return items;
}

std::vector<std::string> Args::GetArray(const std::string& flag) const {
  CHECK(defaults_.count(flag) != 0);
  const auto given = values_.find(flag);
  return given == values_.end() ? std::vector<std::string>() : given->second;
}

bool Args::Has(const std::string& flag) const { return values_.count(flag) != 0; }

absl::Status UsageError(absl::string_view message) { return Marked(absl::InvalidArgumentError(message), kUsageUrl); }
bool IsUsageError(const absl::Status& status) { return status.GetPayload(kUsageUrl).has_value(); }
absl::Status AlreadyReported() { return Marked(absl::UnknownError("already reported"), kReportedUrl); }
absl::Status ExitWith(int code) {
  absl::Status status = absl::UnknownError("exit");
  status.SetPayload(kExitCodeUrl, absl::Cord(absl::StrCat(code)));
  return status;
}
int ExitCodeOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kExitCodeUrl);
  int code = 0;
  return payload.has_value() && absl::SimpleAtoi(std::string(*payload), &code) ? code : 0;
}
bool IsAlreadyReported(const absl::Status& status) { return status.GetPayload(kReportedUrl).has_value(); }

}  // namespace kubelite::cli
