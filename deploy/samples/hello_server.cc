// kube-lite-hello: the sample workload. A small HTTP/1.1 server without dependencies, linked statically.
//   GET /            v=<version> pod=<name> ip=<ip>
//   GET /healthz     200 ok, or 500 after /fail
//   GET /fail        makes /healthz fail; /recover undoes it
//   GET /slow?ms=N   answers after N milliseconds
//   GET /exit?code=N ends the process
// Environment: HELLO_VERSION, HELLO_PORT (8080), HELLO_FAIL_START=1 (exit 1 at once), HELLO_DELAY (seconds before it
// listens), HOSTNAME (the pod's name), KUBE_LITE_POD_IP (the address to listen on; all when unset). SIGTERM ends it
// after running requests.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <string>

namespace {

constexpr int kMaxRequest = 8192;

volatile sig_atomic_t g_stop = 0;

void OnTerm(int) { g_stop = 1; }

std::string Env(const char* name, const char* fallback) {
  const char* value = getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

struct Connection {
  int fd = -1;
  std::string in;
};

class Server {
 public:
  Server() : version_(Env("HELLO_VERSION", "1")), pod_(Env("HOSTNAME", "unknown")), ip_(Env("KUBE_LITE_POD_IP", "")) {}

  bool Listen(int port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = ip_.empty() ? INADDR_ANY : inet_addr(ip_.c_str());
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || listen(listener_, 128) != 0) {
      fprintf(stderr, "cannot listen on %s:%d: %s\n", ip_.c_str(), port, strerror(errno));
      return false;
    }
    printf("listening on %s:%d v=%s\n", ip_.empty() ? "0.0.0.0" : ip_.c_str(), port, version_.c_str());
    fflush(stdout);
    return true;
  }

  void Run() {
    while (!g_stop) {
      pollfd fds[256];
      nfds_t count = 0;
      fds[count++] = {listener_, POLLIN, 0};
      for (const Connection& connection : connections_) {
        if (count < 256) fds[count++] = {connection.fd, POLLIN, 0};
      }
      if (poll(fds, count, -1) < 0) continue;  // a signal
      if (fds[0].revents != 0) Accept();
      for (nfds_t i = 1; i < count; ++i) {
        if (fds[i].revents != 0) Serve(fds[i].fd);
      }
    }
    printf("stopping\n");
  }

 private:
  void Accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) connections_.push_back({fd, ""});
  }

  void Serve(int fd) {
    for (auto connection = connections_.begin(); connection != connections_.end(); ++connection) {
      if (connection->fd != fd) continue;
      char buffer[2048];
      const ssize_t got = read(fd, buffer, sizeof(buffer));
      if (got > 0) connection->in.append(buffer, static_cast<size_t>(got));
      const bool complete = connection->in.find("\r\n\r\n") != std::string::npos;
      if (got > 0 && !complete && connection->in.size() < kMaxRequest) return;
      if (complete) Answer(fd, connection->in);
      close(fd);
      connections_.erase(connection);
      return;
    }
  }

  void Answer(int fd, const std::string& request) {
    const size_t begin = request.find(' ');
    const size_t end = request.find_first_of(" ?", begin + 1);
    const std::string path = begin == std::string::npos ? "" : request.substr(begin + 1, end - begin - 1);
    const auto number = [&](const char* name) {
      const size_t at = request.find(name);
      return at == std::string::npos ? 0 : atoi(request.c_str() + at + strlen(name));
    };
    const char* status = "200 OK";
    std::string body = "ok\n";
    if (path == "/") {
      body = "v=" + version_ + " pod=" + pod_ + " ip=" + ip_ + "\n";
    } else if (path == "/healthz") {
      if (failing_) status = "500 Internal Server Error";
      body = failing_ ? "failing\n" : "ok\n";
    } else if (path == "/fail" || path == "/recover") {
      failing_ = path == "/fail";
    } else if (path == "/slow") {
      usleep(static_cast<useconds_t>(number("ms=")) * 1000);
    } else if (path == "/exit") {
      _exit(number("code="));
    } else {
      status = "404 Not Found";
      body = "not found\n";
    }
    char head[256];
    const int size =
        snprintf(head, sizeof(head),
                 "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
                 body.size());
    const std::string answer = std::string(head, static_cast<size_t>(size)) + body;
    // The client may be gone; there is nobody to tell.
    if (write(fd, answer.data(), answer.size()) < 0) return;
    printf("%s %s\n", path.c_str(), status);
    fflush(stdout);
  }

  const std::string version_;
  const std::string pod_;
  const std::string ip_;
  int listener_ = -1;
  bool failing_ = false;
  std::list<Connection> connections_;
};

}  // namespace

int main() {
  if (Env("HELLO_FAIL_START", "") == "1") {
    fprintf(stderr, "told to fail by HELLO_FAIL_START\n");
    return 1;
  }
  struct sigaction action {};
  action.sa_handler = OnTerm;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (const int delay = atoi(Env("HELLO_DELAY", "0").c_str()); delay > 0) sleep(static_cast<unsigned>(delay));
  Server server;
  if (!server.Listen(atoi(Env("HELLO_PORT", "8080").c_str()))) return 1;
  server.Run();
  return 0;
}
