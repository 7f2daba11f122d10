#!/bin/bash
# A little of `make chaos`: as many kills as fit in a check.
KILLS=${KILLS:-15} exec "$(dirname "$0")/../chaos/run"
