// weir stories list|show: analytic stories and the detections that belong to them.
#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/command_internal.h"
#include "cli/rule_files_internal.h"
#include "cli/terminal.h"
#include "common/base/json_writer.h"
#include "common/rule/story.h"

namespace weir::cli {
namespace {

struct StoryFlags {
  std::string story;
  std::vector<std::string> rules;
  std::vector<std::string> macros;
  std::string format = "text";
};

struct Member {
  const rule::LoadResult* file = nullptr;
  std::string status;        // ok, warning, unsupported, error
};

struct StoryPage {
  rule::Story story;
  std::vector<Member> detections;
  std::set<std::string> data_sources;
};

std::vector<std::string> Techniques(const rule::Rule& rule) {
  std::vector<std::string> texts;
  const auto add = [&](const rule::ThreatEntry& entry) {
    texts.push_back(entry.name.empty() ? entry.id : fmt::format("{} {}", entry.id, entry.name));
  };
  for (const rule::ThreatMapping& threat : rule.threat) {
    for (const rule::ThreatTechnique& technique : threat.techniques) {
      if (technique.subtechniques.empty()) {
        add(technique.entry);
      }
      for (const rule::ThreatEntry& part : technique.subtechniques) {
        add(part);
      }
    }
  }
  return texts;
}

StatusOr<std::vector<StoryPage>> LoadPages(const StoryFlags& flags, Loaded* loaded) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<std::string> paths, RulePaths(flags.rules));
  if (paths.empty()) {
    return InvalidArgument("no rules to look among: name them with --rules or WEIR_RULES");
  }
  LoadFlags load;
  load.switched_off_too = true;
  load.macros = flags.macros;
  WEIR_ASSIGN_OR_RETURN(*loaded, LoadAndCompile(paths, load));
  WEIR_ASSIGN_OR_RETURN(std::vector<rule::Story> stories, rule::LoadStories(paths));
  std::vector<StoryPage> pages;
  for (rule::Story& story : stories) {
    pages.push_back({std::move(story), {}, {}});
  }
  for (std::size_t i = 0; i < loaded->files.size(); ++i) {
    const rule::LoadResult& file = loaded->files[i];
    if (!file.rule.has_value() || !file.rule->detection.has_value()) {
      continue;
    }
    for (const std::string& name : file.rule->detection->stories) {
      auto page = std::find_if(pages.begin(), pages.end(),
                               [&](const StoryPage& one) { return one.story.name == name; });
      if (page == pages.end()) {
        rule::Story unknown;
        unknown.name = name;   // named by detections only
        page = pages.insert(pages.end(), {std::move(unknown), {}, {}});
      }
      page->detections.push_back({&file, std::string(Judge(loaded->findings[i]).status)});
      page->data_sources.insert(file.rule->detection->data_sources.begin(),
                                file.rule->detection->data_sources.end());
    }
  }
  return pages;
}

void WriteJson(const StoryPage& page, JsonWriter* json) {
  const auto list = [&](std::string_view key, const auto& texts) {
    json->Key(key);
    json->BeginArray();
    for (const std::string& text : texts) {
      json->String(text);
    }
    json->EndArray();
  };
  json->BeginObject();
  json->Key("name");
  json->String(page.story.name);
  json->Key("id");
  json->String(page.story.id);
  json->Key("version");
  json->Int(page.story.version);
  json->Key("description");
  json->String(page.story.description);
  json->Key("why_it_matters");
  json->String(page.story.narrative);
  json->Key("detections");
  json->BeginArray();
  for (const Member& member : page.detections) {
    const rule::Rule& rule = *member.file->rule;
    json->BeginObject();
    json->Key("name");
    json->String(rule.name);
    json->Key("rule_id");
    json->String(rule.id);
    json->Key("type");
    json->String(rule.detection->type);
    list("techniques", Techniques(rule));
    json->Key("status");
    json->String(member.status);
    json->Key("path");
    json->String(member.file->path);
    json->EndObject();
  }
  json->EndArray();
  list("data_sources", page.data_sources);
  list("references", page.story.references);
  json->EndObject();
}

