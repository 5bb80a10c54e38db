// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that wait for a transmit SA (RFC 4301 section 4.4.1: "acquire"). A bounded queue per
 * tunnel; the first packet, and then one a second, asks the key-management daemon for an SA.
 */
#include <linux/skbuff.h>
#include "event.h"
#include "hold.h"
#include "inner.h"
#include "output.h"
#include "stats.h"
#include "tunnel.h"

static bool sectun_hold_acquire_due(struct sectun_tunnel *tunnel)
{
	unsigned long last = tunnel->last_acquire;

	lockdep_assert_held(&tunnel->held.lock);
	if (last && time_before(jiffies, last + HZ))
		return false;
	tunnel->last_acquire = jiffies ?: 1;
	return true;
}

/**
 * sectun_hold - keeps a packet until there is an SA, or drops it
 * @tunnel: a tunnel without transmit SA
 * @skb: a packet from the stack; taken over
 * @inner: its header, for the event
 *
 * Context: RCU, bottom halves off.
 */
void sectun_hold(struct sectun_tunnel *tunnel, struct sk_buff *skb,
		 const struct sectun_inner *inner)
{
	enum sectun_reason reason = SECTUN_REASON_NONE;
	struct sectun_inner asking;
	bool acquire = false;

	skb_orphan(skb); /* an SA may be long in coming: do not block the sender's socket */
	spin_lock_bh(&tunnel->held.lock);
	if (tunnel->gone) {
		reason = SECTUN_REASON_NO_SA;
	} else {
		acquire = sectun_hold_acquire_due(tunnel);
		if (acquire) {
			asking = *inner;
			sectun_inner_transport_outbound(skb, 0, &asking);
		}
		if (skb_queue_len(&tunnel->held) >= SECTUN_HOLD_PACKETS)
			reason = SECTUN_REASON_HOLD_FULL;
		else
			__skb_queue_tail(&tunnel->held, skb);
	}
	spin_unlock_bh(&tunnel->held.lock);

	if (reason)
		sectun_drop(tunnel->device, tunnel, NULL, SECTUN_DIR_OUT, reason, skb);
	if (acquire)
		sectun_event_acquire(tunnel, &asking);
	/* An SA that came since the caller looked has released what was held before this packet. */
	if (unlikely(rcu_access_pointer(tunnel->sa_out)))
		sectun_hold_release(tunnel);
}

static void sectun_hold_take(struct sectun_tunnel *tunnel, struct sk_buff_head *packets)
{
	__skb_queue_head_init(packets);
	spin_lock_bh(&tunnel->held.lock);
	tunnel->last_acquire = 0;
	skb_queue_splice_init(&tunnel->held, packets);
	spin_unlock_bh(&tunnel->held.lock);
}

/**
 * sectun_hold_release - sends what waited
 * @tunnel: a tunnel that has just got a transmit SA
 *
 * Context: process or softirq.
 */
void sectun_hold_release(struct sectun_tunnel *tunnel)
{
	struct sk_buff_head packets;
	struct sk_buff *skb;

	sectun_hold_take(tunnel, &packets);
	local_bh_disable();
	rcu_read_lock();
	while ((skb = __skb_dequeue(&packets)))
		sectun_output_tunnel(tunnel, skb);
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * sectun_hold_stop - drops what waits; from now on nothing is held
 * @tunnel: a tunnel that goes away
 *
 * Context: process, under the device's lock.
 */
void sectun_hold_stop(struct sectun_tunnel *tunnel)
{
	struct sk_buff_head packets;
	struct sk_buff *skb;

	spin_lock_bh(&tunnel->held.lock);
	tunnel->gone = true;
	spin_unlock_bh(&tunnel->held.lock);
	sectun_hold_take(tunnel, &packets);
	while ((skb = __skb_dequeue(&packets)))
		sectun_drop(tunnel->device, tunnel, NULL, SECTUN_DIR_OUT, SECTUN_REASON_NO_SA, skb);
}
