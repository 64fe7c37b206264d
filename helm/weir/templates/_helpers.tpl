{{/* Name of all objects: at most 32 characters, so that pod names fit where Weir takes 64. */}}
{{- define "weir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 32 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 32 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 32 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Name of a role's objects. Takes (dict "root" $ "role" "worker"). `weir all` has the release's own name. */}}
{{- define "weir.roleName" -}}
{{- if eq .role "all" -}}
{{- include "weir.fullname" .root -}}
{{- else -}}
{{- printf "%s-%s" (include "weir.fullname" .root) .role -}}
{{- end -}}
{{- end -}}

{{- define "weir.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "weir.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "weir.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: weir
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "weir.roleSelectorLabels" -}}
{{ include "weir.selectorLabels" .root }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{/* Labels and annotations of an object of a role, or of the whole when there is no role; "labels" are further ones. */}}
{{- define "weir.metadata" -}}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "weir.labels" .root | nindent 2 }}
  {{- with .role }}
  app.kubernetes.io/component: {{ . }}
  {{- end }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default (dict) .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "weir.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "weir.serviceAccountName" -}}
{{- $account := (index .root.Values .role).serviceAccount -}}
{{- default (ternary (include "weir.roleName" .) "default" $account.create) $account.name -}}
{{- end -}}

{{/* Seconds of a duration as weir.yaml has them, rounded up. */}}
{{- define "weir.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- if eq $unit "ms" -}}{{ div (add $number 999) 1000 }}
{{- else -}}{{ mul $number (get (dict "s" 1 "m" 60 "h" 3600 "d" 86400 "w" 604800) $unit) }}
{{- end -}}
{{- end -}}

{{/* "true" when pods have the listener for probes and metrics. */}}
{{- define "weir.hasHealth" -}}
{{- if .Values.health.enabled }}true{{ end -}}
{{- end -}}

{{/* Fails for a key of `config` that the chart sets. Takes (dict "root" $ "section" "tls" "keys" (list ...)). */}}
{{- define "weir.refuseKeys" -}}
{{- $section := ternary .root.Values.config (default (dict) (get .root.Values.config .section)) (eq .section "") -}}
{{- $prefix := ternary "" (printf "%s." .section) (eq .section "") -}}
{{- range $key := .keys -}}
{{- if hasKey $section $key -}}
{{- fail (printf "config.%s%s is set by the chart: see the values %s" $prefix $key $.see) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Encryption, access and probes. */}}
{{- define "weir.securityConfig" -}}
{{- $own := dict -}}
{{- if .Values.tls.existingSecret -}}
{{- $_ := set $own "tls" (dict "cert" "/etc/weir/tls/tls.crt" "key" "/etc/weir/tls/tls.key" "ca" "/etc/weir/tls/ca.crt" "client_certificates" .Values.tls.clientCertificates) -}}
{{- end -}}
{{- if .Values.auth.existingSecret -}}
{{- if not .Values.tls.existingSecret }}{{ fail "auth.existingSecret needs tls.existingSecret: tokens are not sent unencrypted" }}{{ end -}}
{{- $auth := dict "file" "/etc/weir/auth/access" -}}
{{- with .Values.auth.nodeTokenKey }}{{ $_ := set $auth "token_file" (printf "/etc/weir/auth/%s" .) }}{{ end -}}
{{- $_ := set $own "auth" $auth -}}
{{- end -}}
{{- $asks := and .Values.tls.existingSecret (or .Values.auth.existingSecret (eq .Values.tls.clientCertificates "required")) -}}
{{- if not $asks -}}
{{- $_ := set $own "insecure_listen" "allowed" -}}
{{- end -}}
{{- if include "weir.hasHealth" . -}}
{{- $_ := set $own "health" (dict "listen" (printf "0.0.0.0:%d" (int .Values.health.port))) -}}
{{- else -}}
{{- if .Values.tls.existingSecret }}{{ fail "health.enabled is false, but kubelets cannot probe gRPC with tls.existingSecret" }}{{ end -}}
{{- $_ := set $own "health" (dict "listen" "0") -}}
{{- end -}}
{{ toYaml $own }}
{{- end -}}

{{/* weir.yaml: what the user gave, and what the chart knows. */}}
{{- define "weir.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- include "weir.refuseKeys" (dict "root" . "section" "" "keys" (list "listen" "data_dir" "rules" "overlays" "insecure_listen") "see" "port, rules, persistence and tls") -}}
{{- include "weir.refuseKeys" (dict "root" . "section" "cluster" "keys" (list "name" "node" "advertise" "metadata" "metadata_ca" "metadata_cert" "metadata_key") "see" "cluster.name and cluster.etcd") -}}
{{- include "weir.refuseKeys" (dict "root" . "section" "tls" "keys" (list "cert" "key" "ca" "client_certificates") "see" "tls") -}}
{{- include "weir.refuseKeys" (dict "root" . "section" "auth" "keys" (list "file" "token_file") "see" "auth") -}}
{{- include "weir.refuseKeys" (dict "root" . "section" "health" "keys" (list "listen") "see" "health") -}}
{{- $config = merge (include "weir.securityConfig" . | fromYaml) $config -}}
{{- $_ := set $config "listen" (printf "0.0.0.0:%d" (int .Values.port)) -}}
{{- $_ := set $config "data_dir" "/var/lib/weir" -}}
{{- $rules := list -}}
{{- if .Values.rules.builtIn }}{{ $rules = append $rules "/usr/share/weir/rules" }}{{ end -}}
{{- if .Values.rules.selftest }}{{ $rules = append $rules "/usr/share/weir/selftest" }}{{ end -}}
{{- if .Values.rules.volume }}{{ $rules = append $rules (printf "/etc/weir/rules-volume/%s" .Values.rules.volumePath | trimSuffix "/") }}{{ end -}}
{{- if .Values.rules.files }}{{ $rules = append $rules "/etc/weir/rules-files" }}{{ end -}}
{{- $_ := set $config "rules" $rules -}}
{{- if .Values.rules.overlays }}{{ $_ := set $config "overlays" (list "/etc/weir/overlays") }}{{ end -}}
{{- if .Values.cluster.enabled -}}
{{- $own := dict "name" .Values.cluster.name "metadata" .Values.cluster.etcd.endpoints -}}
{{- if .Values.cluster.etcd.tls.existingSecret -}}
{{- $_ := set $own "metadata_ca" "/etc/weir/etcd-tls/ca.crt" -}}
{{- if .Values.cluster.etcd.tls.clientCertificate -}}
{{- $_ := set $own "metadata_cert" "/etc/weir/etcd-tls/tls.crt" -}}
{{- $_ := set $own "metadata_key" "/etc/weir/etcd-tls/tls.key" -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "cluster" (merge $own (default (dict) $config.cluster)) -}}
{{- end -}}
{{ toYaml $config }}
{{- end -}}
