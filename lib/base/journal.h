/* The systemd journal as log sink, and what the service manager wants to hear (sd_notify). */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Send log lines to the journal when our stderr is connected to it; returns whether it is. */
bool rc_journal_attach(void);

/* State lines for the manager, "READY=1\nSTATUS=..."; does nothing without one. */
void rc_journal_notify(const char *state);
/* RELOADING=1 with MONOTONIC_USEC in one datagram, as Type=notify-reload wants it. */
void rc_journal_notify_reloading(void);
/* How often to send WATCHDOG=1, in milliseconds (half of what the manager asks); 0: never. */
unsigned int rc_journal_get_watchdog_ms(void);
