#include "coordinator/rule_service.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include "common/rpc/status.h"
#include "common/wire/text.h"
#include "common/wire/time.h"
#include "coordinator/audit.h"

namespace weir::coordinator {
namespace {

namespace pb = weir::rule::v1;

constexpr int kPageSizeDefault = 50;
constexpr int kPageSizeMax = 200;
constexpr int64_t kRetryDelayMs = 1000;

grpc::Status Answer(const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      return rpc::ToGrpcArgument(status);
    case StatusCode::kAborted:
      return rpc::ToGrpcReason(status, "STALE_VERSION");
    case StatusCode::kFailedPrecondition:
      return rpc::ToGrpcReason(status, "NOT_LEADER");
    case StatusCode::kUnavailable:
      return rpc::ToGrpc(status, kRetryDelayMs);
    default:
      return rpc::ToGrpc(status);
  }
}

void Fill(const RuleInfo& info, pb::RuleInfo* message) {
  message->set_path(wire::ValidUtf8(info.path));
  message->set_kind(info.is_overlay ? pb::FILE_KIND_OVERLAY : pb::FILE_KIND_RULE);
  message->set_rule_id(wire::ValidUtf8(info.rule_id));
  message->set_rule_name(wire::ValidUtf8(info.rule_name));
  message->set_dialect(info.dialect);
  message->set_severity(info.severity);
  message->set_state(info.state == RuleState::kRefused    ? pb::RULE_STATE_REFUSED
                     : info.state == RuleState::kDisabled ? pb::RULE_STATE_DISABLED
                                                          : pb::RULE_STATE_ENABLED);
  message->set_mode(info.mode);
  message->set_rule_version(info.rule_version);
  message->set_rows(info.counters.rows);
  message->set_alerts(info.counters.alerts);
  message->set_suppressed(info.counters.suppressed);
  message->set_refused_rows(info.counters.late + info.counters.future);
  for (const std::string& finding : info.findings) {
    message->add_findings(wire::ValidUtf8(finding));
  }
  message->set_switched(info.switched);
}

void Fill(const RuleSetChange& change, pb::RuleSetChange* message) {
  message->set_version(change.version.value);
  message->set_before_version(change.before.value);
  message->set_refused(change.refused);
  for (const FileChange& file : change.files) {
    pb::FileChange* out = message->add_files();
    out->set_path(wire::ValidUtf8(file.path));
    out->set_action(file.action);
    out->set_rule_id(wire::ValidUtf8(file.rule_id));
    out->set_rule_name(wire::ValidUtf8(file.rule_name));
    out->set_diff(wire::ValidUtf8(file.diff));
    for (const std::string& finding : file.findings) {
      out->add_findings(wire::ValidUtf8(finding));
    }
  }
  for (const RuleWindow& window : change.windows) {
    pb::RuleWindow* out = message->add_windows();
    out->set_rule_id(wire::ValidUtf8(window.rule_id));
    out->set_rule_name(wire::ValidUtf8(window.rule_name));
    out->set_change(window.change == RuleWindow::Change::kKept  ? pb::WINDOW_CHANGE_KEPT
                    : window.change == RuleWindow::Change::kNew ? pb::WINDOW_CHANGE_NEW
                                                                : pb::WINDOW_CHANGE_UNSPECIFIED);
    if (window.warming_until_ms != 0) {
      wire::TimeToProto(window.warming_until_ms, out->mutable_warming_until());
    }
  }
}

void Fill(const VersionInfo& info, pb::RuleSetVersion* message) {
  message->set_version(info.version.value);
  if (info.created_ms > 0) {
    wire::TimeToProto(info.created_ms, message->mutable_created_at());
  }
  message->set_author(wire::ValidUtf8(info.author));
  message->set_message(wire::ValidUtf8(info.message));
  message->set_summary(wire::ValidUtf8(info.summary));
  message->set_files(info.files);
}

template <typename Request>
ChangeOptions OptionsOf(const Request& request, const std::string& actor) {
  ChangeOptions options;
  options.expected = weir::RuleSetVersion(request.expected_version());
  options.author = request.author().empty() ? actor : request.author();
  options.message = request.message();
  return options;
}

template <typename Response>
Status Take(const StatusOr<RuleSetChange>& change, Response* response) {
  WEIR_RETURN_IF_ERROR(change.status());
  Fill(*change, response->mutable_change());
  return OkStatus();
}

}  // namespace

// Changes are made one after the other: each begins with what the last one made.
class RuleService::Threads {
 public:
  ~Threads() { pool_.join(); }
  boost::asio::thread_pool pool_{1};
};

RuleService::RuleService(std::unique_ptr<RuleBackend> backend)
    : backend_(std::move(backend)), admin_(backend_.get()), threads_(std::make_unique<Threads>()) {}

RuleService::~RuleService() = default;

grpc::ServerUnaryReactor* RuleService::Run(grpc::CallbackServerContext* context,
                                           std::string_view method, std::string what,
                                           std::function<Status(const std::string&)> call) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  boost::asio::post(threads_->pool_, [actor = ActorOf(*context), method, what = std::move(what),
                                      call = std::move(call), reactor] {
    const Status status = call(actor);
    Audit({actor, method, what, status, 0});
    reactor->Finish(Answer(status));
  });
  return reactor;
}

