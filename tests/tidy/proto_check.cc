#include "tests/tidy/proto_check.h"

#include <algorithm>
#include <cctype>
#include <regex>

#include <fmt/format.h>

namespace weir::tidy {
namespace {

// Messages of others that we must match byte for byte keep their own names.
constexpr std::string_view kOurFolder = "proto/weir/";

std::string Trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return "";
  }
  return std::string(line.substr(first, line.find_last_not_of(" \t") - first + 1));
}

// "AlertStatus" -> "ALERT_STATUS".
std::string UpperSnake(std::string_view name) {
  std::string upper;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (i > 0 && std::isupper(c) != 0 &&
        std::isupper(static_cast<unsigned char>(name[i - 1])) == 0) {
      upper += '_';
    }
    upper += static_cast<char>(std::toupper(c));
  }
  return upper;
}

std::string ExpectedPackage(std::string_view path) {
  constexpr std::string_view kRoot = "proto/";
  std::string package(path.substr(kRoot.size(), path.rfind('/') - kRoot.size()));
  std::replace(package.begin(), package.end(), '/', '.');
  return package;
}

// Reads one file line by line, keeping the stack of open blocks.
class ProtoReader {
 public:
  ProtoReader(const SourceFile& file, Findings* findings) : file_(file), findings_(findings) {}

  void Read() {
    for (std::size_t i = 0; i < file_.lines.size(); ++i) {
      line_ = i + 1;
      const std::string line = Trimmed(file_.lines[i]);
      if (line.empty() || line.starts_with("//")) {
        commented_ = !line.empty();
        continue;
      }
      const std::size_t comment = line.find("//");
      const std::string code = Trimmed(line.substr(0, comment));
      const bool own_comment = commented_ || comment != std::string::npos;
      if (!in_statement_) {
        Statement(code, own_comment);
      }
      Track(code);
      commented_ = false;
    }
    if (!package_seen_) {
      Report("has no package");
    }
  }

 private:
  struct Block {
    std::string keyword;
    std::string name;
  };

  void Report(std::string_view what) { findings_->push_back(Finding(file_, line_, what)); }
  bool ours() const { return file_.path.starts_with(kOurFolder); }
  bool Inside(std::string_view keyword) const {
    return !blocks_.empty() && blocks_.back().keyword == keyword;
  }

  // The first line of a statement.
  void Statement(const std::string& code, bool commented) {
    static const std::regex kPackage(R"(package\s+([\w.]+)\s*;)");
    static const std::regex kBlock(R"((message|enum|service|oneof|extend)\s+(\w+)\s*\{?.*)");
    static const std::regex kRpc(R"(rpc\s+(\w+).*)");
    static const std::regex kNoItem(R"((option|reserved|import|syntax|extensions)\b.*)");
    static const std::regex kValue(R"((\w+)\s*=\s*(\d+).*)");
    static const std::regex kField(R"(.*?(\w+)\s*=\s*\d+.*)");
    std::smatch match;
    next_ = {};
    if (std::regex_match(code, match, kPackage)) {
      package_seen_ = true;
      if (const std::string wanted = ExpectedPackage(file_.path); match[1] != wanted) {
        Report(fmt::format("package {} must be that of the folder, {}", match[1].str(), wanted));
      }
    } else if (std::regex_match(code, match, kBlock)) {
      next_ = {match[1], match[2]};
      Commented(match[1].str(), match[2].str(), commented);
    } else if (Inside("service") && std::regex_match(code, match, kRpc)) {
      Commented("rpc", match[1].str(), commented);
    } else if (std::regex_match(code, kNoItem)) {
      return;
    } else if (Inside("enum") && std::regex_match(code, match, kValue)) {
      Commented("value", match[1].str(), commented);
      EnumValue(match[1].str(), match[2].str());
    } else if ((Inside("message") || Inside("oneof")) && std::regex_match(code, match, kField)) {
      Commented("field", match[1].str(), commented);
    }
  }

  void Commented(std::string_view kind, std::string_view name, bool commented) {
    if (!commented && ours() && kind != "oneof") {
      Report(fmt::format("{} {} has no comment: say unit, default and what absence means", kind,
                         name));
    }
  }

  void EnumValue(const std::string& name, const std::string& number) {
    if (!ours()) {
      return;
    }
    const std::string prefix = UpperSnake(blocks_.back().name) + "_";
    if (!name.starts_with(prefix)) {
      Report(fmt::format("enum value {} must start with {}", name, prefix));
    }
    if (number == "0" && name != prefix + "UNSPECIFIED") {
      Report(fmt::format("zero of the enum must be {}UNSPECIFIED", prefix));
    }
  }

  // Follows braces, and whether the statement goes on in the next line.
  void Track(const std::string& code) {
    for (const char c : code) {
      if (c == '{') {
        blocks_.push_back(next_);
        next_ = {};
      } else if (c == '}' && !blocks_.empty()) {
        blocks_.pop_back();
      }
    }
    in_statement_ = !code.empty() && code.back() != ';' && code.back() != '{' && code.back() != '}';
  }

  const SourceFile& file_;
  Findings* findings_;
  std::size_t line_ = 0;
  bool commented_ = false;
  bool in_statement_ = false;
  bool package_seen_ = false;
  std::vector<Block> blocks_;
  Block next_;
};

}  // namespace

Findings CheckProtos(const Files& files) {
  Findings findings;
  for (const SourceFile& file : files) {
    if (file.path.starts_with("proto/") && file.path.ends_with(".proto")) {
      ProtoReader(file, &findings).Read();
    }
  }
  return findings;
}

}  // namespace weir::tidy
