# shellcheck shell=bash
# What tests of a cluster of real processes share; read by `source`. They set `here`, `root` and `weir`, then
# call begin_cluster_test NAME.

skip() { echo "WEIR_TEST_SKIPPED: $*"; exit 0; }
need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "$tool is not installed; deploy/setup does that"
  done
}
cluster() { "$root/deploy/local-cluster" "$@"; }
violations=0
violation() {
  violations=$((violations + 1))
  printf 'VIOLATION: %s\n' "$*"
}
figure() { local name=$1; shift; printf '%-12s %s\n' "$name" "$*"; }

# Makes the folder `work` unless that is set. At the end all jobs and the cluster are ended, and the folder
# is removed unless something went wrong or `keep` is set; in between at_end is called, if a test has one.
begin_cluster_test() {
  need etcd etcdctl
  work=${work:-$(mktemp -d "${TMPDIR:-/tmp}/weir-$1.XXXXXX")}
  mkdir -p "$work"
  export LOCAL_CLUSTER_DIR=$work/cluster LOCAL_CLUSTER_WEIR=$weir
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
finish() {
  local status=$? job
  trap - EXIT
  touch "$work/over"
  for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
  cluster stop >/dev/null 2>&1 || true
  if declare -F at_end >/dev/null; then at_end; fi
  if ((status == 0)) && [[ -z ${keep:-} ]]; then
    rm -rf "$work"
  else
    printf 'events, logs and data are kept in %s\n' "$work"
  fi
  exit "$status"
}

address() { cluster addresses | awk -v node="$1" '$1 == node {print $3}'; }
process() { cluster addresses | awk -v node="$1" '$1 == node {print $4}'; }
# The body of a probe and, on a line of its own, the code: probe NODE PATH
probe() {
  local at
  at=$(sed -n 's/.*message="health checks and metrics are served" address=//p' \
    "$LOCAL_CLUSTER_DIR/logs/$1.log" | tail -n 1)
  curl -s -m 10 -w '%{http_code}\n' "http://$at/$2"
}
# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
  local seconds=$1 what=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@"; do
    if ((SECONDS >= end)); then
      violation "after $seconds s not: $what"
      return 0
    fi
    sleep 0.2
  done
}

# wave NUMBER SEED PRODUCERS FOLDER: events of now, in a file for each producer (cluster_wave.awk).
wave() {
  awk -v seed="$2" -v wave="$1" -v now="$(date +%s)" -v producers="$3" -v folder="$4" \
    -f "$here/cluster_wave.awk"
}

# A line for each alert: rule, group, id.
names() {
  sed -n 's/.*"alert_id":"\([^"]*\)".*"rule_id":"\([^"]*\)".*"group":\({[^}]*}\).*/\2 \3 \1/p'
}
without_ids() { sed 's/ [^ ]*$//' | sort; }

# What one pass over the events gives: `wanted.names` and, for groups with just enough events, `exact`.
expect_alerts() {
  "$weir" backtest --rules "$root/deploy/rules" "$here/cluster_rules" --format ndjson \
    "$@" >"$work/wanted.ndjson" 2>"$work/backtest.log"
  names <"$work/wanted.ndjson" >"$work/wanted.names"
  [[ -s $work/wanted.names ]] || violation 'the backtest gives no alerts'
  cat "$@" | sed -n 's/.*user\/\(denied-[0-9-]*\)".*/\1/p' | sort | uniq -c |
    awk '$1 == 4 {print "edfbbb6e-f72e-4ced-a005-77ce7151d860 {\"user.id\":\"arn:aws:iam::111122223333:user/" $2 "\""}' \
    >"$work/exact"
  [[ -s $work/exact ]] || violation 'no group has just enough events'
}

