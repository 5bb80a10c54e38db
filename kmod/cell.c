// SPDX-License-Identifier: GPL-2.0-only
/*
 * From decryption to GRO. A packet that comes alone waits in a queue for the end of the softirq
 * round, because others may come that it can be merged with; a burst, which is known to end, goes
 * to GRO at once, and what has become of it to the stack when it ends.
 */
#include <linux/slab.h>
#include "cell.h"

/* Packets that may wait on one CPU: as many as the stack lets wait by default. */
#define SECTUN_CELL_QUEUE_MAX 1000

/* Whether the CPU is just handing packets to the stack. */
DEFINE_PER_CPU(unsigned int, sectun_cell_depth);

static int sectun_cell_poll(struct napi_struct *napi, int budget)
{
	struct sectun_cell *cell = container_of(napi, struct sectun_cell, napi);
	struct sk_buff *skb;
	int done;

	for (done = 0; done < budget; done++) {
		spin_lock(&cell->queue.lock);
		skb = __skb_dequeue(&cell->queue);
		spin_unlock(&cell->queue.lock);
		if (!skb) {
			napi_complete_done(napi, done);
			break;
		}
		napi_gro_receive(napi, skb);
	}
	return done;
}

/**
 * sectun_cells_alloc - prepares a device to receive
 * @dev: the network device, not registered yet
 *
 * Context: may sleep.
 * Return: its cells, or NULL: no memory.
 */
struct sectun_cells *sectun_cells_alloc(struct net_device *dev)
{
	struct sectun_cells *cells = kmalloc(sizeof(*cells), GFP_KERNEL);
	struct sectun_cell *cell;
	int cpu;

	if (!cells)
		return NULL;
	cells->cell = alloc_percpu(struct sectun_cell);
	if (!cells->cell) {
		kfree(cells);
		return NULL;
	}
	for_each_possible_cpu(cpu) {
		cell = per_cpu_ptr(cells->cell, cpu);
		skb_queue_head_init(&cell->queue);
		/* nobody waits for a device that has no hardware */
		set_bit(NAPI_STATE_NO_BUSY_POLL, &cell->napi.state);
		netif_napi_add(dev, &cell->napi, sectun_cell_poll);
		napi_enable(&cell->napi);
	}
	return cells;
}

static void sectun_cells_free_rcu(struct rcu_head *rcu)
{
	struct sectun_cells *cells = container_of(rcu, struct sectun_cells, rcu);

	free_percpu(cells->cell);
	kfree(cells);
}

/**
 * sectun_cells_free - ends reception
 * @cells: the device's; nobody gives them packets any more
 *
 * Context: may sleep.
 */
void sectun_cells_free(struct sectun_cells *cells)
{
	struct sectun_cell *cell;
	int cpu;

	for_each_possible_cpu(cpu) {
		cell = per_cpu_ptr(cells->cell, cpu);
		napi_disable(&cell->napi);
		__netif_napi_del(&cell->napi);
		__skb_queue_purge(&cell->queue);
	}
	call_rcu(&cells->rcu, sectun_cells_free_rcu);
}

/**
 * sectun_cell_queue - has a packet given to GRO at the end of this softirq round
 * @cells: the device's
 * @skb: the packet, its dev set; taken over if there is room
 *
 * Context: bottom halves off.
 * Return: false where too many packets wait.
 */
bool sectun_cell_queue(struct sectun_cells *cells, struct sk_buff *skb)
{
	struct sectun_cell *cell = this_cpu_ptr(cells->cell);
	unsigned int before;

	spin_lock(&cell->queue.lock);
	before = skb_queue_len(&cell->queue);
	if (likely(before < SECTUN_CELL_QUEUE_MAX))
		__skb_queue_tail(&cell->queue, skb);
	spin_unlock(&cell->queue.lock);
	if (!before)
		napi_schedule(&cell->napi);
	return likely(before < SECTUN_CELL_QUEUE_MAX);
}

/**
 * sectun_cell_begin - begins a burst on this CPU
 * @cells: the device's
 *
 * Context: bottom halves off, until sectun_cell_end().
 * Return: the cell; NULL where packets wait, which must not be overtaken, or a burst is under way:
 * then packets have to be queued.
 */
struct sectun_cell *sectun_cell_begin(struct sectun_cells *cells)
{
	struct sectun_cell *cell = this_cpu_ptr(cells->cell);

	/* asking in vain would have the poll function called once more */
	return sectun_cell_is_idle(cells) && napi_schedule_prep(&cell->napi) ? cell : NULL;
}
