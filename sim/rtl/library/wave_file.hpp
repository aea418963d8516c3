// The file of a wave, beside Verilator's own.
#pragma once

#include <fcntl.h>
#include <unistd.h>
#include <verilated_vcd_c.h>

#include <cerrno>
#include <string>

// The file of a wave. Verilator's own treats a failing write as fatal, even where it is being
// destroyed; this one keeps the first error and goes on. It also leaves out the spaces with which
// Verilator indents the header: whoever reads a VCD line by line finds `$var` at its beginning.
class WaveFile final : public VerilatedVcdFile {
 public:
  WaveFile() = default;
  WaveFile(const WaveFile&) = delete;
  WaveFile& operator=(const WaveFile&) = delete;
  ~WaveFile() override { WaveFile::close(); }

  bool open(const std::string& name) override {
    file_ = ::open(name.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
    if (file_ < 0) error_ = errno;
    return file_ >= 0;
  }
  void close() override {
    if (file_ >= 0 && ::close(file_) != 0 && error_ == 0) error_ = errno;
    file_ = -1;
  }
  ssize_t write(const char* bytes, ssize_t count) override {
    if (in_header_) {
      const std::string flush = without_indentation(bytes, count);
      write_all(flush.data(), static_cast<ssize_t>(flush.size()));
    } else {
      write_all(bytes, count);
    }
    return count;
  }
  int error() const { return error_; }

 private:
  // The header ends with a line that says so; a chunk may end anywhere.
  std::string without_indentation(const char* bytes, ssize_t count) {
    std::string out;
    for (ssize_t i = 0; i < count; ++i) {
      if (in_header_ && line_.empty() && bytes[i] == ' ') continue;
      out += bytes[i];
      if (!in_header_) continue;
      line_ = bytes[i] == '\n' ? "" : line_ + bytes[i];
      in_header_ = line_ != "$enddefinitions";
    }
    return out;
  }
  void write_all(const char* bytes, ssize_t left) {
    while (left > 0 && error_ == 0) {
      const ssize_t written = ::write(file_, bytes, static_cast<std::size_t>(left));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        error_ = errno;
        break;
      }
      bytes += written;
      left -= written;
    }
  }

  std::string line_;  // of the header, so far
  bool in_header_ = true;
  int file_ = -1;
  int error_ = 0;
};
