/* Who is at the other end of an HTTP connection. */
#pragma once

struct MHD_Connection;

/* Its address, "127.0.0.1", or "a local user"; the caller's. */
char *rc_net_http_peer_name(struct MHD_Connection *connection);
/*
 * The common name of its TLS certificate, which is signed for clients by what the server trusts and
 * good today; the caller's. NULL: there is none. libmicrohttpd only asks for a certificate and
 * takes any: it is here that it is checked.
 */
char *rc_net_http_peer_name_certificate(struct MHD_Connection *connection);
