// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suites of self-tests.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include "selftest.h"

static const struct {
	const char *name;
	void (*run)(struct sectun_selftest *test);
} sectun_selftests[] __initconst = {
	{ "replay", sectun_selftest_replay },
	{ "selector", sectun_selftest_selector },
	{ "padding", sectun_selftest_padding },
	{ "inner", sectun_selftest_inner },
	{ "ah-header", sectun_selftest_ah_header },
};

/**
 * sectun_selftest_run() - run all self-tests
 *
 * Prints a line for each suite, and what was expected where it was not met.
 *
 * Context: module loading; may sleep. Takes less than a second.
 * Return: 0, or -EINVAL where a check failed.
 */
int __init sectun_selftest_run(void)
{
	unsigned int i, n_failures = 0;

	for (i = 0; i < ARRAY_SIZE(sectun_selftests); i++) {
		struct sectun_selftest test = { .name = sectun_selftests[i].name };

		sectun_selftests[i].run(&test);
		if (test.n_failures)
			pr_err("sectun: selftest %s: %u of %u checks failed\n", test.name,
			       test.n_failures, test.n_checks);
		else
			pr_info("sectun: selftest %s: %u checks passed\n", test.name,
				test.n_checks);
		n_failures += test.n_failures;
	}
	return n_failures ? -EINVAL : 0;
}
