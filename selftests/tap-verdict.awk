# SPDX-License-Identifier: GPL-2.0-only
# Reads the TAP of one case and prints "PASSED FAILED SKIPPED FAULT": numbers of points, and what is wrong with the
# document as a whole ("-" for nothing): without a plan that is kept, a case has not said all that it had to say.

/^1\.\.[0-9]+/ {
	plan = $1
	sub(/^1\.\./, "", plan)
	planned = 1
	all_skipped = plan == 0 && toupper($0) ~ /# *SKIP/
	next
}
/^Bail out!/ { bailed = 1 }
/^ok( |$)/ {
	points++
	if (toupper($0) ~ /# *SKIP/)
		skipped++
	else
		passed++
}
/^not ok/ {
	points++
	if (toupper($0) ~ /# *TODO/)
		skipped++
	else
		failed++
}
END {
	fault = "-"
	if (bailed)
		fault = "bailed out"
	else if (!planned)
		fault = "no plan"
	else if (points + 0 != plan + 0)
		fault = "planned " plan " points, saw " points + 0
	else if (plan == 0 && !all_skipped)
		fault = "no points"
	if (all_skipped)
		skipped = 1
	print passed + 0, failed + 0, skipped + 0, fault
}
