// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs on purpose: proof that the checkers of the debug kernel still notice.
 *
 * Writing the name of a bug to /sys/module/planted/parameters/bug commits it, once.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#define PLANTED_SIZE 32 /* bytes; a slab cache of just that size exists */
#define PLANTED_LEAKS 8 /* one could be hidden by a stale pointer on some stack */

/* KASAN: slab-out-of-bounds. */
static int planted_out_of_bounds(void)
{
	char *memory = kmalloc(PLANTED_SIZE, GFP_KERNEL);

	if (!memory)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(memory);
	(void)READ_ONCE(memory[PLANTED_SIZE]);
	kfree(memory);
	return 0;
}

/* KASAN: slab-use-after-free. */
static int planted_use_after_free(void)
{
	char *memory = kmalloc(PLANTED_SIZE, GFP_KERNEL);
	char *stale = memory;

	if (!memory)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(stale);
	kfree(memory);
	(void)READ_ONCE(*stale);
	return 0;
}

static DEFINE_MUTEX(planted_first);
static DEFINE_MUTEX(planted_second);

/* lockdep: nobody need deadlock for it to notice that somebody could. */
static int planted_lock_order(void)
{
	mutex_lock(&planted_first);
	mutex_lock(&planted_second);
	mutex_unlock(&planted_second);
	mutex_unlock(&planted_first);

	mutex_lock(&planted_second);
	mutex_lock(&planted_first);
	mutex_unlock(&planted_first);
	mutex_unlock(&planted_second);
	return 0;
}

static int planted_value;
static int __rcu *planted_pointer = RCU_INITIALIZER(&planted_value);

/* PROVE_RCU: a dereference outside a read section. */
static int planted_rcu(void)
{
	return *rcu_dereference(planted_pointer);
}

/* kmemleak. */
static int planted_leak(void)
{
	int i;

	for (i = 0; i < PLANTED_LEAKS; i++) {
		void *memory = kmalloc(PLANTED_SIZE, GFP_KERNEL);

		if (!memory)
			return -ENOMEM;
		OPTIMIZER_HIDE_VAR(memory);
	}
	return 0;
}

/* Not a bug: an allocation for failslab to fail, which must be passed on. */
static int planted_failslab(void)
{
	void *memory = kmalloc(PLANTED_SIZE, GFP_KERNEL);

	if (!memory)
		return -ENOMEM;
	kfree(memory);
	return 0;
}

static const struct {
	const char *name;
	int (*commit)(void);
} planted_bugs[] = {
	{ "out-of-bounds", planted_out_of_bounds },
	{ "use-after-free", planted_use_after_free },
	{ "lock-order", planted_lock_order },
	{ "rcu", planted_rcu },
	{ "leak", planted_leak },
	{ "failslab", planted_failslab },
};

static int planted_set(const char *value, const struct kernel_param *kp)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(planted_bugs); i++)
		if (sysfs_streq(value, planted_bugs[i].name))
			return planted_bugs[i].commit();
	return -EINVAL;
}

static const struct kernel_param_ops planted_ops = { .set = planted_set };
module_param_cb(bug, &planted_ops, NULL, 0200);
MODULE_PARM_DESC(bug, "write the name of a bug to commit it");

MODULE_DESCRIPTION("Planted bugs for the checkers of a debug kernel");
MODULE_LICENSE("GPL");
