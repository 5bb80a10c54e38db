#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration as a test: it fails loudly by itself, and is right on every kernel.
set -u
. selftests/lib/tap.sh

tap_ok 'the demonstration does what it says' selftests/demo/guest.sh
tap_done
