/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Self-tests: tables that are run against the real code when the module is loaded with selftest=1.
 * Each suite is a file of its own; everything is in the init section and is gone after loading.
 */
#ifndef _SECTUN_SELFTEST_H
#define _SECTUN_SELFTEST_H

#include <linux/init.h>
#include <linux/printk.h>
#include <linux/types.h>

/**
 * struct sectun_selftest - the result of a suite so far
 * @name: the suite, for messages
 * @n_checks: expectations looked at
 * @n_failures: those that were not met; the first SECTUN_SELFTEST_PRINT_MAX are printed
 * @random: state of sectun_selftest_random()
 */
struct sectun_selftest {
	const char *name;
	unsigned int n_checks;
	unsigned int n_failures;
	u64 random;
};

#define SECTUN_SELFTEST_PRINT_MAX 20

/* Count a check; where @got is not @want, print what was looked at and both values. */
#define SECTUN_EXPECT(test, got, want, format, ...)                                              \
	do {                                                                                     \
		struct sectun_selftest *__test = (test);                                         \
		long long __got = (got), __want = (want);                                        \
												 \
		__test->n_checks++;                                                              \
		if (__got != __want && __test->n_failures++ < SECTUN_SELFTEST_PRINT_MAX)         \
			pr_err("sectun: selftest %s: " format ": expected %lld, got %lld\n",     \
			       __test->name, ##__VA_ARGS__, __want, __got);                      \
	} while (0)

/**
 * sectun_selftest_random() - the next of a fixed sequence of numbers that look random
 * @test: the suite; every suite begins with the same sequence, on every machine
 *
 * The top half of a linear congruential generator (Knuth's multiplier), which is the half that is
 * good.
 *
 * Return: 32 bits.
 */
static inline u32 sectun_selftest_random(struct sectun_selftest *test)
{
	test->random = test->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return test->random >> 32;
}

void __init sectun_selftest_replay(struct sectun_selftest *test);
void __init sectun_selftest_selector(struct sectun_selftest *test);
void __init sectun_selftest_padding(struct sectun_selftest *test);
void __init sectun_selftest_inner(struct sectun_selftest *test);
void __init sectun_selftest_ah_header(struct sectun_selftest *test);

int __init sectun_selftest_run(void);

#endif