std::string PageText(const StoryPage& page) {
  const rule::Story& story = page.story;
  std::string text = story.name + "\n";
  const auto section = [&](std::string_view title, const std::string& body) {
    if (!body.empty()) {
      text += fmt::format("\n{}\n  {}{}", title, body, body.back() == '\n' ? "" : "\n");
    }
  };
  section("Description", story.description);
  section("Why it matters", story.narrative);
  text += "\nDetections\n";
  for (const Member& member : page.detections) {
    const rule::Rule& rule = *member.file->rule;
    text += fmt::format("  {}\n    {}; {}{}\n", rule.name, rule.detection->type,
                        fmt::join(Techniques(rule), ", "),
                        member.status == "ok" ? "" : fmt::format("; {}", member.status));
  }
  if (page.detections.empty()) {
    text += "  none of the rules at hand\n";
  }
  text += "\nData sources\n";
  for (const std::string& source : page.data_sources) {
    text += fmt::format("  {}\n", source);
  }
  if (!story.references.empty()) {
    text += "\nReferences\n";
    for (const std::string& reference : story.references) {
      text += fmt::format("  {}\n", reference);
    }
  }
  return text;
}

StatusOr<std::string> List(const StoryFlags& flags) {
  Loaded loaded;
  WEIR_ASSIGN_OR_RETURN(const std::vector<StoryPage> pages, LoadPages(flags, &loaded));
  std::string out;
  for (const StoryPage& page : pages) {
    if (flags.format == "json") {
      JsonWriter json(&out);
      WriteJson(page, &json);
      out += "\n";
    } else {
      out += fmt::format("{}  {} detections\n", page.story.name, page.detections.size());
    }
  }
  return out.empty() ? "no stories\n" : out;
}

StatusOr<std::string> Show(const StoryFlags& flags) {
  Loaded loaded;
  WEIR_ASSIGN_OR_RETURN(const std::vector<StoryPage> pages, LoadPages(flags, &loaded));
  const StoryPage* found = nullptr;
  std::string names;
  for (const StoryPage& page : pages) {
    if (page.story.name == flags.story || page.story.id == flags.story) {
      found = &page;
      names.clear();
      break;
    }
    if (page.story.name.find(flags.story) != std::string::npos) {
      names += "\n  " + page.story.name;
      found = &page;
    }
  }
  if (found == nullptr) {
    return NotFound("no story with the id or a name like '{}' among {}", flags.story, pages.size());
  }
  if (std::count(names.begin(), names.end(), '\n') > 1) {
    return InvalidArgument("'{}' may mean any of these stories:{}", flags.story, names);
  }
  if (flags.format != "json") {
    return PageText(*found);
  }
  std::string out;
  JsonWriter json(&out);
  WriteJson(*found, &json);
  return out + "\n";
}

int PrintResult(const StatusOr<std::string>& text) {
  if (!text.ok()) {
    PrintError(fmt::format("{}", text.status()));
    return text.status().code() == StatusCode::kNotFound ? kExitNotFound : kExitFailed;
  }
  Print(*text);
  return kExitOk;
}

void AddOptions(CLI::App* command, StoryFlags* flags) {
  command
      ->add_option("--rules", flags->rules,
                   "Rule files or folders (may be repeated); default: the configuration's")
      ->allow_extra_args(false);
  command->add_option("--macros", flags->macros, "Folder of macros (may be repeated)")
      ->allow_extra_args(false);
  command->add_option("--format", flags->format, "text, or json: one object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

}  // namespace

void AddStoriesCommand(CLI::App* app, Action* action) {
  CLI::App* command = app->add_subcommand("stories", "Analytic stories and their detections");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "The stories that the rules name");
  auto list_flags = std::make_shared<StoryFlags>();
  AddOptions(list, list_flags.get());
  list->callback(
      [action, list_flags] { *action = [list_flags] { return PrintResult(List(*list_flags)); }; });
  CLI::App* show = command->add_subcommand(
      "show", "One story: what it is, why it matters, its detections and their data sources");
  auto show_flags = std::make_shared<StoryFlags>();
  show->add_option("STORY", show_flags->story, "Id or part of a name")->required();
  AddOptions(show, show_flags.get());
  show->callback(
      [action, show_flags] { *action = [show_flags] { return PrintResult(Show(*show_flags)); }; });
}

}  // namespace weir::cli
