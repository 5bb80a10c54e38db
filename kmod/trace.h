/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM sectun

#if !defined(_SECTUN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _SECTUN_TRACE_H

#include <linux/tracepoint.h>
#include "device.h"
#include "reason.h"
#include "sa.h"
#include "tunnel.h"
#include "uapi/sectun.h"

/*
 * A packet was dropped. tunnel is empty and spi 0 where the packet got no further than the device.
 */
TRACE_EVENT(drop,
	TP_PROTO(const struct sectun_device *device, const struct sectun_tunnel *tunnel,
		 const struct sectun_sa *sa, enum sectun_dir dir, enum sectun_reason reason,
		 const struct sk_buff *skb),
	TP_ARGS(device, tunnel, sa, dir, reason, skb),
	TP_STRUCT__entry(
		__array(char, device, IFNAMSIZ)
		__array(char, tunnel, SECTUN_NAME_SIZE)
		__field(u32, spi)
		__field(u8, dir)
		__field(unsigned int, len)
		__field(int, reason)
	),
	TP_fast_assign(
		strscpy(__entry->device, device->dev->name, IFNAMSIZ);
		strscpy(__entry->tunnel, tunnel ? tunnel->name : "", SECTUN_NAME_SIZE);
		__entry->spi = sa ? ntohl(sa->spi) : 0;
		__entry->dir = dir;
		__entry->len = skb ? skb->len : 0;
		__entry->reason = reason;
	),
	TP_printk("dev=%s tunnel=%s dir=%s spi=0x%08x len=%u reason=%s",
		  __entry->device, __entry->tunnel, __entry->dir == SECTUN_DIR_IN ? "in" : "out",
		  __entry->spi, __entry->len, sectun_reason_name(__entry->reason))
);

/* An SA entered a state: installed, replaced, expired or removed. */
TRACE_EVENT(rekey,
	TP_PROTO(const struct sectun_sa *sa, const char *event),
	TP_ARGS(sa, event),
	TP_STRUCT__entry(
		__array(char, device, IFNAMSIZ)
		__array(char, tunnel, SECTUN_NAME_SIZE)
		__field(u32, spi)
		__field(u8, dir)
		__array(char, event, 16)
	),
	TP_fast_assign(
		strscpy(__entry->device, sa->tunnel->device->dev->name, IFNAMSIZ);
		strscpy(__entry->tunnel, sa->tunnel->name, SECTUN_NAME_SIZE);
		__entry->spi = ntohl(sa->spi);
		__entry->dir = sa->dir;
		strscpy(__entry->event, event, sizeof(__entry->event));
	),
	TP_printk("dev=%s tunnel=%s dir=%s spi=0x%08x %s", __entry->device, __entry->tunnel,
		  __entry->dir == SECTUN_DIR_IN ? "in" : "out", __entry->spi, __entry->event)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
