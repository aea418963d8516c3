// File descriptors: closed when done with, and written to without waiting for ever.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

namespace weft {

// Thrown where a stop was asked for while a pipe had no reader, or one that does not read.
struct Stopped {};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int number() const { return number_; }
  // The errno of closing, 0 when all went well: a full disk may show only here.
  int close();

 private:
  int number_;
};

// Writes all of `bytes`; the errno, or 0. A pipe whose reader does not read is waited for until
// `stop`, then Stopped is thrown.
int write_all(int descriptor, std::string_view bytes, const std::stop_token& stop = {});

// Opens a pipe, terminal or device to write to it in place. A pipe waits for its reader until
// `stop`, then Stopped is thrown. A negative number where it cannot be opened; errno says why.
Descriptor open_in_place(const std::string& path, const std::stop_token& stop = {});

// N where `path` is a name of the process's own descriptor N, such as /dev/stdout or /dev/fd/3; -1
// for any other.
int own_descriptor(const std::string& path);

}  // namespace weft
