#include "common/source/record_reader.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "common/source/byte_source_internal.h"
#include "common/source/decoder.h"
#include "common/source/json_scanner_internal.h"

namespace weir::source {

namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Finds the end of an array's element by its brackets alone: an element that is no JSON is given out as
// it stands, and the next one is found.
class ElementScanner {
 public:
  // True when the element ends before *position; text begins where the element does.
  bool Scan(std::string_view text, std::size_t* position) {
    for (; position_ < text.size(); ++position_) {
      const char c = text[position_];
      if (in_string_) {
        in_string_ = escaped_ || c != '"';
        escaped_ = !escaped_ && c == '\\';
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (depth_ == 0 && (c == ',' || c == ']' || c == '}')) {
        *position = position_;
        return true;
      } else if (c == '}' || c == ']') {
        --depth_;
      }
    }
    return false;
  }

 private:
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

bool IsBlank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

class StreamRecordReader : public RecordReader {
 public:
  StreamRecordReader(std::unique_ptr<ByteSource> bytes, Options options)
      : options_(options), bytes_(std::move(bytes)), buffer_(kChunkBytes + Decoder::kPadding) {}

  StatusOr<bool> Next(std::string_view* record) override;
  uint64_t bytes_read() const override { return bytes_->bytes_read(); }
  uint64_t bytes_total() const override { return bytes_->bytes_total(); }
  uint64_t line() const override { return record_line_; }

 private:
  enum class Place : uint8_t { kTop, kArray, kRecords, kRecordsTail };

  std::string_view pending() const { return {buffer_.data() + begin_, end_ - begin_}; }
  bool Fill();
  void Consume(std::size_t size);
  bool SkipSeparators(std::string_view separators);
  std::string_view Give(std::size_t size);

  bool NextTop(std::string_view* record);
  bool NextElement(std::string_view* record);
  bool NextLine(std::string_view* record);
  bool LeaveRecords();
  bool TakeBlankLine();

  const Options options_;
  std::unique_ptr<ByteSource> bytes_;
  std::vector<char> buffer_;  // its last kPadding bytes are never filled
  std::size_t begin_ = 0;     // of what is not consumed
  std::size_t end_ = 0;
  bool ended_ = false;
  Status error_;              // given out when all records before it are
  Place place_ = Place::kTop;
  JsonScanner envelope_{true};  // of the object around Records
  uint64_t line_ = 1;
  uint64_t record_line_ = 1;
  bool gave_rest_ = false;  // the last record is what was left of a cut text
  bool first_ = true;
  bool line_has_record_ = false;   // where reading goes on, a record ended
  bool one_line_each_ = true;      // no record so far had several lines
};

// Reads more behind what is there; false at the end.
bool StreamRecordReader::Fill() {
  if (ended_) {
    return false;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - Decoder::kPadding - end_ < kChunkBytes / 2) {
    buffer_.resize(buffer_.size() * 2);
  }
  const auto count = bytes_->Read(buffer_.data() + end_,
                                  std::min(kChunkBytes, buffer_.size() - Decoder::kPadding - end_));
  if (!count.ok()) {
    error_ = count.status();
  }
  ended_ = !count.ok() || *count == 0;
  end_ += ended_ ? 0 : *count;
  return !ended_;
}

void StreamRecordReader::Consume(std::size_t size) {
  line_ += static_cast<uint64_t>(
      std::count(buffer_.data() + begin_, buffer_.data() + begin_ + size, '\n'));
  begin_ += size;
}

// The next size bytes as a record.
std::string_view StreamRecordReader::Give(std::size_t size) {
  record_line_ = line_;
  const std::string_view record = TrimEnd(pending().substr(0, size));
  one_line_each_ = one_line_each_ && record.find('\n') == std::string_view::npos;
  line_has_record_ = true;
  Consume(size);
  return record;
}

// Passes over blanks and separators; false at the end.
bool StreamRecordReader::SkipSeparators(std::string_view separators) {
  while (true) {
    const std::string_view text = pending();
    std::size_t size = 0;
    while (size < text.size() &&
           (IsBlank(text[size]) || separators.find(text[size]) != std::string_view::npos)) {
      ++size;
    }
    Consume(size);
    if (size < text.size()) {
      return true;
    }
    if (!Fill()) {
      return false;
    }
  }
}

// One line, whatever it holds.
bool StreamRecordReader::NextLine(std::string_view* record) {
  std::size_t searched = 0;
  while (true) {
    const std::size_t newline = pending().find('\n', searched);
    if (newline != std::string_view::npos) {
      *record = Give(newline);
      return true;
    }
    searched = pending().size();
    if (!Fill()) {
      *record = Give(pending().size());
      return true;
    }
  }
}

// Passes over the end of a record's line; true when a blank line follows, which is then consumed.
bool StreamRecordReader::TakeBlankLine() {
  while (true) {
    std::size_t blanks = 0;
    while (blanks < pending().size() && IsBlank(pending()[blanks]) && pending()[blanks] != '\n') {
      ++blanks;
    }
    if (blanks == pending().size()) {
      if (!Fill()) {
        return false;
      }
      continue;
    }
    if (pending()[blanks] != '\n') {
      return false;
    }
    record_line_ = line_;
    Consume(blanks + 1);
    if (!std::exchange(line_has_record_, false)) {
      return true;
    }
  }
}

bool StreamRecordReader::NextTop(std::string_view* record) {
  if (!SkipSeparators(",")) {
    return false;
  }
  const char c = pending().front();
  if (c == '[') {
    Consume(1);
    place_ = Place::kArray;
    return true;
  }
  if (c != '{' && c != '"') {
    return NextLine(record);
  }
  JsonScanner scanner(true);
  while (true) {
    switch (scanner.Scan(pending())) {
      case JsonScanner::Result::kDone:
        *record = Give(scanner.position());
        return true;
      case JsonScanner::Result::kRecords:
        Consume(scanner.position() + 1);
        envelope_ = std::move(scanner);
        place_ = Place::kRecords;
        return true;
      case JsonScanner::Result::kBad:
        return NextLine(record);
      case JsonScanner::Result::kMore:
        if (!Fill()) {
          *record = Give(pending().size());
          return true;
        }
    }
  }
}

bool StreamRecordReader::NextElement(std::string_view* record) {
  if (!SkipSeparators(",")) {
    if (error_.ok() && !gave_rest_) {
      error_ = DataLoss("reading {}: the text ends inside an array of records, at byte {}",
                        bytes_->name(), bytes_->bytes_read());
    }
    return false;
  }
  const char c = pending().front();
  if (c == ']') {
    Consume(1);
    envelope_.SkipRecords();
    place_ = place_ == Place::kRecords ? Place::kRecordsTail : Place::kTop;
    return true;
  }
  if (c == '}') {  // closes nothing: what follows is read by lines
    place_ = Place::kTop;
    return NextLine(record);
  }
  ElementScanner scanner;
  std::size_t size = 0;
  while (!scanner.Scan(pending(), &size)) {
    if (!Fill()) {
      gave_rest_ = true;
      *record = Give(pending().size());
      return true;
    }
  }
  *record = Give(size);
  return true;
}

// Passes over the members behind Records; true unless the file ends.
bool StreamRecordReader::LeaveRecords() {
  while (true) {
    switch (envelope_.Scan(pending())) {
      case JsonScanner::Result::kDone:
        Consume(envelope_.position());
        place_ = Place::kTop;
        return true;
      case JsonScanner::Result::kRecords:
        Consume(envelope_.position() + 1);
        place_ = Place::kRecords;
        return true;
      case JsonScanner::Result::kBad:
        place_ = Place::kTop;
        return true;
      case JsonScanner::Result::kMore:
        if (!Fill()) {
          Consume(pending().size());
          return false;
        }
    }
  }
}

StatusOr<bool> StreamRecordReader::Next(std::string_view* record) {
  *record = {};
  if (first_) {
    first_ = false;
    while (pending().size() < kByteOrderMark.size() && Fill()) {
    }
    if (pending().starts_with(kByteOrderMark)) {
      Consume(kByteOrderMark.size());
    }
  }
  while (record->empty()) {
    if (options_.blank_lines && one_line_each_ && place_ == Place::kTop && TakeBlankLine()) {
      *record = {buffer_.data(), 0};
      return true;
    }
    const bool more = place_ == Place::kTop           ? NextTop(record)
                      : place_ == Place::kRecordsTail ? LeaveRecords()
                                                      : NextElement(record);
    if (!more) {
      Status error = std::exchange(error_, OkStatus());
      if (!error.ok()) {
        return error;
      }
      return false;
    }
  }
  return true;
}

}  // namespace

StatusOr<std::unique_ptr<RecordReader>> RecordReader::Open(const std::string& path,
                                                           Options options) {
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> bytes, ByteSource::Open(path));
  return std::unique_ptr<RecordReader>(new StreamRecordReader(std::move(bytes), options));
}

}  // namespace weir::source
