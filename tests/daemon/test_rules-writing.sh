#!/bin/bash
# One row for every sync option, hook policy and phase; see there.
here=$(cd "$(dirname "$0")/../rules" && pwd)
FILES="$here/sync-options.sh $here/hooks.sh" exec "$here/run"