# compare_alerts FILE WHAT: lines of `names` against those that are wanted. Alerts are compared by rule, group
# and how many there are (episodes): the id of an episode is made of the moment at which it was first seen to
# begin, and that depends on the order of arrival for groups with more events than the threshold asks for. For
# groups with just enough events there is one such moment, and ids have to be equal as well.
compare_alerts() {
  local got=$1 what=$2 lines
  lines=$(cut -d ' ' -f 3 "$got" | sort | uniq -d | wc -l)
  ((lines == 0)) || violation "$what: $lines alert ids are listed twice"
  without_ids <"$got" >"$work/got"
  without_ids <"$work/wanted.names" >"$work/wanted"
  if ! diff "$work/wanted" "$work/got" >"$work/difference"; then
    violation "$what: $(grep -c '^<' "$work/difference") alerts are missing," \
      "$(grep -c '^>' "$work/difference") are too many:"
    head -n 10 "$work/difference"
  fi
  grep -F -f "$work/exact" "$got" | sort >"$work/got" || true
  grep -F -f "$work/exact" "$work/wanted.names" | sort >"$work/wanted" || true
  exact=$(wc -l <"$work/wanted")
  if ! diff "$work/wanted" "$work/got" >"$work/difference"; then
    violation "$what: groups with just enough events have other ids:"
    head -n 10 "$work/difference"
  fi
}

# list_alerts ADDRESS FILE: all alerts, as lines of `names`.
list_alerts() {
  timeout 60 "$weir" alerts list --address "$1" --limit 0 --format ndjson >"$work/alerts.ndjson"
  names <"$work/alerts.ndjson" >"$2"
  [[ $(wc -l <"$2") == $(wc -l <"$work/alerts.ndjson") ]] || violation "an alert could not be read"
}

# wrong_rows ADDRESS FILE...: says for each rule whose rows, as the shards say they folded them, are not the
# events of the files: each is counted once. Silent when all are right.
wrong_rows() {
  local at=$1 rule pattern wanted got
  shift
  if ! "$weir" cluster status --format json --address "$at" >"$work/status.json" 2>&1; then
    echo "no status: $(tail -n 1 "$work/status.json")"
    return
  fi
  while read -r rule pattern; do
    wanted=$(cat "$@" | grep -cE "$pattern") || true
    got=$(sed 's/{"rule_id":/\n&/g' "$work/status.json" | grep -F "{\"rule_id\":\"$rule" |
          sed -n 's/.*"rows":"\([0-9]*\)","late":"\([0-9]*\)","future":"\([0-9]*\)".*/\1 \2 \3/p')
    [[ $got == "$wanted 0 0" ]] ||
      printf "rule %s: rows, late, ahead are '%s' instead of '%s 0 0'\n" "$rule" "$got" "$wanted"
  done <<'RULES'
edfbbb6e "errorCode":"AccessDeniedException"
02d49533 "userName":"hammer"
cf925303 "schemaType":"ModelInvocationLog"
d831815a "errorCode":"ValidationException"
5a1c6be0-64a2-4d0a-9d0c-0c6b2a0f0001 "eventName":"CreateAccessKey"
5a1c6be0-64a2-4d0a-9d0c-0c6b2a0f0002 "eventName":"AssumeRole"
RULES
}
right_rows() { [[ -z $(wrong_rows "$@") ]]; }
compare_rows() {
  local line
  while IFS= read -r line; do
    violation "$line"
  done < <(wrong_rows "$@")
}

# Everything of the files once more in one run, whose output is in the file `again`: all is known.
send_all_again() {
  local at=$1
  shift
  "$weir" ingest --address "$at" --retry-for 60s "$@" >"$work/again" 2>"$work/again.err" ||
    violation "sending everything again failed: $(tail -n 1 "$work/again.err")"
  awk '{gsub(",", "")} $1 == "matched" {matched = $4} $1 == "repeated" {repeated = $2}
       ($1 == "late" || $1 == "future" || $1 == "rejected") && $2 != 0 {bad = bad " " $1 " " $2}
       END {if (bad != "" || matched == 0 || matched != repeated)
              print "matched " matched ", repeated " repeated bad}' "$work/again" >"$work/not_repeated"
  [[ ! -s $work/not_repeated ]] ||
    violation "sent again, not all was a repeat: $(<"$work/not_repeated")"
}
