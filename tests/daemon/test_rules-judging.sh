#!/bin/bash
# One row for every form of ignoreDifferences, of health, and of what a person decides; see there.
here=$(cd "$(dirname "$0")/../rules" && pwd)
FILES="$here/ignore.sh $here/health.sh $here/decisions.sh" exec "$here/run"
