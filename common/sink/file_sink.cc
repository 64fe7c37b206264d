#include "common/sink/file_sink.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::sink {

namespace {

Status SystemError(std::string_view what, const std::string& path) {
  return Unavailable("{} {}: {}", what, path, std::generic_category().message(errno));
}

class FileSink final : public Sink {
 public:
  FileSink(FileOptions options, const Clock* clock) : options_(std::move(options)), clock_(clock) {}
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override { Close(); }

  Outcome Deliver(const std::vector<alert::Alert>& alerts) override {
    Outcome outcome;
    outcome.taken.assign(alerts.size(), false);
    std::string lines;
    for (const alert::Alert& alert : alerts) {
      lines += alert::ToJson(alert) + "\n";
    }
    outcome.status = Write(lines);
    if (outcome.status.ok()) {
      outcome.taken.assign(alerts.size(), true);
    }
    return outcome;
  }

 private:
  Status Write(std::string_view lines) {
    if (WasMoved()) {
      Close();
    }
    WEIR_RETURN_IF_ERROR(OpenFile());
    if (IsDue()) {
      WEIR_RETURN_IF_ERROR(Rotate());
    }
    std::size_t written = 0;
    while (written < lines.size()) {
      const ssize_t more = ::write(fd_, lines.data() + written, lines.size() - written);
      if (more < 0 && errno == EINTR) {
        continue;
      }
      if (more < 0) {
        const Status status = SystemError("writing", options_.path);
        // What stands there of these lines is given again, and would be there twice.
        if (::ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) {
          Close();
        }
        return status;
      }
      written += static_cast<std::size_t>(more);
    }
    if (options_.sync && ::fdatasync(fd_) != 0) {
      return SystemError("syncing", options_.path);
    }
    bytes_ += lines.size();
    return OkStatus();
  }

  // Whether the path names another file than the open one, or none.
  bool WasMoved() const {
    if (fd_ < 0) {
      return false;
    }
    struct stat open = {};
    struct stat named = {};
    return ::fstat(fd_, &open) != 0 || ::stat(options_.path.c_str(), &named) != 0 ||
           open.st_ino != named.st_ino || open.st_dev != named.st_dev;
  }

  bool IsDue() const {
    return bytes_ != 0 &&
           ((options_.bytes_max != 0 && bytes_ >= options_.bytes_max) ||
            (options_.age_ms_max != 0 && clock_->Now() - begun_ms_ >= options_.age_ms_max));
  }

  Status OpenFile() {
    if (fd_ >= 0) {
      return OkStatus();
    }
    fd_ = ::open(options_.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    struct stat status = {};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0) {
      const Status failure = SystemError("opening", options_.path);
      Close();
      return failure;
    }
    bytes_ = static_cast<uint64_t>(status.st_size);
    begun_ms_ = clock_->Now();
    // A line that was cut by a crash stays alone.
    char last = '\n';
    if (bytes_ != 0 && ::pread(fd_, &last, 1, static_cast<off_t>(bytes_ - 1)) == 1 &&
        last != '\n') {
      if (::write(fd_, "\n", 1) != 1) {
        const Status failure = SystemError("writing", options_.path);
        Close();
        return failure;
      }
      ++bytes_;
    }
    return OkStatus();
  }

  Status Rotate() {
    Close();
    if (options_.keep == 0) {
      ::unlink(options_.path.c_str());
    }
    for (int i = options_.keep; i > 0; --i) {
      const std::string from = i == 1 ? options_.path : fmt::format("{}.{}", options_.path, i - 1);
      const std::string to = fmt::format("{}.{}", options_.path, i);
      if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
        return SystemError("rotating", from);
      }
    }
    return OpenFile();
  }

  void Close() {
    if (fd_ >= 0) {
      ::close(fd_);
      fd_ = -1;
    }
  }

  const FileOptions options_;
  const Clock* const clock_;
  int fd_ = -1;
  uint64_t bytes_ = 0;
  UnixMillis begun_ms_ = 0;
};

}  // namespace

std::unique_ptr<Sink> MakeFileSink(FileOptions options, const Clock* clock) {
  return std::make_unique<FileSink>(std::move(options), clock);
}

}  // namespace weir::sink
