# A wave of events for cluster_faults: groups that just reach a threshold, groups that stay one below it,
# some well above, and noise; each event goes to one of several files, one for each producer.
# Variables: seed, wave, now (seconds), producers, folder.

function below(n) { return int(rand() * n) }
function at(seconds) { return strftime("%Y-%m-%dT%H:%M:%SZ", seconds, 1) }
function event_id() { return sprintf("%d-%d-%d", seed, wave, ++events) }

function write(json) {
  print json > sprintf("%s/%05d.%d.ndjson", folder, wave, 1 + below(producers))
}

function trail(seconds, user, service, action, parameters, address) {
  write(sprintf("{\"eventVersion\":\"1.11\",\"userIdentity\":{\"type\":\"IAMUser\"," \
    "\"arn\":\"arn:aws:iam::111122223333:user/%s\",\"accountId\":\"111122223333\",\"userName\":\"%s\"}," \
    "\"eventTime\":\"%s\",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\"," \
    "\"awsRegion\":\"us-east-1\",\"sourceIPAddress\":\"%s\",\"userAgent\":\"test\"," \
    "\"requestParameters\":%s,\"responseElements\":null,\"eventID\":\"%s\"," \
    "\"eventType\":\"AwsApiCall\",\"recipientAccountId\":\"111122223333\"}", user, user, at(seconds),
    service, action, address, parameters, event_id()))
}

function invocation(seconds, user, error) {
  write(sprintf("{\"schemaType\":\"ModelInvocationLog\",\"schemaVersion\":\"1.0\",\"timestamp\":\"%s\"," \
    "\"accountId\":\"111122223333\",\"identity\":{\"arn\":\"arn:aws:iam::111122223333:user/%s\"}," \
    "\"region\":\"us-east-1\",\"requestId\":\"%s\",\"operation\":\"InvokeModel\"," \
    "\"modelId\":\"amazon.titan-text-express-v1\"%s,\"input\":{\"inputContentType\":" \
    "\"application/json\",\"inputBodyJson\":{},\"inputTokenCount\":7}}", at(seconds), user, event_id(),
    error == "" ? "" : ",\"errorCode\":\"" error "\""))
}

# A number of events of a group: one too few, just enough, or more.
function count(threshold) { return threshold - 1 + (rand() < 0.4 ? 0 : rand() < 0.6 ? 1 : 1 + below(4)) }

BEGIN {
  srand(seed * 100003 + wave)
  for (g = 0; g < 12; ++g) {
    for (n = count(4); n > 0; --n) invocation(now - below(900), "denied-" wave "-" g, "AccessDeniedException")
  }
  for (g = 0; g < 6; ++g) {
    minute = now - now % 60 - 60 * (1 + below(10))
    for (n = count(4); n > 0; --n) invocation(minute + below(60), "invalid-" wave "-" g, "ValidationException")
  }
  for (g = 0; g < 8; ++g) {
    for (n = count(6); n > 0; --n) invocation(now - below(900), "unguarded-" wave "-" g, "")
  }
  for (g = 0; g < 8; ++g) {
    for (burst = 1; burst <= 3; ++burst) {
      begin = now - burst * 840
      for (n = count(3); n > 0; --n) {
        trail(begin + below(120), "keys-" wave "-" g, "iam", "CreateAccessKey", "null", "192.0.2.1")
      }
    }
  }
  for (g = 0; g < 6; ++g) {
    addresses = count(4)
    for (n = 0; n < addresses * 2; ++n) {
      trail(now - below(900), "roles-" wave "-" g, "sts", "AssumeRole", "null", "192.0.2." (1 + n % addresses))
    }
  }
  for (n = 0; n < 25; ++n) {
    trail(now - below(900), "hammer", "bedrock", "InvokeModel",
      "{\"modelId\":\"amazon.titan-text-express-v1\"}", "192.0.2.9")
  }
  for (n = 0; n < 250; ++n) {
    trail(now - below(900), "reader-" below(40), "s3", "GetObject", "null", "192.0.2." below(250))
  }
}
