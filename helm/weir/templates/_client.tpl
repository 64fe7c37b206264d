{{/*
The pod of something that asks the cluster once and ends: `helm test`, and the Job that applies rules. Takes
(dict "root" $ "name" "selftest" "values" .Values.tests "image" "..." "args" (list ...) "tokenKey" "..." "volume" (dict));
a volume is mounted at /rules. Only the keys of Secrets that it needs are mounted.
*/}}
{{- define "weir.clientPod" -}}
{{- $ := .root -}}
{{- $secret := $.Values.tls.existingSecret -}}
{{- $shows := and $secret (eq $.Values.tls.clientCertificates "required") -}}
{{- $token := and $secret .tokenKey -}}
metadata:
  labels:
    {{- include "weir.labels" $ | nindent 4 }}
    app.kubernetes.io/component: {{ .name }}
  {{- with merge (dict) .values.podAnnotations $.Values.commonAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- include "weir.podSecurityContext" $ | nindent 4 }}
  {{- with $.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ .image | quote }}
      imagePullPolicy: {{ $.Values.image.pullPolicy }}
      args:
        {{- toYaml .args | nindent 8 }}
      {{- if $secret }}
      env:
        - name: WEIR_CLIENT_CA
          value: /etc/weir/tls/ca.crt
        {{- if $shows }}
        - name: WEIR_CLIENT_CERT
          value: /etc/weir/tls/tls.crt
        - name: WEIR_CLIENT_KEY
          value: /etc/weir/tls/tls.key
        {{- end }}
        {{- if $token }}
        - name: WEIR_CLIENT_TOKEN_FILE
          value: /etc/weir/auth/{{ .tokenKey }}
        {{- end }}
      {{- end }}
      {{- if or $secret .volume }}
      volumeMounts:
        {{- if $secret }}
        - name: tls
          mountPath: /etc/weir/tls
          readOnly: true
        {{- end }}
        {{- if $token }}
        - name: auth
          mountPath: /etc/weir/auth
          readOnly: true
        {{- end }}
        {{- if .volume }}
        - name: rules
          mountPath: /rules
          readOnly: true
        {{- end }}
      {{- end }}
      securityContext:
        {{- include "weir.containerSecurityContext" $ | nindent 8 }}
      resources:
        {{- toYaml .values.resources | nindent 8 }}
  {{- if or $secret .volume }}
  volumes:
    {{- if $secret }}
    - name: tls
      secret:
        secretName: {{ $secret }}
        defaultMode: 0440
        items:
          - {key: ca.crt, path: ca.crt}
          {{- if $shows }}
          - {key: tls.crt, path: tls.crt}
          - {key: tls.key, path: tls.key}
          {{- end }}
    {{- end }}
    {{- if $token }}
    - name: auth
      secret:
        secretName: {{ $.Values.auth.existingSecret }}
        defaultMode: 0440
        items:
          - {key: {{ .tokenKey | quote }}, path: {{ .tokenKey | quote }}}
    {{- end }}
    {{- if .volume }}
    - name: rules
      {{- toYaml .volume | nindent 6 }}
    {{- end }}
  {{- end }}
{{- end -}}
