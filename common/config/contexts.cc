#include "common/config/contexts.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "common/config/options.h"

namespace weir::config {
namespace {

constexpr std::string_view kCurrent = "current";
constexpr std::string_view kContexts = "contexts";

class Reader {
 public:
  Reader(const std::string& path, ContextsResult* result) : path_(path), result_(result) {}

  void Read(const YAML::Node& root) {
    YAML::Node current;
    ForEachKey(root, "the file", [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
      if (key == kCurrent) {
        current.reset(value);
        result_->contexts.current = Text(key, value);
      } else if (key == kContexts) {
        ForEachKey(value, "contexts", [&](const std::string& name, const YAML::Node& name_at,
                                          const YAML::Node& context) { ReadContext(name, name_at, context); });
      } else {
        Unknown(at, key, "the file", {std::string(kCurrent), std::string(kContexts)});
      }
    });
    Contexts& contexts = result_->contexts;
    std::sort(contexts.contexts.begin(), contexts.contexts.end(),
              [](const Context& left, const Context& right) { return left.name < right.name; });
    if (!contexts.current.empty() && contexts.Find(contexts.current) == nullptr) {
      Add(current, fmt::format("current names '{}', which is none of the contexts", contexts.current),
          Nearest(contexts.current, contexts.Names()));
    }
  }

 private:
  void Add(const YAML::Node& node, std::string message, std::string hint = "") {
    const YAML::Mark mark = node.Mark();
    result_->problems.push_back(
        {mark.is_null() ? path_ : fmt::format("{}:{}:{}", path_, mark.line + 1, mark.column + 1), "",
         std::move(message), std::move(hint)});
  }
  static std::string Nearest(std::string_view name, const std::vector<std::string>& known) {
    const std::string nearest = NearestName(name, known);
    return nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest);
  }
  void Unknown(const YAML::Node& at, const std::string& key, std::string_view where,
               const std::vector<std::string>& known) {
    Add(at, fmt::format("unknown key '{}' of {}", key, where), Nearest(key, known));
  }

  template <typename Visit>
  void ForEachKey(const YAML::Node& map, std::string_view what, const Visit& visit) {
    if (map.IsNull()) {
      return;
    }
    if (!map.IsMap()) {
      Add(map, fmt::format("{}: expected keys and values", what));
      return;
    }
    std::set<std::string> seen;
    for (const auto& item : map) {
      if (!item.first.IsScalar()) {
        Add(item.first, fmt::format("{}: expected a name as key", what));
      } else if (!seen.insert(item.first.Scalar()).second) {
        Add(item.first, fmt::format("key '{}' is given twice", item.first.Scalar()));
      } else {
        visit(item.first.Scalar(), item.first, item.second);
      }
    }
  }

  std::string Text(const std::string& key, const YAML::Node& value) {
    if (!value.IsScalar() && !value.IsNull()) {
      Add(value, fmt::format("'{}' takes a text", key));
    }
    return value.IsScalar() ? value.Scalar() : "";
  }

  void ReadContext(const std::string& name, const YAML::Node& at, const YAML::Node& map) {
    Context context;
    context.name = name;
    const std::size_t before = result_->problems.size();
    if (const Status status = CheckContextName(name); !status.ok()) {
      Add(at, std::string(Message(status)));
    }
    const std::string what = fmt::format("context '{}'", name);
    ForEachKey(map, what, [&](const std::string& key, const YAML::Node& key_at, const YAML::Node& value) {
      std::vector<std::string> known;
      for (const ContextKey& option : ContextKeys()) {
        if (option.name == key) {
          context.*option.member = Text(key, value);
          return;
        }
        known.emplace_back(option.name);
      }
      Unknown(key_at, key, what, known);
    });
    if (const Status status = CheckContext(context);
        !status.ok() && result_->problems.size() == before) {
      Add(at, std::string(Message(status)));
    }
    result_->contexts.contexts.push_back(std::move(context));
  }

