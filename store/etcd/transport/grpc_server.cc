#include "store/etcd/transport/grpc_server.h"

#include <sys/epoll.h>

#include <atomic>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/base/thread_pool.h"
#include "store/etcd/transport/connection.h"
#include "store/etcd/transport/event_loop.h"

namespace kubelite::etcd {
namespace {

constexpr size_t kReadBytes = 128 << 10;
// Connections taken in one round, so that a flood of them leaves room for calls.
constexpr int kAcceptsPerRound = 64;

}  // namespace

struct GrpcServer::State {
  // A loop with its connections, which only its thread touches.
  struct Lane {
    std::unique_ptr<EventLoop> loop;
    std::vector<char> read_buffer = std::vector<char>(kReadBytes);
    absl::flat_hash_map<Connection*, std::unique_ptr<Connection>> connections;
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

  GrpcServerOptions options;
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

void GrpcServer::State::Listener::Accept() {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    absl::StatusOr<Fd> fd = etcd::Accept(fd_.get());
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

void GrpcServer::State::AddConnection(Lane* lane, std::unique_ptr<Socket> socket) {
  Connection::Options connection;
  connection.loop = lane->loop.get();
  connection.methods = &options.methods;
  connection.max_message_bytes = options.max_message_bytes;
  connection.read_buffer = absl::MakeSpan(lane->read_buffer);
  connection.on_closed = [this, lane](Connection* closed) {
    const auto it = lane->connections.find(closed);
    lane->loop->DeleteLater(std::move(it->second));
    lane->connections.erase(it);
    base::MutexLock lock(&mutex);
    if (--connections == 0) changed.SignalAll();
  };
  absl::StatusOr<std::unique_ptr<Connection>> made = Connection::New(std::move(socket), std::move(connection));
  if (!made.ok()) {
    base::LogWarning("Connection refused", {{"err", made.status()}});
    return;
  }
  Connection* key = made->get();
  lane->connections.emplace(key, *std::move(made));
  base::MutexLock lock(&mutex);
  ++connections;
}

absl::Status GrpcServer::State::Open() {
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

void GrpcServer::State::Serve() {
  threads = std::make_unique<base::ThreadPool>(options.loops);
  for (const auto& lane : lanes) threads->Post([loop = lane->loop.get()] { loop->Run(); });
}

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
GrpcServer::~GrpcServer() { Shutdown(absl::UnavailableError("server stopped"), absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(GrpcServerOptions options) {
  CHECK(options.loops > 0);
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  RETURN_IF_ERROR(state->Open());
  state->Serve();
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(state)));
}

void GrpcServer::Shutdown(const absl::Status& status, absl::Duration grace) {
  State* state = state_.get();
  if (state->threads == nullptr) return;
  state->lanes.front()->loop->Post([state] {
    for (const auto& listener : state->listeners) state->lanes.front()->loop->Unwatch(listener->fd());
  });
  // Posted after what the listeners have posted, so no connection is missed.
  state->lanes.front()->loop->Post([state, status] {
    state->OnEachLane([status](State::Lane* lane) {
      std::vector<Connection*> all;
      for (const auto& [connection, owned] : lane->connections) all.push_back(connection);
      for (Connection* connection : all) connection->Drain(status);
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
  for (const auto& lane : state->lanes) lane->loop->Stop();
  state->threads.reset();
}

}  // namespace kubelite::etcd
