/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_CELL_H
#define _SECTUN_CELL_H

#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>

/**
 * struct sectun_cell - where one CPU hands the packets that a device has received to GRO
 * @queue: packets that wait for @napi, which a thread on another CPU may serve (threaded NAPI)
 * @napi: whoever has its SCHED bit may give packets to its GRO: the poll function, or who has begun
 *	a burst
 */
struct sectun_cell {
	struct sk_buff_head queue;
	struct napi_struct napi;
};

/**
 * struct sectun_cells - the cells of a device
 * @cell: one for each CPU
 * @rcu: somebody may still walk over the NAPIs of a device that is gone
 */
struct sectun_cells {
	struct sectun_cell __percpu *cell;
	struct rcu_head rcu;
};

DECLARE_PER_CPU(unsigned int, sectun_cell_depth);

/**
 * sectun_cell_enter - asks to hand packets to the stack from here
 *
 * A packet that is handed to the stack may be ESP again, a tunnel in a tunnel: one level of that is
 * enough for the kernel's stack, packets further in have to be queued.
 *
 * Context: bottom halves off, until sectun_cell_leave() if the answer is yes.
 * Return: true if it may be done.
 */
static inline bool sectun_cell_enter(void)
{
	if (unlikely(__this_cpu_read(sectun_cell_depth)))
		return false;
	__this_cpu_inc(sectun_cell_depth);
	return true;
}

static inline void sectun_cell_leave(void)
{
	__this_cpu_dec(sectun_cell_depth);
}

struct sectun_cells *sectun_cells_alloc(struct net_device *dev);
void sectun_cells_free(struct sectun_cells *cells);
bool sectun_cell_queue(struct sectun_cells *cells, struct sk_buff *skb);
struct sectun_cell *sectun_cell_begin(struct sectun_cells *cells);

/**
 * sectun_cell_is_idle - is there no packet of this CPU that a packet could overtake?
 * @cells: the device's
 *
 * Context: bottom halves off.
 * Return: true if no packet waits, and no burst is under way.
 */
static inline bool sectun_cell_is_idle(const struct sectun_cells *cells)
{
	return !test_bit(NAPI_STATE_SCHED, &this_cpu_ptr(cells->cell)->napi.state);
}

/**
 * sectun_cell_receive - gives a packet of a burst to GRO
 * @cell: from sectun_cell_begin()
 * @skb: the packet; taken over
 *
 * Context: softirq, on the CPU where the burst was begun.
 */
static inline void sectun_cell_receive(struct sectun_cell *cell, struct sk_buff *skb)
{
	napi_gro_receive(&cell->napi, skb);
}

/**
 * sectun_cell_end - ends a burst: what GRO has made of it goes to the stack
 * @cell: from sectun_cell_begin()
 * @n: packets that it was given
 *
 * Context: as sectun_cell_receive().
 */
static inline void sectun_cell_end(struct sectun_cell *cell, unsigned int n)
{
	napi_complete_done(&cell->napi, n);
}

#endif
