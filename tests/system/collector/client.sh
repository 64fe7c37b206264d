# shellcheck shell=bash
# Clients that are not ours, for the tests that read this by `source`: an OpenTelemetry Collector built from
# its Go modules (builder.yaml), or OpenTelemetry's OTLP exporter for Python. They are kept in
# WEIR_COLLECTOR_CACHE, default ~/.cache/weir-collector. `work` is the test's folder.
collector_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
collector_cache=${WEIR_COLLECTOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weir-collector}
collector_version=v0.149.0 exporter_version=1.45.2
mkdir -p "$collector_cache"

# Sets `otelcol`, or leaves the reason in the file `why`. The first time takes minutes, unless
# WEIR_COLLECTOR_BUILD=never.
have_otelcol() {
  otelcol=$collector_cache/otelcol-$collector_version-$(sha256sum <"$collector_folder/builder.yaml" | cut -c 1-12)
  if [[ -x $otelcol ]]; then return; fi
  if [[ ${WEIR_COLLECTOR_BUILD:-} == never ]]; then
    echo 'not built yet; tests/system/collector_test does that' >"$work/why"
    return 1
  fi
  if ! command -v go >/dev/null; then
    echo 'go is not installed' >"$work/why"
    return 1
  fi
  sed "s|^dist:|dist:\n  output_path: $work/otelcol|" "$collector_folder/builder.yaml" >"$work/builder.yaml"
  if ! (cd "$work" && CGO_ENABLED=0 GOFLAGS= GOTOOLCHAIN=local nice -n 10 timeout 1800 \
      go run "go.opentelemetry.io/collector/cmd/builder@$collector_version" --config builder.yaml) \
      >"$work/build.log" 2>&1; then
    grep -m 1 -i 'not available\|not found\|dial\|error' "$work/build.log" | cut -c 1-200 >"$work/why" ||
      echo 'the build failed or took too long' >"$work/why"
    return 1
  fi
  cp "$work/otelcol/otelcol" "$otelcol.new"
  mv "$otelcol.new" "$otelcol"
  rm -rf "$work/otelcol"
}

# Sets `python`.
have_python() {
  python=$collector_cache/python-$exporter_version/bin/python
  "$python" -c 'import opentelemetry.exporter.otlp.proto.grpc._log_exporter' 2>/dev/null && return
  command -v python3 >/dev/null || return 1
  rm -rf "$collector_cache/python-$exporter_version"
  python3 -m venv "$collector_cache/python-$exporter_version" &&
    "$python" -m pip install --quiet --disable-pip-version-check \
      "opentelemetry-exporter-otlp-proto-grpc==$exporter_version" >"$work/pip.log" 2>&1
}
