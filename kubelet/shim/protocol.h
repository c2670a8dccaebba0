#pragma once

// The framed protocol between the kubelet and kube-lite-shim over <pod>/shim.sock. Standard library only: the shim is
// linked statically and stays small.
//
// A frame is  u32 size | u8 type | u32 request | fields...  where size counts everything after itself. Integers are
// little-endian, a string is u32 length and bytes, a list is u32 count and its elements. Fields come in the order of
// the structs below. A client sends requests; each gets one reply with the same request number. After Subscribe the
// shim also sends Exited events, with request number 0. Streams get a second reply when they end. Types are never
// reused for something else: old shims outlive kubelet upgrades, and unknown types are answered by kError.
//
// Bytes of streams never pass through the socket: descriptors are handed over (SCM_RIGHTS) with the first byte of the
// frame that speaks of them, so whoever reads and writes does so at his own pace.

#include <cstdint>
#include <string>
#include <vector>

namespace kubelite::kubelet::shim {

enum class MessageType : uint8_t {
  kStart = 1,      // StartRequest -> kStarted or kError
  kSignal = 2,     // id, i32 signal -> kOk; to the container's main process
  kStop = 3,       // id, i64 grace milliseconds -> kOk; stop signal now, SIGKILL to the group after the grace
  kState = 4,      // -> kStates
  kSubscribe = 5,  // -> kStates, then kExited events
  kRemove = 6,     // id -> kOk; forgets an exited container
  kShutdown = 7,   // -> kOk, once every process of the pod is gone; then the shim exits
  kExec = 8,       // ExecRequest -> kExecResult
  // StartInteractive -> as kStart. A kubelet that meets an old shim falls back to kStart: no input, no terminal.
  kStartInteractive = 9,
  // ExecStream and the command's descriptors: standard input, output, error; or one for all, the terminal. ->
  // kExecStarted or kError; then, when the command has ended, kExecResult without output.
  kExecStream = 10,
  // AttachRequest and a descriptor for each output that it wants -> kAttached or kError; then kExited when the
  // container has ended, or kError when the reader fell behind.
  kAttach = 11,
  kCloseStdin =
      12,  // id -> kOk; on behalf of an attached client: its input has ended, and with stdin_once the container's
  kOk = 64,
  kError = 65,       // i32 errno, string
  kStarted = 66,     // ContainerState
  kStates = 67,      // list of ContainerState
  kExecResult = 68,  // ExecResult
  kExecStarted = 69,
  kAttached = 70,  // Attached; with a descriptor, if it says so
  kExited = 96,    // ContainerState
};

inline constexpr uint32_t kMaxFrame = 8 << 20;
inline constexpr char kSocketName[] = "shim.sock";
inline constexpr char kPidFileName[] = "shim.pid";

struct Limit {
  int32_t resource = 0;  // RLIMIT_*
  uint64_t soft = 0;
  uint64_t hard = 0;
};

struct Process {
  std::vector<std::string> argv;  // argv[0] is searched in PATH of `env`
  std::vector<std::string> env;   // NAME=value; the whole environment
  std::string cwd;                // empty: /
  bool set_ids = false;           // take uid, gid and groups below
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> groups;
  std::vector<Limit> limits;
};

struct StartRequest {
  std::string id;           // unique in the pod
  std::string log_path;     // CRI log file; its directory exists
  std::string record_path;  // where the state is kept for readers that come after the shim's death
  int32_t stop_signal = 15;
  Process process;
};

// What a container that one may attach to has besides.
struct StartInteractive {
  StartRequest start;
  bool stdin_open = false;  // a pipe that stays open; otherwise /dev/null
  bool stdin_once = false;  // closed for good when the first attached client's input ends
  bool tty = false;         // a terminal for all three streams, and a session of its own
};

struct ExecStream {
  std::string container;  // a running one: all but argv is taken from it
  std::vector<std::string> argv;
  bool tty = false;
};

struct AttachRequest {
  std::string container;
  bool stdin_wanted = false;
  bool stdout_wanted = false;
  bool stderr_wanted = false;
};

struct Attached {
  bool tty = false;
  bool takes_stdin = false;
  bool has_fd = false;  // a descriptor comes along: the terminal, or the write end of standard input
};

struct ExecRequest {
  std::string container;  // a running one: all but argv is taken from it
  std::vector<std::string> argv;
  int64_t timeout_ms = 0;     // 0: none; killed after it
  uint32_t output_limit = 0;  // bytes of stdout and stderr that are kept
};

struct ExecResult {
  int32_t exit_code = 0;  // 128 + signal when killed by one
  bool timed_out = false;
  std::string output;
};

struct ContainerState {
  std::string id;
  int32_t pid = 0;
  bool running = false;
  int64_t started_ns = 0;  // since the epoch
  int64_t finished_ns = 0;
  int32_t exit_code = 0;  // 128 + signal when killed by one
  int32_t signal = 0;
};

// Builds one frame.
class FrameWriter {
 public:
  FrameWriter(MessageType type, uint32_t request) {
    U32(0);
    U8(static_cast<uint8_t>(type));
    U32(request);
  }
  void U8(uint8_t v) { data_.push_back(static_cast<char>(v)); }
  void U32(uint32_t v) { Integer(v, 4); }
  void U64(uint64_t v) { Integer(v, 8); }
  void String(const std::string& s) {
    U32(static_cast<uint32_t>(s.size()));
    data_ += s;
  }
  void Strings(const std::vector<std::string>& list) {
    U32(static_cast<uint32_t>(list.size()));
    for (const std::string& s : list) String(s);
  }
  void Put(const Process& p) {
    Strings(p.argv);
    Strings(p.env);
    String(p.cwd);
    U8(p.set_ids);
    U32(p.uid);
    U32(p.gid);
    U32(static_cast<uint32_t>(p.groups.size()));
    for (uint32_t group : p.groups) U32(group);
    U32(static_cast<uint32_t>(p.limits.size()));
    for (const Limit& limit : p.limits) {
      U32(static_cast<uint32_t>(limit.resource));
      U64(limit.soft);
      U64(limit.hard);
    }
  }
  void Put(const StartRequest& r) {
    String(r.id);
    String(r.log_path);
    String(r.record_path);
    U32(static_cast<uint32_t>(r.stop_signal));
    Put(r.process);
  }
  void Put(const ExecRequest& r) {
    String(r.container);
    Strings(r.argv);
    U64(static_cast<uint64_t>(r.timeout_ms));
    U32(r.output_limit);
  }
  void Put(const StartInteractive& r) {
    Put(r.start);
    U8(r.stdin_open);
    U8(r.stdin_once);
    U8(r.tty);
  }
  void Put(const ExecStream& r) {
    String(r.container);
    Strings(r.argv);
    U8(r.tty);
  }
  void Put(const AttachRequest& r) {
    String(r.container);
    U8(r.stdin_wanted);
    U8(r.stdout_wanted);
    U8(r.stderr_wanted);
  }
  void Put(const Attached& r) {
    U8(r.tty);
    U8(r.takes_stdin);
    U8(r.has_fd);
  }
  void Put(const ExecResult& r) {
    U32(static_cast<uint32_t>(r.exit_code));
    U8(r.timed_out);
    String(r.output);
  }
  void Put(const ContainerState& s) {
    String(s.id);
    U32(static_cast<uint32_t>(s.pid));
    U8(s.running);
    U64(static_cast<uint64_t>(s.started_ns));
    U64(static_cast<uint64_t>(s.finished_ns));
    U32(static_cast<uint32_t>(s.exit_code));
    U32(static_cast<uint32_t>(s.signal));
  }
  // The finished frame; the writer is used up.
  std::string Take() {
    const uint32_t size = static_cast<uint32_t>(data_.size() - 4);
    for (int i = 0; i < 4; ++i) data_[i] = static_cast<char>(size >> (8 * i));
    return std::move(data_);
  }

