# Sourced by the tests of the API over TLS: certificate authorities, certificates and tokens in $pki.
# shellcheck shell=bash

authority() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$1" \
		-keyout "$pki/$1.key" -out "$pki/$1.pem" 2>/dev/null
}

certificate() { # NAME COMMON-NAME AUTHORITY USAGE DAYS [ALTERNATIVE-NAME]
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$pki/$1.key" 2>/dev/null |
		openssl x509 -req -CA "$pki/$3.pem" -CAkey "$pki/$3.key" -CAcreateserial -days "$5" -out "$pki/$1.pem" \
			-extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "${6:-IP:127.0.0.1}" "$4") 2>/dev/null
}

token() { # NAME: NAME.token for the client, NAME.digest for the daemon
	(umask 077 && openssl rand -hex 24 >"$pki/$1.token")
	printf 'sha256:%s\n' "$(tr -d '\n' <"$pki/$1.token" | sha256sum | cut -d' ' -f1)" >"$pki/$1.digest"
}
