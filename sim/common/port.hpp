// The ends of a channel, as a unit holds them, and their list by name, by which an assembly joins
// them. A message has a name of its own (kName), fingerprint(StateWords&) and advance(cycles).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "sim/common/channel.hpp"

namespace weft::sim {

// Where a unit takes messages in. See Channel.
template <class Message>
class In {
 public:
  In() = default;
  In(Channel<Message>& channel) : channel_(&channel) {}  // NOLINT(google-explicit-constructor)

  bool ready(Cycle now) const { return channel_->ready(now); }
  const Message& front(Cycle now) const { return channel_->front(now); }
  Message pop(Cycle now) { return channel_->pop(now); }
  bool empty() const { return channel_->empty(); }

 private:
  Channel<Message>* channel_ = nullptr;
};

// Where a unit sends messages from. See Channel.
template <class Message>
class Out {
 public:
  Out() = default;
  Out(Channel<Message>& channel) : channel_(&channel) {}  // NOLINT(google-explicit-constructor)

  bool offer(Cycle now, const Message& message) { return channel_->offer(now, message); }
  void push(Cycle now, const Message& message) { channel_->push(now, message); }

 private:
  Channel<Message>* channel_ = nullptr;
};

// One end, whatever it carries.
struct Port {
  std::string name;
  bool sends = false;
  std::string_view message;  // its name
  const std::type_info* type = nullptr;
  void* end = nullptr;
  std::unique_ptr<AnyChannel> (*make)(std::size_t depth) = nullptr;
  void (*bind)(void* end, AnyChannel& channel) = nullptr;
  AnyChannel* channel = nullptr;  // once it is joined
};

class PortList {
 public:
  template <class Message>
  void add(std::string name, In<Message>& end) {
    add_end<Message, In<Message>>(std::move(name), end, false);
  }
  template <class Message>
  void add(std::string name, Out<Message>& end) {
    add_end<Message, Out<Message>>(std::move(name), end, true);
  }
  // "name[0]", "name[1]" …
  template <class End>
  void add(const std::string& name, std::vector<End>& ends) {
    for (std::size_t i = 0; i < ends.size(); ++i)
      add(name + "[" + std::to_string(i) + "]", ends[i]);
  }
  std::vector<Port> take() { return std::move(ports_); }

 private:
  template <class Message, class End>
  void add_end(std::string name, End& end, bool sends) {
    const auto make = [](std::size_t depth) -> std::unique_ptr<AnyChannel> {
      return std::make_unique<Channel<Message>>(depth);
    };
    const auto bind = [](void* to, AnyChannel& channel) {
      *static_cast<End*>(to) = End(static_cast<Channel<Message>&>(channel));
    };
    ports_.push_back(
        {std::move(name), sends, Message::kName, &typeid(Message), &end, make, bind, nullptr});
  }

  std::vector<Port> ports_;
};

}  // namespace weft::sim
