#include "common/source/record_reader.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/source/decoder.h"
#include "tests/unit/source/gzip_bytes.h"

namespace weir::source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecordReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "weir-reader-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RecordReader> Open(const std::string& bytes,
                                     RecordReader::Options options = {}) {
    const std::string path = (folder_ / "events").string();
    std::ofstream(path, std::ios::binary) << bytes;
    auto reader = RecordReader::Open(path, options);
    EXPECT_TRUE(reader.ok());
    return std::move(reader).value();
  }

  std::vector<std::string> Read(const std::string& bytes, Status* error = nullptr,
                                RecordReader::Options options = {}) {
    const auto reader = Open(bytes, options);
    std::vector<std::string> records;
    std::string_view record;
    while (true) {
      const auto more = reader->Next(&record);
      if (!more.ok() || !*more) {
        EXPECT_TRUE(more.ok() || error != nullptr) << more.status();
        if (error != nullptr) {
          *error = more.status();
        }
        return records;
      }
      records.emplace_back(record);
    }
  }

  std::filesystem::path folder_;
};

TEST_F(RecordReaderTest, SplitsEveryForm) {
  EXPECT_THAT(Read("{\"a\":1}\n\n{\"b\":\"}\"}\r\n"), ElementsAre("{\"a\":1}", "{\"b\":\"}\"}"));
  EXPECT_THAT(Read("{\"a\":1}{\"b\":2} {\"c\":3}"),
              ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"));
  EXPECT_THAT(Read("{\n \"a\": [\n1]\n}\n{\n}"), ElementsAre("{\n \"a\": [\n1]\n}", "{\n}"));
  EXPECT_THAT(Read("\xef\xbb\xbf[ {\"a\":1} ,\n{\"b\":[2,{}]}, 7 ]\n"),
              ElementsAre("{\"a\":1}", "{\"b\":[2,{}]}", "7"));
  EXPECT_THAT(Read(R"({"Records":[{"a":1}, {"b":"]\\\"}"}]})"),
              ElementsAre("{\"a\":1}", R"({"b":"]\\\"}"})"));
  EXPECT_THAT(Read(R"({"x":{"Records":[1]},"Records":[{"a":1}],"y":2}{"Records":[]}{"Records":[{}]})"),
              ElementsAre("{\"a\":1}", "{}"));
  EXPECT_THAT(Read(R"({"Records":{"a":1}} "{\"c\":1}")"),
              ElementsAre(R"({"Records":{"a":1}})", R"("{\"c\":1}")"));
  EXPECT_THAT(Read(""), ElementsAre());
  EXPECT_THAT(Read(" \n\n"), ElementsAre());
}

TEST_F(RecordReaderTest, GivesOutBlankLinesWhenAsked) {
  const auto read = [this](const std::string& bytes) {
    return Read(bytes, nullptr, {.blank_lines = true});
  };
  EXPECT_THAT(read("{\"a\":1}\n\n{\"b\":2}\n"), ElementsAre("{\"a\":1}", "", "{\"b\":2}"));
  EXPECT_THAT(read("\n{\"a\":1}\r\n \t\r\n\n"), ElementsAre("", "{\"a\":1}", "", ""));
  EXPECT_THAT(read("{\"a\":1}"), ElementsAre("{\"a\":1}"));
  EXPECT_THAT(read("{\n\"a\":1}\n\n{\"b\":2}\n\n"), ElementsAre("{\n\"a\":1}", "{\"b\":2}"));
  EXPECT_THAT(read("{\"Records\":[{\"a\":1},\n\n{}]}\n"), ElementsAre("{\"a\":1}", "{}"));
}

TEST_F(RecordReaderTest, GivesOutMalformedTextByLinesAndGoesOn) {
  EXPECT_THAT(Read("{\"a\":1\n{\"b\":2}\nplain text\n{\"c\":\"x\n{\"d\":4}\n"),
              ElementsAre("{\"a\":1", "{\"b\":2}", "plain text", "{\"c\":\"x", "{\"d\":4}"));
  EXPECT_THAT(Read(R"({"Records":[{"a":tru},{"b":2}]})"), ElementsAre("{\"a\":tru}", "{\"b\":2}"));
  EXPECT_THAT(Read("{\"a\":1}\n{\"b\":[1,"), ElementsAre("{\"a\":1}", "{\"b\":[1,"));
  EXPECT_THAT(Read(R"({"Records":[{"a":1},{"b")"), ElementsAre("{\"a\":1}", "{\"b\""));
}

TEST_F(RecordReaderTest, TellsWhenAFileEndsBetweenElements) {
  Status error;
  EXPECT_THAT(Read(R"({"Records":[{"a":1},)", &error), ElementsAre("{\"a\":1}"));
  EXPECT_THAT(std::string(Message(error)), HasSubstr("ends inside an array of records"));
}

TEST_F(RecordReaderTest, UnpacksGzipMembers) {
  EXPECT_THAT(Read(GzipBytes("{\"a\":1}\n{\"b\"") + GzipBytes(":2}") + std::string(512, '\0')),
              ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST_F(RecordReaderTest, ReportsDamagedGzipAfterTheRecordsBeforeIt) {
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += fmt::format("{{\"n\":{}}}\n", i * 7919 % 10007);
  }
  const std::string packed = GzipBytes(text);
  Status error;
  const auto cut = Read(packed.substr(0, packed.size() / 2), &error);
  EXPECT_GT(cut.size(), 1000u);
  EXPECT_LT(cut.size(), 20000u);
  EXPECT_EQ(error.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(error)), HasSubstr("ends too early"));
  std::string damaged = packed;
  damaged[packed.size() / 2] = static_cast<char>(damaged[packed.size() / 2] ^ 0x55);
  damaged[packed.size() / 2 + 1] = static_cast<char>(damaged[packed.size() / 2 + 1] ^ 0x55);
  Read(damaged, &error);
  EXPECT_EQ(error.code(), StatusCode::kDataLoss);
  Read(packed + "trailer", &error);
  EXPECT_THAT(std::string(Message(error)), HasSubstr("no gzip data"));
}

TEST_F(RecordReaderTest, CountsLinesAndBytes) {
  const std::string bytes = "\n{\"a\":1}\n{\n\"b\":2}\n  {\"c\":3}";
  const auto reader = Open(bytes);
  EXPECT_EQ(reader->bytes_total(), bytes.size());
  std::string_view record;
  std::vector<uint64_t> lines;
  while (reader->Next(&record).value()) {
    lines.push_back(reader->line());
  }
  EXPECT_THAT(lines, ElementsAre(2, 3, 5));
  EXPECT_EQ(reader->bytes_read(), bytes.size());
}

TEST_F(RecordReaderTest, StreamsLongArraysWithPaddingBehindEachRecord) {
  std::string bytes = R"({"first":{"k":[1]},"Records":[)";
  std::vector<std::string> expected;
  for (int i = 0; i < 40000; ++i) {
    // Elements of all lengths around the edges of chunks, and one of several chunks.
    const auto size = static_cast<std::size_t>(i == 777 ? 1'000'000 : i * 31 % 97);
    expected.push_back(fmt::format(R"({{"n":{},"t":"{}"}})", i, std::string(size, 'x')));
    bytes += (i == 0 ? "" : ",") + expected.back();
  }
  const auto reader = Open(bytes + "]}");
  std::string_view record;
  std::size_t count = 0;
  volatile char sum = 0;
  while (reader->Next(&record).value()) {
    ASSERT_EQ(record, expected[count]);
    ++count;
    for (std::size_t i = 0; i < Decoder::kPadding; ++i) {
      sum = static_cast<char>(sum ^ record.data()[record.size() + i]);
    }
  }
  EXPECT_EQ(count, expected.size());
}

TEST_F(RecordReaderTest, BlanksBetweenTokensChangeNothing) {
  std::mt19937 random(20250301);
  const std::vector<std::string> tokens{
      "{", "\"Records\"", ":", "[", "{", "\"a\"", ":", "1.5e3", ",", "\"b, ]\"", ":", "[",
      "true", ",", "null", "]", "}", ",", "{", "\"c\\\"\"", ":", "{", "}", "}", "]", "}"};
  const auto compact = [](std::string_view text) {
    std::string out;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      in_string = in_string != (text[i] == '"' && (i == 0 || text[i - 1] != '\\'));
      if (in_string || std::string_view(" \t\r\n").find(text[i]) == std::string_view::npos) {
        out.push_back(text[i]);
      }
    }
    return out;
  };
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    for (const std::string& token : tokens) {
      for (auto blanks = random() % 4; blanks > 0; --blanks) {
        bytes.push_back(" \t\r\n"[random() % 4]);
      }
      bytes += token;
    }
    std::vector<std::string> records = Read(bytes);
    for (std::string& record : records) {
      record = compact(record);
    }
    EXPECT_THAT(records, ElementsAre(R"({"a":1.5e3,"b, ]":[true,null]})", R"({"c\"":{}})")) << bytes;
  }
}

TEST_F(RecordReaderTest, SaysWhyAFileCannotBeOpened) {
  const auto missing = RecordReader::Open((folder_ / "none").string());
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(RecordReader::Open(folder_.string()).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::source
