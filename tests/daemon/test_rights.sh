#!/bin/sh
# What happens without a right, on the in-memory API server; see tests/demo/rights.
exec "$(dirname "$0")/../demo/rights"
