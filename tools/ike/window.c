// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "window.h"

int ike_flight_add(struct ike_flight *flight, const uint8_t *data, size_t len)
{
	uint8_t *grown;

	if (flight->count == IKE_FLIGHT_MAX || len > UINT16_MAX)
		return -EMSGSIZE;
	grown = realloc(flight->data, flight->len + len);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + flight->len, data, len);
	flight->data = grown;
	flight->len += len;
	flight->sizes[flight->count++] = (uint16_t)len;
	return 0;
}

void ike_flight_clear(struct ike_flight *flight)
{
	free(flight->data);
	memset(flight, 0, sizeof(*flight));
}

size_t ike_flight_largest(const struct ike_flight *flight)
{
	size_t largest = 0;

	for (size_t i = 0; i < flight->count; i++)
		if (flight->sizes[i] > largest)
			largest = flight->sizes[i];
	return largest;
}

enum ike_window_verdict ike_window_request(const struct ike_window *window, uint32_t id)
{
	if (id == window->expected)
		return window->answering ? IKE_WINDOW_IGNORE : IKE_WINDOW_NEW;
	if (window->expected && id == window->expected - 1 && window->response.count)
		return IKE_WINDOW_AGAIN;
	return IKE_WINDOW_IGNORE;
}

bool ike_window_response(const struct ike_window *window, uint32_t id)
{
	return window->waiting && id == window->next - 1;
}

void ike_window_sent(struct ike_window *window, struct ike_flight *flight, uint64_t interval,
		     uint64_t now)
{
	ike_flight_clear(&window->request);
	window->request = *flight;
	memset(flight, 0, sizeof(*flight));
	window->next++;
	window->waiting = true;
	window->tries = 1;
	window->interval = interval;
	window->interval_max = 0;
	window->due = now + interval;
}

void ike_window_done(struct ike_window *window)
{
	ike_flight_clear(&window->request);
	window->waiting = false;
}

void ike_window_answered(struct ike_window *window, struct ike_flight *flight)
{
	ike_flight_clear(&window->response);
	window->response = *flight;
	memset(flight, 0, sizeof(*flight));
	window->repeats = 0;
	window->expected++;
	window->answering = false;
}

enum ike_window_timer ike_window_tick(struct ike_window *window, uint32_t tries, uint64_t now)
{
	if (!window->waiting || now < window->due)
		return IKE_WINDOW_WAIT;
	if (window->tries >= tries)
		return IKE_WINDOW_GIVE_UP;
	window->tries++;
	window->interval *= 2;
	if (window->interval_max && window->interval > window->interval_max)
		window->interval = window->interval_max;
	window->due = now + window->interval;
	return IKE_WINDOW_RESEND;
}

void ike_window_clear(struct ike_window *window)
{
	ike_flight_clear(&window->request);
	ike_flight_clear(&window->response);
}