grpc::ServerUnaryReactor* RuleService::ListRules(grpc::CallbackServerContext* context,
                                                 const pb::ListRulesRequest* /*request*/,
                                                 pb::ListRulesResponse* response) {
  return Run(context, "ListRules", "", [this, response](const std::string& /*actor*/) -> Status {
    weir::RuleSetVersion version;
    WEIR_ASSIGN_OR_RETURN(const std::vector<RuleInfo> infos, admin_.List(&version));
    response->set_version(version.value);
    for (const RuleInfo& info : infos) {
      Fill(info, response->add_rules());
    }
    return OkStatus();
  });
}

grpc::ServerUnaryReactor* RuleService::GetRule(grpc::CallbackServerContext* context,
                                               const pb::GetRuleRequest* request,
                                               pb::GetRuleResponse* response) {
  return Run(context, "GetRule", request->rule().substr(0, 200),
             [this, request, response](const std::string& /*actor*/) -> Status {
               WEIR_ASSIGN_OR_RETURN(const RuleDetails details, admin_.Get(request->rule()));
               Fill(details.info, response->mutable_info());
               response->set_text(wire::ValidUtf8(details.text));
               response->set_plan(wire::ValidUtf8(details.plan));
               for (const std::string& changed : details.changes) {
                 response->add_changes(wire::ValidUtf8(changed));
               }
               response->set_version(details.version.value);
               return OkStatus();
             });
}

grpc::ServerUnaryReactor* RuleService::ApplyRules(grpc::CallbackServerContext* context,
                                                  const pb::ApplyRulesRequest* request,
                                                  pb::ApplyRulesResponse* response) {
  return Run(context, "ApplyRules", fmt::format("{} files", request->files_size()),
             [this, request, response](const std::string& actor) {
               ChangeOptions options = OptionsOf(*request, actor);
               options.dry_run = request->dry_run();
               options.all_or_nothing = request->all_or_nothing();
               std::vector<AppliedFile> files;
               for (const pb::RuleFile& file : request->files()) {
                 files.push_back({file.path(), file.text(), file.kind() == pb::FILE_KIND_OVERLAY});
               }
               return Take(admin_.Apply(files, options), response);
             });
}

grpc::ServerUnaryReactor* RuleService::SetRuleEnabled(grpc::CallbackServerContext* context,
                                                      const pb::SetRuleEnabledRequest* request,
                                                      pb::SetRuleEnabledResponse* response) {
  return Run(context, "SetRuleEnabled", request->rule().substr(0, 200),
             [this, request, response](const std::string& actor) {
               return Take(admin_.SetEnabled(request->rule(), request->enabled(),
                                             OptionsOf(*request, actor)),
                           response);
             });
}

grpc::ServerUnaryReactor* RuleService::DeleteRule(grpc::CallbackServerContext* context,
                                                  const pb::DeleteRuleRequest* request,
                                                  pb::DeleteRuleResponse* response) {
  return Run(context, "DeleteRule", request->rule().substr(0, 200),
             [this, request, response](const std::string& actor) {
               return Take(admin_.Delete(request->rule(), OptionsOf(*request, actor)), response);
             });
}

grpc::ServerUnaryReactor* RuleService::ListRuleSetVersions(
    grpc::CallbackServerContext* context, const pb::ListRuleSetVersionsRequest* request,
    pb::ListRuleSetVersionsResponse* response) {
  return Run(context, "ListRuleSetVersions", request->rule().substr(0, 200),
             [this, request, response](const std::string& /*actor*/) -> Status {
               const int asked = request->page_size();
               if (asked < 0 || asked > kPageSizeMax) {
                 return InvalidArgument("page_size: expected 0 to {}, got {}", kPageSizeMax, asked);
               }
               WEIR_ASSIGN_OR_RETURN(
                   const VersionPage page,
                   admin_.Versions(request->rule(),
                                   static_cast<std::size_t>(asked == 0 ? kPageSizeDefault : asked),
                                   weir::RuleSetVersion(request->before_version())));
               for (const VersionInfo& info : page.versions) {
                 Fill(info, response->add_versions());
               }
               response->set_next_before_version(page.next_before.value);
               return OkStatus();
             });
}

grpc::ServerUnaryReactor* RuleService::GetRuleSetVersion(
    grpc::CallbackServerContext* context, const pb::GetRuleSetVersionRequest* request,
    pb::GetRuleSetVersionResponse* response) {
  return Run(context, "GetRuleSetVersion", fmt::format("{}", request->version()),
             [this, request, response](const std::string& /*actor*/) -> Status {
               std::vector<AppliedFile> files;
               WEIR_ASSIGN_OR_RETURN(
                   const VersionInfo info,
                   admin_.GetVersion(weir::RuleSetVersion(request->version()), &files));
               Fill(info, response->mutable_version());
               for (const AppliedFile& file : files) {
                 pb::RuleFile* out = response->add_files();
                 out->set_path(wire::ValidUtf8(file.path));
                 out->set_text(wire::ValidUtf8(file.text));
                 out->set_kind(file.is_overlay ? pb::FILE_KIND_OVERLAY : pb::FILE_KIND_RULE);
               }
               return OkStatus();
             });
}

grpc::ServerUnaryReactor* RuleService::RollBackRules(grpc::CallbackServerContext* context,
                                                     const pb::RollBackRulesRequest* request,
                                                     pb::RollBackRulesResponse* response) {
  return Run(context, "RollBackRules", fmt::format("{}", request->to_version()),
             [this, request, response](const std::string& actor) {
               ChangeOptions options = OptionsOf(*request, actor);
               options.dry_run = request->dry_run();
               return Take(
                   admin_.RollBack(weir::RuleSetVersion(request->to_version()), options), response);
             });
}

}  // namespace weir::coordinator
