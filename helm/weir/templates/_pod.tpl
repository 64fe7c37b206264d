{{/*
The pod template of a role. Takes (dict "root" $ "role" "worker"). Only `all` and `worker` have data of their own, only
`all` and `coordinator` read rules.
*/}}
{{- define "weir.podTemplate" -}}
{{- $ := .root -}}
{{- $role := .role -}}
{{- $values := index $.Values $role -}}
{{- $durable := has $role (list "all" "worker") -}}
{{- $reads := has $role (list "all" "coordinator") -}}
{{- $drain := include "weir.seconds" (default "20s" $.Values.config.drain_timeout) | int -}}
{{- if lt (int $values.terminationGracePeriodSeconds) (add (int $.Values.preStopSeconds) $drain 10 | int) -}}
{{- fail (printf "%s.terminationGracePeriodSeconds is %d, less than preStopSeconds + config.drain_timeout + 10 s = %d: pods would be killed while they drain" $role (int $values.terminationGracePeriodSeconds) (add (int $.Values.preStopSeconds) $drain 10)) -}}
{{- end -}}
metadata:
  labels:
    {{- include "weir.labels" $ | nindent 4 }}
    app.kubernetes.io/component: {{ $role }}
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Another configuration is a restart, one pod after the other.
    checksum/config: {{ include "weir.config" $ | sha256sum }}
    {{- if $reads }}
    checksum/rules: {{ toJson (list $.Values.rules.files $.Values.rules.overlays) | sha256sum }}
    {{- end }}
    {{- with merge (dict) $values.podAnnotations $.Values.commonAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "weir.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  securityContext:
    {{- include "weir.podSecurityContext" $ | nindent 4 }}
  {{- with $.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- include "weir.placement" . | nindent 2 }}
  {{- with $values.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: weir
      image: {{ include "weir.image" $ | quote }}
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      args:
        - {{ $role }}
        - --config=/etc/weir/config/weir.yaml
        {{- with $values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      env:
        {{- include "weir.environment" . | nindent 8 }}
      ports:
        - name: grpc
          containerPort: {{ $.Values.port }}
          protocol: TCP
        {{- if include "weir.hasHealth" $ }}
        - name: http-health
          containerPort: {{ $.Values.health.port }}
          protocol: TCP
        {{- end }}
      {{- include "weir.probes" $ | trim | nindent 6 }}
      lifecycle:
        preStop:
          # The image has no shell. The pod serves on meanwhile, until nobody is sent to it any more.
          sleep:
            seconds: {{ $.Values.preStopSeconds }}
      securityContext:
        {{- include "weir.containerSecurityContext" $ | nindent 8 }}
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      volumeMounts:
        - name: config
          mountPath: /etc/weir/config
          readOnly: true
        - name: tmp
          mountPath: /tmp
        {{- if $durable }}
        - name: data
          mountPath: /var/lib/weir
        {{- end }}
        {{- with include "weir.sharedMounts" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
    {{- with $values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "weir.fullname" $ }}-config
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- with include "weir.sharedVolumes" . | trim }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "weir.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "weir.containerSecurityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Different nodes if possible, and all zones alike, unless the values say otherwise. */}}
{{- define "weir.placement" -}}
{{- $values := index .root.Values .role -}}
{{- if $values.affinity -}}
affinity:
  {{- toYaml $values.affinity | nindent 2 }}
{{- else if ne .role "all" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "weir.roleSelectorLabels" . | nindent 14 }}
{{- end }}
{{- if $values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml $values.topologySpreadConstraints | nindent 2 }}
{{- else if ne .role "all" }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "weir.roleSelectorLabels" . | nindent 8 }}
{{- end }}
{{- end -}}

{{/* What differs between the pods of a cluster: under which name the others reach this one. */}}
{{- define "weir.environment" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- if eq .role "worker" }}
- name: WEIR_CLUSTER_NODE
  value: $(POD_NAME)
- name: WEIR_CLUSTER_ADVERTISE
  value: $(POD_NAME).{{ include "weir.roleName" . }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}:{{ .root.Values.port }}
{{- else if ne .role "all" }}
- name: WEIR_CLUSTER_ADVERTISE
  value: $(POD_IP):{{ .root.Values.port }}
{{- end }}
{{- with (index .root.Values .role).extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "weir.probes" -}}
{{- range $name, $probe := .Values.probes }}
{{ $name }}Probe:
  {{- if include "weir.hasHealth" $ }}
  httpGet:
    path: {{ eq $name "readiness" | ternary "/readyz" "/livez" }}
    port: http-health
  {{- else }}
  grpc:
    port: {{ $.Values.port }}
  {{- end }}
  {{- toYaml $probe | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "weir.sharedMounts" -}}
{{- $reads := has .role (list "all" "coordinator") -}}
{{- if .root.Values.tls.existingSecret }}
- name: tls
  mountPath: /etc/weir/tls
  readOnly: true
{{- end }}
{{- if .root.Values.auth.existingSecret }}
- name: auth
  mountPath: /etc/weir/auth
  readOnly: true
{{- end }}
{{- if and .root.Values.cluster.enabled .root.Values.cluster.etcd.tls.existingSecret }}
- name: etcd-tls
  mountPath: /etc/weir/etcd-tls
  readOnly: true
{{- end }}
{{- if and $reads .root.Values.rules.volume }}
- name: rules-volume
  mountPath: /etc/weir/rules-volume
  readOnly: true
{{- end }}
{{- if and $reads .root.Values.rules.files }}
- name: rules-files
  mountPath: /etc/weir/rules-files
  readOnly: true
{{- end }}
{{- if and $reads .root.Values.rules.overlays }}
- name: overlays
  mountPath: /etc/weir/overlays
  readOnly: true
{{- end }}
{{- with (index .root.Values .role).extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "weir.sharedVolumes" -}}
{{- $reads := has .role (list "all" "coordinator") -}}
{{- if .root.Values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ .root.Values.tls.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- if .root.Values.auth.existingSecret }}
- name: auth
  secret:
    secretName: {{ .root.Values.auth.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- if and .root.Values.cluster.enabled .root.Values.cluster.etcd.tls.existingSecret }}
- name: etcd-tls
  secret:
    secretName: {{ .root.Values.cluster.etcd.tls.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- if and $reads .root.Values.rules.volume }}
- name: rules-volume
  {{- toYaml .root.Values.rules.volume | nindent 2 }}
{{- end }}
{{- if and $reads .root.Values.rules.files }}
- name: rules-files
  configMap:
    name: {{ include "weir.fullname" .root }}-rules
{{- end }}
{{- if and $reads .root.Values.rules.overlays }}
- name: overlays
  configMap:
    name: {{ include "weir.fullname" .root }}-overlays
{{- end }}
{{- with (index .root.Values .role).extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The claim of a role with data. It outlives the set, and a smaller number of pods. */}}
{{- define "weir.dataClaim" -}}
{{- $persistence := (index .root.Values .role).persistence -}}
persistentVolumeClaimRetentionPolicy:
  whenDeleted: Retain
  whenScaled: Retain
volumeClaimTemplates:
  - metadata:
      name: data
      labels:
        {{- include "weir.roleSelectorLabels" . | nindent 8 }}
      {{- with $persistence.annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with $persistence.storageClassName }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ $persistence.size }}
{{- end -}}
