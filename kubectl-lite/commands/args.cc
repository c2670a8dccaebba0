#include <algorithm>
#include <set>

// The only unit that includes CLI11, which is heavy.
#include <CLI/CLI.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "kubectl-lite/commands/command.h"

namespace kubelite::cli {
namespace {

constexpr char kUsageUrl[] = "kubelite.dev/usage-error";
constexpr char kReportedUrl[] = "kubelite.dev/already-reported";

absl::Status Marked(absl::Status status, const char* url) {
  status.SetPayload(url, absl::Cord("1"));
  return status;
}

// kubectl's wording for what CLI11 found.
absl::Status Translate(const CLI::Error& error, const std::vector<std::string>& extras) {
  for (const std::string& extra : extras) {
    if (extra.size() > 1 && extra[0] == '-') {
      const std::string flag = extra.substr(0, extra.find('='));
      return UsageError(flag[1] == '-' ? absl::StrCat("unknown flag: ", flag)
                                       : absl::StrCat("unknown shorthand flag: '", flag.substr(1, 1), "' in ", flag));
    }
  }
  return UsageError(error.what());
}

std::string OptionName(const Flag& flag) {
  return flag.short_name == 0 ? absl::StrCat("--", flag.name)
                              : absl::StrCat("-", std::string(1, flag.short_name), ",--", flag.name);
}

}  // namespace

const std::vector<Flag>& GlobalFlags() {
  static const auto* flags = new std::vector<Flag>{
      {.name = "kubeconfig", .help = "Path to the kubeconfig file; default $KUBECONFIG, then the current local cluster"},
      {.name = "context", .help = "The kubeconfig context to use"},
      {.name = "namespace", .short_name = 'n', .help = "The namespace of this request"},
      {.name = "request-timeout", .default_value = "30s", .help = "Give up on a single request after this long"},
      {.name = "help", .short_name = 'h', .kind = Flag::Kind::kBool, .help = "Help for this command"},
  };
  return *flags;
}

absl::StatusOr<Args> ParseArgs(const Command& command, const std::vector<std::string>& tokens) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  Args args;
  std::set<std::string> names;
  std::set<char> shorts;
  std::map<std::string, std::vector<std::string>> collected;
  std::vector<Flag> flags = command.flags;
  for (Flag flag : GlobalFlags()) {
    const bool shadowed = std::any_of(flags.begin(), flags.end(), [&](const Flag& f) { return f.name == flag.name; });
    if (std::any_of(flags.begin(), flags.end(), [&](const Flag& f) { return f.short_name == flag.short_name; })) {
      flag.short_name = 0;
    }
    if (!shadowed) flags.push_back(flag);
  }
  for (const Flag& flag : flags) {
    args.defaults_[flag.name] = flag.default_value;
    std::vector<std::string>& values = collected[flag.name];
    CLI::Option* option = app.add_option(OptionName(flag), values)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    option->expected(1)->allow_extra_args(false);
    if (flag.kind == Flag::Kind::kBool || !flag.bare_value.empty()) option->expected(0, 1);
  }
  // CLI11 would take a following word as the value of an optional one; kubectl wants "=" there.
  std::vector<std::string> prepared;
  bool only_words = false;
  for (const std::string& token : tokens) {
    if (token == "--") only_words = true;
    if (only_words || token.size() < 2 || token[0] != '-') {
      prepared.push_back(token);
      continue;
    }
    std::string complete = token;
    for (const Flag& flag : flags) {
      const bool bare = token == absl::StrCat("--", flag.name) || (flag.short_name != 0 && token == absl::StrCat("-", std::string(1, flag.short_name)));
      if (!bare) continue;
      if (flag.kind == Flag::Kind::kBool) complete = absl::StrCat("--", flag.name, "=true");
      else if (!flag.bare_value.empty()) complete = absl::StrCat("--", flag.name, "=", flag.bare_value);
    }
    prepared.push_back(complete);
  }
  try {
    std::vector<std::string> reversed(prepared.rbegin(), prepared.rend());
    app.parse(reversed);
  } catch (const CLI::Error& error) {
    return Translate(error, {});
  }
  for (const std::string& extra : app.remaining()) {
    if (extra.size() > 1 && extra[0] == '-' && extra != "--") return Translate(CLI::Error("", ""), {extra});
    if (extra != "--") args.positional.push_back(extra);
  }
  for (const Flag& flag : flags) {
    std::vector<std::string>& values = collected[flag.name];
    if (values.empty()) continue;
    if (flag.kind == Flag::Kind::kInt) {
      int64_t number = 0;
      if (!absl::SimpleAtoi(values.back(), &number)) {
        return UsageError(absl::StrCat("invalid argument \"", values.back(), "\" for \"--", flag.name, "\": not a number"));
      }
    }
    if (flag.kind == Flag::Kind::kBool && values.back() != "true" && values.back() != "false") {
      return UsageError(absl::StrCat("invalid argument \"", values.back(), "\" for \"--", flag.name, "\": true or false"));
    }
    args.values_[flag.name] = values;
  }
  return args;
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
  const bool valid = absl::SimpleAtoi(Get(flag), &number);
  CHECK(valid || Get(flag).empty());
  return number;
}

std::vector<std::string> Args::GetList(const std::string& flag) const {
  std::vector<std::string> items;
  const auto given = values_.find(flag);
  if (given == values_.end()) return items;
  for (const std::string& value : given->second) {
    for (absl::string_view item : absl::StrSplit(value, ',', absl::SkipEmpty())) items.emplace_back(item);
  }
  return items;
}

bool Args::Has(const std::string& flag) const { return values_.count(flag) != 0; }

absl::Status UsageError(absl::string_view message) { return Marked(absl::InvalidArgumentError(message), kUsageUrl); }
bool IsUsageError(const absl::Status& status) { return status.GetPayload(kUsageUrl).has_value(); }
absl::Status AlreadyReported() { return Marked(absl::UnknownError("already reported"), kReportedUrl); }
bool IsAlreadyReported(const absl::Status& status) { return status.GetPayload(kReportedUrl).has_value(); }

}  // namespace kubelite::cli
