#!/bin/bash
# One row for every rule of a sync; see there.
exec "$(dirname "$0")/../rules/run"
