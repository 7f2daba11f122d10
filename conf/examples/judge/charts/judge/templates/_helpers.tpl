{{- /*
What the services share. Each of these is given a dict: root (the chart's context), name (the
service's name in the cluster), values (its part of .Values), wave, and for ports a list of
[name, number].
*/}}

{{- define "judge.selectorLabels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "judge.labels" -}}
{{ include "judge.selectorLabels" . }}
app.kubernetes.io/part-of: judge
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "judge.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "judge.labels" . | nindent 2 }}
annotations:
  argocd.argoproj.io/sync-wave: {{ .wave | quote }}
{{- end }}

{{- define "judge.image" -}}
{{ printf "%s/%s:%s" .root.Values.global.imageRegistry .values.image.name (.values.image.tag | default .root.Chart.AppVersion) }}
{{- end }}

{{- /* A hash of the service's settings, so that its pods roll when they change. */}}
{{- define "judge.podAnnotations" -}}
{{- with .config }}
checksum/config: {{ toJson . | sha256sum }}
{{- end }}
{{- if and .root.Values.dapr.enabled .values.dapr }}
dapr.io/enabled: "true"
dapr.io/app-id: {{ .values.dapr.appId }}
dapr.io/app-port: {{ .values.port | quote }}
dapr.io/log-level: {{ .root.Values.dapr.logLevel }}
{{- end }}
{{- end }}

{{- define "judge.podTemplate" -}}
metadata:
  labels:
    {{- include "judge.selectorLabels" . | nindent 4 }}
  {{- with include "judge.podAnnotations" . | trim }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ .name }}
  securityContext:
    runAsNonRoot: true
    seccompProfile:
      type: RuntimeDefault
{{- end }}

{{- define "judge.container" -}}
name: {{ .name }}
image: {{ include "judge.image" . }}
imagePullPolicy: {{ .root.Values.global.imagePullPolicy }}
ports:
  {{- range .ports }}
  - name: {{ index . 0 }}
    containerPort: {{ index . 1 }}
  {{- end }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "judge.replicas" -}}
{{- if not .values.autoscaling.enabled }}
replicas: {{ .values.autoscaling.minReplicas }}
{{- end }}
{{- end }}

{{- define "judge.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "judge.metadata" . | nindent 2 }}
  {{- $account := .root.Values.serviceAccount.awsAccountId }}
  {{- if and $account .values.awsRole }}
    eks.amazonaws.com/role-arn: {{ printf "arn:aws:iam::%s:role/%s" $account .values.awsRole }}
  {{- end }}
{{- end }}

{{- define "judge.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "judge.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "judge.selectorLabels" . | nindent 4 }}
  ports:
    {{- range .ports }}
    - name: {{ index . 0 }}
      port: {{ index . 1 }}
      targetPort: {{ index . 0 }}
    {{- end }}
{{- end }}

{{- define "judge.autoscaler" -}}
{{- with .values.autoscaling }}
{{- if .enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "judge.metadata" $ | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $.name }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .targetCPUUtilizationPercentage }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What stands around every deployment; given the same dict. */}}
{{- define "judge.surroundings" -}}
{{ include "judge.serviceAccount" (set (deepCopy .) "wave" "-1") }}
---
{{ include "judge.service" . }}
{{- with include "judge.autoscaler" . }}
---
{{ . }}
{{- end }}
{{- end }}