 private:
  void Integer(uint64_t v, int bytes) {
    for (int i = 0; i < bytes; ++i) data_.push_back(static_cast<char>(v >> (8 * i)));
  }
  std::string data_;
};

// Reads the fields of one frame. After any read past the end ok() is false and all values are zero.
class FrameReader {
 public:
  // `frame` is what follows the size; it must outlive the reader.
  FrameReader(const char* frame, size_t size) : data_(frame), size_(size) {
    type_ = static_cast<MessageType>(U8());
    request_ = U32();
  }
  MessageType type() const { return type_; }
  uint32_t request() const { return request_; }
  bool ok() const { return ok_; }

  uint8_t U8() { return static_cast<uint8_t>(Integer(1)); }
  uint32_t U32() { return static_cast<uint32_t>(Integer(4)); }
  int32_t I32() { return static_cast<int32_t>(U32()); }
  uint64_t U64() { return Integer(8); }
  int64_t I64() { return static_cast<int64_t>(U64()); }
  std::string String() {
    const uint32_t length = U32();
    if (!Has(length)) return "";
    std::string s(data_ + at_, length);
    at_ += length;
    return s;
  }
  std::vector<std::string> Strings() {
    std::vector<std::string> list;
    for (uint32_t i = 0, n = U32(); i < n && ok_; ++i) list.push_back(String());
    return list;
  }
  Process ReadProcess() {
    Process p;
    p.argv = Strings();
    p.env = Strings();
    p.cwd = String();
    p.set_ids = U8() != 0;
    p.uid = U32();
    p.gid = U32();
    for (uint32_t i = 0, n = U32(); i < n && ok_; ++i) p.groups.push_back(U32());
    for (uint32_t i = 0, n = U32(); i < n && ok_; ++i) {
      Limit limit;
      limit.resource = I32();
      limit.soft = U64();
      limit.hard = U64();
      p.limits.push_back(limit);
    }
    return p;
  }
  StartRequest ReadStart() {
    StartRequest r;
    r.id = String();
    r.log_path = String();
    r.record_path = String();
    r.stop_signal = I32();
    r.process = ReadProcess();
    return r;
  }
  ExecRequest ReadExec() {
    ExecRequest r;
    r.container = String();
    r.argv = Strings();
    r.timeout_ms = I64();
    r.output_limit = U32();
    return r;
  }
  StartInteractive ReadStartInteractive() {
    StartInteractive r;
    r.start = ReadStart();
    r.stdin_open = U8() != 0;
    r.stdin_once = U8() != 0;
    r.tty = U8() != 0;
    return r;
  }
  ExecStream ReadExecStream() {
    ExecStream r;
    r.container = String();
    r.argv = Strings();
    r.tty = U8() != 0;
    return r;
  }
  AttachRequest ReadAttach() {
    AttachRequest r;
    r.container = String();
    r.stdin_wanted = U8() != 0;
    r.stdout_wanted = U8() != 0;
    r.stderr_wanted = U8() != 0;
    return r;
  }
  Attached ReadAttached() {
    Attached r;
    r.tty = U8() != 0;
    r.takes_stdin = U8() != 0;
    r.has_fd = U8() != 0;
    return r;
  }
  ExecResult ReadExecResult() {
    ExecResult r;
    r.exit_code = I32();
    r.timed_out = U8() != 0;
    r.output = String();
    return r;
  }
  ContainerState ReadState() {
    ContainerState s;
    s.id = String();
    s.pid = I32();
    s.running = U8() != 0;
    s.started_ns = I64();
    s.finished_ns = I64();
    s.exit_code = I32();
    s.signal = I32();
    return s;
  }
  std::vector<ContainerState> ReadStates() {
    std::vector<ContainerState> states;
    for (uint32_t i = 0, n = U32(); i < n && ok_; ++i) states.push_back(ReadState());
    return states;
  }

