{{- define "judge.kratos.config" -}}
serve:
  public:
    base_url: https://{{ .Values.global.domain }}/identity/
    port: {{ .Values.kratos.ports.public }}
  admin:
    port: {{ .Values.kratos.ports.admin }}
session:
  lifespan: {{ .Values.kratos.sessionLifespan }}
  cookie:
    domain: {{ .Values.global.domain }}
selfservice:
  default_browser_return_url: https://{{ .Values.global.domain }}/
{{- end }}
