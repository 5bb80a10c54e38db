// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dummy packets are sent from process context: a processor that cannot keep up with them has time
 * for other things all the same.
 */
#include <linux/math.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "device.h"
#include "dummy.h"
#include "output.h"
#include "tunnel.h"

/* Packets that may be late: what a processor was too slow for is not made up for beyond that. */
#define SECTUN_DUMMY_BURST 128U

static struct workqueue_struct *sectun_dummy_wq;

static bool sectun_dummy_is_possible(const struct sectun_tunnel *tunnel)
{
	return tunnel->device->dev->flags & IFF_UP && rcu_access_pointer(tunnel->sa_out);
}

static void sectun_dummy_send(struct sectun_tunnel *tunnel)
{
	local_bh_disable();
	rcu_read_lock();
	sectun_output_dummy(tunnel);
	rcu_read_unlock();
	local_bh_enable();
	cond_resched();
}

/*
 * Sends what is due. The rate is kept to the packet, whatever a jiffy is: packets are counted from
 * the beginning of a second. Returns when the next one is due.
 */
static unsigned long sectun_dummy_run(struct sectun_tunnel *tunnel)
{
	struct sectun_dummy *dummy = tunnel->dummy;
	const unsigned long elapsed = jiffies - dummy->since;
	const unsigned int due = elapsed * dummy->rate / HZ;

	if (due > dummy->sent + SECTUN_DUMMY_BURST)
		dummy->sent = due - SECTUN_DUMMY_BURST;
	for (; dummy->sent < due; dummy->sent++)
		sectun_dummy_send(tunnel);
	if (elapsed >= HZ) {
		dummy->since += HZ;
		dummy->sent -= dummy->rate;
	}
	return dummy->since + DIV_ROUND_UP((dummy->sent + 1) * HZ, dummy->rate);
}

static unsigned int sectun_dummy_rate(const struct sectun_tunnel *tunnel)
{
	unsigned int rate;

	rcu_read_lock();
	rate = rcu_dereference(tunnel->conf)->dummy;
	rcu_read_unlock();
	return rate;
}

static void sectun_dummy_work(struct work_struct *work)
{
	struct sectun_dummy *dummy = container_of(to_delayed_work(work), struct sectun_dummy, work);
	struct sectun_tunnel *tunnel = dummy->tunnel;
	const unsigned int rate = sectun_dummy_rate(tunnel);
	unsigned long next = jiffies + HZ;

	if (!rate || !sectun_dummy_is_possible(tunnel)) {
		dummy->rate = 0;
	} else {
		if (dummy->rate != rate || time_after_eq(jiffies, dummy->since + 2 * HZ)) {
			dummy->rate = rate;
			dummy->since = jiffies;
			dummy->sent = 0;
		}
		next = sectun_dummy_run(tunnel);
	}
	if (rate)
		queue_delayed_work(sectun_dummy_wq, &dummy->work,
				   time_after(next, jiffies) ? next - jiffies : 0);
}

/**
 * sectun_dummy_prepare - gets a tunnel ready to send dummy packets, if it is to; few are
 * @tunnel: a tunnel, new or its device's lock held
 * @conf: what it is going to be told
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int sectun_dummy_prepare(struct sectun_tunnel *tunnel, const struct sectun_conf *conf)
{
	if (!conf->dummy || tunnel->dummy)
		return 0;
	tunnel->dummy = kzalloc(sizeof(*tunnel->dummy), GFP_KERNEL);
	if (!tunnel->dummy)
		return -ENOMEM;
	tunnel->dummy->tunnel = tunnel;
	INIT_DELAYED_WORK(&tunnel->dummy->work, sectun_dummy_work);
	return 0;
}

/**
 * sectun_dummy_start - (re)starts them by the tunnel's present configuration
 * @tunnel: the tunnel, its device's lock held
 */
void sectun_dummy_start(struct sectun_tunnel *tunnel)
{
	const struct sectun_conf *conf;

	conf = rcu_dereference_protected(tunnel->conf, lockdep_is_held(&tunnel->device->lock));
	if (conf->dummy)
		mod_delayed_work(sectun_dummy_wq, &tunnel->dummy->work, 0);
}

/**
 * sectun_dummy_stop - ends them
 * @tunnel: a tunnel that goes away
 *
 * Context: may sleep.
 */
void sectun_dummy_stop(struct sectun_tunnel *tunnel)
{
	if (tunnel->dummy)
		cancel_delayed_work_sync(&tunnel->dummy->work);
}

/**
 * sectun_dummy_init - makes what all tunnels share
 *
 * Return: 0 or -ENOMEM.
 */
int sectun_dummy_init(void)
{
	sectun_dummy_wq = alloc_workqueue("sectun_dummy", WQ_UNBOUND, 0);
	return sectun_dummy_wq ? 0 : -ENOMEM;
}

/**
 * sectun_dummy_uninit - ends it; no tunnel is left
 */
void sectun_dummy_uninit(void)
{
	destroy_workqueue(sectun_dummy_wq);
}
