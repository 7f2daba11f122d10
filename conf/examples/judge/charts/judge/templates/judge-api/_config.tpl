{{- define "judge.api.config" -}}
LOG_LEVEL: {{ .Values.judgeApi.logLevel }}
PUBLIC_URL: https://{{ .Values.global.domain }}
ARCHIVISTA_URL: http://archivista:{{ .Values.archivista.port }}
KRATOS_ADMIN_URL: http://kratos:{{ .Values.kratos.ports.admin }}
DATABASE_HOST: {{ .Values.database.host }}
DATABASE_PORT: {{ .Values.database.port | quote }}
DATABASE_NAME: {{ .Values.database.name }}
{{- range $feature, $on := .Values.judgeApi.features }}
FEATURE_{{ $feature | snakecase | upper }}: {{ $on | quote }}
{{- end }}
{{- end }}
