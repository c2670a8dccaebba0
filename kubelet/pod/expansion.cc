#include "kubelet/pod/expansion.h"

namespace kubelite::kubelet {

std::string Expand(absl::string_view text, absl::FunctionRef<const std::string*(const std::string&)> lookup) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[i + 1];
    if (next == '$') {
      out += '$';
      ++i;
      continue;
    }
    const size_t end = next == '(' ? text.find(')', i + 2) : absl::string_view::npos;
    if (end == absl::string_view::npos) {
      out += text[i];
      continue;
    }
    const std::string name(text.substr(i + 2, end - i - 2));
    const std::string* value = lookup(name);
    out += value != nullptr ? *value : "$(" + name + ")";
    i = end;
  }
  return out;
}

}  // namespace kubelite::kubelet
