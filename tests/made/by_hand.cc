#include <map>

#include "tests/made/recipe.h"

namespace weir::made {
namespace {

using Fields = std::map<std::string, Datum>;

Datum Text(const char* text) { return {text, true}; }
Datum Number(const char* text) { return {text, false}; }

// count events with these fields, a little apart from each other.
void Add(const Fields& fields, int count, int64_t offset_ms, std::vector<Document>* events) {
  for (int i = 0; i < count; ++i) {
    Document& document = events->emplace_back();
    for (const auto& [field, value] : fields) {
      document.fields[field] = {value};
    }
    document.offset_ms = offset_ms + i;
  }
}

// Each changed field makes an event that the rule leaves alone.
Recipe OneEvent(const Fields& fields, const Fields& changes) {
  Recipe recipe;
  Add(fields, 1, 0, &recipe.events);
  for (const auto& [field, value] : changes) {
    Fields changed = fields;
    changed[field] = value;
    Add(changed, 1, 0, &recipe.misses.emplace_back(Recipe::Miss{field + " is another", {}}).events);
  }
  return recipe;
}

Recipe BucketOpenedToAnotherAccount() {
  const Fields event = {
      {"aws.cloudtrail.recipient_account_id", Text("111122223333")},
      {"aws.cloudtrail.request_parameters",
       Text("{Statement={Effect=Allow, Principal={AWS=444455556666}}}")},
      {"event.action", Text("PutBucketPolicy")},
      {"event.outcome", Text("success")},
      {"event.provider", Text("s3.amazonaws.com")},
      {"event.type", Text("info")},
  };
  return OneEvent(event, {{"aws.cloudtrail.recipient_account_id", Text("444455556666")},
                          {"aws.cloudtrail.request_parameters", Text("{Effect=Deny, AWS=444455556666}")},
                          {"event.outcome", Text("failure")}});
}

Recipe ObjectUnderForeignKey() {
  const char* parameters =
      "{bucketName=made-bucket,x-amz-server-side-encryption-aws-kms-key-id="
      "arn:aws:kms:eu-central-1:444455556666:key/made-key,Host=made.host,"
      "x-amz-server-side-encryption=aws:kms,x-amz-copy-source=made/source,key=made.txt}";
  const Fields event = {
      {"aws.cloudtrail.request_parameters", Text(parameters)},
      {"cloud.account.id", Text("111122223333")},
      {"data_stream.dataset", Text("aws.cloudtrail")},
      {"event.action", Text("CopyObject")},
      {"event.outcome", Text("success")},
      {"event.provider", Text("s3.amazonaws.com")},
  };
  return OneEvent(event, {{"aws.cloudtrail.request_parameters", Text("{bucketName=made-bucket}")},
                          {"cloud.account.id", Text("444455556666")}});
}

Recipe RareNetwork() {
  Fields usual = {
      {"aws.cloudtrail.user_identity.type", Text("IAMUser")},
      {"event.action", Text("ListBuckets")},
      {"event.dataset", Text("aws.cloudtrail")},
      {"event.outcome", Text("success")},
      {"source.as.organization.name", Text("Amazon.com, Inc.")},
      {"user.name", Text("made")},
  };
  Fields rare = usual;
  rare["source.as.organization.name"] = Text("Made Carrier");
  Fields rare_too = rare;
  rare_too["event.action"] = Text("GetSecretValue");
  Recipe recipe;
  recipe.has_stats = true;
  Add(usual, 198, 0, &recipe.events);
  Add(rare, 1, 500, &recipe.events);
  Add(rare_too, 1, 600, &recipe.events);
  auto& one_action = recipe.misses.emplace_back(Recipe::Miss{"one action is suspicious", {}}).events;
  Add(usual, 198, 0, &one_action);
  Add(rare, 2, 500, &one_action);
  auto& often = recipe.misses.emplace_back(Recipe::Miss{"the network is not rare", {}}).events;
  Add(usual, 197, 0, &often);
  Add(rare, 1, 500, &often);
  Add(rare_too, 1, 600, &often);
  return recipe;
}

Recipe OwnKeyThenUsed() {
  const Fields made_key = {
      {"aws.cloudtrail.response_elements", Text("{accessKey={accessKeyId=AKIAMADE123456789012, x=y}}")},
      {"aws.cloudtrail.user_identity.access_key_id", Text("AKIAOLD0000000000000")},
      {"aws.cloudtrail.user_identity.arn", Text("arn:aws:iam::111122223333:user/made")},
      {"aws.cloudtrail.user_identity.type", Text("IAMUser")},
      {"cloud.account.id", Text("111122223333")},
      {"data_stream.dataset", Text("aws.cloudtrail")},
      {"event.action", Text("CreateAccessKey")},
      {"event.outcome", Text("success")},
      {"event.provider", Text("iam.amazonaws.com")},
      {"user.name", Text("made")},
  };
  Fields used = made_key;
  used.erase("aws.cloudtrail.response_elements");
  used["aws.cloudtrail.user_identity.access_key_id"] = Text("AKIAMADE123456789012");
  used["event.action"] = Text("ListBuckets");
  used["event.provider"] = Text("s3.amazonaws.com");
  Fields other_key = used;
  other_key["aws.cloudtrail.user_identity.access_key_id"] = Text("AKIAOTHER00000000000");
  Fields for_other = made_key;
  for_other["user.target.name"] = Text("somebody");
  const auto both = [](const Fields& first, int64_t second_ms, const Fields& second) {
    std::vector<Document> events;
    Add(first, 1, 10'000, &events);
    Add(second, 1, second_ms, &events);
    return events;
  };
  Recipe recipe;
  recipe.has_stats = true;
  recipe.events = both(made_key, 20'000, used);
  recipe.misses.push_back({"the key is used before it was made", both(made_key, 5'000, used)});
  recipe.misses.push_back({"another key is used", both(made_key, 20'000, other_key)});
  recipe.misses.push_back({"the key is somebody else's", both(for_other, 20'000, used)});
  return recipe;
}

Recipe ManyTokens() {
  const Fields call = {
      {"gen_ai.usage.completion_tokens", Number("900")},
      {"gen_ai.usage.prompt_tokens", Number("6000")},
      {"user.id", Text("made")},
  };
  Fields shorter = call;
  shorter["gen_ai.usage.completion_tokens"] = Number("100");
  Recipe recipe;
  recipe.has_stats = true;
  Add(call, 11, 0, &recipe.events);
  Add(call, 10, 0, &recipe.misses.emplace_back(Recipe::Miss{"one call less", {}}).events);
  Add(shorter, 11, 0, &recipe.misses.emplace_back(Recipe::Miss{"answers are short", {}}).events);
  return recipe;
}

}  // namespace

const Recipe* RecipeByHand(const std::string& stem) {
  static const std::map<std::string, Recipe> kRecipes = {
      {"aws_bedrock_high_resource_consumption_detection", ManyTokens()},
      {"exfiltration_s3_bucket_policy_added_for_external_account_access",
       BucketOpenedToAnotherAccount()},
      {"impact_s3_object_encryption_with_external_key", ObjectUnderForeignKey()},
      {"initial_access_aws_api_unusual_asn", RareNetwork()},
      {"persistence_iam_user_self_created_access_key_subsequently_used", OwnKeyThenUsed()},
  };
  const auto recipe = kRecipes.find(stem);
  return recipe == kRecipes.end() ? nullptr : &recipe->second;
}

}  // namespace weir::made
