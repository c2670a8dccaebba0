#include "common/net/server.h"

#include <sys/epoll.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"

namespace kubelite::net {
namespace {

constexpr size_t kReadBytes = 128 << 10;
// Connections taken in one round, so that a flood of them leaves room for requests.
constexpr int kAcceptsPerRound = 64;

}  // namespace

struct Server::State {
  // A loop with its connections, which only its thread touches.
  struct Lane {
    std::unique_ptr<EventLoop> loop;
    std::vector<char> read_buffer = std::vector<char>(kReadBytes);
    absl::flat_hash_map<ServedConnection*, std::unique_ptr<ServedConnection>> connections;
    // A copy: what is done to connections may close them.
    std::vector<ServedConnection*> All() const {
      std::vector<ServedConnection*> all;
      for (const auto& [connection, owned] : connections) all.push_back(connection);
      return all;
    }
  };

  class Listener : public EventLoop::Handler {
   public:
    Listener(State* state, Fd fd, TlsContext* tls) : state_(state), fd_(std::move(fd)), tls_(tls) {}
    void OnReady(uint32_t) override { Accept(); }
    int fd() const { return fd_.get(); }

   private:
    void Accept();
    State* const state_;
    const Fd fd_;
    TlsContext* const tls_;
  };

  ServerOptions options;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<std::unique_ptr<Listener>> listeners;  // on the first loop
  size_t next_lane = 0;                              // first loop only
  std::unique_ptr<base::ThreadPool> threads;

  base::Mutex mutex;
  base::CondVar changed;
  int connections ABSL_GUARDED_BY(mutex) = 0;

  absl::Status Open();
  void Serve();
  void AddConnection(Lane* lane, std::unique_ptr<Socket> socket);
  // Runs `task` on each loop's thread.
  template <typename TaskFn>
  void OnEachLane(TaskFn task) {
    for (const auto& lane : lanes) lane->loop->Post([task, lane = lane.get()] { task(lane); });
  }
};

void Server::State::Listener::Accept() {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    absl::StatusOr<Fd> fd = net::Accept(fd_.get());
    if (absl::IsUnavailable(fd.status())) return;
    if (!fd.ok()) {
      // Most likely out of descriptors. Level-triggered: tried again in the next round.
      base::LogWarning("Connection refused", {{"err", fd.status()}});
      return;
    }
    std::unique_ptr<Socket> socket = tls_ == nullptr ? NewPlainSocket(*std::move(fd)) : tls_->Accept(*std::move(fd));
    Lane* lane = state_->lanes[state_->next_lane++ % state_->lanes.size()].get();
    lane->loop->Post([state = state_, lane, socket = std::move(socket)]() mutable {
      state->AddConnection(lane, std::move(socket));
    });
  }
}

void Server::State::AddConnection(Lane* lane, std::unique_ptr<Socket> socket) {
  ConnectionContext connection;
  connection.loop = lane->loop.get();
  connection.read_buffer = absl::MakeSpan(lane->read_buffer);
  connection.on_closed = [this, lane](ServedConnection* closed) {
    const auto it = lane->connections.find(closed);
    lane->loop->DeleteLater(std::move(it->second));
    lane->connections.erase(it);
    base::MutexLock lock(&mutex);
    if (--connections == 0) changed.SignalAll();
  };
  absl::StatusOr<std::unique_ptr<ServedConnection>> made = options.connect(std::move(socket), std::move(connection));
  if (!made.ok()) {
    base::LogWarning("Connection refused", {{"err", made.status()}});
    return;
  }
  ServedConnection* key = made->get();
  lane->connections.emplace(key, *std::move(made));
  base::MutexLock lock(&mutex);
  ++connections;
}

absl::Status Server::State::Open() {
  for (int i = 0; i < options.loops; ++i) {
    lanes.push_back(std::make_unique<Lane>());
    ASSIGN_OR_RETURN(lanes.back()->loop, EventLoop::New());
  }
  std::vector<int> ports;
  for (const ListenOptions& listen : options.listen) {
    int port = 0;
    ASSIGN_OR_RETURN(Fd fd, Listen(listen.address, &port));
    ports.push_back(port);
    listeners.push_back(std::make_unique<Listener>(this, std::move(fd), listen.tls));
    RETURN_IF_ERROR(lanes.front()->loop->Watch(listeners.back()->fd(), EPOLLIN, listeners.back().get()));
  }
  if (options.on_bound != nullptr) options.on_bound(ports);
  return absl::OkStatus();
}

void Server::State::Serve() {
  threads = std::make_unique<base::ThreadPool>(options.loops);
  for (const auto& lane : lanes) threads->Post([loop = lane->loop.get()] { loop->Run(); });
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { Shutdown(absl::UnavailableError("server stopped"), absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  CHECK(options.loops > 0);
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  RETURN_IF_ERROR(state->Open());
  state->Serve();
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

void Server::Shutdown(const absl::Status& status, absl::Duration grace) {
  State* state = state_.get();
  if (state->threads == nullptr) return;
  state->lanes.front()->loop->Post([state] {
    for (const auto& listener : state->listeners) state->lanes.front()->loop->Unwatch(listener->fd());
  });
  // Posted after what the listeners have posted, so no connection is missed.
  state->lanes.front()->loop->Post([state, status] {
    state->OnEachLane([status](State::Lane* lane) {
      for (ServedConnection* connection : lane->All()) connection->Drain(status);
    });
  });
  {
    const int64_t deadline = absl::ToUnixNanos(base::SystemClock().Now() + grace);
    base::MutexLock lock(&state->mutex);
    while (state->connections > 0 && state->changed.WaitUntilUnixNanos(&state->mutex, deadline)) {
    }
  }
  state->OnEachLane([](State::Lane* lane) {
    while (!lane->connections.empty()) lane->connections.begin()->first->Close();
  });
  if (state->options.before_loops_end != nullptr) state->options.before_loops_end();
  for (const auto& lane : state->lanes) lane->loop->Stop();
  state->threads.reset();
}

void Server::Tick() {
  state_->OnEachLane([](State::Lane* lane) {
    for (ServedConnection* connection : lane->All()) connection->OnTick();
  });
}

}  // namespace kubelite::net