 private:
  bool Has(size_t n) {
    if (ok_ && n <= size_ - at_) return true;
    ok_ = false;
    return false;
  }
  uint64_t Integer(int bytes) {
    if (!Has(bytes)) return 0;
    uint64_t v = 0;
    for (int i = 0; i < bytes; ++i) v |= static_cast<uint64_t>(static_cast<uint8_t>(data_[at_ + i])) << (8 * i);
    at_ += bytes;
    return v;
  }

  const char* data_;
  size_t size_;
  size_t at_ = 0;
  bool ok_ = true;
  MessageType type_;
  uint32_t request_;
};

// Cuts frames out of a byte stream.
class FrameBuffer {
 public:
  void Append(const char* data, size_t size) { data_.append(data, size); }
  // Moves the next complete frame (without its size) to `frame`. False when more bytes are needed.
  bool Next(std::string* frame) {
    if (data_.size() < 4) return false;
    const uint32_t size = Size();
    if (data_.size() - 4 < size) return false;
    frame->assign(data_, 4, size);
    data_.erase(0, 4 + static_cast<size_t>(size));
    return true;
  }
  // The peer does not speak this protocol.
  bool Broken() const { return data_.size() >= 4 && (Size() > kMaxFrame || Size() < 5); }

 private:
  uint32_t Size() const {
    uint32_t size = 0;
    for (int i = 0; i < 4; ++i) size |= static_cast<uint32_t>(static_cast<uint8_t>(data_[i])) << (8 * i);
    return size;
  }
  std::string data_;
};

}  // namespace kubelite::kubelet::shim