  const std::string& path_;
  ContextsResult* const result_;
};

}  // namespace

const Context* Contexts::Find(std::string_view name) const {
  const auto found = std::find_if(contexts.begin(), contexts.end(),
                                  [&](const Context& context) { return context.name == name; });
  return found == contexts.end() ? nullptr : &*found;
}

Context* Contexts::Find(std::string_view name) {
  return const_cast<Context*>(std::as_const(*this).Find(name));   // of this object, which is not const
}

std::vector<std::string> Contexts::Names() const {
  std::vector<std::string> names;
  for (const Context& context : contexts) {
    names.push_back(context.name);
  }
  return names;
}

const std::vector<ContextKey>& ContextKeys() {
  static const std::vector<ContextKey> kKeys = {
      {"address", &Context::address, "HOST:PORT of the cluster"},
      {"ca", &Context::ca, "PEM file of the CA that the cluster's certificates are signed by: use TLS"},
      {"cert", &Context::cert, "PEM file of the certificate to show"},
      {"key", &Context::key, "PEM file of its private key"},
      {"token", &Context::token, "Bearer token to show"},
      {"token_file", &Context::token_file, "File whose first line is the bearer token to show"},
      {"tenant", &Context::tenant, "Tenant whose alerts are listed"},
  };
  return kKeys;
}

Status CheckContextName(const std::string& name) {
  const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-_.") == std::string::npos;
  return !name.empty() && plain && name.size() <= 64
             ? OkStatus()
             : InvalidArgument("'{}' is no name of a context: 1 to 64 letters, digits, '-', '_' and '.'", name);
}

Status CheckContext(const Context& context) {
  const std::size_t colon = context.address.rfind(':');
  const std::string port = colon == std::string::npos ? "" : context.address.substr(colon + 1);
  if (!context.address.empty() &&
      (colon == 0 || port.empty() || port.size() > 5 ||
       port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65535)) {
    return InvalidArgument("context '{}': address: expected HOST:PORT, got '{}'", context.name,
                           context.address);
  }
  if (context.cert.empty() != context.key.empty()) {
    return InvalidArgument("context '{}': cert and key go together, and one is missing", context.name);
  }
  if (!context.token.empty() && !context.token_file.empty()) {
    return InvalidArgument("context '{}': token and token_file are both given", context.name);
  }
  if (context.ca.empty() &&
      (!context.cert.empty() || !context.token.empty() || !context.token_file.empty())) {
    return InvalidArgument("context '{}': a certificate or token is shown over TLS only, and there is no ca",
                           context.name);
  }
  return OkStatus();
}

ContextsResult ParseContexts(const std::string& path, const std::string& text) {
  ContextsResult result;
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsDefined()) {
      Reader(path, &result).Read(root);
    }
  } catch (const YAML::Exception& error) {
    result.problems.push_back({error.mark.is_null() ? path
                                                    : fmt::format("{}:{}:{}", path, error.mark.line + 1,
                                                                  error.mark.column + 1),
                               "", fmt::format("not YAML: {}", error.msg), ""});
  }
  return result;
}

std::string ContextsYaml(const Contexts& contexts) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  if (!contexts.current.empty()) {
    out << YAML::Key << std::string(kCurrent) << YAML::Value << contexts.current;
  }
  out << YAML::Key << std::string(kContexts) << YAML::Value << YAML::BeginMap;
  for (const Context& context : contexts.contexts) {
    out << YAML::Key << context.name << YAML::Value << YAML::BeginMap;
    for (const ContextKey& key : ContextKeys()) {
      if (!(context.*key.member).empty()) {
        out << YAML::Key << std::string(key.name) << YAML::Value << YAML::DoubleQuoted
            << context.*key.member;
      }
    }
    out << YAML::EndMap;
  }
  out << YAML::EndMap << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace weir::config
