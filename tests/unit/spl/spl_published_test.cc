// Searches in the shapes that published detections over CloudTrail have: each lowers, or is refused by
// the name of what is not run.
#include <gtest/gtest.h>

#include "common/esql/printer.h"
#include "common/spl/lower.h"
#include "common/spl/parser.h"

namespace weir::spl {
namespace {

// Empty when the search lowers.
std::string ProblemsOf(std::string_view text) {
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const std::optional<Search> search = Parse({}, &diagnostics);
  if (search.has_value() && Lower(*search, {}, &diagnostics).has_value()) {
    return "";
  }
  return esql::RenderAll(source, diagnostics.list());
}

// What is said of a search that lowers.
std::string WarningsOf(std::string_view text) {
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const std::optional<Search> search = Parse({}, &diagnostics);
  EXPECT_TRUE(search.has_value() && Lower(*search, {}, &diagnostics).has_value()) << text;
  return esql::RenderAll(source, diagnostics.list());
}

std::string LoweredText(std::string_view text) {
  const esql::Source source{std::string(text)};
  esql::Diagnostics diagnostics(&source);
  const std::optional<Search> search = Parse({}, &diagnostics);
  const auto query = search.has_value() ? Lower(*search, {}, &diagnostics) : std::nullopt;
  return query.has_value() ? esql::Print(*query) : esql::RenderAll(source, diagnostics.list());
}

constexpr std::string_view kRun[] = {
    "`cloudtrail` eventName=CreateUser userAgent !=console.amazonaws.com errorCode = success | eval "
    "same=if(match(userIdentity.userName,requestParameters.userName),1,0) | search same=0 | rename "
    "user_name as user | stats count min(_time) as firstTime by user, src | "
    "`security_content_ctime(firstTime)` | `x_filter`",
    "`cloudtrail` eventName=ConsoleLogin action=failure | bucket span=10m _time | stats dc(_raw) AS n "
    "values(src) as src by _time, user | where n > 10",
    "`cloudtrail` eventName=PutImage date_hour>=20 OR date_hour<8 OR date_wday=sunday | rename "
    "requestParameters.* as * | rename repositoryName AS repository | eval phase=\"release\" | stats "
    "min(_time) as firstTime by repository, imageTag, phase",
    "`cloudtrail` eventName=Describe* OR eventName=List* | fillnull | stats dc(eventName) as n by user "
    "src | where n > 50",
    "`cloudtrail` (errorCode = \"AccessDenied\") (userAgent!=*.amazonaws.com) | bucket _time span=1h | "
    "stats count as failures, dc(eventName) as methods by src | where failures >= 5 and methods >= 1",
    "`cloudtrail` eventName=PutBucketAcl | rex field=_raw \"(?<json>{.+})\" | spath input=json "
    "output=grantees path=requestParameters.AccessControlList.Grant{} | search grantees=* | mvexpand "
    "grantees | spath input=grantees output=uri path=Grantee.URI | search uri IN (\"http://a\",\"b*\") "
    "| stats count by uri",
    "`cloudtrail` eventName=PutKeyPolicy | spath input=requestParameters.policy output=s "
    "path=Statement{} | mvexpand s | spath input=s output=a1 path=Action | spath input=s output=a2 "
    "path=Action{} | eval a=mvappend(a1, a2) | search a=\"kms:Encrypt\" AND a1=\"*\" | stats count by a",
    "`cloudtrail` eventName=ConsoleLogin | stats dc(_raw) AS n by src_ip | eventstats avg(n) as mean , "
    "stdev(n) as dev | eval bound=(mean+dev*3) | eval out=if(n > 10 and n >= bound, 1, 0) | where out = 1",
    "`cloudtrail` eventName=ModifySnapshotAttribute | rename "
    "requestParameters.createVolumePermission.add.items{}.userId as other | search other != NULL | eval "
    "m=if(other==aws_account_id,\"Match\",\"No Match\") | where m = \"No Match\" | stats count by other",
    "`cloudtrail` eventName=\"BatchGetSecretValue\" | spath input=_raw path=userIdentity.arn output=arn | "
    "eval who=coalesce(arn, \"unknown\") | where who!=\"unknown\" | addinfo | eval "
    "begin=relative_time(info_max_time, \"-1h\") | where _time<=info_max_time | eval "
    "part=if(_time>=begin, \"now\", \"before\") | stats count(eval(part=\"now\")) as n "
    "values(eval(if(part=\"now\", src, null()))) as src earliest(eval(if(part=\"now\", _time, null()))) as "
    "first by who | where n>0 | `security_content_ctime(first)`",
    "`cloudtrail` eventName=PutBucketLifecycle | spath path=requestParameters{}.a{}.Days output=days | "
    "stats count dc('requestParameters.b') as n by days, user vendor_account",
    "`cloudtrail` eventName=CreateAccessKey | spath eventName | search eventName=CreateAccessKey | table "
    "sourceIPAddress userName userIdentity.type status",
};

TEST(SplPublishedTest, ShapesThatRun) {
  for (const std::string_view search : kRun) {
    EXPECT_EQ(ProblemsOf(search), "") << search;
  }
}

TEST(SplPublishedTest, ShapesThatAreRefusedByName) {
  constexpr std::pair<std::string_view, std::string_view> kRefused[] = {
      {"| tstats count from datamodel=X by y", "[tstats] is not supported"},
      {"`cloudtrail` | lookup known user OUTPUT seen", "[lookup] is not supported"},
      {"`cloudtrail` | join user [search a=1]", "[join] is not supported"},
      {"`cloudtrail` | transaction user", "[transaction] is not supported"},
      {"`cloudtrail` | streamstats count by user", "[streamstats] is not supported"},
      {"`cloudtrail` | iplocation src", "[iplocation] is not supported"},
      {"`cloudtrail` [| inputlookup known]", "subsearch"},
      {"`amazon_security_lake` a=1", "macro [amazon_security_lake] is not defined"},
      {"sourcetype=aws:cloudwatchlogs a=1", "[aws:cloudwatchlogs] is not supported"},
      {"`cloudtrail` | rex mode=sed \"s/a/b/\"", "option [mode] of rex is not supported"},
      {"`cloudtrail` | eval x=searchmatch(\"a\")", "[searchmatch] is not supported"},
  };
  for (const auto& [search, message] : kRefused) {
    const std::string problems = ProblemsOf(search);
    EXPECT_NE(problems.find(message), std::string::npos) << search << "\n" << problems;
  }
}

TEST(SplPublishedTest, NoCommandIsUnknown) {
  // Each is refused for what it is, not for a name nobody knows.
  for (const std::string_view command :
       {"fieldformat a=b", "strcat a b c", "makemv delim=\",\" a", "rangemap field=a low=1-2", "reltime",
        "filldown a", "tojson", "fromjson a", "associate a", "concurrency duration=a", "gauge a 1 2",
        "sistats count", "localop", "script p", "savedsearch x", "loadjob 1", "mcollect index=a",
        "dbxquery q", "history", "require", "typer", "tags", "highlight a", "contingency a b"}) {
    const std::string name(command.substr(0, command.find(' ')));
    const std::string problems = ProblemsOf("`cloudtrail` a=1 | " + std::string(command));
    EXPECT_NE(problems.find("command [" + name + "] is not supported: "), std::string::npos)
        << command << "\n" << problems;
  }
}

TEST(SplPublishedTest, AWildcardThatFitsNoFieldIsSaid) {
  const std::string warned = WarningsOf(
      "`cloudtrail` a=1 | stats count values(requestParameters.*) as * values(src) as src by user");
  EXPECT_NE(warned.find("[values(requestParameters.*)] gives no column"), std::string::npos) << warned;
  EXPECT_EQ(WarningsOf("`cloudtrail` requestParameters.b=1 | stats values(requestParameters.*) as * "
                       "by user"),
            "");
  EXPECT_NE(WarningsOf("`cloudtrail` a=1 | eventstats dc(requestParameters.*) as n_* by user")
                .find("gives no column"),
            std::string::npos);
}

TEST(SplPublishedTest, APathWithoutQuotesInAnExpressionIsSaid) {
  const std::string warned =
      WarningsOf("`cloudtrail` a=1 | eval m=if(match(userIdentity.userName, a), 1, 0) | stats count by m");
  EXPECT_NE(warned.find("[userIdentity.userName] joins the fields"), std::string::npos) << warned;
  EXPECT_NE(warned.find("'userIdentity.userName'"), std::string::npos) << warned;
  for (const std::string_view quiet :
       {"`cloudtrail` a=1 | eval m='userIdentity.userName' | stats count by m",
        "`cloudtrail` a=1 | eval m=user.src | stats count by m",
        "`cloudtrail` a=1 | eval userIdentity=\"x\", m=userIdentity.src | stats count by m",
        "`cloudtrail` a=1 | stats count by userIdentity.userName"}) {
    EXPECT_EQ(WarningsOf(quiet), "") << quiet;
  }
}

TEST(SplPublishedTest, LowersToTheTreeOfEsql) {
  EXPECT_EQ(LoweredText("`cloudtrail` eventName=A b!=2 | stats count dc(c) as n by user | where n > 3"),
            "FROM logs-aws.cloudtrail-* METADATA _id\n"
            "| WHERE any_equals(`cloudtrail-folded:eventName`, \"a\") AND "
            "spl_search_ne(`cloudtrail:b`, \"2\")\n"
            "| WHERE spl_keys_present(`cloudtrail:user`)\n"
            "| STATS count = COUNT(*), n = COUNT_DISTINCT(`cloudtrail:c`) BY user = `cloudtrail:user`\n"
            "| WHERE n > 3\n"
            "| KEEP user, count, n");
}

}  // namespace
}  // namespace weir::spl
