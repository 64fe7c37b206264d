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

{{/* Labels and annotations of an object of a role, or of the whole when there is no role. */}}
{{- define "weir.metadata" -}}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "weir.labels" .root | nindent 2 }}
  {{- with .role }}
  app.kubernetes.io/component: {{ . }}
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

{{/* weir.yaml: what the user gave, and what the chart knows. */}}
{{- define "weir.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- range $key := list "listen" "data_dir" "rules" "overlays" -}}
{{- if hasKey $config $key -}}
{{- fail (printf "config.%s is set by the chart: see the values `port`, `rules` and `persistence`" $key) -}}
{{- end -}}
{{- end -}}
{{- range $key := list "name" "node" "advertise" "metadata" "metadata_ca" "metadata_cert" "metadata_key" -}}
{{- if hasKey (default (dict) $config.cluster) $key -}}
{{- fail (printf "config.cluster.%s is set by the chart: see the values `cluster.name` and `cluster.etcd`" $key) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "listen" (printf "0.0.0.0:%d" (int .Values.port)) -}}
{{- $_ := set $config "data_dir" "/var/lib/weir" -}}
{{- $rules := list -}}
{{- if .Values.rules.builtIn }}{{ $rules = append $rules "/usr/share/weir/rules" }}{{ end -}}
{{- if .Values.rules.selftest }}{{ $rules = append $rules "/usr/share/weir/selftest" }}{{ end -}}
{{- if .Values.rules.volume }}{{ $rules = append $rules "/etc/weir/rules-volume" }}{{ end -}}
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
