/* Certificates for tests of TLS, made on the spot. */
#pragma once

struct certificate {
	char *pem, *key_pem; /* owned */
};

/*
 * One that authority signs (NULL: it signs itself), for a name as a subjectAltName has it
 * ("IP:127.0.0.1"), good from a day ago for days.
 */
struct certificate certificate_make(const struct certificate *authority, const char *name,
				    int days);
void certificate_done(struct certificate *certificate);
